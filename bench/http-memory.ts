import { affiliateCall, FORMS } from './http-calls.ts';
import { createLoad } from './http-load.ts';
import { serveBuilt } from './http-process.ts';

const CLIENTS = 32;
const STEPS = 10;
/** Heap readings in each step: the lowest is the one closest to a garbage collection. */
const READINGS = 10;

/** Memory of a fresh server over calls of both revisions; it should level off. `--metrics` reports the heap. */
export async function measureMemory(settings: Record<string, string>, calls: number): Promise<void> {
  const server = await serveBuilt(['--http', '0', '--rate-limit', '0', '--metrics'], settings);
  const loads = FORMS.map((form) => createLoad(server.origin, affiliateCall(form)));
  const show = (done: number, heap: number) =>
    console.log(`${done}`.padStart(8), server.residentMiB().toFixed(0).padStart(14), heap.toFixed(1).padStart(10));

  console.log(`memory over ${calls} calls, ${CLIENTS} clients`);
  console.log(`   calls   resident MiB   heap MiB (lowest of ${READINGS} readings)`);
  show(0, await readHeap(server.origin));
  for (let step = 1; step <= STEPS; step += 1) {
    const heaps: number[] = [];
    for (let reading = 0; reading < READINGS; reading += 1) {
      for (const load of loads) await load.run(CLIENTS, { calls: calls / STEPS / READINGS / loads.length });
      heaps.push(await readHeap(server.origin));
    }
    show((calls / STEPS) * step, Math.min(...heaps));
  }

  for (const load of loads) await load.close();
  await server.stop();
}

async function readHeap(origin: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  return Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1]) / 1024 / 1024;
}
