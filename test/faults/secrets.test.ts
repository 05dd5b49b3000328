import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { prompts } from '../../src/workflows/prompts.ts';
import { askingWrites, readCalls, writeCalls } from '../support/good-calls.ts';
import { SMALL } from '../support/harness.ts';
import { startBuiltHttp } from '../support/http-process.ts';
import { ask, legacy, post, until } from '../support/http-raw.ts';
import { inputFile, temporaryFolder, writeTokens } from '../support/http-tokens.ts';
import { builtMain, type Child, initialize, runBuilt, startBuilt } from '../support/protocol-built.ts';
import { findSecrets, formsOf, type Written } from '../support/secret-forms.ts';
import { toolNames } from '../support/tool-names.ts';
import { type Reply, startUpstream } from '../support/upstream.ts';

/*
 * One run that goes through every tool, resource, prompt and command of the built program, over stdio and HTTP, and
 * then looks through every byte it wrote for every secret that was in the game.
 */

const secret = (name: string) => `${name}/${randomBytes(18).toString('base64')}+&="x`.replace('"', '');
const SECRETS = {
  'the key': secret('key'),
  'the key of a caller': secret('caller'),
  'the only token': secret('token'),
  'a token that is wrong': secret('wrong'),
  'the state secret': secret('state-secret-of-more-than-32-characters'),
  'the password of Redis': `redis-${randomBytes(12).toString('hex')}`,
  'the password of the proxy': `proxy-${randomBytes(12).toString('hex')}`,
};
const KEY = SECRETS['the key'];

const written: Written[] = [];
/** What a caller got, message by message. */
const answers: Written[] = [];
const figures: Record<string, number> = {};
const called = new Set<string>();
const files = temporaryFolder();
const callers = writeTokens({
  all: ['leaddyno:read', 'leaddyno:write', 'leaddyno:money', 'leaddyno:credentials'],
  reads: ['leaddyno:read'],
});
let sandbox: Sandbox;

beforeAll(async () => {
  await builtMain();
  sandbox = await startSandbox({ rateLimit: 0, key: KEY, ...SMALL, acceptKeyIn: ['header', 'query'] });
});
afterAll(async () => {
  await sandbox.close();
  await callers.close();
  await files.close();
  process.stdout.write(`${JSON.stringify({ faults: 'secrets', ...figures })}\n`);
});

/** Calls of every tool, those that ask at the end: what they are about is looked for before anything changes. */
function everyCall(): (readonly [string, JsonObject])[] {
  const { programme } = sandbox;
  const of = (calls: typeof readCalls) => Object.entries(calls).map(([tool, args]) => [tool, args(programme)] as const);
  const asking = askingWrites.map(({ tool, args }) => [tool, args(programme)] as const);
  return [
    ...of(readCalls),
    ['export_records', { records: 'affiliates', format: 'jsonl', sample: true }],
    ['create_affiliate', { email: 'new.one@example.com', first_name: KEY }],
    ['create_lead', { email: 'new.lead@example.com', last_name: KEY }],
    ['create_custom_field', { name: `Field ${KEY}` }],
    ...of(writeCalls),
    ...asking,
    ['get_affiliate', { affiliate_id: KEY }],
    ['find_affiliate_by_code', { affiliate_code: KEY }],
    ['archive_affiliate', { affiliate_id: 1001, confirmation_token: 'forged' }],
    ['list_recent_changes', { detail: 'full', limit: 200 }],
  ];
}

type Send = (method: string, params: JsonObject) => Promise<unknown>;
const TOKEN = /confirmation_token\\?":\\?"([^"\\]+)/;
const CURSOR = /"cursor\\?":\\?"([^"\\]+)/;
/** Confirmation tokens, cursors and sign-in links, as they were given out. */
const given = new Map<string, string>();

/** Goes through everything a client can ask for. */
async function everything(send: Send): Promise<void> {
  const note = (answer: unknown, where: string): string => {
    const text = JSON.stringify(answer);
    answers.push({ where, text });
    return text;
  };
  for (const method of ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'])
    note(await send(method, {}), method);
  const uris = new Set(['leaddyno://affiliates', 'leaddyno://program', 'ui://leaddyno-mcp/programme']);
  for (const part of ['', '/commissions', '/purchases', '/leads']) uris.add(`leaddyno://affiliates/1001${part}`);
  uris.add(`leaddyno://audit/${new Date().toISOString().slice(0, 7)}`);
  for (const [name, args] of everyCall()) {
    called.add(name);
    const text = note(await send('tools/call', { name, arguments: args }), name);
    for (const [, uri = ''] of text.matchAll(/"uri":"(leaddyno:\/\/exports\/[^"]+)"/g)) uris.add(uri);
    const [, cursor] = CURSOR.exec(text) ?? [];
    if (cursor) given.set(cursor, 'a cursor');
    const [, token] = TOKEN.exec(text) ?? [];
    if (token === undefined) continue;
    given.set(token, 'a confirmation token');
    const done = note(await send('tools/call', { name, arguments: { ...args, confirmation_token: token } }), name);
    for (const [, link = ''] of done.matchAll(/sign_in\/([0-9a-f]{20,})/g)) given.set(link, 'a sign-in link');
    note(await send('tools/call', { name, arguments: { ...args, confirmation_token: token } }), `${name} again`);
  }
  for (const uri of uris) note(await send('resources/read', { uri }), uri);
  for (const { name } of prompts) note(await send('prompts/get', { name, arguments: { email: 'a@b.example' } }), name);
  const ref = { type: 'ref/resource', uri: 'leaddyno://affiliates/{affiliate_id}' };
  note(await send('completion/complete', { ref, argument: { name: 'affiliate_id', value: 'ann' } }), 'completion');
  note(await send('no/such/method', { key: KEY }).catch(String), 'no such method');
}

function over(child: Child): Send {
  let id = 0;
  let read = 0;
  const arrived = new Map<unknown, unknown>();
  // Each line once: reading all of them again for every answer would take the longest.
  const readOn = () => {
    const text = child.stdout();
    const end = text.lastIndexOf('\n') + 1;
    for (const line of text.slice(read, end).split('\n').filter(Boolean)) {
      const message = JSON.parse(line);
      arrived.set(message.id, message);
    }
    read = end;
  };
  return async (method, params) => {
    id += 1;
    const mine = `call-${id}`;
    child.send({ id: mine, method, params });
    await until(() => {
      readOn();
      return arrived.has(mine);
    });
    return arrived.get(mine);
  };
}

const keep = (where: string, { stdout, stderr }: { stdout: string; stderr: string }) => {
  written.push({ where: `${where}: stdout`, text: stdout }, { where: `${where}: stderr`, text: stderr });
};
const keepFolder = (where: string, folder: string) => {
  for (const name of readdirSync(folder)) {
    written.push({ where: `${where}: ${name}`, text: readFileSync(join(folder, name), 'utf8') });
  }
};

describe('every byte that was written', () => {
  it('over stdio, with an audit log', async () => {
    const folder = join(files.path, 'audit-stdio');
    const argv = ['--base-url', sandbox.url, '--audit-log', folder, '--log-level', 'debug', '--rate-limit', '0'];
    const child = await startBuilt(argv, { LEADDYNO_API_KEY: KEY });
    child.send(...initialize);
    await everything(over(child));
    child.send({ id: 9, method: 'tools/call', params: null }, { id: 10, method: 'tools/call' });
    child.endStdin();
    await child.exited;
    keep('stdio', { stdout: child.stdout(), stderr: child.stderr() });
    keepFolder('audit log of stdio', folder);
    expect([...called].sort()).toEqual([...toolNames].sort());
    expect([...given.values()].filter((what) => what === 'a sign-in link')).toHaveLength(1);
  });

  it('over HTTP, with metrics, tokens and callers that are refused', async () => {
    const folder = join(files.path, 'audit-http');
    const argv = ['--base-url', sandbox.url, '--audit-log', folder, '--log-level', 'debug', '--rate-limit', '0'];
    const env = { LEADDYNO_API_KEY: KEY };
    const child = await startBuiltHttp([...argv, '--metrics', '--http-tokens-file', callers.path], env);
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    const send = async (token: string, method: string, params: JsonObject) => {
      const { headers, body } = legacy(method, params);
      return (await post(child.port, { headers: { ...headers, ...bearer(token) }, body })).text;
    };
    await everything((method, params) => send(callers.tokens.all, method, params));
    for (const token of [SECRETS['a token that is wrong'], callers.tokens.reads, KEY]) {
      const text = await send(token, 'tools/call', { name: 'archive_affiliate', arguments: { affiliate_id: 1001 } });
      answers.push({ where: 'a refusal', text });
    }
    for (const path of ['/metrics', '/healthz', '/readyz', '/.well-known/oauth-protected-resource', '/nothing']) {
      const { text, headers } = await ask(child.port, { path, headers: bearer(callers.tokens.all) });
      written.push({ where: path, text: text + JSON.stringify(headers) });
    }
    child.signal('SIGTERM');
    await child.exited;
    keep('HTTP', { stdout: child.stdout(), stderr: child.stderr() });
    keepFolder('audit log of HTTP', folder);
  });

  it('with the keys of callers, and a Redis that is away', async () => {
    const env = {
      LEADDYNO_MCP_TOKEN: SECRETS['the only token'],
      LEADDYNO_MCP_STATE_SECRET: SECRETS['the state secret'],
    };
    const redis = `redis://person:${SECRETS['the password of Redis']}@127.0.0.1:1/0`;
    const argv = ['--base-url', sandbox.url, '--caller-key', '--redis', redis, '--log-level', 'debug', '--metrics'];
    const child = await startBuiltHttp(argv, env);
    for (const key of [KEY, SECRETS['the key of a caller']]) {
      const more = { authorization: `Bearer ${SECRETS['the only token']}`, 'x-leaddyno-api-key': key };
      for (const [name, args] of [
        ['get_affiliate', { affiliate_id: 1001 }],
        ['archive_affiliate', { affiliate_id: 1006 }],
        ['export_records', { records: 'leads' }],
        ['find_affiliate_by_code', { affiliate_code: key }],
      ] as const) {
        const { headers, body } = legacy('tools/call', { name, arguments: args });
        const { text } = await post(child.port, { headers: { ...headers, ...more }, body });
        answers.push({ where: name, text });
        const [, token] = TOKEN.exec(text) ?? [];
        if (token === undefined) continue;
        given.set(token, 'a confirmation token');
        const again = legacy('tools/call', { name, arguments: { ...args, confirmation_token: token } });
        const refused = await post(child.port, { headers: { ...again.headers, ...more }, body: again.body });
        answers.push({ where: `${name} without Redis`, text: refused.text });
      }
    }
    const { text } = await ask(child.port, {
      path: '/metrics',
      headers: { authorization: `Bearer ${SECRETS['the only token']}` },
    });
    written.push({ where: 'metrics', text });
    child.signal('SIGTERM');
    await child.exited;
    keep('HTTP with Redis', { stdout: child.stdout(), stderr: child.stderr() });
  });

  it('on a LeadDyno that fails and repeats what it was sent', async () => {
    const upstream = await startUpstream(({ query, body, headers }, count): Reply => {
      const echo = JSON.stringify({ query, body, headers });
      if (count % 5 === 0) return { reset: 'within the answer' };
      if (count % 5 === 1) return { status: 422, json: { error: `cannot do ${echo}`, query, headers } };
      if (count % 5 === 2)
        return { status: 401, headers: { 'x-echo': 'yes' }, text: `<p>${encodeURIComponent(echo)}</p>` };
      if (count % 5 === 3) return { json: { id: 1, email: echo, custom_fields: { ...headers, ...query } } };
      return { status: 302, headers: { location: `https://evil.example/?key=${String(query.key)}` }, text: echo };
    });
    for (const transport of ['query', 'header']) {
      const argv = [
        '--base-url',
        upstream.url,
        '--key-transport',
        transport,
        '--log-level',
        'debug',
        '--confirm',
        'off',
      ];
      const child = await startBuilt([...argv, '--timeout', '2000', '--rate-limit', '0'], { LEADDYNO_API_KEY: KEY });
      child.send(...initialize);
      const send = over(child);
      const calls = [
        ['get_affiliate', { affiliate_id: 1001 }],
        ['list_affiliates', { detail: 'full' }],
        ['find_lead_by_email', { email: 'a@b.example' }],
        ['approve_affiliate', { affiliate_id: 1001 }],
        ['update_lead', { lead_id: 1, first_name: KEY }],
        ['create_affiliate_sign_in_link', { affiliate_id: 1001 }],
      ] as const;
      for (const round of [1, 2]) {
        for (const [name, args] of calls) {
          const answer = await send('tools/call', { name, arguments: args });
          answers.push({ where: `${name} ${round}`, text: JSON.stringify(answer) });
        }
      }
      child.endStdin();
      await child.exited;
      keep(`a LeadDyno that repeats, ${transport}`, { stdout: child.stdout(), stderr: child.stderr() });
    }
    expect(upstream.requests.some(({ query, headers }) => query.key === KEY || headers.key === KEY)).toBe(true);
  });

  it('by every command, and at starts that end badly', async () => {
    const env = { LEADDYNO_API_KEY: KEY };
    const page = join(files.path, 'report.html');
    const findings = join(files.path, 'findings.json');
    const { path: file } = inputFile(KEY);
    const at = ['--base-url', sandbox.url, '--rate-limit', '0'];
    const proxy = `http://person:${SECRETS['the password of the proxy']}@127.0.0.1:1`;
    const runs: readonly (readonly [readonly string[], Readonly<Record<string, string>>])[] = [
      [['doctor', '--json', ...at], env],
      [['doctor', '--save', '--findings', findings, ...at], env],
      [['report', '--out', page, ...at, '--api-key-file', file], {}],
      [['report', '--out', '/nonexistent/folder/page.html', ...at], env],
      [['config', 'claude-desktop'], env],
      [['--help'], env],
      [['--api-key', KEY], {}],
      [[KEY], {}],
      [['--api-key-file', KEY], {}],
      [['--base-url', `https://person:${KEY}@api.example.com/v1`], env],
      [['--base-url', `https://api.example.com/v1?key=${encodeURIComponent(KEY)}`], env],
      [
        [
          '--http',
          '0',
          '--oauth-issuer',
          `https://u:${SECRETS['the password of the proxy']}@x.example`,
          '--oauth-audience',
          'https://a.example',
        ],
        env,
      ],
      [['--http', '0'], { ...env, LEADDYNO_MCP_TOKEN: KEY }],
      [['--http', '0', '--redis', `nonsense:${SECRETS['the password of Redis']}`], env],
      [at, { ...env, LEADDYNO_MCP_STATE_SECRET: SECRETS['the state secret'] }],
      [['doctor', '--base-url', 'http://127.0.0.1:1/v1', '--timeout', '1000'], env],
      [['doctor', '--base-url', 'https://api.example.com/v1', '--timeout', '1000'], { ...env, HTTPS_PROXY: proxy }],
      [['--sandbox'], { ...env, HTTPS_PROXY: proxy.replace('http:', 'ftp:') }],
    ];
    // A few at a time: each is a process.
    const waiting = [...runs];
    const worker = async () => {
      for (let run = waiting.shift(); run; run = waiting.shift()) {
        const [args, more] = run;
        keep(args.map((arg) => arg.slice(0, 24)).join(' '), await runBuilt(args, more));
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    written.push({ where: 'the report page', text: readFileSync(page, 'utf8') });
    written.push({ where: 'the findings', text: readFileSync(findings, 'utf8') });
    figures.commands = runs.length;
  });

  it('holds none of the secrets, in any form', () => {
    const all = { ...SECRETS, 'the token of all': callers.tokens.all, 'the token of reads': callers.tokens.reads };
    const everywhere = [...written, ...answers];
    expect(everywhere.length).toBeGreaterThan(150);
    expect(findSecrets(all, everywhere)).toEqual([]);
    figures.secrets = Object.keys(all).length;
    figures.forms = Object.values(all).reduce((sum, one) => sum + formsOf(one).length, 0);
    figures.bytes = everywhere.reduce((sum, { text }) => sum + text.length, 0);
  });

  it('shows a confirmation, a cursor or a sign-in link to its caller alone, and once', () => {
    expect(given.size).toBeGreaterThan(20);
    const hidden = written.filter(({ where }) => where !== 'stdio: stdout');
    const found = [...given].flatMap(([token, what]) => findSecrets({ [what]: token }, hidden));
    expect(found).toEqual([]);
    for (const [token, what] of given) {
      expect(answers.filter(({ text }) => text.includes(token)).length, `${what} ${token}`).toBe(1);
    }
    figures.tokens = given.size;
  });

  it('shows no dashboard link, and no login in a log', () => {
    const dashboards = sandbox.programme.affiliates.rows.map(({ dashboardToken }) => dashboardToken);
    expect(dashboards.length).toBeGreaterThan(50);
    const text = [...written, ...answers].map((one) => one.text).join('\n');
    for (const token of dashboards) {
      for (const form of [token, Buffer.from(token).toString('hex')]) expect(text.includes(form), token).toBe(false);
    }
    figures.dashboards = dashboards.length;
  });
});

describe('the search', () => {
  it('finds each form wherever it stands', () => {
    const text = 'a/b+c&d="e"';
    const holders = [
      `x${text}y`,
      `x${encodeURIComponent(text)}y`,
      encodeURIComponent(text).toLowerCase(),
      JSON.stringify({ text }),
      JSON.stringify(JSON.stringify({ text })),
      ...['', 'k', 'ke'].map((before) => Buffer.from(`${before}${text}:more`).toString('base64')),
      ...['', 'k', 'ke'].map((before) => Buffer.from(`${before}${text}`).toString('base64url')),
      Buffer.from(`key ${text} key`).toString('hex'),
    ];
    for (const holder of holders)
      expect(findSecrets({ it: text }, [{ where: '', text: holder }]), holder).not.toEqual([]);
    expect(findSecrets({ it: text }, [{ where: '', text: 'nothing' }])).toEqual([]);
  });
});
