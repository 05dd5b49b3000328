import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/*
 * `npm run demo:picture`: draws what `npm run demo` prints as a terminal, for the README (docs/images/demo.svg). The
 * output is real; an ellipsis marks omitted lines.
 */

const root = fileURLToPath(new URL('..', import.meta.url));

const COLUMNS = 100;
/** Lines shown of each step, besides its title; of a longer step the first ones and the last. */
const MOST_LINES = 4;
/** The step that lists the tools: the picture shows what they do. */
const LEFT_OUT = /^2\. /;

const CHAR = 7.8;
const LINE = 18;
const MARGIN = 18;
const BAR = 30;

/** A line, broken to fit the width. */
function wrapped(line: string): string[] {
  if (line.length <= COLUMNS) return [line];
  const at = line.lastIndexOf(' ', COLUMNS);
  return [line.slice(0, at), ...wrapped(`    ${line.slice(at + 1)}`)];
}

/** The output as the picture shows it: each step shortened. */
export function shownLines(output: string): string[] {
  const steps = output.trim().split(/\n\n/);
  return steps
    .filter((step) => !LEFT_OUT.test(step))
    .flatMap((step) => {
      const [title = '', ...lines] = step.split('\n');
      const shown = lines.flatMap(wrapped);
      if (shown.length <= MOST_LINES) return ['', title, ...shown];
      return ['', title, ...shown.slice(0, MOST_LINES - 1), '  …', ...shown.slice(-1)];
    })
    .slice(1);
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const COLOURS = { title: '#7dd3fc', asks: '#fde68a', plain: '#e2e8f0' } as const;

function colourOf(line: string): string {
  if (/^(\d+\. |Done)/.test(line)) return COLOURS.title;
  return /^ {2}(The server asks|The manager)/.test(line) ? COLOURS.asks : COLOURS.plain;
}

export function picture(lines: readonly string[]): string {
  const width = Math.ceil(COLUMNS * CHAR + 2 * MARGIN);
  const height = BAR + lines.length * LINE + 2 * MARGIN;
  const rows = ['$ npm run demo', '', ...lines].map(
    (line, index) =>
      `  <text x="${MARGIN}" y="${BAR + MARGIN + index * LINE}" fill="${colourOf(line)}" xml:space="preserve">${escaped(line)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height + 2 * LINE}" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13">`,
    '  <title>What npm run demo prints: an overview, the queue, an approval that is asked about, a payout</title>',
    '  <rect width="100%" height="100%" rx="8" fill="#0f172a"/>',
    ...['#f87171', '#fbbf24', '#34d399'].map(
      (fill, index) => `  <circle cx="${20 + index * 18}" cy="16" r="5" fill="${fill}"/>`,
    ),
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { status, stdout, stderr } = spawnSync('npx', ['tsx', 'scripts/demo.ts'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  mkdirSync(`${root}docs/images`, { recursive: true });
  writeFileSync(`${root}docs/images/demo.svg`, picture(shownLines(stdout)));
}
