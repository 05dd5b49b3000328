import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { eras } from '../support/clients.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { at } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

/** What is there whatever the programme holds. */
const STATIC = ['leaddyno://affiliates', 'leaddyno://program', 'ui://leaddyno-mcp/programme'];

/** The one JSON text of a resource. */
async function readJson(client: Client, uri: string): Promise<unknown> {
  const { contents } = await client.readResource({ uri }, { cacheMode: 'bypass' });
  expect(contents).toHaveLength(1);
  const [content] = contents;
  expect(content).toMatchObject({ uri, mimeType: 'application/json' });
  if (content === undefined || !('text' in content)) throw new Error('expected a text');
  return JSON.parse(content.text);
}

/** Without the skills (`skills.test.ts`). */
const listed = async (client: Client) => {
  const { resources } = await client.listResources(undefined, { cacheMode: 'bypass' });
  return resources.filter(({ uri }) => !uri.startsWith('skill:'));
};

describe.each(eras)('%s: resources', (era) => {
  it('lists the static ones and the first 25 affiliates by name', async () => {
    const { client } = await (await startHarness()).connect(era);
    const resources = await listed(client);
    expect(resources.slice(0, 3).map(({ uri }) => uri)).toEqual(STATIC);
    const records = resources.slice(3);
    expect(records).toHaveLength(25);
    expect(records[0]).toMatchObject({ uri: 'leaddyno://affiliates/1001', name: 'Ann Arbor' });
    expect(new Set(records.map(({ uri }) => uri)).size).toBe(25);
  });

  it('lists the templates', async () => {
    const { client } = await (await startHarness()).connect(era);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      'leaddyno://affiliates/{affiliate_id}',
      'leaddyno://affiliates/{affiliate_id}/commissions',
      'leaddyno://affiliates/{affiliate_id}/purchases',
      'leaddyno://affiliates/{affiliate_id}/leads',
      'leaddyno://exports/{id}',
      'leaddyno://audit/{month}',
    ]);
  });

  it('reads a record, as its tool does', async () => {
    const { client, call } = await (await startHarness()).connect(era);
    const record = await readJson(client, 'leaddyno://affiliates/1001');
    expect(record).toEqual((await call('get_affiliate', { affiliate_id: 1001 })).data);
  });

  it.each([
    ['commissions', 'list_affiliate_commissions', { per_page: 100 }],
    ['purchases', 'list_affiliate_purchases', {}],
    ['leads', 'list_affiliate_leads', {}],
  ])('reads the %s of an affiliate, as %s does', async (part, tool, args) => {
    const { client, call } = await (await startHarness()).connect(era);
    const list = await readJson(client, `leaddyno://affiliates/1001/${part}`);
    expect(list).toEqual((await call(tool, { affiliate_id: 1001, ...args })).data);
    expect(at(list, part, 0, 'id')).toEqual(expect.any(Number));
  });

  it('reads the list of affiliates, each with the address of its record', async () => {
    const { client } = await (await startHarness()).connect(era);
    const index = await readJson(client, 'leaddyno://affiliates');
    expect(at(index, 'affiliates', 0)).toEqual({
      uri: 'leaddyno://affiliates/1001',
      id: 1001,
      first_name: 'Ann',
      last_name: 'Arbor',
      email: 'ann.arbor@example.com',
      status: 'Active',
    });
    expect(at(index, 'affiliates', 59, 'id')).toBe(1060);
    expect(at(index, 'next_page')).toBe(null);
    const record = await readJson(client, String(at(index, 'affiliates', 7, 'uri')));
    expect(at(record, 'affiliate', 'email')).toBe(at(index, 'affiliates', 7, 'email'));
  });

  it('says that there are more affiliates than the list names', async () => {
    const { client } = await (await startHarness({ sandbox: { affiliates: 130 } })).connect(era);
    expect(at(await readJson(client, 'leaddyno://affiliates'), 'next_page')).toBe(2);
  });

  it('reads the numbers of the programme', async () => {
    const { sandbox, connect } = await startHarness();
    const { client } = await connect(era);
    const { affiliates, leads, purchases, visitors, commissions } = sandbox.programme;
    expect(await readJson(client, 'leaddyno://program')).toMatchObject({
      affiliates: { count: affiliates.rows.length },
      leads: { count: leads.rows.length },
      purchases: { count: purchases.rows.length },
      visitors: { count: visitors.rows.length },
      commissions: { count_with_cancelled: commissions.rows.length },
    });
  });

  it('never adds the commissions of two currencies together', async () => {
    const { sandbox, connect } = await startHarness();
    const { client, call } = await connect(era);
    const currencies = [...new Set(sandbox.programme.commissions.rows.map(({ currency }) => currency))].sort();
    expect(currencies.length).toBeGreaterThan(1);
    const shown = at(await readJson(client, 'leaddyno://program'), 'commissions');
    expect(Object.keys(shown as object)).toEqual(['count_with_cancelled', 'basis', 'by_currency']);
    const rows = at(shown, 'by_currency') as Record<string, unknown>[];
    expect(rows.map(({ currency }) => currency)).toEqual(currencies);
    for (const { currency, ...totals } of rows) {
      // The same figures, with the decimals of the currency.
      const own = (await call('get_commission_totals', { currency })).data.totals as Record<string, unknown>;
      for (const [name, value] of Object.entries(totals)) expect(Number(own[name]), name).toBe(Number(value));
    }
    expect(shown).toEqual((await call('program_overview')).data.commissions);
  });

  it.each([
    'leaddyno://affiliates/999999',
    'leaddyno://affiliates/999999/leads',
    'leaddyno://affiliates/ann',
    'leaddyno://affiliates/0',
    'leaddyno://affiliates/-1',
    'leaddyno://affiliates/1001.0',
    'leaddyno://affiliates/1e3',
    'leaddyno://affiliates/1001%2Fleads',
    'leaddyno://affiliates/1001/secrets',
    'leaddyno://nothing',
  ])('answers a miss (%s) with -32602 and the address', async (uri) => {
    const { client } = await (await startHarness()).connect(era);
    await expect(client.readResource({ uri })).rejects.toMatchObject({ code: -32602, data: { uri } });
  });

  it('lists the static ones alone where LeadDyno is broken', async () => {
    const upstream = await startUpstream(() => ({ status: 500, text: 'oops' }));
    const { client } = await startHarnessAt(upstream.url).connect(era);
    expect((await listed(client)).map(({ uri }) => uri)).toEqual(STATIC);
  });

  it('lists the static ones alone where LeadDyno answers with something else', async () => {
    const upstream = await startUpstream(() => ({ json: [{ email: 'without-id@example.com' }, null, 7, 'text'] }));
    const { client } = await startHarnessAt(upstream.url).connect(era);
    expect(await listed(client)).toHaveLength(STATIC.length);
  });

  it('says what is wrong where a record cannot be read', async () => {
    const upstream = await startUpstream(() => ({ status: 503, text: '<h1>down</h1>' }));
    const { client } = await startHarnessAt(upstream.url).connect(era);
    const uri = 'leaddyno://affiliates/1001';
    await expect(client.readResource({ uri })).rejects.toMatchObject({
      code: -32603,
      message: expect.stringMatching(/LeadDyno answered 503 after 3 attempts.*Try again in a minute/s),
    });
  });

  it('says what is wrong where the list of affiliates cannot be read', async () => {
    const upstream = await startUpstream(() => ({ status: 503, text: '<h1>down</h1>' }));
    const { client } = await startHarnessAt(upstream.url).connect(era);
    await expect(client.readResource({ uri: 'leaddyno://affiliates' })).rejects.toMatchObject({
      code: -32603,
      message: expect.stringMatching(/LeadDyno answered 503 after 3 attempts.*Try again in a minute/s),
    });
  });

  it('keeps to the budget', async () => {
    const { client } = await (await startHarness({ maxResultChars: 1500 })).connect(era);
    for (const uri of ['leaddyno://affiliates', 'leaddyno://affiliates/1001', 'leaddyno://affiliates/1001/purchases']) {
      const { contents } = await client.readResource({ uri });
      expect(JSON.stringify(at(contents, 0, 'text')).length, uri).toBeGreaterThan(100);
      expect(String(at(contents, 0, 'text')).length, uri).toBeLessThanOrEqual(1500);
    }
  });

  it('lets the client keep what it has for a moment, privately', async () => {
    const { client } = await (await startHarness()).connect(era);
    const read = await client.readResource({ uri: 'leaddyno://affiliates/1001' });
    // The older revision has no cache hints.
    const hint = era === 'modern' ? { ttlMs: 15_000, cacheScope: 'private' } : {};
    expect(read).toMatchObject(hint);
  });
});

describe.each(eras)('%s: completion of affiliate_id', (era) => {
  const complete = async (client: Client, value: string, uri = 'leaddyno://affiliates/{affiliate_id}') =>
    (await client.complete({ ref: { type: 'ref/resource', uri }, argument: { name: 'affiliate_id', value } }))
      .completion.values;

  it.each(['', 'a', 'an', '  an ', '\u{1f600}\u{1f600}'])('gives nothing for %j', async (value) => {
    const harness = await startHarness();
    const { client } = await harness.connect(era);
    expect(await complete(client, value)).toEqual([]);
    expect(harness.sandbox.requests).toEqual([]);
  });

  it('finds by name and by e-mail, and gives ids alone', async () => {
    const { client } = await (await startHarness()).connect(era);
    expect(await complete(client, 'arbor')).toEqual(['1001']);
    expect(await complete(client, 'tanaka')).toEqual(['1010', '1011']);
    expect(await complete(client, 'CARLA.MENDES@')).toEqual(['1003']);
    expect(await complete(client, '芳')).toEqual([]);
    expect(await complete(client, 'carla', 'leaddyno://affiliates/{affiliate_id}/leads')).toEqual(['1003']);
    // Several words: all of them, in any order, in name or e-mail.
    expect(await complete(client, 'Ann A')).toContain('1001');
    expect(await complete(client, ' arbor  ANN ')).toEqual(['1001']);
    expect(await complete(client, 'ann arbor@example')).toEqual(['1001']);
    expect(await complete(client, 'ann tanaka')).toEqual([]);
    for (const id of await complete(client, 'example')) expect(id).toMatch(/^\d+$/);
  });

  it('gives nothing where LeadDyno is broken', async () => {
    const upstream = await startUpstream(() => ({ status: 500, text: 'oops' }));
    const { client } = await startHarnessAt(upstream.url).connect(era);
    expect(await complete(client, 'arbor')).toEqual([]);
  });
});

describe('a client of the maintenance line', () => {
  it('reads resources and misses them in the same way', async () => {
    const { client } = await (await startHarness()).connectOld();
    const { resources } = await client.listResources();
    expect(resources.filter(({ uri }) => !uri.startsWith('skill:'))).toHaveLength(28);
    const { contents } = await client.readResource({ uri: 'leaddyno://affiliates/1001' });
    expect(JSON.parse(String(at(contents, 0, 'text')))).toMatchObject({ affiliate: { id: 1001 } });
    const uri = 'leaddyno://affiliates/77';
    await expect(client.readResource({ uri })).rejects.toMatchObject({ code: -32602, data: { uri } });
  });
});
