import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { monotonic, mostInAnyWindow, until } from '../support/redis-clients.ts';
import { type PaceProcess, type Plan, startPaceProcess, type Told } from '../support/redis-processes.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';

const SOAK = process.env.SOAK === '1';
/** Long enough that its margin (a twentieth) is not used up by a busy machine, as a soak makes it. */
const WINDOW = SOAK ? 3_000 : 1_000;
/** Three processes share it evenly. */
const LIMIT = 60;

let server: RedisServer;
let processes: PaceProcess[] = [];

beforeAll(async () => {
  if (redisMissing) return;
  server = await startRedis();
  processes = await Promise.all([1, 2, 3].map(() => startPaceProcess(server.url)));
});

afterAll(async () => {
  await Promise.all(processes.map((one) => one.close()));
  await server?.close();
});

/** Has all processes begin at once; resolves when they are done. */
function runAll(plan: Pick<Plan, 'atOnce' | 'takes' | 'cancelled'>, account = randomUUID()): Promise<Told[]> {
  const whole: Plan = { account, limit: LIMIT, windowMs: WINDOW, ...plan };
  return Promise.all(processes.map((one) => one.run(whole)));
}

const keyOf = (account: string, name: string) => `leaddyno-mcp:{${account}}:${name}`;

/** Waits for the quiet between two bursts: the places are taken, and who waits has asked since and knows it. */
async function untilQuiet(account: string): Promise<void> {
  await until(async () => {
    const starts = await server.command(`ZRANGE ${keyOf(account, 'starts')} 0 -1 WITHSCORES`);
    const found = (starts as unknown[]).flat();
    const age = Date.now() - Number(found.at(-1) ?? 0);
    return found.length === 2 * LIMIT && age > 0.4 * WINDOW && age < 0.8 * WINDOW;
  });
}

function judge(what: string, all: readonly Told[]) {
  const starts = all.flatMap((one) => one.starts);
  const seconds = (Math.max(...starts) - Math.min(...starts)) / 1000;
  const most = mostInAnyWindow(starts, WINDOW);
  if (SOAK) {
    const figures = `${starts.length} starts in ${seconds.toFixed(1)} s, at most ${most} in any ${WINDOW} ms`;
    process.stderr.write(`${what}: ${figures}, limit ${LIMIT}\n`);
  }
  return { starts, seconds, most, failures: all.flatMap((one) => one.failures) };
}

const takes = SOAK ? 50 : 3;
/** So many starts take so many windows after the first, each with its margin. */
const secondsFor = (starts: number) => ((Math.ceil(starts / LIMIT) - 1) * WINDOW * 1.05) / 1000;

describe.skipIf(redisMissing)('three processes', { timeout: SOAK ? 600_000 : 120_000 }, () => {
  test('together never pass the limit in any window, and use it up', async () => {
    const { starts, seconds, most, failures } = judge('pace', await runAll({ atOnce: 20, takes, cancelled: 0.1 }));
    expect(new Set(failures)).toEqual(new Set(['TimeoutError']));
    expect(starts.length + failures.length).toBe(3 * 20 * takes);
    expect(most).toBeLessThanOrEqual(LIMIT);
    // Twice as long would be half the limit.
    expect(seconds).toBeLessThan(2 * secondsFor(starts.length));
  });

  test('keep to the limit before and after Redis is lost with its memory, and to twice the limit meanwhile', async () => {
    const account = randomUUID();
    const running = runAll({ atOnce: 20, takes: takes + 3, cancelled: 0 }, account);
    await untilQuiet(account);
    const lost = monotonic();
    await server.stop();
    await delay(WINDOW);
    await server.start();
    const back = monotonic();
    const all = await running;
    const { starts, most, failures } = judge('pace, Redis lost and back', all);
    expect(failures).toEqual([]);
    expect(starts.length).toBe(3 * 20 * (takes + 3));
    const before = starts.filter((at) => at < lost);
    const after = starts.filter((at) => at > back + 1.5 * WINDOW);
    expect(after.length).toBeGreaterThan(LIMIT);
    expect(mostInAnyWindow(before, WINDOW)).toBeLessThanOrEqual(LIMIT);
    expect(mostInAnyWindow(after, WINDOW)).toBeLessThanOrEqual(LIMIT);
    expect(most).toBeLessThanOrEqual(2 * LIMIT);
    for (const { redis } of all) expect(redis).toEqual([false, true]);
  });

  test('go on when one of them is killed while many wait in it', async () => {
    const account = randomUUID();
    const running = runAll({ atOnce: 20, takes, cancelled: 0 }, account);
    await until(async () => Number(await server.command(`ZCARD ${keyOf(account, 'queue')}`)) > LIMIT / 2);
    processes[2]?.kill();
    const all = await running;
    const { most } = judge('pace, one of three killed', all);
    expect(most).toBeLessThanOrEqual(LIMIT);
    const [one, two] = all.map(({ starts }) => starts.length);
    expect([one, two]).toEqual([20 * takes, 20 * takes]);
  });
});
