import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
/** Path of the browser; undefined if there is none. */
export const chromiumPath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

export const chromiumMissing = chromiumPath === undefined;

let browser: Promise<Browser> | undefined;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface PageOptions {
  readonly dark?: boolean;
  /** False: the page as a reader without JavaScript sees it. */
  readonly script?: boolean;
  /** Functions of the test that the page can call. */
  readonly exposed?: Readonly<Record<string, (...args: never[]) => unknown>>;
}

/** Opens a page in a real headless browser without network; `errors` and `requests` collect what the page causes. */
export async function showPage(
  html: string,
  size: Size,
  { dark = false, script = true, exposed = {} }: PageOptions = {},
) {
  browser ??= chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox', '--disable-gpu'] });
  const context = await (await browser).newContext({
    viewport: size,
    colorScheme: dark ? 'dark' : 'light',
    locale: 'en-GB',
    timezoneId: 'UTC',
    javaScriptEnabled: script,
  });
  const errors: string[] = [];
  const requests: string[] = [];
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('request', (request) => requests.push(request.url()));
  for (const [name, perform] of Object.entries(exposed)) await page.exposeFunction(name, perform);
  await context.setOffline(true);
  await page.setContent(html, { waitUntil: 'load' });
  return { page, errors, requests, close: () => context.close() };
}

/** Closes the browser; for `afterAll`. */
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

export type { Page };
