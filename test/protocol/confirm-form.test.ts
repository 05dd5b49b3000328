import { describe, expect, it } from 'vitest';
import { type Answer, type Caller, type ClientSetup, eras } from '../support/clients.ts';
import { askingWrites } from '../support/good-calls.ts';
import { type Harness, startHarness } from '../support/harness.ts';
import { at } from '../support/protocol-json.ts';

type Connect = (harness: Harness, setup: ClientSetup) => Promise<Caller>;

const clients: readonly [name: string, connect: Connect][] = [
  ['modern', (harness, setup) => harness.connect('modern', setup)],
  ['legacy', (harness, setup) => harness.connect('legacy', setup)],
  ['v1', (harness, setup) => harness.connectOld(setup)],
];

describe.each(clients)('a client with forms (%s)', (_, connect) => {
  describe.each(askingWrites)('$title', (write) => {
    it('asks once and is carried out once after a yes', async () => {
      const harness = await startHarness();
      const { sandbox } = harness;
      const before = write.state(sandbox);
      const sends = write.sends(sandbox.programme);
      const says = write.says(sandbox.programme);
      const { call, forms } = await connect(harness, { answers: 'yes' });
      const result = await call(write.tool, write.args(sandbox.programme));
      expect(result.isError, result.text).toBe(false);
      expect(result.data).not.toHaveProperty('confirmation');
      expect(result.data.undo).toEqual(expect.any(String));
      expect(harness.writes()).toEqual([sends]);
      expect(write.state(sandbox)).not.toEqual(before);
      expect(forms).toHaveLength(1);
      for (const piece of says) expect(forms[0]?.message).toContain(piece);
    });

    it.each<Answer>(['unticked', 'decline'])('does nothing after %s, and asks no more', async (answer) => {
      const harness = await startHarness();
      const { sandbox } = harness;
      const before = write.state(sandbox);
      const { call, forms } = await connect(harness, { answers: answer });
      const result = await call(write.tool, write.args(sandbox.programme));
      expect(result.isError).toBe(false);
      expect(result.data).toMatchObject({ declined: true, note: expect.stringMatching(/Nothing was done/) });
      expect(harness.writes()).toEqual([]);
      expect(write.state(sandbox)).toEqual(before);
      expect(forms).toHaveLength(1);
      expect(harness.reported).toEqual([`${write.tool} asked`, `${write.tool} declined`]);
    });
  });

  it('shows a box without a tick', async () => {
    const { call, forms } = await connect(await startHarness(), { answers: 'decline' });
    await call('archive_affiliate', { affiliate_id: 1001 });
    expect(at(forms[0]?.schema, 'properties', 'confirm')).toMatchObject({ type: 'boolean', default: false });
    expect(at(forms[0]?.schema, 'required')).toEqual(['confirm']);
  });

  it('does nothing where the call was cancelled before the yes', async () => {
    const harness = await startHarness();
    const controller = new AbortController();
    const { call, forms } = await connect(harness, {
      answers: async (): Promise<Answer> => {
        controller.abort();
        await new Promise((resolve) => setTimeout(resolve, 30));
        return 'yes';
      },
    });
    const calling = call('archive_affiliate', { affiliate_id: 1001 }, { signal: controller.signal });
    await expect(calling).rejects.toThrow();
    expect(forms).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(harness.writes()).toEqual([]);
    expect(harness.faults).toEqual([]);
  });

  it('is not asked for a record that does not exist', async () => {
    const harness = await startHarness();
    const { call, forms } = await connect(harness, { answers: 'yes' });
    for (const [tool, args] of [
      ['archive_affiliate', { affiliate_id: 999_999 }],
      ['reject_purchase', { purchase_id: 999_999 }],
      ['cancel_purchase', { purchase_code: 'no-such-order' }],
      ['mark_commissions_paid', { affiliate_email: 'nobody@example.com', purchase_code: 'x' }],
    ] as const) {
      const result = await call(tool, args);
      expect(result.isError, tool).toBe(true);
      expect(result.text).toMatch(/Nothing was changed/);
    }
    expect(forms).toEqual([]);
    expect(harness.writes()).toEqual([]);
  });
});

describe('what counts as a client with forms', () => {
  it.each([
    ['an empty declaration', { elicitation: {} }, 1],
    ['forms', { elicitation: { form: {} } }, 1],
    ['forms and pages', { elicitation: { form: {}, url: {} } }, 1],
    ['pages alone', { elicitation: { url: {} } }, 0],
    ['nothing', {}, 0],
  ])('%s', async (_, capabilities, shown) => {
    for (const era of eras) {
      const harness = await startHarness();
      const { call, forms } = await harness.connect(era, {
        capabilities,
        ...('elicitation' in capabilities && { answers: 'yes' }),
      });
      const { data } = await call('archive_affiliate', { affiliate_id: 1001 });
      expect(forms, era).toHaveLength(shown);
      expect('confirmation' in data, era).toBe(shown === 0);
    }
  });

  it('gets no token, and needs no form for one that another gave it', async () => {
    for (const era of eras) {
      const harness = await startHarness();
      const blind = await harness.connect(era);
      const { data } = await blind.call('archive_affiliate', { affiliate_id: 1001 });
      const token = at(data, 'confirmation', 'confirmation_token');
      const { call, forms } = await harness.connect(era, { answers: 'decline' });
      const again = await call('archive_affiliate', { affiliate_id: 1001, confirmation_token: token });
      expect(again.isError, again.text).toBe(false);
      expect(forms).toHaveLength(0);
      expect(harness.writes()).toHaveLength(1);
    }
  });
});
