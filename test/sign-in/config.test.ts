import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { startBuiltHttp } from '../support/http-process.ts';
import { KEY, startHttpAt } from '../support/http-server.ts';
import { inputFile } from '../support/http-tokens.ts';
import { builtMain } from '../support/protocol-built.ts';
import { CODE, PUBLIC, STATE_SECRET } from '../support/sign-in.ts';
import { secret } from '../support/written.ts';

/* How the sign-in is switched on, and what keeps a server from starting with it. */

const ARGV = ['--http', '--sign-in', '--public-url', PUBLIC];
const ENV = { LEADDYNO_MCP_STATE_SECRET: STATE_SECRET, LEADDYNO_MCP_SIGN_IN_CODE: CODE };

const read = (argv: readonly string[], env: Readonly<Record<string, string>>) => {
  const found = readConfig(argv, env);
  return found.run === 'refuse' ? found.message : found.run === 'serve' ? found.config : found.run;
};

test('is off by default, and on with an address, a secret and a code', () => {
  expect(read(['--http', '--caller-key'], {})).toMatchObject({ http: { signIn: undefined } });
  expect(read(ARGV, ENV)).toMatchObject({
    key: undefined,
    // Without Redis confirmations stay with their process.
    stateSecret: undefined,
    http: { publicUrl: PUBLIC, signIn: { code: CODE, codeFile: undefined, secrets: [STATE_SECRET] } },
  });
  const previous = secret('the-secret-that-was-there-before');
  const more = { ...ENV, LEADDYNO_MCP_STATE_SECRET_PREVIOUS: previous };
  expect(read([...ARGV, '--redis', 'redis://localhost'], more)).toMatchObject({
    stateSecret: STATE_SECRET,
    http: { signIn: { secrets: [STATE_SECRET, previous] } },
  });
});

test.each<[string, readonly string[], Readonly<Record<string, string>>, string]>([
  ['without a public address', ['--http', '--sign-in'], ENV, '--sign-in needs --public-url https://'],
  ['without TLS', ['--http', '--sign-in', '--public-url', 'http://localhost:3333'], ENV, 'needs --public-url https://'],
  ['below a path', ['--http', '--sign-in', '--public-url', `${PUBLIC}/mcp`], ENV, 'without a path'],
  ['without a secret', ARGV, { LEADDYNO_MCP_SIGN_IN_CODE: CODE }, 'needs LEADDYNO_MCP_STATE_SECRET'],
  ['with a short secret', ARGV, { ...ENV, LEADDYNO_MCP_STATE_SECRET: 'short' }, 'needs at least 32 characters'],
  ['with a short old secret', ARGV, { ...ENV, LEADDYNO_MCP_STATE_SECRET_PREVIOUS: 'short' }, 'at least 32 characters'],
  ['without an access code', ARGV, { LEADDYNO_MCP_STATE_SECRET: STATE_SECRET }, 'needs an access code'],
  ['with two access codes', [...ARGV, '--sign-in-code-file', 'code'], ENV, 'needs an access code'],
  ['with a short access code', ARGV, { ...ENV, LEADDYNO_MCP_SIGN_IN_CODE: '123456' }, 'needs at least 16 characters'],
  ['with a key', ARGV, { ...ENV, LEADDYNO_API_KEY: KEY }, '--sign-in takes the key from each person'],
  ['in the sandbox', [...ARGV, '--sandbox'], ENV, '--sign-in takes the key from each person'],
  ['with keys of callers', [...ARGV, '--caller-key'], ENV, '--sign-in takes the key from each person'],
  ['with tokens', [...ARGV, '--http-tokens-file', 'tokens'], ENV, 'Give one way to authenticate'],
  ['over stdio', ['--sign-in', '--public-url', PUBLIC], ENV, 'only with --http'],
])('is refused %s', (_, argv, env, words) => {
  const message = read(argv, env);
  expect(message).toContain(words);
  for (const word of [CODE, STATE_SECRET, KEY]) expect(message).not.toContain(word);
});

test.each([
  [[], { LEADDYNO_MCP_SIGN_IN_CODE: CODE }, 'LEADDYNO_MCP_SIGN_IN_CODE works only with --sign-in'],
  [['--sign-in-code-file', 'code'], {}, '--sign-in-code-file works only with --sign-in'],
  [[], { LEADDYNO_MCP_STATE_SECRET_PREVIOUS: STATE_SECRET }, 'works only with --sign-in'],
])('what belongs to it is refused without it: %j', (argv, env, words) => {
  expect(read(['--http', ...argv], { LEADDYNO_API_KEY: KEY, ...env })).toContain(words);
});

describe('the file of the access code', () => {
  const start = async (text: string) => {
    const file = inputFile(text);
    return await startHttpAt('http://127.0.0.1:9/v1', {
      argv: ['--sign-in', '--public-url', PUBLIC, '--sign-in-code-file', file.path],
      env: { LEADDYNO_MCP_STATE_SECRET: STATE_SECRET },
    });
  };

  test('holds one word', async () => {
    const server = await start(`${CODE}\n`);
    expect(server.logged()).toContain('without --redis');
    await expect(start('short')).rejects.toThrow('one word of at least 16 characters');
    await expect(start('several words of which none is it')).rejects.toThrow('one word');
  });

  test('must be there', async () => {
    const argv = ['--sign-in', '--public-url', PUBLIC, '--sign-in-code-file', '/nowhere/code'];
    const env = { LEADDYNO_MCP_STATE_SECRET: STATE_SECRET };
    await expect(startHttpAt('http://127.0.0.1:9/v1', { argv, env })).rejects.toThrow('cannot be read (ENOENT)');
  });
});

describe('what is built', () => {
  test('loads the sign-in only where it is switched on', async () => {
    const dist = dirname(await builtMain());
    const holds = (file: string) => readFileSync(join(dist, file), 'utf8').includes('leaddyno-sign-in');
    expect(holds('server.js')).toBe(false);
    const chunks = readdirSync(join(dist, 'chunks')).filter((name) => name.endsWith('.js'));
    expect(chunks.filter((name) => holds(`chunks/${name}`))).toHaveLength(1);
  });

  test('serves it, and refuses in words', async () => {
    const child = await startBuiltHttp(['--sign-in', '--public-url', PUBLIC], ENV);
    const page = await fetch(new URL('/oauth/authorize?client_id=x', child.url));
    expect(page.status).toBe(400);
    expect(await page.text()).toContain('not registered');
    await child.close();
  });
});
