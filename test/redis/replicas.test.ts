import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mostInAnyWindow, until } from '../support/redis-clients.ts';
import { redisMissing } from '../support/redis-server.ts';
import { askForPayment, callMixed, outcomeOf, paidAt, type Tally } from '../support/replicas-calls.ts';
import { type Fleet, mostInAnyMinute, requestTimes, startFleet } from '../support/replicas-fleet.ts';

/* The built server as several processes behind a plain TCP balancer, with one Redis and one LeadDyno. */

const SOAK = process.env.SOAK === '1';
const CALLS = SOAK ? 10_000 : 250;
/** For a minute: far less than the soak could use, so that it has to wait. */
const LIMIT = SOAK ? 8_000 : 2_000;
const CLIENTS = 16;
const TIMEOUT_MS = SOAK ? 120_000 : 20_000;
const OUT_OF_REACH = /^redis is unreachable/;

let fleet: Fleet;

function useFleet(replicas: number, rateLimit: number, timeoutMs: number, clients = CLIENTS): void {
  beforeAll(async () => {
    if (!redisMissing) fleet = await startFleet({ replicas, clients, rateLimit, timeoutMs });
  });
  afterAll(async () => {
    if (!redisMissing) await fleet.close();
  });
}

/** Each payment that was confirmed reached LeadDyno once, and was said to be done once. */
function expectPaidOnce({ payments }: Tally): void {
  const paid = paidAt(fleet.sandbox);
  for (const { note, done, lost } of payments) {
    expect(paid.get(note) ?? 0).toBeLessThanOrEqual(1);
    if (lost === 0) expect([note, done, paid.get(note)]).toEqual([note, 1, 1]);
  }
}

function report(what: string, { calls, lost, payments, seconds }: Tally): void {
  if (!SOAK) return;
  const rate = `${calls} calls in ${seconds.toFixed(1)} s (${Math.round(calls / seconds)} a second), ${lost.length} lost`;
  const { requests } = fleet.sandbox;
  const most = `at most ${mostInAnyMinute(fleet.sandbox)} of ${LIMIT} in any minute`;
  const busiest = `${mostInAnyWindow(requestTimes(fleet.sandbox), 10_000) / 10} a second at the busiest`;
  process.stderr.write(
    `${what}: ${rate}, ${payments.length} payments, ${requests.length} requests, ${most}, ${busiest}\n`,
  );
}

async function serveMixedCalls(): Promise<void> {
  const logs = fleet.replicas.map(({ log }) => log.length);
  const tally = await callMixed(fleet.clients, CALLS, 'mixed');
  expect(tally.surprises).toEqual([]);
  expect(tally.lost).toEqual([]);
  expect(tally.payments.length).toBeGreaterThan(CALLS / 20);
  expectPaidOnce(tally);
  expect(mostInAnyMinute(fleet.sandbox)).toBeLessThanOrEqual(LIMIT);
  // Each had its part, and nothing to complain about.
  expect(fleet.balancer.handed.size).toBe(fleet.replicas.length);
  expect(fleet.replicas.map(({ log }) => log.length)).toEqual(logs);
  report(`${fleet.replicas.length} replicas`, tally);
}

describe.skipIf(redisMissing)('two replicas', { timeout: SOAK ? 900_000 : 60_000 }, () => {
  useFleet(2, LIMIT, TIMEOUT_MS);

  test('that lose Redis go on reading, refuse confirmed writes, and recover', async () => {
    const { redis, sandbox, replicas, clients } = fleet;
    const warnings = () => replicas.map(({ log }) => log.filter((line) => OUT_OF_REACH.test(line)).length);
    const [used, unused] = [await askForPayment(clients, 'used'), await askForPayment(clients, 'unused')];
    expect(await used.confirm()).toBe('done');

    let reading = true;
    const outcomes = new Set<unknown>();
    let slowest = 0;
    const reads = clients.slice(0, 8).map(async (client, index) => {
      for (let count = index; reading; count += 1) {
        const began = performance.now();
        outcomes.add(outcomeOf(await client.call('get_affiliate', { affiliate_id: 1001 + (count % 40) })));
        slowest = Math.max(slowest, performance.now() - began);
        await delay(40);
      }
    });
    await delay(200);
    await redis.stop();
    await delay(200);
    const paid = paidAt(sandbox).size;
    expect(new Set(await unused.confirmByAll())).toEqual(new Set(['confirmations_unavailable']));
    expect(new Set(await used.confirmByAll())).toEqual(new Set(['confirmations_unavailable']));
    expect(paidAt(sandbox).size).toBe(paid);
    // A question needs no memory; a write that asks nothing neither.
    const asked = await askForPayment(clients, 'asked meanwhile');
    const lead = await clients[0]?.call('create_lead', { email: 'meanwhile@example.com' });
    expect(lead?.isError, lead?.text).toBe(false);
    // A log arrives when it arrives.
    await until(() => warnings().every((count) => count > 0));
    expect(warnings()).toEqual([1, 1]);

    await redis.start();
    await until(async () => (await unused.confirm()) === 'done');
    expect(new Set(await unused.confirmByAll())).toEqual(new Set(['already_used']));
    expect(new Set(await used.confirmByAll())).toEqual(new Set(['already_used']));
    expect((await asked.confirmByAll()).filter((outcome) => outcome === 'done')).toHaveLength(1);
    reading = false;
    await Promise.all(reads);
    expect(outcomes).toEqual(new Set(['done']));
    expect(slowest).toBeLessThan(TIMEOUT_MS / 2);
    expect([...paidAt(sandbox).values()]).toEqual([1, 1, 1]);
    expect(warnings()).toEqual([1, 1]);
    if (SOAK) process.stderr.write(`Redis lost and back: the slowest read took ${Math.round(slowest)} ms\n`);
  });

  test('serve mixed calls, and no confirmation works twice', serveMixedCalls);
});

describe.skipIf(redisMissing)('four replicas', { timeout: SOAK ? 1_800_000 : 60_000 }, () => {
  useFleet(4, LIMIT, TIMEOUT_MS);

  test('serve mixed calls, and no confirmation works twice', serveMixedCalls);

  test('of which one is killed in the middle lose its calls in flight and no more', async () => {
    const { sandbox, replicas, clients, balancer } = fleet;
    const before = sandbox.requests.length;
    const calls = SOAK ? 3_000 : 300;
    const mixed = callMixed(clients, calls, 'killed');
    await until(() => sandbox.requests.length > before + calls / 3, 300_000);
    replicas[0]?.kill();
    const tally = await mixed;
    expect(tally.surprises).toEqual([]);
    // A connection carries one call at a time, and none is lost that began when the replica was gone.
    expect(tally.lost.length).toBeLessThanOrEqual(balancer.drops.length);
    expect(tally.lost.filter((began) => began > Math.max(...balancer.drops) + 250)).toEqual([]);
    expectPaidOnce(tally);
    expect(mostInAnyMinute(sandbox)).toBeLessThanOrEqual(LIMIT);
    report('one of four replicas killed', tally);
  });
});

describe.skipIf(redisMissing)(
  'four replicas that are replaced one by one',
  { timeout: SOAK ? 600_000 : 60_000 },
  () => {
    useFleet(4, 100_000, TIMEOUT_MS, 8);

    test('lose no call but those that their client cancels', async () => {
      const { balancer, replicas, clients, sandbox } = fleet;
      const before = replicas.map(({ port }) => port);
      let restarting = true;
      let cancelled = 0;
      const kept: string[] = [];
      const cancelling = clients.slice(0, 2).map(async (client, index) => {
        for (let count = index; restarting; count += 1) {
          const signal = AbortSignal.timeout(1 + (count % 8));
          try {
            await client.call('list_affiliates', { page: 1 }, { signal });
          } catch (error) {
            cancelled += 1;
            if (!signal.aborted) kept.push(String(error));
          }
          await delay(50);
        }
      });
      const rounds: Tally[] = [];
      const load = (async () => {
        while (restarting) rounds.push(await callMixed(clients, 200, `rolling-${rounds.length}`));
      })();
      await fleet.restartAll();
      restarting = false;
      await Promise.all([load, ...cancelling]);

      const after = replicas.map(({ port }) => port);
      expect(after.filter((port) => before.includes(port))).toEqual([]);
      for (const port of after) expect(balancer.handed.get(port)).toBeGreaterThan(0);
      expect(rounds.flatMap(({ surprises }) => surprises)).toEqual([]);
      expect(rounds.flatMap(({ losses }) => losses)).toEqual([]);
      expect(kept).toEqual([]);
      expect(cancelled).toBeGreaterThan(0);
      for (const round of rounds) expectPaidOnce(round);
      expect(sandbox.requests.length).toBeGreaterThan(200);
      for (const round of rounds) report('rolling restart', round);
    });
  },
);

describe.skipIf(redisMissing)('replicas with a low limit', () => {
  const patience = 20_000;
  useFleet(2, 40, patience);

  test('never pass it together, and turn away at once who would wait too long', async () => {
    const began = performance.now();
    const calls = Array.from({ length: 160 }, (_, index) =>
      fleet.clients[index % CLIENTS]?.call('get_affiliate', { affiliate_id: 1001 + (index % 60) }),
    );
    const outcomes = (await Promise.all(calls)).map((result) => result && outcomeOf(result));
    const refused = outcomes.filter((outcome) => outcome === 'rate_limited').length;
    expect(outcomes.filter((outcome) => outcome === 'done').length + refused).toBe(160);
    expect(refused).toBeGreaterThan(0);
    expect(fleet.sandbox.requests).toHaveLength(40);
    // Nobody waited until its time was over.
    expect(performance.now() - began).toBeLessThan(patience);
    expect(fleet.balancer.handed.size).toBe(2);
  });
});
