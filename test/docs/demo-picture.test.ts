import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { picture, shownLines } from '../../scripts/demo-picture.ts';
import { builtMain } from '../support/protocol-built.ts';

/** As `npm run demo` does; it fails if a step does not do what it should. */
test('the demo runs to its end', async () => {
  await builtMain();
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/demo.ts']);
  expect(stdout).toContain('Done: every step did what it should.');
});

const svg = readFileSync(new URL('../../docs/images/demo.svg', import.meta.url), 'utf8');

describe('the picture of the demo', () => {
  test('shows each step but the list of tools, and that the question is asked', () => {
    expect(svg).toMatch(/^<svg [^>]*viewBox/);
    for (const step of [1, 3, 4, 5, 6, 7, 8, 9]) expect(svg).toMatch(new RegExp(`>${step}\\. `));
    expect(svg).toContain('The server asks: Approve these 3 affiliates');
    expect(svg).toContain('Done: every step did what it should.');
    // It runs nothing and fetches nothing.
    expect(svg).not.toMatch(/<script|href|url\(|@import/);
  });

  test('cuts long steps and long lines, and shows text as text', () => {
    const lines = shownLines(`1. One\n  a <b> & c\n\n2. Its tools\n  x\n\n3. Three\n${'  row\n'.repeat(9)}`);
    expect(lines).toEqual(['1. One', '  a <b> & c', '', '3. Three', ...Array(3).fill('  row'), '  …', '  row']);
    expect(picture(lines)).toContain('a &lt;b&gt; &amp; c');
    for (const line of shownLines(`1. One\n  ${'word '.repeat(60)}`)) expect(line.length).toBeLessThanOrEqual(100);
  });
});
