import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { eras } from '../support/clients.ts';
import { startHarnessAt } from '../support/harness.ts';
import { at, reasonOf } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

/* Errors inside a 2xx: no success of a write, and no empty programme for a read. */

const WORDS = 'switched off for this programme';

const hidden: readonly JsonObject[] = [
  { success: false, message: WORDS },
  { errors: [WORDS] },
  { errors: { base: [WORDS] } },
  { error: true, message: WORDS },
  { id: null, error: WORDS },
  { status: 'error', message: WORDS },
];

async function start(json: unknown, status = 200) {
  const upstream = await startUpstream(() => ({ status, json }));
  return { upstream, harness: startHarnessAt(upstream.url, { confirm: 'off', precheck: false }) };
}

const writes: readonly [tool: string, args: JsonObject][] = [
  ['create_affiliate', { email: 'new@example.com' }],
  ['create_commission', { affiliate_id: 1, amount: 5 }],
  ['approve_affiliate', { affiliate_id: 1 }],
  ['mark_commissions_paid', { affiliate_email: 'a@example.com', purchase_code: 'o1' }],
  ['cancel_purchase', { purchase_code: 'o1' }],
  ['create_custom_field', { name: 'Size' }],
];

const reads: readonly [tool: string, args: JsonObject][] = [
  ['list_affiliates', {}],
  ['list_commissions', {}],
  ['list_affiliate_commissions', { affiliate_id: 1 }],
  ['get_affiliate', { affiliate_id: 1 }],
  ['get_commission_totals', {}],
  ['count_leads', {}],
  ['payout_report', {}],
  ['export_records', { records: 'purchases' }],
];

describe.each(eras)('%s', (era) => {
  it.each(hidden.map((body) => [body]))('%j is no success of a write', async (json) => {
    for (const [tool, args] of writes) {
      const { upstream, harness } = await start(json, 201);
      const result = await (await harness.connect(era)).call(tool, args);
      expect(reasonOf(result), tool).toBe('invalid');
      expect(result.text).toContain(WORDS);
      expect(result.text).toContain('Nothing was changed.');
      expect(at(result.data, 'error', 'may_have_happened')).toBe(false);
      // A payment mark looks at its commissions first.
      expect(upstream.requests.filter(({ method }) => method !== 'GET')).toHaveLength(1);
    }
  });

  it.each(hidden.map((body) => [body]))('%j is no answer to a read', async (json) => {
    const { harness } = await start(json);
    const { call } = await harness.connect(era);
    for (const [tool, args] of reads) {
      const result = await call(tool, args);
      expect(reasonOf(result), tool).toBe('invalid');
      expect(result.text, tool).toContain(WORDS);
    }
  });
});

describe('what is no error', () => {
  it.each<[JsonObject]>([
    [{ id: 1, error: 'typed by a stranger', errors: ['typed'], success: false, status: 'error', message: 'not found' }],
    [{ id: 'a-1', errors: { typed: ['x'] } }],
    [{ email: 'ann@example.com', errors: [], error: null, success: true, status: 'Active' }],
  ])('is shown: %j', async (json) => {
    const { harness } = await start(json);
    const { call } = await harness.connect('modern');
    const { isError, data, text } = await call('find_affiliate_by_email', { email: 'ann@example.com' });
    expect(isError, text).toBe(false);
    expect(data.affiliate).toEqual(json);
    const written = await call('update_affiliate', { affiliate_id: 1, first_name: 'Ann' });
    expect(written.isError, written.text).toBe(false);
    expect(written.data.affiliate).toEqual(json);
  });
});

it('an error beside a record says that the write may have happened', async () => {
  const { upstream, harness } = await start({ affiliate: { id: 5 }, errors: ['The welcome mail failed'] });
  const { call } = await harness.connect('modern');
  const result = await call('create_affiliate', { email: 'new@example.com' });
  expect(reasonOf(result)).toBe('unexpected');
  expect(result.text).toContain('The welcome mail failed');
  expect(result.text).toContain('it may have happened. Do not repeat it blindly: check with find_affiliate_by_email');
  expect(upstream.requests).toHaveLength(1);
});

it.each([[{ errors: [] }], [{ messages: ['Hello'] }], [{ warnings: [], page: 1 }]])(
  '%j is no empty list',
  async (json) => {
    const { harness } = await start(json);
    const { call } = await harness.connect('modern');
    expect((await call('list_affiliates')).data).toEqual({ result: json });
    const report = await call('payout_report');
    expect(report.isError || report.data.complete === false, report.text).toBe(true);
  },
);
