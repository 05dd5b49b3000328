import { describe, expect, it } from 'vitest';
import { startHarnessAt } from '../support/harness.ts';
import { payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { askedIn } from '../support/protocol-json.ts';
import type { Received, Reply } from '../support/upstream.ts';

/* A write that goes unasked where a look-up finds nothing must not do so where the look-up did not say that. */

const OWNER = { id: 1, email: 'person-1@example.com' };
const ORDER = { purchase_code: 'p1', purchase_amount: 99_999 };

async function start(
  leadOf: (email: string) => Reply,
  more: (received: Received) => Reply | undefined = () => undefined,
) {
  const upstream = await startPayoutUpstream([payee(1)], [], {
    meddle: (received) => {
      const { method, path, query } = received;
      if (method === 'POST') return { json: { id: 9, email: 'x@example.com' } };
      if (path === '/leads/by_email') return leadOf(String(query.email));
      if (path === '/purchases/by_purchase_code') return { json: null };
      return more(received);
    },
  });
  const client = await startHarnessAt(upstream.url, { confirm: 'token' }).connect('modern');
  const posts = () => upstream.requests.filter(({ method }) => method === 'POST').length;
  const lookUps = () => upstream.requests.filter(({ path }) => path === '/leads/by_email').length;
  return { ...client, posts, lookUps };
}

const HTML = { status: 404, headers: { 'content-type': 'text/html' }, text: '<h1>Not Found</h1>' };

describe('a purchase of a customer who may belong to somebody', () => {
  it('asks if the address is known in small letters', async () => {
    const { call, posts } = await start((email) => ({
      json: email === 'buyer@example.com' ? { id: 3, email, affiliate: OWNER } : null,
    }));
    const { question } = askedIn(await call('create_purchase', { email: 'Buyer@Example.com', ...ORDER }));
    expect(question).toContain('The customer belongs to the affiliate "person-1@example.com"');
    expect(posts()).toBe(0);
  });

  it('asks if the address as given belongs to nobody, and in small letters to somebody', async () => {
    const { call, posts } = await start((email) => ({
      json: { id: 3, email, affiliate: email === 'buyer@example.com' ? OWNER : null },
    }));
    const { question } = askedIn(await call('create_purchase', { email: 'Buyer@Example.com', ...ORDER }));
    expect(question).toContain('The customer belongs to the affiliate');
    expect(posts()).toBe(0);
  });

  it.each<[string, Reply]>([
    ['an empty object', { json: {} }],
    ['an empty list', { json: [] }],
    ['an empty record', { json: { lead: {} } }],
    ['a page with 404', HTML],
  ])('asks after %s', async (_, reply) => {
    const { call, posts } = await start(() => reply);
    const { question } = askedIn(await call('create_purchase', { email: 'buyer@example.com', ...ORDER }));
    expect(question).toContain('The customer may belong to an affiliate, who would earn on it: LeadDyno did not say.');
    expect(posts()).toBe(0);
  });

  it.each<[string, Reply]>([
    ['null', { json: null }],
    ['a 404', { status: 404, json: { error: 'not found' } }],
    ['null in an envelope', { json: { lead: null } }],
  ])('does not ask after %s, nor looks twice for an address in small letters', async (_, reply) => {
    const { call, posts, lookUps } = await start(() => reply);
    const result = await call('create_purchase', { email: 'buyer@example.com', ...ORDER });
    expect(result.data).not.toHaveProperty('confirmation');
    expect([posts(), lookUps()]).toEqual([1, 1]);
  });
});

describe('a lead or a visitor credited by a key in another case', () => {
  const known = ({ path, query }: Received): Reply | undefined => {
    if (path === '/affiliates/by_email') return { json: query.email === 'jane@example.com' ? payee(1) : null };
    if (path !== '/affiliates/by_affiliate_code') return undefined;
    return { json: query.affiliate_code === 'jane' ? { ...payee(1), affiliate_code: 'jane' } : null };
  };

  it.each([
    ['create_lead', { email: 'new@example.com', code: 'JANE' }],
    ['create_visitor', { url: 'https://shop.example/?afmc=JANE' }],
  ])('asks: %s %j', async (name, args) => {
    const { call, posts } = await start(() => ({ json: null }), known);
    expect(askedIn(await call(name, args)).question).toContain('credited to');
    expect(posts()).toBe(0);
  });
});
