/**
 * `npm run soak`: runs what takes longer than a test run. Its last line says what was run and whether all of it was
 * right (docs/reliability.md). Arguments go to vitest. For a short trial, set smaller numbers: `FAULTS=get_lead`,
 * `SOAK_SEQUENCES`, `SOAK_KILLS`, `SOAK_CALLS`, `SOAK_REQUESTS`. Exits with 0 only if nothing was wrong or missing.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { soakLine } from '../test/support/soak-figures.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LONG = [
  'test/soak/calls.test.ts',
  'test/faults/model.test.ts',
  'test/faults/crash.test.ts',
  'test/faults/confirmation-attacks.test.ts',
  'test/http/fuzz.test.ts',
  'test/http/shutdown.test.ts',
  'test/redis',
];
/** Tests of properties, which draw other values here than in a normal run (test/support/property-seed.ts). */
const properties = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter(
    (file) => file.endsWith('.test.ts') && readFileSync(join(ROOT, 'test', file), 'utf8').includes(`'fast-check'`),
  )
  .map((file) => `test/${file}`)
  .filter((file) => !LONG.includes(file));
/** One after the other; what judges each call by its time has the machine to itself. */
const PARTS: readonly (readonly string[])[] = [['test/faults/matrix.test.ts'], LONG, properties];

const folder = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-soak-'));
const figures = join(folder, 'figures.jsonl');
writeFileSync(figures, '');
const began = performance.now();
const passed = PARTS.map((files) => {
  const { status } = spawnSync('npx', ['vitest', 'run', '--maxWorkers=2', ...files, ...process.argv.slice(2)], {
    cwd: ROOT,
    env: { ...process.env, SOAK: '1', SOAK_FIGURES: figures },
    stdio: 'inherit',
  });
  return status === 0;
});
const line = soakLine(figures, { ok: passed.every(Boolean), minutes: (performance.now() - began) / 60_000 });
rmSync(folder, { recursive: true });
process.stdout.write(`${line}\n`);
process.exitCode = line.includes(': none wrong (') ? 0 : 1;
