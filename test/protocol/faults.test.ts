import { describe, expect, it } from 'vitest';
import { type Caller, eras } from '../support/clients.ts';
import { type HarnessOptions, KEY, startHarnessAt } from '../support/harness.ts';
import { at, reasonOf } from '../support/protocol-json.ts';
import { type Reply, type Script, startUpstream } from '../support/upstream.ts';

type Call = [name: string, args: { affiliate_id: number }];
const READ: Call = ['get_affiliate', { affiliate_id: 1001 }];
const WRITE: Call = ['approve_affiliate', { affiliate_id: 1001 }];
const RECORD = { json: { id: 1001, email: 'ann@example.com' } };

/** A server on a LeadDyno that does as `script` says. */
async function start(era: 'modern' | 'legacy', script: Script | Reply, options: HarnessOptions = {}) {
  const upstream = await startUpstream(typeof script === 'function' ? script : () => script);
  // Without a question a write is the one request of its call.
  const harness = startHarnessAt(upstream.url, { keyTransport: 'header', confirm: 'off', ...options });
  const { call, client } = await harness.connect(era);
  return { upstream, harness, call, client, sent: () => upstream.requests.length };
}

/** A write that failed after it was sent: it may have happened, and the text says how to find out. */
async function expectPerhaps({ call }: Pick<Caller, 'call'>) {
  const result = await call(...WRITE);
  expect(result.isError).toBe(true);
  expect(result.text).toContain('it may have happened. Do not repeat it blindly: check with get_affiliate first.');
  expect(at(result.data, 'error', 'may_have_happened')).toBe(true);
  return result;
}

describe.each(eras)('%s: a LeadDyno that limits', (era) => {
  it.each([READ, WRITE])('is obeyed by %s, and asked again', async (...what) => {
    const times: number[] = [];
    const { call, sent } = await start(era, (_, count) => {
      times.push(performance.now());
      if (count > 1) return RECORD;
      return { status: 429, headers: { 'retry-after': '1' }, json: { message: 'API rate limit exceeded' } };
    });
    const { isError, data } = await call(...what);
    expect(isError).toBe(false);
    expect(data.affiliate).toMatchObject({ id: 1001 });
    expect(sent()).toBe(2);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('is given up on where it asks for too long a wait', async () => {
    const limited: Reply = { status: 429, headers: { 'retry-after': '300' }, json: { message: 'limit exceeded' } };
    const { call, sent } = await start(era, limited);
    const result = await call(...WRITE);
    expect(reasonOf(result)).toBe('rate_limited');
    expect(at(result.data, 'error', 'retry_after_seconds')).toBe(300);
    expect(at(result.data, 'error', 'may_have_happened')).toBe(false);
    expect(result.text).toMatch(/asks to wait 300 s.*Nothing was changed\./);
    expect(sent()).toBe(1);
  });

  it('is recognised by its words, whatever the status', async () => {
    const { call, sent } = await start(era, { status: 403, json: { message: 'API rate limit exceeded' } });
    expect(reasonOf(await call(...READ))).toBe('rate_limited');
    expect(sent()).toBe(3);
  });

  it('is asked once for a write that it answers with a limit of its plan', async () => {
    const words = 'Affiliate limit exceeded. Please upgrade your plan.';
    const { call, sent } = await start(era, { status: 422, json: { error: words } });
    const result = await call(...WRITE);
    expect(reasonOf(result)).toBe('invalid');
    expect(result.text).toContain(words);
    expect(result.text).toContain('Nothing was changed.');
    expect(sent()).toBe(1);
  });

  it('is asked once for a write that it took, whatever it says of limits', async () => {
    const { call, sent } = await start(era, { json: { message: 'Custom field Rate limit created' } });
    const { isError, text } = await call('create_custom_field', { name: 'Rate limit' });
    expect(isError, text).toBe(false);
    expect(sent()).toBe(1);
    const limited = await start(era, { json: { message: 'API limit exceeded' } });
    const result = await limited.call(...WRITE);
    expect(reasonOf(result)).toBe('unexpected');
    expect(result.text).toMatch(/API limit exceeded.*it may have happened.*check with/);
    expect(at(result.data, 'error', 'may_have_happened')).toBe(true);
    expect(limited.sent()).toBe(1);
  });
});

describe.each(eras)('%s: a LeadDyno that fails', (era) => {
  it('is asked three times for a read', async () => {
    const { call, sent } = await start(era, { status: 500, text: '<html><body><h1>Oops</h1></body></html>' });
    const result = await call(...READ);
    expect(reasonOf(result)).toBe('upstream');
    expect(result.text).toMatch(/^LeadDyno answered 500 after 3 attempts.*Try again in a minute/);
    expect(result.text).not.toContain('<');
    expect(result.data.error).not.toHaveProperty('may_have_happened');
    expect(sent()).toBe(3);
  });

  it('is believed where it answers the third time', async () => {
    const { call } = await start(era, (_, count) => (count < 3 ? { status: 502, text: 'bad gateway' } : RECORD));
    expect((await call(...READ)).data.affiliate).toMatchObject({ id: 1001 });
  });

  it.each<[string, Reply]>([
    ['500', { status: 500, json: { error: 'boom' } }],
    ['an HTML page with 502', { status: 502, headers: { 'content-type': 'text/html' }, text: '<h1>Bad gateway</h1>' }],
    ['a reset before the answer', { reset: 'before the answer' }],
    ['a reset within the answer', { reset: 'within the answer' }],
    ['broken JSON', { text: '{"id": 1001, ' }],
    ['an HTML page with 200', { headers: { 'content-type': 'text/html' }, text: '<h1>Maintenance</h1>' }],
    ['a redirect', { status: 302, headers: { location: '/v1/elsewhere' } }],
    ['11 MiB', { json: { id: 1, note: 'x'.repeat(11 * 1024 * 1024) } }],
    ['408', { status: 408, json: {} }],
  ])('is sent a write once, and %s leaves open whether it happened', async (_, reply) => {
    const connection = await start(era, reply);
    await expectPerhaps(connection);
    expect(connection.sent()).toBe(1);
    expect(connection.upstream.requests[0]?.path).toBe('/affiliates/1001/approve');
    expect(connection.harness.faults).toEqual([]);
  });

  it.each<[string, Reply, string, number]>([
    ['a reset before the answer', { reset: 'before the answer' }, 'network', 3],
    ['a reset within the answer', { reset: 'within the answer' }, 'network', 3],
    ['an HTML page with 502', { status: 502, text: '<h1>Bad gateway</h1>' }, 'upstream', 3],
    ['broken JSON', { text: '{"id": 1001, ' }, 'unexpected', 1],
    ['an HTML page', { headers: { 'content-type': 'text/html' }, text: '<h1>Hi</h1>' }, 'unexpected', 1],
    ['a redirect', { status: 301, headers: { location: 'http://127.0.0.1:1/v1/x' } }, 'unexpected', 1],
    ['11 MiB', { json: { id: 1, note: 'x'.repeat(11 * 1024 * 1024) } }, 'unexpected', 1],
    ['an error in place of a record', { json: { error: 'something odd' } }, 'invalid', 1],
  ])('is read from as far as it goes: %s', async (_, reply, reason, attempts) => {
    const { call, sent, harness } = await start(era, reply);
    const result = await call(...READ);
    expect(reasonOf(result)).toBe(reason);
    expect(result.text.length).toBeLessThan(1_000);
    expect(sent()).toBe(attempts);
    expect(harness.faults).toEqual([]);
  });

  it('that cannot be reached says so, and that nothing was changed', async () => {
    const upstream = await startUpstream(() => RECORD);
    await upstream.close();
    const { call } = await startHarnessAt(upstream.url).connect(era);
    for (const what of [READ, WRITE]) {
      const result = await call(...what);
      expect(reasonOf(result)).toBe('network');
      expect(result.text).toMatch(/could not be reached/);
      expect(result.text).not.toMatch(/may have happened/);
    }
  });

  it('before the write, at the record a question is made of, has changed nothing', async () => {
    const { call, upstream } = await start(era, { status: 500, text: 'oops' }, { confirm: 'ask' });
    for (const [tool, args] of [
      ['archive_affiliate', { affiliate_id: 1001 }],
      ['cancel_purchase', { purchase_code: 'order-1' }],
      ['mark_commissions_paid', { affiliate_email: 'ann@example.com', purchase_code: 'order-1' }],
    ] as const) {
      const result = await call(tool, args);
      expect(reasonOf(result)).toBe('upstream');
      expect.soft(result.text, tool).toMatch(/Nothing was changed\./);
      expect.soft(at(result.data, 'error', 'may_have_happened'), tool).toBe(false);
    }
    expect(upstream.requests.every(({ method }) => method === 'GET')).toBe(true);
  });
});

describe.each(eras)('%s: a LeadDyno that refuses', (era) => {
  it.each(['auto', 'header', 'query'] as const)(
    'the key (%s) gets no second try but the other way, and the key is not told',
    async (way) => {
      const error = `Invalid key ${KEY}, or ${encodeURIComponent(KEY)}`;
      const { call, sent, upstream } = await start(era, { status: 401, json: { error } }, { keyTransport: way });
      for (const what of [READ, WRITE]) {
        const result = await call(...what);
        expect(reasonOf(result)).toBe('auth');
        expect(result.text).toMatch(/Ask the operator to check the API key \(LEADDYNO_API_KEY/);
        expect(JSON.stringify(result)).not.toContain(KEY);
      }
      expect(sent()).toBe(way === 'auto' ? 4 : 2);
      const [request] = upstream.requests;
      expect(way === 'query' ? request?.query.key : request?.headers.key).toBe(KEY);
    },
  );

  it('the fields quotes its words', async () => {
    const { call } = await start(era, {
      status: 400,
      json: { error: { email: ['has already been taken'], amount: ['is not a number', 'must be "positive"'] } },
    });
    const result = await call(...WRITE);
    expect(reasonOf(result)).toBe('invalid');
    expect(result.text).toMatch(/LeadDyno said: ".*email.*has already been taken.*amount.*is not a number.*\."?/);
    expect(result.text).toMatch(/Nothing was changed\. Correct the arguments and call again\.$/);
  });

  it('is quoted on one line, clean and cut', async () => {
    const { call } = await start(era, {
      status: 422,
      json: { error: `\u202eEvil\u200b\n\n"${'long '.repeat(2_000)}` },
    });
    const result = await call(...WRITE);
    expect(result.text).not.toMatch(/[\u202e\u200b\n]/);
    expect(result.text.length).toBeLessThan(2_000);
  });

  it.each([
    [403, 'forbidden', /does not allow/],
    [404, 'not_found', /Check the id, code or e-mail/],
    [409, 'conflict', /It conflicts with another record/],
    [418, 'unexpected', /could not be understood/],
  ])('with %d says %s and what to do', async (status, reason, advice) => {
    const { call } = await start(era, { status, json: { error: 'no' } });
    const result = await call(...WRITE);
    expect(reasonOf(result)).toBe(reason);
    expect(at(result.data, 'error', 'status')).toBe(status);
    expect(result.text).toMatch(advice);
  });
});

describe.each(eras)('%s: a slow LeadDyno', (era) => {
  it('is waited for no longer than the deadline', async () => {
    const { call, upstream, sent } = await start(era, 'never', { timeoutMs: 250 });
    const began = performance.now();
    const read = await call(...READ);
    expect(reasonOf(read)).toBe('timeout');
    expect(read.text).toMatch(/within 250 ms.*the operator can raise --timeout/);
    expect(performance.now() - began).toBeLessThan(15_000);
    await expectPerhaps({ call });
    // The read was asked a second time meanwhile.
    expect(sent()).toBe(3);
    await expect.poll(() => upstream.abandoned()).toBe(3);
  });

  it('shares one deadline between the look-up and the write', async () => {
    const reply: Script = (_, count) => ({ json: null, delayMs: count === 1 ? 300 : 9_000 });
    const { call, upstream } = await start(era, reply, { timeoutMs: 4_000 });
    const began = performance.now();
    expect(reasonOf(await call('create_affiliate', { email: 'new@example.com' }))).toBe('timeout');
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(upstream.requests.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  it('is left alone once the client cancels', async () => {
    const { call, upstream, harness } = await start(era, 'never');
    for (const [index, what] of [READ, WRITE].entries()) {
      const controller = new AbortController();
      const calling = call(...what, { signal: controller.signal });
      await expect.poll(() => upstream.requests.length).toBe(index + 1);
      controller.abort();
      await expect(calling).rejects.toThrow();
      await expect.poll(() => upstream.abandoned()).toBe(index + 1);
    }
    await expect.poll(() => harness.reported).toEqual(['get_affiliate cancelled', 'approve_affiliate cancelled']);
    expect(harness.faults).toEqual([]);
  });
});
