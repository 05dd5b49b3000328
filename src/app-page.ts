import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { JsonObject } from './json.ts';
import { version } from './version.ts';

const FOLDER = fileURLToPath(new URL('./app/', import.meta.url));

let page: Promise<string> | undefined;

/**
 * The page that hosts display and `leaddyno-mcp report` writes: one self-contained HTML file, made from `app/`. The
 * build replaces this module with the finished page (`scripts/build.ts`).
 */
export function appPage(): Promise<string> {
  page ??= makePage();
  return page;
}

/** The data of a report file: the results by part (see `app/calls.ts`), the period, and when they were read. */
export interface Written {
  readonly parts: Readonly<Record<string, JsonObject>>;
  readonly period: Period;
  readonly made_at: string;
}

/** A month, or days from one to another, both included. */
export type Period =
  | { readonly kind: 'month'; readonly month: string }
  | { readonly kind: 'days'; readonly since: string; readonly until: string };

/** The workflow call that provides one part of the page. */
export interface PartCall {
  readonly part: string;
  readonly tool: string;
  readonly args: JsonObject;
}

/** The code of the page that runs without a browser. */
export interface Drawing {
  drawFile(html: string, written: Written): string;
  callsFor(period: Period, today: string, payout?: JsonObject): readonly PartCall[];
  /** The same figures as rows of one table. */
  rowsOf(written: Written): readonly JsonObject[];
  readonly COLUMNS: readonly string[];
}

let drawn: Promise<Drawing> | undefined;

/** Loads it, bundled like the page: whatever runs this source need not understand TSX. */
export function drawing(): Promise<Drawing> {
  drawn ??= bundle(`${FOLDER}file.tsx`, 'esm').then(
    (code) => import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`) as Promise<Drawing>,
  );
  return drawn;
}

async function makePage(): Promise<string> {
  const [template, style, script] = await Promise.all([
    readFile(`${FOLDER}page.html`, 'utf8'),
    bundle(`${FOLDER}style.css`),
    bundle(`${FOLDER}main.tsx`),
  ]);
  // Functions, because `$` has a special meaning in a replacement text.
  return template
    .replace('__VERSION__', () => version)
    .replace('<!-- style -->', () => `<style>${style}</style>`)
    .replace('<!-- script -->', () => `<script>${script.replaceAll('</script', '<\\/script')}</script>`);
}

async function bundle(entry: string, format: 'iife' | 'esm' = 'iife'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format,
    target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'],
    charset: 'utf8',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text.trim() ?? '';
}
