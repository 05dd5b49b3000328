import { stdout } from 'node:process';
import { expect, it } from 'vitest';
import { type CrashFigures, crashOnce, importJob, reviewJob, settleJob } from '../support/crash-run.ts';
import { noteSoaked } from '../support/soak-figures.ts';
import { startFaultLayer } from '../support/write-model-faults.ts';

/*
 * The built server is killed (SIGKILL) at random points of its two batches. On the next start the audit log says what
 * was sent, and the same job, made again, finishes it: no record is treated twice.
 */

const SOAK = process.env.SOAK === '1';
const RUNS = SOAK ? Number(process.env.SOAK_KILLS ?? 200) : 6;
const SEED = Number(process.env.SEED ?? 20_260_601);

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

it(`a batch whose process is killed is finished by the next one, each record once, in ${RUNS} runs`, {
  timeout: SOAK ? 1_800_000 : 90_000,
}, async () => {
  const layer = await startFaultLayer();
  const random = randomFrom(SEED);
  const figures: CrashFigures = { runs: 0, before: 0, unseen: 0, within: 0, left: 0 };
  const actions = ['approve', 'reject', 'archive'] as const;
  const began = performance.now();
  for (let run = 0; run < RUNS; run += 1) {
    const action = actions[Math.floor(random() * actions.length)] ?? 'approve';
    // Now and then before the first write, or after the last.
    const moment = { write: Math.floor(random() * 13), afterMs: Math.floor(random() * 8) };
    const describe = JSON.stringify({ run, action: run % 2 === 0 ? action : 'settle', ...moment, seed: SEED });
    const prepare =
      run % 2 === 0 ? (programme: Parameters<typeof settleJob>[0]) => reviewJob(programme, action) : settleJob;
    await crashOnce(prepare, moment, layer, figures).catch((error: unknown) => {
      throw new Error(`${describe}: ${(error as Error).message}`, { cause: error });
    });
  }
  expect(figures.runs).toBe(RUNS);
  expect(figures.within).toBeGreaterThan(RUNS / 3);
  noteSoaked('kills', figures.runs);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  stdout.write(
    `crashes: ${figures.runs} runs killed (${figures.within} within the batch), ${figures.before} writes carried out before the end, all in the audit log (${figures.unseen} entries without an ending), ${figures.left} finished by the next process, 0 records treated twice; seed ${SEED}, ${seconds} s\n`,
  );
});

it('an import whose process is killed is finished by the next one: nobody twice, and those who exist are named', async () => {
  const layer = await startFaultLayer();
  const figures: CrashFigures = { runs: 0, before: 0, unseen: 0, within: 0, left: 0 };
  // Among the recruiters, and once those whom they recruited are being created.
  for (const moment of [
    { write: 4, afterMs: 0, unanswered: true },
    { write: 9, afterMs: 0, unanswered: true },
  ] as const) {
    await crashOnce(importJob, moment, layer, figures).catch((error: unknown) => {
      throw new Error(`${JSON.stringify(moment)}: ${(error as Error).message}`, { cause: error });
    });
  }
  expect(figures.within).toBe(2);
  expect(figures.unseen).toBeGreaterThanOrEqual(2);
}, 60_000);
