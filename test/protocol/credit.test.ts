import { describe, expect, it } from 'vitest';
import { eras } from '../support/clients.ts';
import { type HarnessOptions, type SandboxHarness, startHarness, startHarnessAt } from '../support/harness.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

/* LeadDyno takes a code that nobody has, or that earns nothing, without a word: the result says what came of it. */

const ben = 1002;
const ANN = 'ann.arbor@example.com';

/** A server, its programme, the code of Ben (who is pending) and a customer of Ann's. */
async function start(options: HarnessOptions = {}) {
  const harness = await startHarness(options);
  const { affiliates, leads } = harness.sandbox.programme;
  const customer = leads.rows.find(({ affiliateId }) => affiliateId === 1001);
  return { harness, pending: affiliates.get(ben)?.code, customer };
}

const sent = ({ sandbox }: SandboxHarness) => sandbox.requests.map(({ method, path }) => `${method} ${path}`);

describe.each(eras)('%s: a purchase with a code', (era) => {
  it('of a pending affiliate says that nobody was credited, and is recorded so', async () => {
    const { harness, pending } = await start();
    const connection = await harness.connect(era, { answers: 'yes' });
    const args = { email: 'new@example.com', purchase_code: 'order-1', purchase_amount: 50, code: pending };
    const { data, isError } = await connection.call('create_purchase', args);
    expect(isError).toBe(false);
    expect(connection.forms[0]?.message).toContain('crediting the affiliate "Ben');
    expect(at(data, 'purchase', 'affiliate')).toBe(null);
    expect(data.note).toMatch(
      /^No affiliate was credited, although the code "\S+" of the affiliate "Ben .*was given\.$/,
    );
    expect(data.undo).toContain('cancel_purchase');

    const [change] = rowsOf(await connection.call('list_recent_changes'), 'changes');
    expect(change).toMatchObject({ tool: 'create_purchase', record: { purchase_code: 'order-1' } });
    expect(JSON.stringify(change)).not.toContain('ben.');
    expect((await connection.call('list_recent_changes', { affiliate_id: ben })).data.found).toBe(0);
  });

  it('that credits another affiliate names them, and is recorded so', async () => {
    const { harness, customer } = await start();
    const connection = await harness.connect(era, { answers: 'yes' });
    const carla = harness.sandbox.programme.affiliates.get(1003)?.code;
    const args = { email: customer?.email, purchase_code: 'order-2', purchase_amount: 50, reassign_affiliate: false };
    const { data } = await connection.call('create_purchase', { ...args, code: carla });
    expect(at(data, 'purchase', 'affiliate', 'id')).toBe(1001);
    expect(data.note).toMatch(
      /^The affiliate "ann\.arbor@example\.com", id 1001 was credited, although the code "\S+" of the affiliate "Carla Mendes".*was given\. The attribution settings/,
    );
    const [change] = rowsOf(await connection.call('list_recent_changes'), 'changes');
    expect(at(change, 'record', 'affiliate_email')).toBe(ANN);
    expect((await connection.call('list_recent_changes', { affiliate_id: 1001 })).data.found).toBe(1);
    expect((await connection.call('list_recent_changes', { affiliate_id: 1003 })).data.found).toBe(0);
  });

  it('says nothing where it credits whom it should', async () => {
    const { harness } = await start();
    const { call } = await harness.connect(era, { answers: 'yes' });
    const code = harness.sandbox.programme.affiliates.get(1001)?.code;
    const { data } = await call('create_purchase', { email: 'new@example.com', purchase_code: 'order-3', code });
    expect(at(data, 'purchase', 'affiliate', 'id')).toBe(1001);
    expect(data).not.toHaveProperty('note');
  });

  it('that nobody has says so without a question too', async () => {
    const { harness } = await start({ confirm: 'off', precheck: false });
    const { call } = await harness.connect(era);
    const { data } = await call('create_purchase', { email: 'new@example.com', code: 'nosuchcode' });
    expect(data.note).toBe(
      'No affiliate was credited, although the code "nosuchcode" was given. Check it with find_affiliate_by_code.',
    );
    expect(sent(harness)).toEqual(['POST /purchases']);
  });
});

describe.each(eras)('%s: a lead with a code', (era) => {
  it('that nobody has says that nobody was credited, and asks nothing', async () => {
    const { harness } = await start();
    const { call } = await harness.connect(era);
    const { data } = await call('create_lead', { email: 'new@example.com', code: 'nosuchcode' });
    expect(at(data, 'lead', 'affiliate')).toBe(null);
    expect(data.note).toBe(
      'No affiliate was credited, although the code "nosuchcode" was given. Check it with find_affiliate_by_code.',
    );
    const updated = await call('update_lead', {
      lead_id: at(data, 'lead', 'id'),
      email: 'new@example.com',
      code: 'nosuchcode',
    });
    expect(updated.data.note).toBe(data.note);
    expect(sent(harness).map((request) => request.replace(/\d+$/, '…'))).toEqual([
      'GET /leads/by_email',
      'GET /affiliates/by_affiliate_code',
      'POST /leads',
      'GET /leads/…',
      'GET /affiliates/by_affiliate_code',
      'PUT /leads/…',
    ]);
  });

  it('says nothing where it was taken, or where none was given', async () => {
    const { harness } = await start();
    const { call } = await harness.connect(era, { answers: 'yes' });
    const code = harness.sandbox.programme.affiliates.get(1001)?.code;
    for (const args of [{ code }, { affiliate: ANN.toUpperCase() }, {}]) {
      const { data } = await call('create_lead', {
        email: `${Object.keys(args).length}${'code' in args}@x.example`,
        ...args,
      });
      expect(data).not.toHaveProperty('note');
    }
  });
});

it.each([
  [
    { affiliate: { id: 5, email: 'other@example.com' } },
    /^The affiliate "other@example\.com", id 5 was credited, although the address/,
  ],
  [
    { affiliate: null },
    /^No affiliate was credited, although the address "ann.*Check it with find_affiliate_by_email\.$/,
  ],
  [{ affiliate: { id: 5 } }, undefined],
  [{}, undefined],
] as const)('a lead with an address is held against the answer %j', async (answer, note) => {
  const upstream = await startUpstream(() => ({ json: { id: 7, email: 'new@example.com', ...answer } }));
  const { call } = await startHarnessAt(upstream.url, { precheck: false, confirm: 'off' }).connect('modern');
  const { data } = await call('create_lead', { email: 'new@example.com', affiliate: ANN });
  if (note) expect(data.note).toMatch(note);
  else expect(data).not.toHaveProperty('note');
});

it('an update of what the record has already says that nothing has changed', async () => {
  const harness = await startHarness();
  const { call } = await harness.connect('modern');
  const ann = harness.sandbox.programme.affiliates.get(1001);
  const same = await call('update_affiliate', { affiliate_id: 1001, email: ann?.email });
  expect(same.data.note).toContain('Nothing changed');
});
