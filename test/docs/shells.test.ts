import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/*
 * Commands that people copy work in PowerShell as well, or the same section says what to type there. Windows PowerShell
 * 5.1 knows neither `&&`, nor `NAME=value` before a command, nor a backslash at the end of a line.
 */

const ROOT = new URL('../../', import.meta.url);
const PAGES = ['README.md', ...readdirSync(new URL('docs', ROOT)).map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith('.md'),
);

const ONLY_POSIX = [/&&/, /^\s*[A-Z][A-Z_]+=\S*\s/, /\\$/, /\$\(/, /\s<\s/, /^#!/];

/** Blocks of a shell, with the section that each stands in. */
function blocksOf(page: string): { block: string; section: string }[] {
  return page
    .split(/^(?=#{1,4} )/m)
    .flatMap((section) =>
      [...section.matchAll(/^```(?:sh|bash)\n([\s\S]*?)^```$/gm)].map(([, block = '']) => ({ block, section })),
    );
}

const posixLines = (block: string) =>
  block.split('\n').filter((line) => ONLY_POSIX.some((sign) => sign.test(line.replace(/\s#\s.*$/, ''))));

test.each(PAGES)('%s has commands for PowerShell too', (path) => {
  const page = readFileSync(new URL(path, ROOT), 'utf8');
  // A page may say it once, at its top, for all that follows.
  const top = page.slice(0, page.indexOf('\n## '));
  const missing = blocksOf(page).filter(
    ({ block, section }) => posixLines(block).length > 0 && !/PowerShell/i.test(`${top}${section}`),
  );
  expect(missing.map(({ block }) => posixLines(block))).toEqual([]);
});

test('tells the commands of one shell from those of both', () => {
  const page = '# A\n\n```sh\nA_KEY=1 run\none && two\nrun \\\n  --it\nrun   # a && b\n```\n';
  expect(blocksOf(page).flatMap(({ block }) => posixLines(block))).toEqual(['A_KEY=1 run', 'one && two', 'run \\']);
});
