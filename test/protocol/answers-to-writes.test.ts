import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { reasonOf } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

/* What LeadDyno answers a write with is compared with what was sent: it may be another record, or show other values. */

const OTHER = { id: 2, email: 'else@example.com', first_name: 'Else', status: 'Active' };
const COMMISSION = { id: 7, amount: '25.0', currency: 'USD', paid: false };

/** Writes at once; LeadDyno knows no record, and answers every write with `answer`. */
async function written(tool: string, args: JsonObject, answer: unknown) {
  const upstream = await startUpstream(({ method }) => ({ json: method === 'GET' ? null : answer }));
  const { call } = await startHarnessAt(upstream.url, { confirm: 'off', precheck: false }).connect('modern');
  const result = await call(tool, args);
  expect(upstream.requests.filter(({ method }) => method !== 'GET')).toHaveLength(1);
  return result;
}

describe('an answer about somebody or something else leaves open what was done', () => {
  it.each<[tool: string, args: JsonObject, answer: unknown, named: string]>([
    ['create_affiliate', { email: 'new@example.com' }, OTHER, 'else@example.com'],
    ['create_lead', { email: 'new@example.com' }, OTHER, 'else@example.com'],
    [
      'create_commission',
      { affiliate_id: 1, amount: 25 },
      { ...COMMISSION, affiliate: { id: 2, email: 'else@example.com' } },
      '2',
    ],
    ['create_commission', { affiliate_id: 1, amount: 25 }, { ...COMMISSION, affiliate_id: 2 }, '2'],
    [
      'create_affiliate_sign_in_link',
      { affiliate_id: 1 },
      { affiliate_id: 2, sign_in_url: 'https://dash.example.org/s/of-somebody-else', expires_in_seconds: 300 },
      '2',
    ],
    [
      'create_purchase',
      { email: 'a@example.com', purchase_code: 'N-1', purchase_amount: 10 },
      { id: 9, purchase_code: 'N-2', purchase_amount: '10.0' },
      'N-2',
    ],
    ['cancel_purchase', { purchase_code: 'N-1' }, { id: 9, purchase_code: 'N-2', cancelled: true }, 'N-2'],
    [
      'cancel_purchase',
      { purchase_code: 'N-1' },
      [
        { id: 8, purchase_code: 'n-1 ', cancelled: true },
        { id: 9, purchase_code: 'N-2', cancelled: true },
      ],
      'N-2',
    ],
  ])('%s %j', async (tool, args, answer, named) => {
    const result = await written(tool, args, answer);
    expect(reasonOf(result)).toBe('unexpected');
    expect(result.text).toContain(`but answered with the`);
    expect(result.text).toContain(`"${named}"`);
    expect(result.text).toContain('it may have happened');
    expect(result.text).not.toContain('of-somebody-else');
  });

  it.each<[string, readonly JsonObject[]]>([
    ["another affiliate's", [{ ...COMMISSION, paid: true, affiliate: { id: 2, email: 'else@example.com' } }]],
    ["another purchase's", [{ ...COMMISSION, paid: true, purchase: { id: 5, purchase_code: 'N-2' } }]],
  ])('mark_commissions_paid, if it names only %s commissions', async (_, answer) => {
    const args = { affiliate_email: 'a@example.com', purchase_code: 'N-1' };
    const result = await written('mark_commissions_paid', args, answer);
    expect(reasonOf(result)).toBe('unexpected');
    expect(result.text).toContain('answered only with others');
    expect(result.text).toContain('it may have happened');
  });
});

describe('an answer that shows other values than were sent says so', () => {
  it.each<[tool: string, args: JsonObject, answer: unknown, said: string]>([
    [
      'create_commission',
      { affiliate_id: 1, amount: 25, currency: 'USD' },
      { ...COMMISSION, amount: '2500.0' },
      'amount is "2500.0"',
    ],
    [
      'create_commission',
      { affiliate_id: 1, amount: 25, currency: 'EUR' },
      COMMISSION,
      'currency is "USD". Check with list_affiliate_commissions.',
    ],
    [
      'update_affiliate',
      { affiliate_id: 1, paypal_email: 'new@example.com' },
      { id: 1, email: 'a@example.com', paypal_email: 'old@example.com' },
      'paypal_email is "old@example.com"',
    ],
    [
      'approve_affiliate',
      { affiliate_id: 1 },
      { id: 1, status: 'Pending Approval', pending_approval: true },
      'pending_approval is "true"',
    ],
    ['archive_affiliate', { affiliate_id: 1 }, { id: 1, archived: false }, 'archived is "false"'],
    ['unarchive_affiliate', { affiliate_id: 1 }, { id: 1, archived: true }, 'archived is "true"'],
    [
      'cancel_purchase',
      { purchase_code: 'N-1' },
      { id: 9, purchase_code: 'N-1', cancelled: false },
      'cancelled is "false"',
    ],
    [
      'cancel_customer_purchases',
      { email: 'a@example.com' },
      [
        { id: 8, cancelled: true, lead: { id: 1, email: 'A@example.com' } },
        { id: 9, cancelled: true, lead: { id: 2, email: 'else@example.com' } },
      ],
      'email is "else@example.com"',
    ],
    [
      'mark_commissions_paid',
      { affiliate_email: 'a@example.com', purchase_code: 'N-1' },
      [COMMISSION],
      'paid is "false"',
    ],
    ['create_visitor', { url: 'https://shop.example/', tracking_code: 'AA' }, { id: 3, tracking_code: 'BB' }, '"BB"'],
  ])('%s %j', async (tool, args, answer, said) => {
    const { data } = await written(tool, args, answer);
    expect(data).not.toHaveProperty('error');
    expect(data.note).toContain("LeadDyno's answer shows other values than were sent: ");
    expect(data.note).toContain(said);
  });

  it.each<[tool: string, args: JsonObject, answer: unknown]>([
    [
      'create_commission',
      { affiliate_id: 1, amount: 25, currency: 'USD', due_at: '2026-12-01', note: 'bonus' },
      { ...COMMISSION, amount: '25.000', due_at: '2026-12-01T00:00:00Z', note: null, affiliate: { id: '1' } },
    ],
    [
      'update_affiliate',
      { affiliate_id: 1, paypal_email: 'New@example.com', unsubscribed: true },
      { id: 1, paypal_email: 'new@example.com ', unsubscribed: true },
    ],
    ['create_lead', { email: 'New@example.com' }, { id: 4, email: 'new@example.com' }],
    ['create_visitor', { url: 'https://shop.example' }, { id: 3, url: 'https://shop.example/' }],
    ['archive_affiliate', { affiliate_id: 1 }, { id: 1 }],
  ])('not if it is the same in another form, or not shown: %s %j', async (tool, args, answer) => {
    const { data } = await written(tool, args, answer);
    expect(data).not.toHaveProperty('error');
    expect(data).not.toHaveProperty('note');
  });
});

describe('mark_commissions_paid asks with a doubt if it cannot find out who else has the e-mail', () => {
  const ANN = { id: 1, email: 'a@example.com', status: 'Active' };
  const OWED = { ...COMMISSION, due_at: '2026-01-01T00:00:00Z', purchase: { id: 5, purchase_code: 'N-1' } };
  it.each<[string, { status?: number; json?: unknown }, string | undefined]>([
    ['the search fails', { status: 500 }, 'another may have the same e-mail'],
    ['the search answers null', { json: null }, 'another may have the same e-mail'],
    ['the search does not find the affiliate itself', { json: [OTHER] }, 'another may have the same e-mail'],
    [
      'the search finds another',
      { json: [ANN, { ...OTHER, email: 'A@example.com' }] },
      'another affiliate has the same',
    ],
    ['the search finds only the affiliate', { json: [ANN, OTHER] }, undefined],
  ])('%s', async (_, found, doubt) => {
    const upstream = await startUpstream(({ path }) => {
      if (path === '/affiliates') return found;
      return { json: path.endsWith('/commissions') ? [OWED] : ANN };
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const { data } = await call('mark_commissions_paid', { affiliate_email: 'a@example.com', purchase_code: 'N-1' });
    const { question } = data.confirmation as JsonObject;
    if (doubt === undefined) expect(question).not.toContain('Check first');
    else expect(question).toContain(doubt);
  });
});
