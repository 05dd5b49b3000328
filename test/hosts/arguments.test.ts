import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../src/json.ts';
import { normalise } from '../../src/mcp/arguments.ts';
import { keptEmpty } from '../../src/mcp/schemas.ts';
import { cleanText } from '../../src/text.ts';
import { toolsets } from '../../src/workflows/index.ts';
import { eras } from '../support/clients.ts';
import { askingWrites, readCalls, writeCalls } from '../support/good-calls.ts';
import { startHarness } from '../support/harness.ts';
import { askedIn, at, reasonOf } from '../support/protocol-json.ts';
import { spellings } from './spellings.ts';

const names = Object.keys(spellings);

/** As they are listed: the same for every start. */
let listed: Promise<Map<string, JsonObject>> | undefined;

async function list(): Promise<Map<string, JsonObject>> {
  const { client } = await (await startHarness()).connect('legacy');
  const { tools } = await client.listTools();
  return new Map(tools.map(({ name, inputSchema }) => [name, inputSchema as JsonObject]));
}

async function start(era: (typeof eras)[number] = 'legacy') {
  listed ??= list();
  const schemas = await listed;
  const harness = await startHarness();
  const connection = await harness.connect(era);
  const schemaOf = (name: string): JsonObject => schemas.get(name) ?? {};
  return { harness, call: connection.call, schemaOf };
}

const tools = new Map(toolsets.flatMap((set) => set.tools).map((tool) => [tool.name, tool]));

/** A text in which nobody sees anything. */
const isBlank = (text: string) => cleanText(text).trim() === '';

/** Arguments in an odd form; where an empty text is a value, it is not one. */
function spell(how: string, name: string, args: JsonObject, schema: JsonObject): JsonObject {
  const tool = tools.get(name);
  const kept = tool ? keptEmpty(tool) : new Set();
  const odd = spellings[how]?.(args, schema) ?? args;
  return Object.fromEntries(
    Object.entries(odd).filter(([field, value]) => field in args || value !== '' || !kept.has(field)),
  );
}

describe.each(names)('%s', (how) => {
  it('are what every tool wants, once normalised', async () => {
    const { harness, schemaOf } = await start();
    for (const [tool, argsOf] of Object.entries({ ...readCalls, ...writeCalls })) {
      const args = argsOf(harness.sandbox.programme);
      const { value, wrong } = normalise(spell(how, tool, args, schemaOf(tool)), schemaOf(tool));
      expect(wrong, tool).toEqual([]);
      expect(value, tool).toEqual(args);
    }
  });

  it('bind to the same confirmation and send the same request', async () => {
    for (const write of askingWrites) {
      const { harness, call, schemaOf } = await start();
      const { programme } = harness.sandbox;
      const args = write.args(programme);
      const odd = spell(how, write.tool, args, schemaOf(write.tool));
      const sends = write.sends(programme);
      const plain = askedIn(await call(write.tool, args));
      const asked = askedIn(await call(write.tool, odd));
      expect(asked.question, write.title).toBe(plain.question);
      const done = await call(write.tool, { ...odd, confirmation_token: plain.token });
      expect(done.isError, `${write.title}: ${done.text}`).toBe(false);
      expect(harness.writes(), write.title).toEqual([sends]);
    }
  });
});

it('keeps every number that text can hold exactly, and no other', () => {
  const schema = { properties: { n: { type: 'number' }, id: { type: 'integer' }, code: { type: 'string' } } };
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), fc.integer({ min: 0, max: 99 }), (whole, cents) => {
      const text = `${whole}.${String(cents).padStart(2, '0')}`;
      const { value, wrong } = normalise({ n: text, id: String(whole), code: whole }, schema);
      if (whole === 0 && Object.is(Number(text), -0)) return;
      expect(wrong).toEqual([]);
      expect(value).toEqual({ n: Number(text), id: whole, code: String(whole) });
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }), (large) => {
      expect(
        normalise({ id: String(large) }, schema).wrong.length + Number(String(Number(large)) === String(large)),
      ).toBe(1);
      expect(normalise({ id: Number(large) }, schema).wrong).toHaveLength(1);
      expect(normalise({ code: Number(large) }, schema).wrong).toHaveLength(1);
    }),
  );
});

it('leaves everything else for the check to refuse', () => {
  const schema = { properties: { n: { type: 'number' }, flag: { type: 'boolean' } } };
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { value } = normalise({ n: text, flag: text }, schema);
      const { n, flag } = isObject(value) ? value : {};
      expect(isBlank(text) ? n === undefined : n === text || String(n) === text || Number(text) === n).toBe(true);
      expect(['true', 'false'].includes(text) || isBlank(text) ? flag !== text : flag === text).toBe(true);
      if (typeof n === 'number') expect(text).toMatch(/^-?\d+(\.\d+)?$/);
    }),
  );
});

describe.each(eras)('%s', (era) => {
  it.each<[string, unknown]>([
    ['affiliate_id', '12abc'],
    ['affiliate_id', '1e3'],
    ['affiliate_id', '1,299'],
    ['affiliate_id', ' 5; x'],
    ['affiliate_id', '0x10'],
    ['affiliate_id', '+5'],
    ['affiliate_id', '007'],
    ['affiliate_id', true],
    ['affiliate_id', '9007199254740993'],
    ['affiliate_id', 2 ** 53],
    ['affiliate_id', '1001.5'],
    ['affiliate_id', [1001]],
    ['amount', '1,299.00'],
    ['amount', '1e3'],
    ['amount', 'NaN'],
    ['amount', false],
    ['amount', '12.345678901234567891'],
    ['amount', null],
  ])('refuses %s %j in words of its own, and sends nothing', async (name, value) => {
    const { harness, call } = await start(era);
    const result = await call('create_commission', { affiliate_id: 1001, amount: 5, currency: 'USD', [name]: value });
    expect(reasonOf(result)).toBe('invalid');
    expect(result.text).toMatch(new RegExp(`create_commission: ${name}: .*Nothing was sent\\.$`));
    expect(result.text).not.toMatch(/Invalid input|expected|received|Too (small|big)/);
    expect(harness.sandbox.requests).toEqual([]);
  });

  it('takes limit for per_page where a tool pages', async () => {
    const { call } = await start(era);
    for (const limit of [3, '3'])
      expect((await call('list_affiliates', { limit })).data).toMatchObject({ per_page: 3 });
    const wrong = await call('list_affiliates', { limit: 5000 });
    expect(wrong.text).toMatch(/: limit: must be at most 200, not 5000/);
    expect((await call('count_affiliates', { limit: 3 })).text).toMatch(/unknown argument "limit"/);
    expect((await call('list_affiliates', { limit: 3, per_page: 4 })).text).toMatch(/unknown argument "limit"/);
  });

  it('takes no arguments for null', async () => {
    const { harness } = await start();
    const { client } = await harness.connect(era);
    const params = { name: 'count_affiliates', arguments: null } as unknown as { name: string };
    const result = await client.request({ method: 'tools/call', params });
    expect(result).toMatchObject({ structuredContent: { count: expect.anything() } });
  });

  it('refuses an argument that objects lose without a word', async () => {
    const { harness, call } = await start(era);
    for (const args of [
      JSON.parse('{"affiliate_id":1001,"__proto__":{"force":true}}'),
      JSON.parse('{"affiliate_id":1001,"__proto__":1}'),
    ]) {
      const result = await call('get_affiliate', args);
      expect(reasonOf(result)).toBe('invalid');
      expect(result.text).toContain('"__proto__"');
    }
    const nested = JSON.parse('{"email":"a@b.co","line_items":[{"sku":"x","__proto__":{"amount":1}}]}');
    expect((await call('create_purchase', nested)).text).toContain('__proto__');
    expect(harness.sandbox.requests).toEqual([]);
  });

  it.each([
    (token: string) => `\`${token}\``,
    (token: string) => `"${token}"`,
    (token: string) => `'${token}'.`,
    (token: string) => `  ${token}\n`,
    (token: string) => `${token}.`,
    (token: string) => `\u201c${token}\u201d`,
    (token: string) => `${token.slice(0, 40)}\n${token.slice(40)}`,
  ])('reads a token in whatever it is wrapped (%s)', async (wrap) => {
    const { harness, call } = await start(era);
    const { token } = askedIn(await call('archive_affiliate', { affiliate_id: 1001 }));
    const result = await call('archive_affiliate', { affiliate_id: '1001', confirmation_token: wrap(token) });
    expect(result.isError, result.text).toBe(false);
    expect(harness.writes()).toEqual(['POST /affiliates/1001/archive']);
  });

  it('empties a field that is named, never one that came empty', async () => {
    const { call } = await (await startHarness({ dryRun: true })).connect(era);
    const update = async (args: JsonObject) => await call('update_affiliate', { affiliate_id: 1001, ...args });
    const body = async (args: JsonObject) => at((await update(args)).data, 'dry_run', 'body');
    expect(await body({ first_name: 'Zoe', last_name: '' })).toEqual({ first_name: 'Zoe' });
    expect(await body({ first_name: 'Zoe', clear: ['last_name'] })).toEqual({ first_name: 'Zoe', last_name: '' });
    expect(await body({ clear: 'last_name' })).toEqual({ last_name: '' });
    expect(await body({ clear: '["last_name","first_name"]' })).toEqual({ first_name: '', last_name: '' });
    expect((await update({ last_name: '' })).text).toMatch(/nothing to send/);
    // Nor one in which nobody sees anything.
    for (const blank of [' ', '\t\n', '\u00a0', '\u200b', '\u2800 \u00ad']) {
      expect((await update({ last_name: blank })).text).toMatch(/nothing to send/);
      expect(await body({ first_name: 'Zoe', last_name: blank })).toEqual({ first_name: 'Zoe' });
    }
    const created = await call('create_lead', { email: 'a@b.co', last_name: '', code: '' });
    expect(at(created.data, 'dry_run', 'body')).toEqual({ email: 'a@b.co', last_name: '' });
    expect((await update({ last_name: 'x', clear: ['last_name'] })).text).toMatch(
      /last_name: both given a value and named in clear/,
    );
    expect((await update({ clear: ['email'] })).text).toMatch(/clear\.0: must be one of/);
  });
});

describe('numbers with commas between where a list is wanted', () => {
  const schema = { properties: { ids: { type: 'array', items: { type: 'integer' } } } };

  it.each([
    ['1001,1002', [1001, 1002]],
    [' 7 , 8;9 ', [7, 8, 9]],
    ['1,1002', [1, 1002]],
  ])('%j is that list', (ids, list) => {
    expect(normalise({ ids }, schema)).toMatchObject({ value: { ids: list }, wrong: [] });
  });

  it.each(['101,102', '1,234', '1,234,567'])('%j may be one number, and is refused with what to write', (ids) => {
    expect(normalise({ ids }, schema).wrong).toEqual([expect.stringContaining('write a list such as [101, 102]')]);
  });

  it('of texts stay as they are', () => {
    const texts = { properties: { ids: { type: 'array', items: { type: 'string' } } } };
    expect(normalise({ ids: '1001,1002' }, texts)).toMatchObject({ value: { ids: ['1001,1002'] }, wrong: [] });
  });
});
