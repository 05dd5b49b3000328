import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { operationSchemas } from '../../src/mcp/schemas.ts';
import { operationNamed, operations } from '../operations/catalogue-access.ts';
import { argumentsOf } from '../operations/question-records.ts';
import { eras } from '../support/clients.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { askedIn, reasonOf } from '../support/protocol-json.ts';
import { type Reply, startUpstream } from '../support/upstream.ts';

/* Whatever can create, release or redirect money asks, and nothing is sent before. */

async function start() {
  const harness = await startHarness();
  const { leads, affiliates } = harness.sandbox.programme;
  const { call } = await harness.connect('modern');
  const theirs = leads.rows.find(({ affiliateId }) => affiliateId === 1001) ?? expect.fail('no customer of Ann');
  const nobodys = leads.rows.find(({ affiliateId }) => affiliateId === null) ?? expect.fail('no lead of nobody');
  return { harness, call, theirs, nobodys, ann: affiliates.get(1001) ?? expect.fail('no Ann') };
}

describe('create_purchase', () => {
  const order = { purchase_amount: 99_999, purchase_code: 'order-big' };

  it('asks if the customer belongs to an affiliate, and names who earns', async () => {
    const { harness, call, theirs } = await start();
    const { question, token } = askedIn(await call('create_purchase', { email: theirs.email, ...order }));
    expect(question).toContain(
      `"order-big" of 99999.00 USD (the account's currency) for the customer "${theirs.email}"`,
    );
    expect(question).toContain('belongs to the affiliate "ann.arbor@example.com", id 1001, who earns on it.');
    expect(harness.writes()).toEqual([]);
    expect(harness.sandbox.requests).toHaveLength(3);
    await call('create_purchase', { email: theirs.email, ...order, confirmation_token: token });
    expect(harness.writes()).toEqual(['POST /purchases']);
  });

  it.each<[string, JsonObject]>([
    ['a code', { code: 'ann' }],
    ['a fixed commission', { commission_amount_override: 5 }],
    ['line items', { line_items: [{ sku: 'TENT-2P', amount: '900' }] }],
  ])('asks if it has %s', async (_, more) => {
    const { harness, call, nobodys } = await start();
    askedIn(await call('create_purchase', { email: nobodys.email, ...order, ...more }));
    expect(harness.writes()).toEqual([]);
  });

  it.each(['nobodys', 'new'] as const)('does not ask if nobody can earn (%s)', async (whose) => {
    const { harness, call, nobodys } = await start();
    const email = whose === 'new' ? 'stranger@example.com' : nobodys.email;
    expect((await call('create_purchase', { email, ...order })).data).toHaveProperty('purchase');
    expect(harness.writes()).toEqual(['POST /purchases']);
  });

  it.each<[string, Reply]>([
    ['fails', { status: 500 }],
    ['is refused', { status: 403, json: { error: 'no' } }],
    ['says nothing of an affiliate', { json: { id: 7, email: 'buyer@example.com' } }],
    ['finds another customer', { json: { id: 7, email: 'else@example.com', affiliate: null } }],
    ['gives a list', { json: [1, 2] }],
  ])('asks, and says that it is not known, if the look-up %s', async (_, reply) => {
    const upstream = await startUpstream(({ path }) => (path === '/leads/by_email' ? reply : { json: null }));
    const { call } = await startHarnessAt(upstream.url, { keyTransport: 'header' }).connect('modern');
    const { question } = askedIn(await call('create_purchase', { email: 'buyer@example.com', ...order }));
    expect(question).toContain('LeadDyno did not say');
    expect(upstream.requests.every(({ method }) => method === 'GET')).toBe(true);
  });
});

describe('update_lead', () => {
  it('asks before it moves a customer, and names from whom to whom', async () => {
    const { harness, call, theirs } = await start();
    const carla = harness.sandbox.programme.affiliates.get(1003);
    const args = { lead_id: theirs.id, email: theirs.email, code: carla?.code };
    const { question } = askedIn(await call('update_lead', args));
    expect(question).toContain(`to the affiliate "Carla Mendes"`);
    expect(question).toContain('"ann.arbor@example.com", id 1001 now, who would no longer earn');
    expect(harness.writes()).toEqual([]);
  });

  it('does not ask if they belong to that affiliate already', async () => {
    const { harness, call, theirs, ann } = await start();
    await call('update_lead', { lead_id: theirs.id, email: theirs.email, code: ann.code });
    expect(harness.writes()).toEqual([`PUT /leads/${theirs.id}`]);
  });
});

it('create_visitor asks for a code in any form of the landing page', async () => {
  const { harness, call } = await start();
  for (const url of [
    'https://shop.example.com/?x=1&AFMC=ann',
    'https://shop.example.com/discount/ann?redirect=%2F',
    'https://shop.example.com/discount/x?redirect=%2F%3Fafmc%3Dann',
  ])
    expect(askedIn(await call('create_visitor', { url })).question, url).toContain('"Ann Arbor"');
  expect(harness.writes()).toEqual([]);
});

describe('both ways to approve ask', () => {
  it.each([
    ['approve_affiliate', { affiliate_id: 1002 }],
    ['review_affiliates', { action: 'approve', affiliate_ids: [1002] }],
    ['unarchive_affiliate', { affiliate_id: 1018 }],
    ['review_affiliates', { action: 'unarchive', affiliate_ids: [1018] }],
  ])('%s %j', async (tool, args) => {
    const { harness, call } = await start();
    askedIn(await call(tool, args));
    expect(harness.writes()).toEqual([]);
  });
});

/* Markup of a tool call in a text: the client encoded the call wrongly. */

const tag = (name: string, more = '') => `<${name}${more}>`;

const BROKEN = [
  `bonus${tag('/parameter')}\n${tag('parameter', ' name="currency"')}EUR`,
  `bonus${tag('/invoke')}`,
  tag('invoke', ' name="archive_affiliate"'),
  `bonus${tag('/antml' + ':parameter')}`,
  tag('function_calls'),
  `bonus"}}${tag('/tool_call')}`,
  'bonus<parameter name=',
  'bonus", "currency": "EUR"}',
  'bonus"}]}',
];

/** Every text of every tool that writes. */
const writing = operations.filter(({ effect }) => effect !== 'read');
const textsOf = (name: string) =>
  Object.entries(operationSchemas(operationNamed(name)).input.properties as Record<string, { type?: string }>)
    .filter(([field, { type }]) => type === 'string' && field !== 'confirmation_token')
    .map(([field]) => field);

describe.each(eras)('%s: markup of a tool call', (era) => {
  it.each(writing.map(({ name }) => [name]))('is refused in each text of %s', async (name) => {
    const harness = await startHarness({ confirm: 'off' });
    const { call } = await harness.connect(era);
    for (const field of textsOf(name)) {
      for (const broken of BROKEN) {
        const result = await call(name, { ...argumentsOf(name), [field]: broken });
        expect(reasonOf(result), `${field}: ${broken}`).toBe('invalid');
        expect(result.text).toContain(`${field} contains a piece of a tool call`);
        expect(result.text).toContain(`Send ${field} again without it. Nothing was sent.`);
      }
    }
    expect(harness.sandbox.requests).toEqual([]);
  });

  it('is looked for in a moment, however long the text', async () => {
    const { call } = await (await startHarness({ confirm: 'off' })).connect(era);
    const blanks = ' '.repeat(60_000);
    const began = performance.now();
    for (const note of [`<${blanks}`, `<${blanks}/${blanks}`, `<\\${blanks}x`, `<function${blanks}x`, `"${blanks}x`]) {
      expect(reasonOf(await call('create_commission', { affiliate_id: 1001, amount: 5, note }))).toBe('invalid');
    }
    const amount = `1.${'0'.repeat(60_000)}1`;
    expect(reasonOf(await call('create_commission', { affiliate_id: 1001, amount }))).toBe('invalid');
    // By the square of the length each of them takes seconds.
    expect(performance.now() - began).toBeLessThan(1500);
  });

  it('is refused inside a list and in the name of an argument', async () => {
    const harness = await startHarness({ confirm: 'off' });
    const { call } = await harness.connect(era);
    const line_items = [{ sku: 'A' }, { sku: `B${tag('/parameter')}` }];
    const inList = await call('create_purchase', { email: 'a@example.com', line_items });
    expect(inList.text).toContain('line_items.1.sku contains a piece of a tool call');
    const named = await call('create_custom_field', { name: 'Size', [`x${tag('/parameter')}`]: 'y' });
    expect(named.text).toContain('the name of an argument contains a piece of a tool call');
    expect(harness.sandbox.requests).toEqual([]);
  });

  it.each([
    'a < b > c',
    'see "the parameter", or: the <b>invoice</b>',
    '{"campaign": "spring", "tier": 2}',
    'asked for {"a": "b"} twice',
    '5" tent',
    "O'Neil & daughters",
  ])('is not seen in %j', async (note) => {
    const harness = await startHarness({ confirm: 'off' });
    const { call } = await harness.connect(era);
    const { isError, text } = await call('create_commission', { affiliate_id: 1001, amount: 1, note });
    expect(isError, text).toBe(false);
  });

  it('a field named __proto__ is refused, not dropped', async () => {
    const harness = await startHarness({ confirm: 'off' });
    const { call } = await harness.connect(era);
    const args = JSON.parse('{"email": "a@example.com", "line_items": [{"sku": "A", "__proto__": {"amount": "9"}}]}');
    const result = await call('create_purchase', args);
    expect(reasonOf(result)).toBe('invalid');
    expect(result.text).toContain('__proto__');
    expect(harness.sandbox.requests).toEqual([]);
  });
});

describe.each(eras)('%s: an answer with another record than the one that was to be changed', (era) => {
  it.each<[string, JsonObject]>([
    ['archive_affiliate', { affiliate_id: 1001 }],
    ['update_affiliate', { affiliate_id: 1001, first_name: 'Anne' }],
    ['approve_purchase', { purchase_id: 1001 }],
    ['update_lead', { lead_id: 1001, email: 'a@example.com' }],
  ])('leaves open what %s has done, and names both', async (tool, args) => {
    const upstream = await startUpstream(() => ({ json: { id: 2002, email: 'else@example.com' } }));
    const { call } = await startHarnessAt(upstream.url, { confirm: 'off' }).connect(era);
    const result = await call(tool, args);
    expect(reasonOf(result)).toBe('unexpected');
    expect(result.text).toMatch(/"1001" but answered with the \w+ "2002".*it may have happened/);
    expect(upstream.requests).toHaveLength(1);
  });
});
