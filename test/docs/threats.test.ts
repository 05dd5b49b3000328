import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/* What the pages on security promise is shown by tests: each row names some, and they exist. */

const TEST = new URL('../', import.meta.url);
const SOURCE = new URL('../../src/', import.meta.url);

function rowsOf(page: string): string[][] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const [table = ''] = /^\|.*\n\|[-| ]+\n(?:\|.*\n?)+/m.exec(text) ?? [];
  return table
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((row) => row.split(/(?<!\\)\|/).slice(1, -1));
}

const named = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

describe.each([
  ['security.md', 2, true],
  ['threat-model.md', 3, false],
] as const)('%s', (page, column, hasCode) => {
  const rows = rowsOf(page);

  test('has its table', () => {
    expect(rows.length).toBeGreaterThan(10);
  });

  test.each(rows.map((row) => [row[0]?.trim() ?? '', row[column] ?? '']))('%s: names what there is', (_, cell) => {
    const [code, tests] = hasCode ? cell.split(' · ') : ['', cell];
    expect(named(tests).length).toBeGreaterThan(0);
    for (const name of named(tests)) expect(existsSync(new URL(`${name}.test.ts`, TEST)), name).toBe(true);
    for (const name of named(code)) expect(existsSync(new URL(name, SOURCE)), name).toBe(true);
  });
});
