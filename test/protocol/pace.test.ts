import { describe, expect, it } from 'vitest';
import { createPace, type Pace } from '../../src/leaddyno/pace.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { askedIn, reasonOf } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

/** The most requests that any window of `windowMs` holds. */
function fullest(times: readonly number[], windowMs: number): number {
  const counts = times.map((start) => times.filter((time) => time >= start && time < start + windowMs).length);
  return Math.max(0, ...counts);
}

describe('the pace', () => {
  it('holds over a burst of parallel calls of several clients', async () => {
    const limit = 10;
    const windowMs = 800;
    const upstream = await startUpstream(({ method }) => ({ json: method === 'GET' ? null : { id: 1 } }));
    const starts: number[] = [];
    const counted = createPace({ limit, windowMs });
    const pace: Pace = {
      ...counted,
      take: async (options) => {
        await counted.take(options);
        starts.push(performance.now());
      },
    };
    const harness = startHarnessAt(upstream.url, { pace, keyTransport: 'header' });
    const clients = await Promise.all([harness.connect('modern'), harness.connect('legacy'), harness.connectOld()]);
    // Connections are made beforehand: what they take would blur the times.
    await Promise.all(Array.from({ length: limit }, (_, id) => clients[0].call('get_lead', { lead_id: id + 1 })));
    await new Promise((resolve) => setTimeout(resolve, windowMs));
    // Reads, and writes that look first: every request counts.
    const calls = clients.flatMap(({ call }, client) =>
      Array.from({ length: 5 }, (_, index) => [
        call('get_affiliate', { affiliate_id: 1 + client * 100 + index }),
        call('create_lead', { email: `lead-${client}-${index}@example.com` }),
      ]).flat(),
    );
    await Promise.all(calls);
    // No request without its start, and starts as the pace gave them: how late the other side noted them is not its.
    expect(upstream.requests).toHaveLength(starts.length);
    const times = starts.slice(limit);
    // A creation that waited for more than a second looks once more before it is sent.
    expect(times.length).toBeGreaterThanOrEqual(3 * 5 * 3);
    expect(times.length).toBeLessThanOrEqual(3 * 5 * 4);
    expect(fullest(times, windowMs)).toBeLessThanOrEqual(limit);
    // It does not dawdle either: 60 requests at 10 a window start within six windows, and what a busy machine takes.
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(20 * windowMs);
  });

  it('refuses at once what could not start before its deadline', async () => {
    const upstream = await startUpstream(({ path }) => ({ json: { id: Number(path.split('/')[2]) } }));
    const pace = createPace({ limit: 2 });
    const harness = startHarnessAt(upstream.url, { pace, keyTransport: 'header', timeoutMs: 20_000, confirm: 'off' });
    const { call } = await harness.connect('modern');
    const began = performance.now();
    const results = await Promise.all([1, 2, 3].map((id) => call('approve_affiliate', { affiliate_id: id })));
    // Long before its deadline.
    expect(performance.now() - began).toBeLessThan(15_000);
    const refused = results.filter(({ isError }) => isError);
    expect(refused).toHaveLength(1);
    expect(refused.map(reasonOf)).toEqual(['rate_limited']);
    expect(refused[0]?.text).toMatch(/keeps to 2 requests a minute; try again in \d+ s\. Nothing was changed/);
    expect(upstream.requests).toHaveLength(2);
  });

  it('keeps within the limit that LeadDyno keeps itself', async () => {
    // Counted by the sandbox as requests arrive, which may be a little later than they start.
    const sandbox = { rateLimit: 10, rateWindowMs: 600 };
    const harness = await startHarness({ sandbox, pace: createPace({ limit: 10, windowMs: 1_000 }) });
    const { call } = await harness.connect('modern');
    await Promise.all(Array.from({ length: 25 }, (_, index) => call('get_affiliate', { affiliate_id: 1001 + index })));
    expect(harness.sandbox.requests.filter(({ status }) => status === 429)).toEqual([]);
    expect(harness.sandbox.requests.length).toBeGreaterThanOrEqual(25);
  });

  it('lets a token expire that waited for it, and sends nothing', async () => {
    const upstream = await startUpstream(() => ({ json: { id: 1001, email: 'ann@example.com' } }));
    let taken = 0;
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    // The question is read twice; the write, the third, has to wait.
    const pace: Pace = {
      take: async () => {
        taken += 1;
        if (taken === 3) await gate;
      },
      pause: () => undefined,
    };
    const harness = startHarnessAt(upstream.url, { pace, keyTransport: 'header' });
    const { call } = await harness.connect('modern');
    const args = { affiliate_id: 1001 };
    const { token } = askedIn(await call('archive_affiliate', args));
    const waiting = call('archive_affiliate', { ...args, confirmation_token: token });
    await expect.poll(() => taken).toBe(3);
    harness.advance(5 * 60_000);
    open();
    const result = await waiting;
    expect(reasonOf(result)).toBe('expired');
    expect(result.text).toMatch(/Nothing was sent\. Call again without confirmation_token/);
    expect(upstream.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });
});
