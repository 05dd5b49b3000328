import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { reasonOf } from '../support/protocol-json.ts';

/* An amount with more decimals than its currency has is refused before anything is sent. */

const purchase = { email: 'buyer@example.com' };
const commission = { affiliate_id: 1 };

const start = async () => {
  const upstream = await startPayoutUpstream([payee(1)], []);
  return { upstream, ...(await startHarnessAt(upstream.url, { confirm: 'off', precheck: false }).connect('modern')) };
};

describe('amounts and the decimals of their currency', () => {
  it.each<[string, JsonObject]>([
    ['create_purchase', { ...purchase, purchase_amount: 25.5, currency: 'JPY' }],
    ['create_purchase', { ...purchase, purchase_amount: 1.005, currency: 'USD' }],
    ['create_purchase', { ...purchase, purchase_amount: 0.0000001, currency: 'USD' }],
    ['create_purchase', { ...purchase, purchase_amount: 1.2345, currency: 'KWD' }],
    ['create_purchase', { ...purchase, purchase_amount: 1, commission_amount_override: 0.005, currency: 'EUR' }],
    ['create_purchase', { ...purchase, line_items: [{ amount: '3' }, { amount: '2.5' }], currency: 'KRW' }],
    ['update_purchase', { purchase_id: 7, purchase_amount: 25.5, currency: 'JPY' }],
    ['create_commission', { ...commission, amount: 1.005, currency: 'USD' }],
  ])('%s refuses %j', async (name, args) => {
    const { call, upstream } = await start();
    const result = await call(name, args);
    expect(reasonOf(result)).toBe('invalid');
    expect(JSON.stringify(result.data)).toMatch(
      /an amount in [A-Z]{3} has (no|at most \d) decimals, so [\d.]+ is not valid/,
    );
    expect(upstream.requests).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['create_purchase', { ...purchase, purchase_amount: 25, currency: 'JPY' }],
    ['create_purchase', { ...purchase, purchase_amount: 1.005 }],
    ['create_purchase', { ...purchase, purchase_amount: 1.234, currency: 'KWD' }],
    ['create_purchase', { ...purchase, purchase_amount: 12.5, currency: 'IDR' }],
    ['create_purchase', { ...purchase, line_items: [{ amount: '1.500', quantity: '0.333' }], currency: 'USD' }],
    ['create_commission', { ...commission, amount: 0.1, currency: 'USD' }],
    ['create_commission', { ...commission, amount: 1.005 }],
  ])('%s sends %j', async (name, args) => {
    const { call, upstream } = await start();
    await call(name, args);
    expect(upstream.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});
