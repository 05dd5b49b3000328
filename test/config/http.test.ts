import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import type { HttpConfig } from '../../src/config/http.ts';
import { optionRows } from '../../src/config/options.ts';

type Environment = Readonly<Record<string, string>>;

const KEY = { LEADDYNO_API_KEY: 'private-key' };
const TOKEN = { LEADDYNO_MCP_TOKEN: 'a-token-of-24-characters' };

function served(argv: readonly string[], env: Environment = KEY): HttpConfig | undefined {
  const invocation = readConfig(argv, env);
  if (invocation.run !== 'serve') throw new Error(`does not serve: ${JSON.stringify(invocation)}`);
  return invocation.config.http;
}

function refused(argv: readonly string[], env: Environment = KEY): string {
  const invocation = readConfig(argv, env);
  if (invocation.run !== 'refuse') throw new Error(`does not refuse ${argv.join(' ')}`);
  return invocation.message;
}

describe('serving over HTTP', () => {
  it('is asked for, with a port or without', () => {
    expect(served([])).toBeUndefined();
    for (const off of ['', '0', 'false', 'no', 'off'])
      expect(served([], { ...KEY, LEADDYNO_MCP_HTTP: off }), off).toBeUndefined();
    for (const [argv, env, port] of [
      [['--http'], {}, 3333],
      [['--http', '0'], {}, 0],
      [['--http', '8080'], {}, 8080],
      [['--http=65535'], {}, 65_535],
      [['--http', '--read-only'], {}, 3333],
      [[], { LEADDYNO_MCP_HTTP: 'true' }, 3333],
      [[], { LEADDYNO_MCP_HTTP: '4000' }, 4000],
      [[], { LEADDYNO_MCP_HTTP: '1' }, 3333],
      [['--http', '1'], { LEADDYNO_MCP_HTTP: '2' }, 3333],
      [['--http', '80'], { LEADDYNO_MCP_HTTP: '2' }, 80],
    ] as const)
      expect(served(argv, { ...KEY, ...env })?.port, argv.join(' ')).toBe(port);
    for (const port of ['65536', '99999', '-1', '1.5', 'x', '0x10', '1e3'])
      expect(refused([`--http=${port}`]), port).toContain('must be a port');
  });

  it('is for this machine alone by default', () => {
    expect(served(['--http'])).toEqual({
      host: '127.0.0.1',
      port: 3333,
      allowedHosts: undefined,
      allowedOrigins: undefined,
      maxConcurrent: 256,
      metrics: false,
      token: undefined,
      tokensFile: undefined,
      oauth: undefined,
      callerKey: false,
    });
  });

  it.each([
    ['--host', '127.0.0.1'],
    ['--allowed-hosts', 'localhost'],
    ['--allowed-origins', 'localhost'],
    ['--max-concurrent', '5'],
    ['--metrics'],
    ['--http-tokens-file', 'tokens.json'],
    ['--oauth-issuer', 'https://issuer.example'],
    ['--oauth-audience', 'https://mcp.example.com'],
    ['--caller-key'],
  ])('has options that are refused without it: %s', (...argv) => {
    const [flag = '', value = 'true'] = argv;
    const [, option] = optionRows.find(([, row]) => `--${row.flag}` === flag) ?? [];
    expect(refused(argv)).toMatch(new RegExp(`^${flag} .*only with --http\\.$`));
    expect(refused([], { ...KEY, [option?.env ?? '']: value })).toContain('only with --http');
  });

  it('may be prepared with switches that are off, but not with a token', () => {
    const off = { LEADDYNO_MCP_METRICS: 'false', LEADDYNO_MCP_CALLER_KEY: '0', LEADDYNO_MCP_HOST: '' };
    expect(served([], { ...KEY, ...off })).toBeUndefined();
    expect(refused([], { ...KEY, ...TOKEN })).toContain('LEADDYNO_MCP_TOKEN works only with --http');
  });
});

const PUBLIC = ['--http', '--host', '0.0.0.0'];

describe('a host that others can reach', () => {
  it.each([
    '0.0.0.0',
    '::',
    '[::]',
    '192.168.1.5',
    '10.0.0.1',
    'mcp.example.com',
    '2001:db8::1',
    '128.0.0.1',
    '127.evil',
  ])('needs authentication and host names: %j', (host) => {
    const argv = ['--http', `--host=${host}`];
    expect(refused(argv)).toMatch(
      /needs authentication: --http-tokens-file, LEADDYNO_MCP_TOKEN, --oauth-issuer or --sign-in/,
    );
    expect(refused([...argv, '--allowed-hosts', 'mcp.example.com'])).toContain('needs authentication');
    expect(refused(argv, { ...KEY, ...TOKEN })).toContain('needs --allowed-hosts');
    expect(refused([...argv, '--allowed-hosts', ','], { ...KEY, ...TOKEN })).toContain('names nothing');
    expect(served([...argv, '--allowed-hosts', 'mcp.example.com'], { ...KEY, ...TOKEN })).toBeDefined();
  });

  it.each(['127.0.0.1', '127.8.8.8', 'localhost', '::1', '[::1]'])('is not this machine: %s', (host) => {
    expect(served(['--http', '--host', host])).toMatchObject({ host: host.replace(/[[\]]/g, '') });
  });

  it('is not made safe by a key of each caller', () => {
    expect(refused([...PUBLIC, '--caller-key', '--allowed-hosts', 'mcp.example.com'], {})).toContain(
      'needs authentication',
    );
  });
});

describe('authentication', () => {
  const file = ['--http-tokens-file', 'tokens.json'];
  const oauth = ['--oauth-issuer', 'https://issuer.example', '--oauth-audience', 'https://mcp.example.com/mcp'];

  it('is of one kind', () => {
    for (const [argv, env] of [
      [[...file, ...oauth], {}],
      [file, TOKEN],
      [oauth, TOKEN],
    ] as const)
      expect(refused(['--http', ...argv], { ...KEY, ...env })).toContain('Give one way to authenticate');
    expect(served(['--http', ...file])).toMatchObject({ tokensFile: 'tokens.json' });
    expect(served(['--http', ...oauth])).toMatchObject({
      oauth: { issuer: 'https://issuer.example', audience: 'https://mcp.example.com/mcp' },
    });
    expect(served(['--http'], { ...KEY, ...TOKEN })).toMatchObject({ token: TOKEN.LEADDYNO_MCP_TOKEN });
  });

  it('takes no short token, and not the LeadDyno key', () => {
    expect(refused(['--http'], { ...KEY, LEADDYNO_MCP_TOKEN: 'short' })).toContain('at least 24 characters');
    const key = 'a-key-that-is-long-enough-for-a-token';
    const message = refused(['--http'], { LEADDYNO_API_KEY: key, LEADDYNO_MCP_TOKEN: ` ${key} ` });
    expect(message).toContain('must not be the LeadDyno API key');
    expect(message).not.toContain(key);
  });

  it('needs issuer and audience, and an issuer that cannot be listened to', () => {
    expect(refused(['--http', '--oauth-issuer', 'https://issuer.example'])).toContain('go together');
    expect(refused(['--http', '--oauth-audience', 'https://mcp.example.com'])).toContain('go together');
    const withIssuer = (issuer: string) => [
      '--http',
      '--oauth-issuer',
      issuer,
      '--oauth-audience',
      'https://a.example',
    ];
    for (const issuer of [
      'http://issuer.example',
      'https://issuer.example?x=1',
      'https://issuer.example#x',
      'ftp://x.example',
    ])
      expect(refused(withIssuer(issuer)), issuer).toContain('--oauth-issuer must be an https address');
    expect(refused(withIssuer('issuer.example'))).toContain('is not a URL');
    for (const issuer of ['http://127.0.0.1:8080', 'http://localhost', 'http://[::1]:1', 'https://a.example/realms/b/'])
      expect(served(withIssuer(issuer))?.oauth?.issuer).toBe(issuer);
  });
});

describe('a key of each caller', () => {
  it('goes with no key of the server', () => {
    expect(served(['--http', '--caller-key'], {})).toMatchObject({ callerKey: true });
    for (const [argv, env] of [
      [[], KEY],
      [['--api-key-file', 'key'], {}],
      [[], { LEADDYNO_API_KEY_FILE: 'key' }],
      [['--sandbox'], {}],
    ] as const)
      expect(refused(['--http', '--caller-key', ...argv], env)).toContain(
        '--caller-key takes the key from each request',
      );
  });
});

describe('the allowlists', () => {
  it('hold host names without port, compared in lower case', () => {
    expect(served(['--http', '--allowed-hosts', 'MCP.Example.com, localhost,::1,[2001:DB8::1]'])?.allowedHosts).toEqual(
      ['mcp.example.com', 'localhost', '[::1]', '[2001:db8::1]'],
    );
    expect(served(['--http', '--allowed-origins', 'https://App.example.com,Localhost'])?.allowedOrigins).toEqual([
      'https://app.example.com',
      'localhost',
    ]);
  });

  it('take nothing that could never match, or match too much', () => {
    for (const host of [
      'a.example:443',
      'https://a.example',
      'a.example/mcp',
      'user@a.example',
      '*',
      '*.a.example',
      'a b',
      '127.1',
    ])
      expect(refused(['--http', '--allowed-hosts', host]), host).toContain('is not a host name without port');
    for (const origin of [
      'https://a.example/',
      'https://a.example/x',
      'a://',
      'https://*.a.example',
      'https://a.example:443',
    ])
      expect(refused(['--http', '--allowed-origins', origin]), origin).toContain('--allowed-origins');
    expect(refused(['--http', '--allowed-origins', '*'])).toContain('is not a host name');
    expect(refused(['--http', '--allowed-origins', 'null,a:1'])).toContain('is not a host name');
  });
});

it('a secret that replicas share needs the memory they share', () => {
  const secret = { LEADDYNO_MCP_STATE_SECRET: 'x'.repeat(32) };
  expect(refused(['--http'], { ...KEY, ...secret })).toContain('only with --redis');
  expect(refused([], { ...KEY, ...secret })).toContain('only with --redis');
  expect(refused(['--redis', 'redis://localhost'], { ...KEY, LEADDYNO_MCP_STATE_SECRET: 'short' })).toContain(
    '32 characters',
  );
  expect(served(['--http', '--redis', 'redis://localhost'], { ...KEY, ...secret })).toBeDefined();
});

it('the cap on requests is a whole number from 1', () => {
  for (const value of ['0', '-1', 'x', '1.5', ''])
    expect(refused(['--http', `--max-concurrent=${value}`]), value).toContain('--max-concurrent');
  expect(served(['--http', '--max-concurrent', '7'])?.maxConcurrent).toBe(7);
});

it.each(['nonsense:x', '/tmp/redis.sock', 'http://10.0.0.5:6379', 'localhost:6379'])(
  '%s is no address of a Redis',
  (url) => {
    const message = refused(['--redis', url], KEY);
    expect(message).toMatch(/^--redis \(LEADDYNO_MCP_REDIS\) must be an address such as redis:/);
    // It may hold a password.
    expect(message).not.toContain(url);
  },
);
