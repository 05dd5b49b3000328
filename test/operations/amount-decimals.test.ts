import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { startHarnessAt } from '../support/harness.ts';
import { payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { askedIn, reasonOf } from '../support/protocol-json.ts';

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

  it.each<[string, JsonObject, string]>([
    ['update_purchase', { purchase_id: 5, purchase_amount: 25.5 }, 'purchase_amount: an amount in JPY has no decimals'],
    ['update_purchase', { purchase_id: 6, currency: 'JPY' }, 'purchase_amount: an amount in JPY has no decimals'],
    ['create_commission', { ...commission, amount: 25.555 }, 'amount: an amount in USD has at most 2 decimals'],
    ['create_purchase', { ...purchase, purchase_amount: 25.555 }, 'purchase_amount: an amount in USD has at most'],
  ])('%s asks nothing about %j, in the currency that LeadDyno names', async (name, args, words) => {
    const { call, upstream } = await startAsking();
    const result = await call(name, args);
    expect(reasonOf(result)).toBe('invalid');
    expect(result.text).toContain(words);
    expect(upstream.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['update_purchase', { purchase_id: 5, purchase_amount: 25 }],
    ['update_purchase', { purchase_id: 5, purchase_amount: 25.5, currency: 'USD' }],
    ['update_purchase', { purchase_id: 7, purchase_amount: 25.555 }],
    ['create_commission', { ...commission, amount: 25.55 }],
    ['create_purchase', { ...purchase, purchase_amount: 25.55 }],
  ])('%s asks about %j', async (name, args) => {
    const { call } = await startAsking();
    expect(askedIn(await call(name, args)).question).toContain('25');
  });
});

/** A server that asks, before a LeadDyno whose account is in USD and whose purchase 5 is in JPY. */
async function startAsking() {
  const owner = { id: 1, email: 'person-1@example.com' };
  const upstream = await startPayoutUpstream([payee(1)], [], {
    meddle: ({ method, path }) => {
      if (method !== 'GET') return undefined;
      if (path === '/purchases/5')
        return { json: { id: 5, purchase_code: 'a', purchase_amount: '100.0', currency: 'JPY' } };
      if (path === '/purchases/6')
        return { json: { id: 6, purchase_code: 'b', purchase_amount: '9.5', currency: 'USD' } };
      if (path === '/purchases/7')
        return { json: { id: 7, purchase_code: 'c', purchase_amount: '9.5', currency: null } };
      if (path === '/affiliates/1/commissions_total') return { json: { currency: 'USD', due: '0.0' } };
      if (path === '/leads/by_email') return { json: { id: 3, email: purchase.email, affiliate: owner } };
      return undefined;
    },
  });
  return { upstream, ...(await startHarnessAt(upstream.url, { confirm: 'token' }).connect('modern')) };
}
