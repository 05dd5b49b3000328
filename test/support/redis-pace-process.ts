import type { Pace } from '../../src/leaddyno/pace.ts';
import { connectRedis, createSharedPace } from '../../src/redis/index.ts';
import type { Plan, Told } from './redis-processes.ts';
import { QUICK } from './redis-timing.ts';

/*
 * A separate process that takes from shared paces. redis-processes.ts starts it and receives the time of each start, by
 * the clock that all processes of a machine share.
 */

let told: Told = { starts: [], failures: [], redis: [] };

/** Reports after a delay, so that reporting does not hold up the starts. */
function tell(more: Partial<Told>): void {
  if (told.starts.length + told.failures.length + told.redis.length === 0) {
    setTimeout(() => {
      process.send?.(told);
      told = { starts: [], failures: [], redis: [] };
    }, 20);
  }
  told.starts.push(...(more.starts ?? []));
  told.failures.push(...(more.failures ?? []));
  told.redis.push(...(more.redis ?? []));
}

const redis = connectRedis(process.argv[2] ?? '', (reachable) => tell({ redis: [reachable] }), QUICK);

async function takeOnAndOn(pace: Pace, { takes, cancelled, windowMs }: Plan): Promise<void> {
  for (let left = takes; left > 0; left -= 1) {
    const cancels = Math.random() < cancelled;
    const signal = cancels ? AbortSignal.timeout(Math.floor(Math.random() * windowMs)) : undefined;
    try {
      await pace.take({ signal, maxWaitMs: 60_000 });
      tell({ starts: [Number(process.hrtime.bigint()) / 1e6] });
    } catch (error) {
      tell({ failures: [(error as Error).name] });
    }
  }
}

process.on('message', async (plan: Plan) => {
  const pace = createSharedPace({ ...plan, redis });
  await Promise.all(Array.from({ length: plan.atOnce }, () => takeOnAndOn(pace, plan)));
  setTimeout(() => process.send?.('done'), 50);
});

process.once('disconnect', () => void redis.close().then(() => process.exit()));

await redis.settled();
process.send?.('ready');
