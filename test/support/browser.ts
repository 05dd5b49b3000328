import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { closeAtEnd } from './protocol-leaks.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const found = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** Whether these tests cannot run here; `test/app/installed.test.ts` says so, once. */
export const chromiumMissing = found === undefined;

let browser: Promise<Browser> | undefined;

/** A page in a real headless browser, without any network, that fails the test by its first error. */
export async function openPage(html: string, size: { readonly width: number; readonly height: number }, dark = false) {
  browser ??= chromium.launch({ executablePath: found ?? '', args: ['--no-sandbox', '--disable-gpu'] });
  const context = await (await browser).newContext({
    viewport: size,
    colorScheme: dark ? 'dark' : 'light',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const errors: string[] = [];
  const requests: string[] = [];
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('request', (request) => requests.push(request.url()));
  await context.setOffline(true);
  await page.setContent(html, { waitUntil: 'load' });
  return closeAtEnd({ page, errors, requests, close: () => context.close() });
}

/** Ends the browser; for `afterAll`. */
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

/** A host's page: the official bridge around a frame that holds `view`. `window.bridge` drives it. */
export async function hostPage(view: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('browser-host.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'chrome109',
    logLevel: 'silent',
  });
  const script = outputFiles[0]?.text.replaceAll('</script', '<\\/script') ?? '';
  const view64 = Buffer.from(view).toString('base64');
  return `<!doctype html><meta charset="utf-8"><body data-view="${view64}"><script>${script}</script>`;
}

export type { Page };
