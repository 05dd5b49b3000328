import { describe, expect, it } from 'vitest';
import { workflows } from '../../src/workflows/index.ts';
import { eras } from '../support/clients.ts';
import { askingWrites, unaskedWrites } from '../support/good-calls.ts';
import { startHarness } from '../support/harness.ts';
import { askedIn, at, reasonOf } from '../support/protocol-json.ts';

describe.each(eras)('%s: who asks', (era) => {
  it('is told by the arguments of a tool', async () => {
    const { client } = await (await startHarness()).connect(era);
    // Those of the workflows have tests of their own.
    const ours = new Set(workflows.map(({ name }) => name));
    const tools = (await client.listTools()).tools.filter(({ name }) => !ours.has(name));
    const takesToken = tools.filter(({ inputSchema }) => 'confirmation_token' in (inputSchema.properties ?? {}));
    expect(takesToken.map(({ name }) => name).sort()).toEqual(
      [...new Set(askingWrites.map(({ tool }) => tool))].sort(),
    );
    const writes = tools.filter(({ annotations }) => !annotations?.readOnlyHint).map(({ name }) => name);
    const tested = new Set([...unaskedWrites.map(({ tool }) => tool), ...askingWrites.map(({ tool }) => tool)]);
    expect([...tested].sort()).toEqual(writes.sort());
  });

  it.each(unaskedWrites)('is not $tool without what it asks about', async ({ tool, args, sends }) => {
    const harness = await startHarness();
    const { programme } = harness.sandbox;
    const request = sends(programme);
    const withForms = await harness.connect(era, { answers: 'decline' });
    const result = await withForms.call(tool, args(programme));
    expect(result.isError, result.text).toBe(false);
    expect(result.data.undo).toEqual(expect.any(String));
    expect(withForms.forms).toEqual([]);
    expect(harness.writes()).toEqual([request]);
  });
});

describe('update_affiliate', () => {
  it.each([
    ['the present e-mail', { email: 'ann.arbor@example.com' }],
    ['the present payout address and another name', { paypal_email: 'ann.arbor@example.com', last_name: 'Arbour' }],
    ['the present code', { affiliate_code: 'ann' }],
    ['the present group', { affiliate_type: 'V.I.P.' }],
  ])('does not ask for %s', async (_, args) => {
    const harness = await startHarness();
    const { call } = await harness.connect('modern');
    const { isError, data } = await call('update_affiliate', { affiliate_id: 1001, ...args });
    expect(isError).toBe(false);
    expect(data).toHaveProperty('affiliate');
    expect(harness.writes()).toEqual(['PUT /affiliates/1001']);
  });

  it('shows all that differs, and names what is sent as it is', async () => {
    const { call } = await (await startHarness()).connect('modern');
    const { question } = askedIn(
      await call('update_affiliate', {
        affiliate_id: 1001,
        email: 'ann.arbor@example.com',
        paypal_email: 'money@example.com',
        affiliate_code: 'ann-2',
        first_name: 'Anne',
      }),
    );
    expect(question).toMatch(
      /^Change paypal_email from "ann\.arbor@example\.com" to "money@example\.com", affiliate_code from "ann" to "ann-2", first_name from "Ann" to "Anne" for the affiliate "Ann Arbor".* Sent unchanged: email\.$/,
    );
  });

  it.each(['\u200b', '\u2060', '\u{e0061}', '\u00ad', '\ufe0f'])(
    'does not send a payout address that differs by an invisible character (%j) alone without asking',
    async (hidden) => {
      const harness = await startHarness();
      const { call } = await harness.connect('modern');
      const result = await call('update_affiliate', {
        affiliate_id: 1001,
        paypal_email: `ann.arbor${hidden}@example.com`,
      });
      expect(harness.writes(), result.text).toEqual([]);
      expect(harness.sandbox.programme.affiliates.get(1001)?.paypalEmail).toBe('ann.arbor@example.com');
    },
  );

  it('shows the whole of a long new address: where the money goes must not be cut away', async () => {
    const { call } = await (await startHarness()).connect('modern');
    const paypal_email = `payments.of.the.well.known.affiliate.ann.arbor.at.example.com.inc@elsewhere.example.net`;
    const { question } = askedIn(await call('update_affiliate', { affiliate_id: 1001, paypal_email }));
    expect(question).toContain(`to "${paypal_email}"`);
  });

  it('promises no way back where there is none', async () => {
    const { call } = await (await startHarness()).connect('modern');
    const { question } = askedIn(await call('update_affiliate', { affiliate_id: 1013, paypal_email: 'm@example.com' }));
    // The tool itself refuses an empty address.
    expect((await call('update_affiliate', { affiliate_id: 1013, paypal_email: '' })).isError).toBe(true);
    expect(question).not.toContain('The old values can be written back');
  });

  it('asks before it sets what was not set', async () => {
    const { call } = await (await startHarness()).connect('modern');
    const { question } = askedIn(await call('update_affiliate', { affiliate_id: 1013, paypal_email: 'm@example.com' }));
    expect(question).toContain('paypal_email from nothing to "m@example.com"');
  });
});

describe('update_purchase', () => {
  it.each([
    ['the present amount', (amount: number) => ({ purchase_amount: amount / 100 })],
    ['the present amount and currency', (amount: number) => ({ purchase_amount: amount / 100, currency: 'USD' })],
    ['a description', () => ({ description: 'a gift' })],
  ])('does not ask for %s', async (_, args) => {
    const harness = await startHarness();
    const purchase = harness.sandbox.programme.purchases.get(300_001) ?? expect.fail('no purchase');
    const { call } = await harness.connect('modern');
    await call('update_purchase', { purchase_id: 300_001, ...args(purchase.amount) });
    expect(harness.writes()).toEqual(['PUT /purchases/300001']);
  });

  it('asks for zero', async () => {
    const { call } = await (await startHarness()).connect('modern');
    askedIn(await call('update_purchase', { purchase_id: 300_001, purchase_amount: 0 }));
  });
});

describe('create_purchase', () => {
  it('asks for a fixed commission of zero, and says where nobody has the code', async () => {
    const { call } = await (await startHarness()).connect('modern');
    const free = { email: 'buyer@example.com', purchase_amount: 10, commission_amount_override: 0 };
    expect(askedIn(await call('create_purchase', free)).question).toContain('a fixed commission of 0 in the account');
    const lost = { email: 'buyer@example.com', purchase_amount: 10, code: 'no-such-code' };
    expect(askedIn(await call('create_purchase', lost)).question).toContain('"no-such-code", which no affiliate has');
  });

  it('does not ask again once the order is recorded', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect('modern');
    const args = { email: 'buyer@example.com', purchase_code: 'order-1', purchase_amount: 10, code: 'ann' };
    const { token } = askedIn(await call('create_purchase', args));
    await call('create_purchase', { ...args, confirmation_token: token });
    for (const confirmation_token of [token, undefined]) {
      const { isError, data } = await call('create_purchase', { ...args, confirmation_token });
      expect(isError).toBe(false);
      expect(data).toMatchObject({ already_existed: true, purchase: { purchase_code: 'order-1' } });
    }
    expect(harness.writes()).toEqual(['POST /purchases']);
  });
});

describe.each(eras)('%s: --confirm strict', (era) => {
  it.each(askingWrites)('refuses $title to a client without forms', async (write) => {
    const harness = await startHarness({ confirm: 'strict' });
    const { call } = await harness.connect(era);
    const args = write.args(harness.sandbox.programme);
    for (const confirmation_token of [undefined, 'yes']) {
      const result = await call(write.tool, { ...args, confirmation_token });
      expect(reasonOf(result)).toBe('confirmation_required');
      expect(result.text).toMatch(/this client cannot show one\. Nothing was done\./);
      expect(JSON.stringify(result.data)).not.toContain('"confirmation_token"');
    }
    expect(harness.writes()).toEqual([]);
  });

  it('shows the form to a client that can', async () => {
    const harness = await startHarness({ confirm: 'strict' });
    const { call, forms } = await harness.connect(era, { answers: 'yes' });
    expect((await call('archive_affiliate', { affiliate_id: 1001 })).isError).toBe(false);
    expect(forms).toHaveLength(1);
    expect(harness.writes()).toHaveLength(1);
  });

  it('lets through what does not ask', async () => {
    const harness = await startHarness({ confirm: 'strict' });
    const { call } = await harness.connect(era);
    expect((await call('update_affiliate', { affiliate_id: 1002, first_name: 'Benjamin' })).isError).toBe(false);
    expect(harness.writes()).toHaveLength(1);
  });
});

describe.each(eras)('%s: --confirm off', (era) => {
  it.each(askingWrites)('never asks for $title', async (write) => {
    const harness = await startHarness({ confirm: 'off', precheck: false });
    const { call, forms } = await harness.connect(era, { answers: 'decline' });
    const sends = write.sends(harness.sandbox.programme);
    const result = await call(write.tool, write.args(harness.sandbox.programme));
    expect(result.isError, result.text).toBe(false);
    expect(at(result.data, 'undo')).toEqual(expect.any(String));
    expect(forms).toEqual([]);
    // Neither are the records read that a question would be made of, but for a mark: which commissions it is for stands
    // nowhere else, and that they were paid is remembered.
    const sent = harness.sandbox.requests.map(({ method, path }) => `${method} ${path}`);
    const reads = sent.filter((request) => request.startsWith('GET '));
    expect(sent.filter((request) => !reads.includes(request))).toEqual([sends]);
    expect(reads.length > 0).toBe(write.tool === 'mark_commissions_paid');
  });
});
