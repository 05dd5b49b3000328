import { setTimeout as delay } from 'node:timers/promises';
import { connectRedis, createSharedPace } from '../../src/redis/index.ts';
import type { Plan, Told } from './redis-processes.ts';

/*
 * A process of its own that takes from a shared pace; started by redis-processes.ts, to which it tells each start by
 * the clock that all processes of a machine share.
 */

const plan: Plan = JSON.parse(process.argv[2] ?? '');
const tell = (told: Told) => process.send?.(told);
const redis = connectRedis(plan.url, (reachable) => tell({ kind: 'redis', reachable }));
const pace = createSharedPace({ ...plan, redis });

/** Takes once, then again, as long as it is not told to stop. */
async function takeOnAndOn(): Promise<void> {
  for (let left = plan.takes; left > 0; left -= 1) {
    const cancels = Math.random() < plan.cancelled;
    const signal = cancels ? AbortSignal.timeout(Math.floor(Math.random() * plan.windowMs)) : undefined;
    try {
      await pace.take({ signal, maxWaitMs: plan.maxWaitMs });
      tell({ kind: 'start', at: Number(process.hrtime.bigint()) / 1e6 });
    } catch (error) {
      const { name } = error as Error;
      tell({ kind: 'failure', name });
      if (name === 'PaceExceeded') await delay(5);
    }
  }
}

process.once('message', async () => {
  await Promise.all(Array.from({ length: plan.atOnce }, takeOnAndOn));
  await redis.close();
  process.disconnect();
});

await delay(await redis.settlesIn());
tell({ kind: 'ready' });
