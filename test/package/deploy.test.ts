import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { openUpstream } from '../../src/upstream.ts';

/*
 * What deploy/ starts, as far as it can be told without a container engine: each profile's environment is one that the
 * server takes, and prepare.sh makes what the compose file reads.
 */

const deploy = fileURLToPath(new URL('../../deploy', import.meta.url));
const read = (name: string) => readFileSync(join(deploy, name), 'utf8');
const compose = read('compose.yaml');
const dockerfile = read('Dockerfile');

const parent = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-deploy-'));
const place = join(parent, 'deploy');
afterAll(() => rmSync(parent, { recursive: true }));

function prepare(key: string, ...args: string[]) {
  return spawnSync('sh', ['prepare.sh', ...args], { cwd: place, input: `${key}\n`, encoding: 'utf8' });
}

let filled: Record<string, string>;

beforeAll(() => {
  cpSync(deploy, place, { recursive: true, filter: (path) => !/secrets|\.env$/.test(path) });
  expect(prepare('private-key', 'mcp.example.com', 'https://auth.example.com/realms/team').status).toBe(0);
  const lines = readFileSync(join(place, '.env'), 'utf8').trim().split('\n');
  filled = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
});

/** A block at the top of the file, to the next empty line. */
const blockOf = (name: string) => new RegExp(`^x-${name}: .*\\n((?: .*\\n)*)`, 'm').exec(compose)?.[1] ?? '';

/** The variables in a block, filled in from .env. */
function variablesIn(block: string): Record<string, string> {
  const found = [...block.matchAll(/^ +(LEADDYNO_\w+): (.*)$/gm)].map(([, name = '', value = '']) => {
    const whole = value
      .replace(/^"(.*)"$/, '$1')
      .replace(/\$\{(\w+):[^}]*\}/g, (_, variable) => filled[variable] ?? '');
    return [name, whole] as const;
  });
  return Object.fromEntries(found);
}

/** Those of the image. */
const ofImage = () =>
  Object.fromEntries([...dockerfile.matchAll(/(LEADDYNO_\w+)=([\w.]+)/g)].map(([, name, value]) => [name, value]));

describe('the compose file', () => {
  const profiles = [...compose.matchAll(/^ {2}profiles: \[([\w-]+)\]$/gm)].map(([, name = '']) => name);

  test('has a profile for each way to call, two replicas each, and names them', () => {
    expect(profiles).toEqual(['sign-in', 'tokens', 'accounts', 'oauth', 'caller-key']);
    const docs = readFileSync(join(deploy, '../docs/hosting.md'), 'utf8');
    for (const profile of profiles) {
      expect(compose).toMatch(new RegExp(`^#   ${profile} `, 'm'));
      expect(docs).toContain(`| \`${profile}\` |`);
      for (const [replica, place] of [
        ['1', 'first'],
        ['2', 'second'],
      ]) {
        expect(compose).toContain(`  ${profile}-${replica}: { <<: *${profile}, networks: *${place} }\n`);
        expect(compose).toContain(`      ${profile}-${replica}: *started\n`);
      }
    }
  });

  test.each<[string, { readonly tokensFile?: string | undefined; readonly [more: string]: unknown }]>([
    [
      'sign-in',
      {
        tokensFile: undefined,
        callerKey: false,
        publicUrl: 'https://mcp.example.com',
        signIn: { codeFile: '/run/secrets/sign_in_code', secrets: [expect.any(String)] },
      },
    ],
    ['tokens', { tokensFile: '/callers/tokens.json', oauth: undefined, callerKey: false }],
    [
      'oauth',
      {
        tokensFile: undefined,
        oauth: { issuer: 'https://auth.example.com/realms/team', audience: 'https://mcp.example.com/mcp' },
      },
    ],
    ['accounts', { tokensFile: '/callers/tokens.json', oauth: undefined, callerKey: false }],
    ['caller-key', { tokensFile: '/callers/tokens.json', callerKey: true }],
  ])('gives the server of the profile %s what it takes', (profile, http) => {
    const env = { ...ofImage(), ...variablesIn(blockOf('environment')), ...variablesIn(blockOf(profile)) };
    expect(readConfig([], env)).toMatchObject({
      run: 'serve',
      config: {
        auditLog: '/audit-log',
        accountsFile: profile === 'accounts' ? '/accounts/accounts.json' : undefined,
        http: {
          port: 3333,
          host: '0.0.0.0',
          allowedHosts: ['mcp.example.com'],
          ...http,
        },
      },
    });
    const volumes = blockOf(profile);
    expect(volumes).toContain('"audit-log:/audit-log"');
    if (http.tokensFile) expect(volumes).toContain('"callers:/callers:ro"');
    const [, secrets] = /secrets: \[(\w+)\]/.exec(volumes) ?? [];
    const keyless = profile === 'caller-key' || profile === 'accounts';
    const needed = profile === 'sign-in' ? 'sign_in_code' : keyless ? undefined : 'leaddyno_api_key';
    expect(secrets).toBe(needed);
    if (needed) expect(compose).toContain(`  ${needed}:\n    file: ./secrets/${needed}\n`);
    expect(volumes.includes('"./secrets/accounts:/accounts:ro"')).toBe(profile === 'accounts');
  });

  test('is of an image with a Node of today, whose volumes its user may write to', () => {
    expect(dockerfile.match(/^FROM .*$/gm)).toEqual(['FROM node:24-slim AS build', 'FROM node:24-slim']);
    expect(dockerfile).toMatch(/mkdir \/callers \/audit-log && chown node:node \/callers \/audit-log\nUSER node/);
  });
});

test('nginx says whose attempts are counted together, whatever a client says of itself', () => {
  expect(read('nginx.conf')).toContain('proxy_set_header X-Forwarded-For $remote_addr;');
});

describe('prepare.sh', () => {
  test('makes an access code for the sign-in, long enough for the server, and keeps it', () => {
    const file = join(place, 'secrets/sign_in_code');
    const code = readFileSync(file, 'utf8').trim();
    expect(code).toMatch(/^[0-9a-f]{32}$/);
    expect(prepare('', 'mcp.example.com').stderr).not.toContain(code);
    expect(readFileSync(file, 'utf8').trim()).toBe(code);
  });

  test('makes a secret of its own, and a file for the key that others on the machine cannot reach', () => {
    expect(filled.STATE_SECRET?.length).toBeGreaterThanOrEqual(32);
    expect(statSync(join(place, '.env')).mode & 0o077).toBe(0);
    expect(statSync(join(place, 'secrets')).mode & 0o077).toBe(0);
    expect(readFileSync(join(place, 'secrets/leaddyno_api_key'), 'utf8')).toBe('private-key\n');
  });

  test('puts one account after the other into a file that the server takes', async () => {
    expect(prepare('key-of-acme', '--account', 'acme').status).toBe(0);
    expect(prepare('key-of-globex', '--account', 'globex').status).toBe(0);
    const accountsFile = join(place, 'secrets/accounts/accounts.json');
    const invocation = readConfig(['--accounts', accountsFile], {});
    if (invocation.run !== 'serve') throw new Error(JSON.stringify(invocation));
    const { accounts, warning } = await openUpstream(invocation.config);
    expect([...(accounts?.keys ?? [])]).toEqual([
      ['acme', 'key-of-acme'],
      ['globex', 'key-of-globex'],
    ]);
    // Another user reads them in the container; the folder around keeps those of this machine out.
    expect(warning).toContain('acme.key');
    for (const [key, name] of [
      ['another', 'acme'],
      ['key', 'Acme'],
      ['key', 'all'],
      ['key', '../acme'],
      ['', 'initech'],
    ] as const)
      expect(prepare(key, '--account', name).status).not.toBe(0);
    expect(readFileSync(join(place, 'secrets/accounts/acme.key'), 'utf8')).toBe('key-of-acme\n');
    expect(existsSync(join(place, 'secrets/accounts/initech.key'))).toBe(false);
    expect((await openUpstream(invocation.config)).accounts?.keys.size).toBe(2);
  });

  test('replaces nothing that is there, and says what is missing', () => {
    const { status, stderr, stdout } = prepare('another-key', 'other.example.com');
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/secrets\/tls\.crt[\s\S]*secrets\/tls\.key/);
    expect(readFileSync(join(place, 'secrets/leaddyno_api_key'), 'utf8')).toBe('private-key\n');
    expect(readFileSync(join(place, '.env'), 'utf8')).toContain(`STATE_SECRET=${filled.STATE_SECRET}\n`);
  });

  test('makes no file for a key that was left empty', () => {
    rmSync(join(place, 'secrets'), { recursive: true });
    expect(prepare('', 'mcp.example.com').status).toBe(0);
    expect(existsSync(join(place, 'secrets/leaddyno_api_key'))).toBe(false);
  });
});
