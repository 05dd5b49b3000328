import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { version } from './version.ts';

let page: Promise<string> | undefined;

/**
 * The page that hosts draw and `leaddyno-mcp report` writes: one HTML file with everything in it, made from `app/`. The
 * build puts the finished page in place of this file (`scripts/build.ts`).
 */
export function appPage(): Promise<string> {
  page ??= makePage();
  return page;
}

async function makePage(): Promise<string> {
  const folder = fileURLToPath(new URL('./app/', import.meta.url));
  const [template, style, script] = await Promise.all([
    readFile(`${folder}page.html`, 'utf8'),
    bundle(`${folder}style.css`),
    bundle(`${folder}main.ts`),
  ]);
  // Functions, because `$` in a replacement text has a meaning of its own.
  return template
    .replace('__VERSION__', () => version)
    .replace('<!-- style -->', () => `<style>${style}</style>`)
    .replace('<!-- script -->', () => `<script>${script.replaceAll('</script', '<\\/script')}</script>`);
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'],
    charset: 'utf8',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text.trim() ?? '';
}
