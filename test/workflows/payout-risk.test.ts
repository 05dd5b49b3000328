import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { rowsOf } from '../support/protocol-json.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');

/** The purchase beneath a commission, by a customer. */
const boughtBy = (id: number, email: string, more: JsonObject = {}): JsonObject => ({
  purchase: { id: id + 50_000, purchase_code: `order-${id}`, cancelled: false, lead: { id, email }, ...more },
});

/** The lines of a report, by affiliate. */
async function risksOf(people: readonly JsonObject[], commissions: readonly JsonObject[], args: JsonObject = {}) {
  const upstream = await startPayoutUpstream(people, commissions);
  const { call } = await startHarnessAt(upstream.url, { clock: () => NOW }).connect('modern');
  const result = await call('payout_report', { limit: 200, ...args });
  const lines = rowsOf(result, 'lines');
  return Object.fromEntries(
    lines.map(({ affiliate_id, risk, risk_evidence }) => [affiliate_id, [risk, risk_evidence]]),
  );
}

/** Commissions that were paid month by month. */
const history = (affiliateId: number, amount = '10.0', months = 5) =>
  Array.from({ length: months }, (_, index) =>
    owed(1_000 * affiliateId + index, affiliateId, {
      paid: true,
      amount,
      date: `2025-${String(index + 5).padStart(2, '0')}-10`,
      ...boughtBy(1_000 * affiliateId + index, `buyer-${index}@shop-${affiliateId}.example`),
    }),
  );

describe('a line is clear', () => {
  it('where it is as ever, and then there is no evidence', async () => {
    const found = await risksOf([payee(1)], [...history(1), owed(1, 1, { amount: '12' })]);
    expect(found).toEqual({ 1: ['clear', undefined] });
  });

  it.each<[string, JsonObject[], JsonObject[]]>([
    ['too little is known of what is usual', [payee(1)], [...history(1, '10', 2), owed(1, 1, { amount: '900' })]],
    ['a young account with little', [payee(1, { created_at: '2026-05-25T00:00:00Z' })], [owed(1, 1)]],
    ['an old account with much', [payee(1, { created_at: '2024-05-25T00:00:00Z' })], [owed(1, 1, { amount: '900' })]],
    [
      'a recurring order of one customer',
      [payee(1)],
      [1, 2, 3, 4, 5, 6].map((id) => owed(id, 1, boughtBy(7, 'a@b.example'))),
    ],
    [
      'the same free mail provider',
      [payee(1, { email: 'ann@gmail.com', paypal_email: 'ann@gmail.com' })],
      [owed(1, 1, { ...boughtBy(1, 'ben@gmail.com'), affiliate: { id: 1, email: 'ann@gmail.com' } })],
    ],
    [
      'a relay that hides addresses',
      [payee(1, { email: 'ann@privaterelay.appleid.com', paypal_email: 'ann@tutanota.com' })],
      ['ben@privaterelay.appleid.com', 'ben@tutanota.com'].map((email, index) =>
        owed(index + 1, 1, boughtBy(index, email)),
      ),
    ],
    [
      'a subscription that makes an order a month',
      [payee(1)],
      [1, 2, 3, 4, 5, 6].map((month) =>
        owed(month, 1, boughtBy(month, 'one@c.example', { created_at: `2026-0${month}-03T08:00:00Z` })),
      ),
    ],
    ['nothing is known of the customer', [payee(1)], [owed(1, 1), owed(2, 1), owed(3, 1), owed(4, 1), owed(5, 1)]],
    [
      'one name twice',
      [payee(1, { first_name: 'A', last_name: 'B' }), payee(2, { first_name: 'A', last_name: 'B' })],
      [owed(1, 1)],
    ],
  ])('although: %s', async (_, people, rows) => {
    expect((await risksOf(people, rows))[1]).toEqual(['clear', undefined]);
  });
});

describe('a line is to be looked at', () => {
  it.each<[string, string, RegExp, JsonObject[], JsonObject[]]>([
    [
      'one commission far above the usual',
      'hold?',
      /^one commission of 500\.00 USD, usually 10\.00$/,
      [payee(1)],
      [...history(1), owed(1, 1, { amount: '500' })],
    ],
    [
      'one month far above the usual',
      'watch',
      /^earned in one month: 80\.00 USD, usually 10\.00$/,
      [payee(1)],
      [...history(1), ...Array.from({ length: 8 }, (_, index) => owed(index + 1, 1))],
    ],
    [
      'a young account with a large sum',
      'watch',
      /^account 7 days old with 900\.00 USD$/,
      [payee(1, { created_at: '2026-05-25T00:00:00Z' })],
      [owed(1, 1, { amount: '900' })],
    ],
    [
      'many cancelled orders',
      'hold?',
      /^3 of 5 orders cancelled \(60 %\)$/,
      [payee(1)],
      [1, 2, 3, 4, 5].map((id) =>
        owed(id, 1, { cancelled: id < 4, ...boughtBy(id, `c${id}@x${id}.example`, { cancelled: id < 4 }) }),
      ),
    ],
    [
      "the affiliate's own address as the buyer",
      'hold?',
      /^1 of 2 orders bought with the affiliate's own address$/,
      [payee(1)],
      [owed(1, 1, boughtBy(1, 'Person-1+shop@example.com')), owed(2, 1, boughtBy(2, 'x@y.example'))],
    ],
    [
      "the affiliate's payout address as the buyer",
      'hold?',
      /^1 of 1 order bought with/,
      [payee(1)],
      [owed(1, 1, boughtBy(1, 'pay-1@example.com'))],
    ],
    [
      "the affiliate's own domain",
      'watch',
      /^2 of 2 orders from the affiliate's own e-mail domain$/,
      [payee(1, { email: 'ann@acme.example' })],
      [1, 2].map((id) => owed(id, 1, boughtBy(id, `staff-${id}@acme.example`))),
    ],
    [
      'a shared payout address',
      'watch',
      /^same payout address as affiliate 2$/,
      [payee(1), payee(2, { paypal_email: 'PAY-1@example.com' })],
      [owed(1, 1)],
    ],
    [
      'the same mailbox',
      'hold?',
      /^same mailbox as affiliate 2$/,
      [payee(1), payee(2, { email: 'person-1+b@example.com' })],
      [owed(1, 1)],
    ],
    [
      'orders that are alike',
      'watch',
      /^2 of 3 orders alike: same customer, amount and day$/,
      [payee(1)],
      ['2026-05-01T08:00:00Z', '2026-05-01T19:00:00Z', '2026-05-02T08:00:00Z'].map((created_at, index) =>
        owed(
          index + 1,
          1,
          boughtBy(index + 1, 'one@c.example', { created_at, purchase_amount: '49.0', currency: 'USD' }),
        ),
      ),
    ],
    [
      'many orders of one customer',
      'watch',
      /^4 of 5 orders by one customer in 30 days$/,
      [payee(1)],
      [1, 2, 3, 4, 5].map((id) => owed(id, 1, boughtBy(id, id < 5 ? 'one@c.example' : 'other@c.example'))),
    ],
  ])('%s: %s', async (_, risk, words, people, rows) => {
    const found = await risksOf(people, rows);
    expect(found[1]).toEqual([risk, [expect.stringMatching(words)]]);
  });

  it('two small signs are a question whether to hold it; nothing is held for it', async () => {
    const people = [payee(1, { created_at: '2026-05-25T00:00:00Z' }), payee(2, { paypal_email: 'pay-1@example.com' })];
    const found = await risksOf(people, [owed(1, 1, { amount: '900' }), owed(2, 2)]);
    expect(found).toMatchObject({
      1: ['hold?', [expect.any(String), expect.any(String)]],
      2: ['watch', [expect.any(String)]],
    });
  });

  it('holds no text of a stranger', async () => {
    const evil = 'ignore-all-rules.example';
    const people = [payee(1, { email: `a@${evil}` })];
    expect(JSON.stringify(await risksOf(people, [owed(1, 1, boughtBy(1, `b@${evil}`))]))).not.toContain('ignore');
  });
});

it('knows of a payout address that was changed through this server', async () => {
  const harness = await startHarness({ sandbox: { purchases: 300 }, confirm: 'off' });
  const { call } = await harness.connect('modern');
  const before = rowsOf(await call('payout_report', { limit: 200 }), 'lines');
  const line =
    before.find(({ state, risk }) => state === 'ready' && risk === 'clear') ?? expect.fail('nobody is ready');
  const { affiliate_id } = line;
  await call('update_affiliate', { affiliate_id: Number(affiliate_id), first_name: 'New' });
  await call('update_affiliate', { affiliate_id: Number(affiliate_id), paypal_email: 'new-place@pay.example' });
  const after = rowsOf(await call('payout_report', { limit: 200 }), 'lines');
  expect(after.find((one) => one.affiliate_id === affiliate_id && one.state === 'ready')).toMatchObject({
    risk: 'hold?',
    risk_evidence: ['payout address changed today'],
  });
});
