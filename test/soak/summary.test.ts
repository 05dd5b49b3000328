import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../support/http-tokens.ts';
import { noteSoaked, soakLine } from '../support/soak-figures.ts';

function start() {
  const file = join(temporaryFolder().path, 'figures.jsonl');
  writeFileSync(file, '');
  vi.stubEnv('SOAK_FIGURES', file);
  noteSoaked('kills', 200);
  noteSoaked('faults', 2_976, '62 tools × 24 faults');
  noteSoaked('calls', 100_000, 'stdio');
  noteSoaked('calls', 100_000, 'http');
  noteSoaked('requests', 20_000);
  return file;
}

afterEach(() => void vi.unstubAllEnvs());

test('a soak ends with one line about all that it ran', () => {
  const file = start();
  noteSoaked('sequences', 2_000);
  expect(soakLine(file, { ok: true, minutes: 12.3 })).toBe(
    'soak: 2,976 calls under faults (62 tools × 24 faults), 2,000 sequences of writes, 200 kills, 200,000 calls (stdio and http), 20,000 malformed requests: none wrong (12 min)',
  );
  expect(soakLine(file, { ok: false, minutes: 1 })).toMatch(/: FAILED \(1 min\)$/);
});

test('what is missing is no success', () => {
  expect(soakLine(start(), { ok: true, minutes: 3 })).toMatch(/: FAILED, no sequences of writes \(3 min\)$/);
});
