import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import type { Caller } from '../support/clients.ts';
import { startHarnessAt } from '../support/harness.ts';
import { at, reasonOf } from '../support/protocol-json.ts';
import { type Reply, startUpstream } from '../support/upstream.ts';

const ROW = { id: 7, email: 'a@example.com', new_field: { deep: [1, '2'] } };

async function start(reply: Reply) {
  const upstream = await startUpstream(() => reply);
  const harness = startHarnessAt(upstream.url, { confirm: 'off', precheck: false });
  const connection = await harness.connect('modern');
  // From here on the client checks every result against the schema of its tool.
  await connection.client.listTools();
  return { ...connection, upstream, harness };
}

const listFull = ({ call }: Pick<Caller, 'call'>, args: JsonObject = {}) =>
  call('list_affiliates', { detail: 'full', ...args });

describe('a list', () => {
  it.each<[string, unknown, JsonObject]>([
    ['null', null, { affiliates: [], next_page: null }],
    ['an empty list', [], { affiliates: [], next_page: null }],
    ['an empty object', {}, { result: {} }],
    ['an envelope', { page: 2, per_page: 1, total_entries: 5, affiliates: [ROW] }, { page: 2, next_page: 3, total: 5 }],
    ['an envelope of texts', { page: '2', per_page: '1', total_entries: '2', affiliates: [ROW] }, { next_page: null }],
    ['an envelope under another name', { data: [ROW] }, { affiliates: [ROW], next_page: null }],
    ['an envelope of two lists', { data: [ROW], other: [ROW] }, { result: { data: [ROW], other: [ROW] } }],
    ['one record', ROW, { affiliates: [ROW], next_page: null }],
    ['a number', 7, { result: 7 }],
    ['a text', 'nothing here', { result: 'nothing here' }],
    ['true', true, { result: true }],
    ['rows that are not records', [1, 'two', null, [3], ROW], { affiliates: [1, 'two', null, [3], ROW] }],
    ['an envelope with a negative page', { page: -1, per_page: 0, affiliates: [ROW] }, { affiliates: [ROW] }],
  ])('answered by %s', async (_, json, expected) => {
    const connection = await start({ json });
    const { isError, data } = await listFull(connection);
    expect(isError).toBe(false);
    expect(data).toMatchObject(expected);
    expect(connection.harness.faults).toEqual([]);
  });

  it.each([[[1, 'two', null, [3], {}]], [[{ nothing: 'known' }]], [[[]]], [{ data: [{ a: { b: 1 } }] }]])(
    'keeps rows of an unknown shape (%j), concise as well',
    async (json) => {
      const { call } = await start({ json });
      const rows = 'data' in Object(json) ? at(json, 'data') : json;
      expect((await call('list_affiliates')).data.affiliates).toEqual(rows);
    },
  );

  it('filters what LeadDyno did not filter, and says so', async () => {
    const row = (id: number, paid: boolean, cancelled: boolean) => ({ id, paid, cancelled, amount: '1.0' });
    const commissions = [row(1, false, false), row(2, true, false), row(3, false, true)];
    const { call } = await start({ json: { page: 1, per_page: 20, total_entries: 3, commissions } });
    const { data } = await call('list_affiliate_commissions', { affiliate_id: 7, status: 'paid' });
    expect(data.commissions).toEqual([row(2, true, false)]);
    expect(data.note).toMatch(/ignored the status filter.*2 of its 3 rows/);
    expect(data).not.toHaveProperty('total');
    const all = await call('list_affiliate_commissions', { affiliate_id: 7 });
    expect(all.data).toMatchObject({ total: 3, commissions });
  });
});

describe('a record', () => {
  it.each<[string, unknown, JsonObject]>([
    ['as it should be', ROW, { affiliate: ROW }],
    ['under its name', { affiliate: ROW }, { affiliate: ROW }],
    ['in a list of one', [ROW], { affiliate: ROW }],
    ['under its name, in a list of one', [{ affiliate: ROW }], { affiliate: ROW }],
    ['in a list of two', [ROW, ROW], { result: [ROW, ROW] }],
    ['without an id', { name: 'x' }, { affiliate: { name: 'x' } }],
    ['as a number', 41, { result: 41 }],
    ['as false', false, { result: false }],
  ])('%s', async (_, json, expected) => {
    const { call, harness } = await start({ json });
    const { data, isError } = await call('get_affiliate', { affiliate_id: 7 });
    expect(isError).toBe(false);
    expect(data).toEqual(expected);
    expect(harness.faults).toEqual([]);
  });

  it.each([[null], [{}], [[]], ['']])('is missing where %j comes', async (json) => {
    const { call } = await start({ json });
    expect(reasonOf(await call('get_affiliate', { affiliate_id: 7 }))).toBe('not_found');
  });

  it.each([
    [{ affiliate: null }],
    [{ data: [] }],
    [{ error: null }],
    ['No such affiliate'],
    [{ message: 'Affiliate not found' }],
  ])('is missing where a look-up answers %j', async (json) => {
    const { call } = await start({ json });
    for (const [tool, args] of [
      ['get_affiliate', { affiliate_id: 7 }],
      ['find_affiliate_by_email', { email: 'ann@example.org' }],
    ] as const) {
      expect(reasonOf(await call(tool, args)), tool).toBe('not_found');
    }
  });

  it.each([
    [{ id: 7, message: 'not found' }],
    [{ email: 'ann@example.org', message: 'not found' }],
    [{ found: false }],
  ])('is shown where a look-up answers %j', async (json) => {
    const { call } = await start({ json });
    expect((await call('find_affiliate_by_email', { email: 'ann@example.org' })).data).toEqual({ affiliate: json });
  });

  it('is missing where nothing comes', async () => {
    const { call } = await start({ text: '' });
    expect(reasonOf(await call('get_affiliate', { affiliate_id: 7 }))).toBe('not_found');
  });
});

describe('a count', () => {
  it.each<[unknown, JsonObject]>([
    [{ count: 41 }, { count: 41 }],
    [{ count: '41' }, { count: 41 }],
    [41, { count: 41 }],
    ['41', { count: 41 }],
    [{ count: null }, { count: null }],
    [{ count: -1 }, { count: -1 }],
    [
      { count: 1, more: 'x' },
      { count: 1, result: { more: 'x' } },
    ],
    [{ total: 41 }, { result: { total: 41 } }],
    [null, { result: null }],
    [[], { result: [] }],
  ])('%j is %j', async (json, expected) => {
    const { call } = await start({ json });
    const { data, isError } = await call('count_leads');
    expect(isError).toBe(false);
    expect(data).toEqual(expected);
  });
});

describe('a write', () => {
  it.each<[string, Reply]>([
    ['nothing', { text: '' }],
    ['204', { status: 204, text: '' }],
    ['null', { json: null }],
    ['an empty object', { json: {} }],
    ['an empty text', { json: '' }],
  ])('answered by %s has been carried out', async (_, reply) => {
    const { call, upstream } = await start(reply);
    const { data, isError } = await call('approve_affiliate', { affiliate_id: 7 });
    expect(isError).toBe(false);
    expect(data).toMatchObject({
      result: null,
      note: expect.stringMatching(/accepted the request.*Check with get_affiliate/),
      undo: expect.any(String),
    });
    expect(upstream.requests).toHaveLength(1);
  });

  it.each<[string, unknown, JsonObject]>([
    ['an empty list', [], {}],
    ['a list of one', [ROW], { affiliate: ROW }],
    ['a number', 1, { result: 1 }],
    ['a text', 'ok', { result: 'ok' }],
    ['true', true, { result: true }],
    ['a message', { message: 'Affiliate approved' }, { affiliate: { message: 'Affiliate approved' } }],
  ])('answered by %s has been carried out', async (_, json, expected) => {
    const { call } = await start({ json });
    const { data, isError, text } = await call('approve_affiliate', { affiliate_id: 7 });
    expect(isError, text).toBe(false);
    expect(data).toMatchObject({ ...expected, undo: expect.any(String) });
  });

  it.each<[string, unknown, JsonObject]>([
    ['a record', ROW, { purchase: ROW }],
    ['a list', [ROW, ROW], { purchases: [ROW, ROW] }],
    ['an empty list', [], { purchases: [] }],
    ['an envelope', { purchases: [ROW] }, { purchases: [ROW] }],
    ['a message', { message: 'done' }, { result: { message: 'done' } }],
    ['a number', 3, { result: 3 }],
  ])('whose answer is not established takes %s', async (_, json, expected) => {
    const { call } = await start({ json });
    const { data, isError } = await call('cancel_purchase', { purchase_code: 'order-1' });
    expect(isError).toBe(false);
    expect(data).toMatchObject({ ...expected, undo: expect.any(String) });
  });
});

describe('odd values', () => {
  it('are passed on as they are', async () => {
    const text = '{"id":7,"big":12345678901234567890,"__proto__":{"x":1},"constructor":"c","":"empty","a b":[[[]]]}';
    const { call } = await start({ text });
    const { data } = await call('get_affiliate', { affiliate_id: 7 });
    expect(data.affiliate).toMatchObject({ id: 7, constructor: 'c', '': 'empty', 'a b': [[[]]] });
    expect(Object.keys(Object(data.affiliate))).toContain('__proto__');
  });

  it('nested deeper than any record are cut', async () => {
    const { call } = await start({ text: `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}` });
    const { text, isError } = await call('get_affiliate', { affiliate_id: 7 });
    expect(isError).toBe(false);
    expect(text).toContain('[nested too deeply to show]');
  });

  it('keep amounts as the texts they were', async () => {
    const amounts = { amount: '0.10', total: '1000000000000000000.01', zero: '0E-8' };
    const { call } = await start({ json: { ...ROW, ...amounts } });
    expect((await call('get_affiliate', { affiliate_id: 7 })).data.affiliate).toMatchObject(amounts);
  });
});
