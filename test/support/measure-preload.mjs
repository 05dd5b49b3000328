import { appendFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

/*
 * Loaded before the built server by the soak tests alone: on SIGUSR2 it collects the garbage and writes down what is
 * left; on SIGWINCH it puts the clock forward, so that what is kept for a time has expired. Needs `--expose-gc` and the
 * file's name in MEASURE_FILE.
 */

const LATER_MS = 31 * 60_000;
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
  const resources = process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate');
  const handles = process._getActiveHandles().length;
  appendFileSync(process.env.MEASURE_FILE, `${JSON.stringify({ heapUsed, external, rss, handles, resources })}\n`);
});
