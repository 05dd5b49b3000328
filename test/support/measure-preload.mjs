import { appendFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { getHeapCodeStatistics } from 'node:v8';

/*
 * Only the soak tests load this, before the built server. On SIGUSR2 it collects garbage and writes down what is left.
 * On SIGWINCH it moves the clock forward, so that what is kept for a limited time has expired. Needs `--expose-gc` and
 * the name of its file in MEASURE_FILE.
 */

/** More than a day: used confirmations are remembered for one. */
const LATER_MS = 25 * 60 * 60_000;
const real = Date.now;
let ahead = 0;
Date.now = () => real() + ahead;
process.on('SIGWINCH', () => {
  ahead += LATER_MS;
});

process.on('SIGUSR2', async () => {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc();
    await turn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const { code_and_metadata_size: machine, bytecode_and_metadata_size: bytecode } = getHeapCodeStatistics();
  const code = machine + bytecode;
  const resources = process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate');
  const handles = process._getActiveHandles().length;
  appendFileSync(
    process.env.MEASURE_FILE,
    `${JSON.stringify({ heapUsed, code, external, rss, handles, resources })}\n`,
  );
});
