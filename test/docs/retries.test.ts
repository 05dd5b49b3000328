import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Tests that watch a window of real time, and may be tried once more for that; each says why beside its `retry`. */
const TRIED_AGAIN: readonly string[] = [];

const root = fileURLToPath(new URL('../..', import.meta.url));
const OPTION = /\bretry:\s*(?!0\b)\S/;

test('no other test is tried again when it fails', () => {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name));
  expect(files.length).toBeGreaterThan(200);
  const found = [...files, 'vitest.config.ts'].filter((name) => OPTION.test(readFileSync(join(root, name), 'utf8')));
  expect(found.sort()).toEqual([...TRIED_AGAIN].sort());
  expect(OPTION.test(['{ retry', ' 1 }'].join(':'))).toBe(true);
});
