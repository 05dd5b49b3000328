import { describe, expect, it } from 'vitest';
import { eras } from '../support/clients.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { at, reasonOf } from '../support/protocol-json.ts';
import { type Reply, startUpstream } from '../support/upstream.ts';

/** The creations with a natural key: the record, how it is looked up and what changes it. */
const creations = [
  {
    tool: 'create_affiliate',
    record: 'affiliate',
    lookUp: '/affiliates/by_email',
    change: 'update_affiliate',
    sends: 'POST /affiliates',
    check: 'find_affiliate_by_email',
    known: () => ({ email: 'ann.arbor@example.com' }),
    fresh: { email: 'new@example.com', first_name: 'New' },
  },
  {
    tool: 'create_lead',
    record: 'lead',
    lookUp: '/leads/by_email',
    change: 'update_lead',
    sends: 'POST /leads',
    check: 'find_lead_by_email',
    known: () => ({ email: 'omar.haddad@example.org' }),
    fresh: { email: 'new@example.com', first_name: 'New' },
  },
  {
    tool: 'create_purchase',
    record: 'purchase',
    lookUp: '/purchases/by_purchase_code',
    change: 'update_purchase',
    sends: 'POST /purchases',
    check: 'find_purchase_by_code',
    known: (code: string) => ({ email: 'buyer@example.com', purchase_code: code, code: 'ann' }),
    fresh: { email: 'new@example.com', purchase_code: 'order-1', purchase_amount: 5 },
  },
] as const;

describe.each(eras)('%s', (era) => {
  describe.each(creations)('$tool', ({ tool, record, lookUp, change, sends, check, known, fresh }) => {
    // Who would earn on a purchase is looked up as well.
    const forQuestion = tool === 'create_purchase' ? ['GET /leads/by_email'] : [];

    it('gives the record that is there already, and sends nothing', async () => {
      const harness = await startHarness();
      const code = harness.sandbox.programme.purchases.rows[5]?.code ?? '';
      const { call, forms } = await harness.connect(era, { answers: 'yes' });
      const args = known(code);
      const { isError, data } = await call(tool, args);
      expect(isError).toBe(false);
      expect(data).toMatchObject({ already_existed: true, note: expect.stringContaining(change) });
      const key = tool === 'create_purchase' ? 'purchase_code' : 'email';
      expect(at(data, record, key)).toBe(at(args, key));
      expect(forms).toEqual([]);
      expect(harness.writes()).toEqual([]);
      expect(harness.reported).toEqual([`${tool} existed`]);
    });

    it('creates what is not there, after one look', async () => {
      const harness = await startHarness();
      const { call } = await harness.connect(era);
      const { isError, data } = await call(tool, fresh);
      expect(isError).toBe(false);
      expect(data).not.toHaveProperty('already_existed');
      expect(data.undo).toEqual(expect.any(String));
      const sent = harness.sandbox.requests.map(({ method, path }) => `${method} ${path}`);
      expect(sent).toEqual([`GET ${lookUp}`, ...forQuestion, sends]);
    });

    it.each<[string, Reply]>([
      ['a fault', { status: 500, text: 'oops' }],
      ['a refusal of the key', { status: 401, json: { error: 'Invalid key' } }],
      ['a broken connection', { reset: 'before the answer' }],
      ['something that is no record', { json: [1, 2] }],
      ['a text', { json: 'yes' }],
      ['an object that says nothing of a record', { json: { found: false } }],
      ['a number', { json: { count: 0 } }],
      ['a failure', { json: { success: false } }],
      ['errors', { json: { errors: ['not now'] } }],
      ['a message', { json: { message: 'Please wait' } }],
      ['an answer that all is well', { json: { success: true } }],
      ['a record without id and key', { json: { [record]: { first_name: 'Ann' } } }],
      ['an empty id', { json: { id: '' } }],
      ['no id', { json: { id: null } }],
      ['a record under a name that is not known', { json: { data: { id: 1 } } }],
      ['another record', { json: { id: 1, email: 'else@example.com', purchase_code: 'else' } }],
      ['another record under its name', { json: { [record]: { email: 'else@example.com', purchase_code: 'else' } } }],
    ])('sends nothing where the look ends in %s', async (_, reply) => {
      const upstream = await startUpstream(() => reply);
      const { call } = await startHarnessAt(upstream.url, { keyTransport: 'header' }).connect(era);
      const result = await call(tool, fresh);
      expect(result.isError).toBe(true);
      expect(result.text).toMatch(/Nothing was changed\./);
      expect(at(result.data, 'error', 'may_have_happened')).toBe(false);
      expect(upstream.requests.map(({ method }) => method)).not.toContain('POST');
    });

    it.each<[string, Reply]>([
      ['null', { json: null }],
      ['nothing', { text: '' }],
      ['an empty list', { json: [] }],
      ['404', { status: 404, json: { error: 'Not Found' } }],
      ['nothing under its name', { json: { [record]: null } }],
      ['nothing under another name', { json: { data: null } }],
      ['an empty list under another name', { json: { data: [] } }],
      ['an empty record under its name', { json: { [record]: {} } }],
      ['no error and nothing else', { json: { error: null } }],
      ['no error and no record', { json: { error: false, [record]: null } }],
      ['success and nothing', { json: { success: true, data: null } }],
      ['a list of nothing', { json: [null] }],
      ['a message that there is none', { json: { message: `${record} not found` } }],
      ['a failure for there is none', { json: { success: false, message: `${record} not found` } }],
      ['an error that there is none', { json: { errors: [`No such ${record}`] } }],
      ['a text that there is none', { json: `Couldn't find ${record}` }],
    ])('goes on where the look finds %s', async (_, reply) => {
      // What the question reads must say clearly that there is none.
      const upstream = await startUpstream(({ method, path }) =>
        method !== 'GET' ? { json: { id: 1 } } : path === lookUp ? reply : { json: null },
      );
      const { call } = await startHarnessAt(upstream.url, { keyTransport: 'header' }).connect(era);
      expect((await call(tool, fresh)).data).toMatchObject({ [record]: { id: 1 } });
      expect(upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
        `GET ${lookUp}`,
        ...forQuestion,
        sends,
      ]);
    });

    it.each<[string, object]>([
      ['by its id', { id: '17' }],
      ['by its key', { email: ' NEW@Example.com', purchase_code: 'ORDER-1' }],
      ['under its name', { [record]: { id: 17 } }],
    ])('knows what is there %s', async (_, json) => {
      const upstream = await startUpstream(() => ({ json }));
      const { call } = await startHarnessAt(upstream.url).connect(era);
      expect((await call(tool, fresh)).data.already_existed).toBe(true);
      expect(upstream.requests.map(({ method }) => method)).toEqual(['GET']);
    });

    it('looks at nothing where the operator does not want it', async () => {
      const upstream = await startUpstream(({ method }) =>
        method === 'GET' ? { json: null } : { status: 201, json: { id: 1 } },
      );
      const { call } = await startHarnessAt(upstream.url, { precheck: false }).connect(era);
      await call(tool, fresh);
      expect(upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([...forQuestion, sends]);
      expect(upstream.requests.at(-1)?.body).toEqual(fresh);
    });

    it('names the tool that tells, where the answer to the creation was lost', async () => {
      const upstream = await startUpstream(({ method }) => (method === 'GET' ? { json: null } : { status: 500 }));
      const { call } = await startHarnessAt(upstream.url).connect(era);
      const result = await call(tool, fresh);
      expect(reasonOf(result)).toBe('upstream');
      expect(result.text).toContain(`it may have happened. Do not repeat it blindly: check with ${check} first.`);
      expect(at(result.data, 'error', 'may_have_happened')).toBe(true);
      expect(upstream.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['create_purchase', { email: 'a@example.com', purchase_amount: 5 }, 'find_lead_by_email, then list_lead_purchases'],
    ['create_visitor', { url: 'https://shop.example/?afmc=ann' }, 'list_visitors'],
    ['create_visitor', { tracking_code: 'visit-1' }, 'find_visitor_by_tracking_code'],
  ])('%s %j names what can be called with that, where its answer was lost', async (tool, args, check) => {
    for (const reply of [{ status: 500 }, { reset: 'before the answer' }, { json: null }] as const) {
      const upstream = await startUpstream(({ method }) => (method === 'GET' ? { json: null } : reply));
      const { call } = await startHarnessAt(upstream.url).connect(era);
      expect((await call(tool, args)).text).toMatch(new RegExp(`[Cc]heck with ${check}( first)?\\.`));
    }
  });

  it('does not look where create_purchase has no code to look for', async () => {
    const upstream = await startUpstream(({ method }) =>
      method === 'GET' ? { json: null } : { status: 201, json: { id: 1 } },
    );
    const { call } = await startHarnessAt(upstream.url).connect(era);
    await call('create_purchase', { email: 'new@example.com', purchase_amount: 5 });
    expect(upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /leads/by_email',
      'POST /purchases',
    ]);
  });
});

describe('a look-up that tells the cases of an address apart', () => {
  const lookUp = (known: string) =>
    startUpstream(({ method, query }) => {
      if (method !== 'GET') return { status: 201, json: { id: 2, email: 'new@example.com' } };
      return { json: query.email === known ? { id: 1, email: known } : null };
    });

  it.each(['create_affiliate', 'create_lead'])('still shows %s who is there in small letters', async (tool) => {
    const upstream = await lookUp('buyer@example.com');
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { data } = await call(tool, { email: 'Buyer@Example.com' });
    expect(data).toMatchObject({ already_existed: true });
    expect(upstream.requests.map(({ query }) => query.email)).toEqual(['Buyer@Example.com', 'buyer@example.com']);
  });

  it('is asked once where the address has no capitals, or is found', async () => {
    for (const email of ['new@example.com', 'Buyer@example.com']) {
      const upstream = await lookUp('Buyer@example.com');
      const { call } = await startHarnessAt(upstream.url).connect('modern');
      await call('create_lead', { email });
      expect(upstream.requests.filter(({ path }) => path.endsWith('by_email'))).toHaveLength(1);
    }
  });
});
