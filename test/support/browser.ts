import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type PageOptions, type Size, showPage } from './chromium.ts';
import { closeAtEnd } from './protocol-leaks.ts';

export { chromiumMissing, closeBrowser, type Page } from './chromium.ts';

/** A page in a real browser, closed after its test. `test/app/installed.test.ts` reports a missing browser. */
export async function openPage(html: string, size: Size, options: PageOptions = {}) {
  return closeAtEnd(await showPage(html, size, options));
}

/**
 * The page of a host: the official bridge around a frame with `view`, driven through `window.host`.
 * @param can what the host allows the page to do: `tools`, `context`, `download`, separated by spaces
 */
export async function hostPage(view: string, can = ''): Promise<string> {
  hostScript ??= bundleHost();
  const view64 = Buffer.from(view).toString('base64');
  return `<!doctype html><meta charset="utf-8"><body data-view="${view64}" data-can="${can}"><script>${await hostScript}</script>`;
}

let hostScript: Promise<string> | undefined;

async function bundleHost(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('browser-host.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'chrome109',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text.replaceAll('</script', '<\\/script') ?? '';
}
