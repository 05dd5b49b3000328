import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scope } from '../../src/operations/operation.ts';
import { connectHttp } from '../support/http-clients.ts';
import { type Answer, JSON_HEADERS, legacy, modern, post, toolCall } from '../support/http-raw.ts';
import { type SandboxHttpServer, startHttp } from '../support/http-server.ts';
import { writeTokens } from '../support/http-tokens.ts';
import { readingTools, toolNames } from '../support/tool-names.ts';

const MONEY = [
  'update_affiliate',
  'create_commission',
  'mark_commissions_paid',
  'create_purchase',
  'update_purchase',
  'approve_purchase',
  'reject_purchase',
  'cancel_purchase',
  'cancel_customer_purchases',
  'settle_payouts',
];

const file = writeTokens({
  reads: ['leaddyno:read'],
  writes: ['leaddyno:write'],
  money: ['leaddyno:money'],
  logins: ['leaddyno:credentials'],
  both: ['leaddyno:read', 'leaddyno:write'],
});
const { tokens } = file;
type Caller = keyof typeof tokens;

let server: SandboxHttpServer;

beforeAll(async () => {
  // What passes the gate is carried out at once: nothing else would hold a write back.
  server = await startHttp({ argv: ['--http-tokens-file', file.path, '--confirm', 'off'] });
});
afterAll(async () => {
  await server.close();
  await file.close();
});

const send = (caller: Caller, headers: Record<string, string>, body: string | Buffer) =>
  post(server.port, { headers: { ...headers, authorization: `Bearer ${tokens[caller]}` }, body });

function expectRefusal({ status, headers, text }: Answer, scope: Scope): void {
  expect(status).toBe(403);
  expect(headers['www-authenticate']).toMatch(/^Bearer /);
  expect(headers['www-authenticate']).toContain('error="insufficient_scope"');
  expect(headers['www-authenticate']).toContain(`scope="${scope}"`);
  expect(JSON.parse(text)).toMatchObject({ error: 'insufficient_scope' });
}

describe('a caller', () => {
  it('is shown the tools of its scopes and no others', async () => {
    const lists = new Map<string, string[]>();
    for (const caller of ['reads', 'writes', 'money', 'logins', 'both'] as const) {
      lists.set(caller, await (await connectHttp(server.url, 'modern', { token: tokens[caller] })).toolNames());
      const again = await connectHttp(server.url, 'v1', { token: tokens[caller] });
      expect(await again.toolNames()).toEqual(lists.get(caller));
    }
    const of = (caller: Caller) => lists.get(caller) ?? [];
    expect([...of('reads')].sort()).toEqual([...readingTools].sort());
    expect([...of('money')].sort()).toEqual([...MONEY].sort());
    expect(of('logins')).toEqual(['create_affiliate_sign_in_link']);
    expect(of('writes')).toContain('archive_affiliate');
    expect([...of('both')].sort()).toEqual([...of('reads'), ...of('writes')].sort());
    expect([...of('both'), ...of('money'), ...of('logins')]).toHaveLength(toolNames.length);
  });

  it('reads resources with the scope for reading alone', async () => {
    const reader = await connectHttp(server.url, 'legacy', { token: tokens.reads });
    expect(await reader.resourceUris()).toContain('leaddyno://program');
    const writer = await connectHttp(server.url, 'legacy', { token: tokens.writes });
    await expect(writer.read('leaddyno://affiliates/1001')).rejects.toThrow(/-32602|-32601|not found/i);
    await expect(writer.complete('ann')).rejects.toThrow();
  });
});

describe.each([
  ['2026-07-28', modern],
  ['2025-11-25', legacy],
] as const)('a call of revision %s', (_, message) => {
  it.each<[Caller, string, Scope]>([
    ['reads', 'archive_affiliate', 'leaddyno:write'],
    ['reads', 'mark_commissions_paid', 'leaddyno:money'],
    ['reads', 'create_affiliate_sign_in_link', 'leaddyno:credentials'],
    ['writes', 'count_affiliates', 'leaddyno:read'],
    ['writes', 'cancel_customer_purchases', 'leaddyno:money'],
    ['money', 'archive_affiliate', 'leaddyno:write'],
    ['logins', 'update_affiliate', 'leaddyno:money'],
    ['both', 'create_affiliate_sign_in_link', 'leaddyno:credentials'],
  ])('by %s of %s is refused with the scope it needs', async (caller, tool, scope) => {
    const { headers, body } = toolCall(message, tool, { affiliate_id: 1001 });
    expectRefusal(await send(caller, headers, body), scope);
    expect(server.writes()).toEqual([]);
  });
});

/** The text of a call, by hand where JSON.stringify would not write it so. */
const ARGS = '"arguments":{"affiliate_id":1001}';
const one = (inner: string) => `{"jsonrpc":"2.0","id":1,${inner}}`;
const CALL = `"method":"tools/call","params":{"name":"archive_affiliate",${ARGS}}`;
const LIST = '"method":"tools/list","params":{}';

/** Requests that would archive an affiliate if anything read them more kindly than the gate does. */
const tricks: readonly (readonly [string, string])[] = [
  ['another case', one(CALL.replace('archive_aff', 'Archive_Aff'))],
  ['upper case', one(CALL.replace('archive_affiliate', 'ARCHIVE_AFFILIATE'))],
  ['a space before', one(CALL.replace('archive', ' archive'))],
  ['a space behind', one(CALL.replace('affiliate"', 'affiliate "'))],
  ['a tab', one(CALL.replace('affiliate"', 'affiliate\\t"'))],
  ['a null byte', one(CALL.replace('affiliate"', 'affiliate\\u0000"'))],
  ['a zero-width space', one(CALL.replace('archive_', 'archive_\\u200b'))],
  ['a soft hyphen', one(CALL.replace('archive_', 'archive\\u00ad_'))],
  ['a Cyrillic letter', one(CALL.replace('archive', '\\u0430rchive'))],
  ['full-width letters', one(CALL.replace('archive', '\\uff41rchive'))],
  ['a combining mark', one(CALL.replace('affiliate"', 'affiliate\\u0301"'))],
  ['a hyphen', one(CALL.replace('archive_affiliate', 'archive-affiliate'))],
  ['escaped letters', one(CALL.replace('archive', '\\u0061rchive'))],
  ['an escaped key', one(CALL.replace('"name"', '"n\\u0061me"'))],
  ['an escaped method', one(CALL.replace('tools/call', 'tools\\/c\\u0061ll'))],
  ['another method', one(CALL.replace('tools/call', 'tools/Call'))],
  ['a method with a space', one(CALL.replace('tools/call', 'tools/call '))],
  ['a name in an array', one(CALL.replace('"archive_affiliate"', '["archive_affiliate"]'))],
  ['a name in an object', one(CALL.replace('"archive_affiliate"', '{"toString":"archive_affiliate"}'))],
  ['a method in an array', one(CALL.replace('"tools/call"', '["tools/call"]'))],
  ['parameters in an array', one(`"method":"tools/call","params":[{"name":"archive_affiliate",${ARGS}}]`)],
  ['nested parameters', one(`"method":"tools/call","params":{"params":{"name":"archive_affiliate",${ARGS}}}`)],
  ['two methods, the call last', one(`"method":"tools/list",${CALL}`)],
  ['two methods, the call first', one(`${CALL},"method":"tools/list"`)],
  ['two names, the write last', one(CALL.replace('"name"', '"name":"count_affiliates","name"'))],
  ['two names, the write first', one(CALL.replace(ARGS, `"name":"count_affiliates",${ARGS}`))],
  ['two parameters, the write last', one(`"params":{"name":"count_affiliates"},${CALL}`)],
  ['a prototype', one(`"method":"tools/call","params":{"__proto__":{"name":"archive_affiliate"},${ARGS}}`)],
  ['a prototype of all', `{"jsonrpc":"2.0","id":1,"__proto__":{${CALL}}}`],
  [
    'a name in the arguments',
    one(CALL.replace(`"archive_affiliate",${ARGS}`, '"count_affiliates","arguments":{"name":"archive_affiliate"}')),
  ],
  ['a batch', `[${one(CALL)}]`],
  ['a batch that begins well', `[${one(LIST)},${one(CALL).replace('"id":1', '"id":2')}]`],
  ['a batch in a batch', `[[${one(CALL)}]]`],
  ['a batch as an object', `{"0":${one(CALL)},"length":1}`],
  ['two texts', `${one(LIST)}${one(CALL)}`],
  ['two lines', `${one(LIST)}\n${one(CALL)}`],
  ['a notification', `{"jsonrpc":"2.0",${CALL}}`],
  ['an id that is null', one(CALL).replace('"id":1', '"id":null')],
  ['no version', one(CALL).replace('"jsonrpc":"2.0",', '')],
  ['an answer', `{"jsonrpc":"2.0","id":1,"result":{${CALL}}}`],
  ['a call in a text', JSON.stringify(one(CALL))],
  ['a byte order mark', `\uFEFF${one(CALL)}`],
  ['two byte order marks', `\uFEFF\uFEFF${one(CALL)}`],
  ['three byte order marks', `\uFEFF\uFEFF\uFEFF${one(CALL)}`],
];

it.each([
  'escaped letters',
  'an escaped key',
  'an escaped method',
  'two methods, the call last',
  'two names, the write last',
  'two parameters, the write last',
  'a batch',
  'a batch that begins well',
  'a notification',
])('sees that %s is a call, and says which scope it needs', async (name) => {
  const body = tricks.find(([trick]) => trick === name)?.[1] ?? '';
  expectRefusal(await send('reads', JSON_HEADERS, body), 'leaddyno:write');
});

/** Headers of either revision, as fits the trick or not. */
const disguises: Readonly<Record<string, Record<string, string>>> = {
  'of no revision': { ...JSON_HEADERS },
  'of 2025-03-26, which had batches': { ...JSON_HEADERS, 'mcp-protocol-version': '2025-03-26' },
  'of 2025-11-25': legacy('x').headers,
  'of 2026-07-28': modern('tools/call', { name: 'archive_affiliate' }).headers,
  'of 2026-07-28 for a read': modern('tools/call', { name: 'count_affiliates' }).headers,
  'with another character set': { ...JSON_HEADERS, 'content-type': 'application/json; charset=utf-16' },
  'with a method of its own': { ...JSON_HEADERS, 'x-http-method-override': 'PUT', 'content-encoding': 'identity' },
};

describe.each(Object.entries(disguises))('with headers %s', (_, headers) => {
  it.each(tricks)('%s gets no reader past the gate', async (_name, body) => {
    const meta = /"params":\{/.test(body) ? body.replace('"params":{', `"params":{${META},`) : body;
    for (const text of [body, meta]) {
      const { status, text: said } = await send('reads', headers, text);
      expect(status).toBeLessThan(500);
      expect(said).not.toContain('inactive');
      expect(server.writes()).toEqual([]);
    }
  });

  it('other encodings get no reader past the gate', async () => {
    for (const bytes of [
      Buffer.from(`\uFEFF${one(CALL)}`),
      // What one reader skips, the next one skips again.
      Buffer.from(`\uFEFF\uFEFF${one(CALL)}`),
      Buffer.from(one(CALL), 'utf16le'),
      Buffer.from(`\uFEFF${one(CALL)}`, 'utf16le'),
    ]) {
      expect((await send('reads', headers, bytes)).status).toBe(400);
    }
    expect(server.writes()).toEqual([]);
  });
});

/** What a request of 2026-07-28 says about itself, as text inside its parameters. */
const META = JSON.stringify(JSON.parse(modern('x').body).params).slice(1, -1);

it('tells a page of an allowed origin what is missing', async () => {
  const { headers, body } = toolCall(modern, 'archive_affiliate', { affiliate_id: 1001 });
  const answer = await send('reads', { ...headers, origin: 'http://localhost:5173' }, body);
  expectRefusal(answer, 'leaddyno:write');
  expect(answer.headers['access-control-allow-origin']).toBe('http://localhost:5173');
  expect(answer.headers['access-control-expose-headers']).toContain('WWW-Authenticate');
});

it('lets the same through for who may write', async () => {
  const { headers, body } = toolCall(modern, 'archive_affiliate', { affiliate_id: 1001 });
  expect((await send('writes', headers, body)).status).toBe(200);
  expect((await send('writes', JSON_HEADERS, one(CALL))).status).toBe(200);
  expect(server.writes().length).toBe(2);
});
