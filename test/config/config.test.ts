import { describe, expect, test } from 'vitest';
import { type Config, readConfig } from '../../src/config/config.ts';
import { optionRows } from '../../src/config/options.ts';
import { toolsets } from '../../src/workflows/index.ts';

type Environment = Record<string, string | undefined>;

const KEY = { LEADDYNO_API_KEY: 'private-key' };

function served(argv: readonly string[], env: Environment = KEY): Config {
  const invocation = readConfig(argv, env);
  if (invocation.run !== 'serve') throw new Error(`does not serve: ${JSON.stringify(invocation)}`);
  return invocation.config;
}

function refused(argv: readonly string[], env: Environment = KEY): string {
  const invocation = readConfig(argv, env);
  if (invocation.run !== 'refuse') throw new Error(`does not refuse ${argv.join(' ')}`);
  return invocation.message;
}

const names = ({ tools }: Config) => tools.map(({ name }) => name);

interface Row {
  readonly field: keyof Config;
  readonly flag: string;
  readonly env: string;
  readonly fallback: unknown;
  /** Text given by the flag and by the variable, and what each comes to. */
  readonly byFlag: readonly [given: string, read: unknown];
  readonly byEnv: readonly [given: string, read: unknown];
  readonly bad: readonly string[];
}

const VALUES: readonly Row[] = [
  {
    field: 'baseUrl',
    flag: '--base-url',
    env: 'LEADDYNO_BASE_URL',
    fallback: 'https://api.leaddyno.com/v1',
    byFlag: ['https://a.example/v1', 'https://a.example/v1'],
    byEnv: ['https://b.example/v1', 'https://b.example/v1'],
    bad: [],
  },
  {
    field: 'keyTransport',
    flag: '--key-transport',
    env: 'LEADDYNO_KEY_TRANSPORT',
    fallback: 'auto',
    byFlag: ['header', 'header'],
    byEnv: ['query', 'query'],
    bad: ['body', 'Header', 'auto,query'],
  },
  {
    field: 'confirm',
    flag: '--confirm',
    env: 'LEADDYNO_MCP_CONFIRM',
    fallback: 'ask',
    byFlag: ['strict', 'strict'],
    byEnv: ['off', 'off'],
    bad: ['no', 'OFF', 'true'],
  },
  {
    field: 'timeoutMs',
    flag: '--timeout',
    env: 'LEADDYNO_MCP_TIMEOUT',
    fallback: 30_000,
    byFlag: ['1', 1],
    byEnv: ['45000', 45_000],
    bad: ['0', '-1', '1.5', '30s', '1e3', '0x10', 'Infinity', '99999999999999999999'],
  },
  {
    field: 'rateLimit',
    flag: '--rate-limit',
    env: 'LEADDYNO_MCP_RATE_LIMIT',
    fallback: 200,
    byFlag: ['0', 0],
    byEnv: ['60', 60],
    bad: ['-1', '1.5', 'off', 'none'],
  },
  {
    field: 'maxResultChars',
    flag: '--max-result-chars',
    env: 'LEADDYNO_MCP_MAX_RESULT_CHARS',
    fallback: 38_000,
    byFlag: ['10000', 10_000],
    byEnv: ['50000', 50_000],
    bad: ['9999', '0', 'many'],
  },
  {
    field: 'logLevel',
    flag: '--log-level',
    env: 'LEADDYNO_MCP_LOG_LEVEL',
    fallback: 'warn',
    byFlag: ['debug', 'debug'],
    byEnv: ['silent', 'silent'],
    bad: ['trace', 'WARN', '3'],
  },
];

const SWITCHES: readonly (readonly [field: keyof Config, flag: string, env: string, on: boolean])[] = [
  ['sandbox', '--sandbox', 'LEADDYNO_MCP_SANDBOX', true],
  ['dryRun', '--dry-run', 'LEADDYNO_MCP_DRY_RUN', true],
  ['precheck', '--no-precheck', 'LEADDYNO_MCP_NO_PRECHECK', false],
  ['maskPii', '--mask-pii', 'LEADDYNO_MCP_MASK_PII', true],
  ['showDashboardLinks', '--show-dashboard-links', 'LEADDYNO_MCP_SHOW_DASHBOARD_LINKS', true],
];

describe.each(VALUES)('$flag', ({ field, flag, env, fallback, byFlag, byEnv, bad }) => {
  test('has its default, also where the variable is left empty', () => {
    expect(served([])[field]).toBe(fallback);
    for (const empty of ['', ' ', '\t']) expect(served([], { ...KEY, [env]: empty })[field]).toBe(fallback);
  });

  test('is read from the flag, the variable, and the flag first', () => {
    expect(served([flag, byFlag[0]])[field]).toBe(byFlag[1]);
    expect(served([`${flag}=${byFlag[0]}`])[field]).toBe(byFlag[1]);
    expect(served([], { ...KEY, [env]: byEnv[0] })[field]).toBe(byEnv[1]);
    expect(served([], { ...KEY, [env]: ` ${byEnv[0]} ` })[field]).toBe(byEnv[1]);
    expect(served([flag, byFlag[0]], { ...KEY, [env]: byEnv[0] })[field]).toBe(byFlag[1]);
  });

  test('refuses what it cannot be, and says what it can', () => {
    for (const value of bad) {
      for (const message of [refused([`${flag}=${value}`]), refused([], { ...KEY, [env]: value })]) {
        expect(message).toContain(flag);
        expect(message).toContain(env);
        expect(message).toContain(JSON.stringify(value));
      }
    }
    expect(refused([flag])).toMatch(/--help/);
  });
});

describe.each(SWITCHES)('the switch for %s', (field, flag, env, on) => {
  test('is off, on by its flag, and on by its variable', () => {
    expect(served([])[field]).toBe(!on);
    expect(served([flag])[field]).toBe(on);
    for (const yes of ['1', 'true', 'yes', 'on', 'TRUE', ' true ']) {
      expect(served([], { ...KEY, [env]: yes })[field]).toBe(on);
    }
    for (const no of ['0', 'false', 'no', 'off', 'FALSE', '', '  ']) {
      expect(served([], { ...KEY, [env]: no })[field]).toBe(!on);
      expect(served([flag], { ...KEY, [env]: no })[field]).toBe(on);
    }
  });

  test('refuses what is neither yes nor no', () => {
    for (const odd of ['maybe', '2', 'enabled', 'tru']) {
      expect(refused([], { ...KEY, [env]: odd })).toContain(env);
    }
    expect(refused([`${flag}=false`])).toContain(flag);
  });
});

describe('the choice of tools', () => {
  test('is read from flags and variables alike', () => {
    const campaigns = ['list_campaigns', 'get_campaign'];
    expect(names(served(['--toolsets', 'campaigns']))).toEqual(campaigns);
    expect(names(served([], { ...KEY, LEADDYNO_MCP_TOOLSETS: 'campaigns' }))).toEqual(campaigns);
    expect(names(served(['--toolsets=campaigns'], { ...KEY, LEADDYNO_MCP_TOOLSETS: 'leads' }))).toEqual(campaigns);
    expect(names(served(['--tools', ' get_campaign , list_campaigns,']))).toEqual(campaigns);
    expect(names(served([], { ...KEY, LEADDYNO_MCP_TOOLS: 'get_campaign,list_campaigns' }))).toEqual(campaigns);
    const env = { ...KEY, LEADDYNO_MCP_TOOLSETS: 'campaigns', LEADDYNO_MCP_EXCLUDE_TOOLS: 'get_campaign' };
    expect(names(served([], env))).toEqual(['list_campaigns']);
    expect(names(served([], { ...KEY, LEADDYNO_MCP_READ_ONLY: 'yes' }))).toEqual(names(served(['--read-only'])));
  });

  test('is everything where nothing is said, or said emptily', () => {
    const all = toolsets.flatMap((set) => set.tools.map(({ name }) => name));
    expect(names(served([]))).toEqual(all);
    const empty = { LEADDYNO_MCP_TOOLSETS: '', LEADDYNO_MCP_TOOLS: ' ', LEADDYNO_MCP_EXCLUDE_TOOLS: '' };
    expect(names(served([], { ...KEY, ...empty }))).toEqual(all);
  });

  test('refuses unknown names and lists the known ones', () => {
    const unknown = [
      refused(['--toolsets', 'affiliates,campaings']),
      refused([], { ...KEY, LEADDYNO_MCP_TOOLSETS: 'campaings' }),
    ];
    for (const message of unknown) {
      expect(message).toContain('"campaings"');
      expect(message).toContain('campaigns');
    }
    expect(refused(['--tools', 'getCampaign'])).toContain('get_campaign');
    expect(refused(['--exclude-tools', 'archive_affiliates'])).toContain('"archive_affiliates"');
  });

  test.each(['--toolsets', '--tools', '--exclude-tools'])('never loses one of two %s', (flag) => {
    const [first, second] = flag === '--toolsets' ? ['leads', 'campaigns'] : ['get_lead', 'get_campaign'];
    const twice = readConfig([flag, first, flag, second], KEY);
    if (twice.run === 'serve') expect(names(twice.config)).toEqual(names(served([flag, `${first},${second}`])));
    else expect(twice).toMatchObject({ run: 'refuse', message: expect.stringContaining(flag) });
  });

  test('refuses to start without any tool', () => {
    expect(refused(['--read-only', '--tools', 'archive_affiliate'])).toBe(
      'No tool is left after --tools, --read-only.',
    );
    expect(refused(['--toolsets', 'campaigns', '--exclude-tools', 'list_campaigns,get_campaign'])).toMatch(/No tool/);
  });

  test('leaves only reads where people are masked', () => {
    for (const config of [served(['--mask-pii']), served([], { ...KEY, LEADDYNO_MCP_MASK_PII: 'true' })]) {
      expect(config.tools.every(({ effect }) => effect === 'read')).toBe(true);
      expect(names(config)).toEqual(names(served(['--read-only'])));
    }
    expect(refused(['--mask-pii', '--tools', 'approve_affiliate'])).toBe(
      'No tool is left after --tools, --mask-pii, which leaves only tools that read.',
    );
    expect(names(served(['--mask-pii'], { ...KEY, LEADDYNO_MCP_READ_ONLY: 'false' }))).not.toContain(
      'update_affiliate',
    );
  });
});

describe('masked people', () => {
  const both = { LEADDYNO_MCP_MASK_PII: 'true', LEADDYNO_MCP_SHOW_DASHBOARD_LINKS: '1' };

  test.each<[readonly string[], Environment]>([
    [['--mask-pii', '--show-dashboard-links'], {}],
    [['--mask-pii'], { LEADDYNO_MCP_SHOW_DASHBOARD_LINKS: 'yes' }],
    [['--show-dashboard-links'], { LEADDYNO_MCP_MASK_PII: 'on' }],
    [[], both],
    [['--sandbox'], both],
  ])('do not go with links that log in as them: %j %j', (argv, env) => {
    const message = refused(argv, { ...KEY, ...env });
    for (const part of ['--mask-pii', '--show-dashboard-links', 'Give only one of the two'])
      expect(message).toContain(part);
  });

  test('go with one of the two that is off', () => {
    expect(served(['--mask-pii'], { ...KEY, LEADDYNO_MCP_SHOW_DASHBOARD_LINKS: 'false' }).maskPii).toBe(true);
    const shown = served(['--show-dashboard-links'], { ...KEY, LEADDYNO_MCP_MASK_PII: 'false' });
    expect(shown.showDashboardLinks).toBe(true);
  });
});

describe('the key', () => {
  test('comes from the environment, without the spaces around it', () => {
    expect(served([], { LEADDYNO_API_KEY: ' private-key\n' })).toMatchObject({
      key: 'private-key',
      keyFile: undefined,
      storedKeyFile: undefined,
    });
  });

  test('or is left in a file', () => {
    expect(served(['--api-key-file', '/run/key'], {})).toMatchObject({ key: undefined, keyFile: '/run/key' });
    expect(served([], { LEADDYNO_API_KEY_FILE: '/run/key' })).toMatchObject({ keyFile: '/run/key' });
    const both = served(['--api-key-file=/a'], { LEADDYNO_API_KEY_FILE: '/b', LEADDYNO_API_KEY: '' });
    expect(both.keyFile).toBe('/a');
  });

  test('is needed, but for the sandbox, and the message says where to find it', () => {
    for (const env of [{}, { LEADDYNO_API_KEY: '' }, { LEADDYNO_API_KEY: '  ', LEADDYNO_API_KEY_FILE: '' }]) {
      const message = refused([], env);
      for (const part of ['LEADDYNO_API_KEY', 'LEADDYNO_API_KEY_FILE', 'Account', 'Profile', '--sandbox']) {
        expect(message).toContain(part);
      }
      expect(message, 'one paragraph').not.toContain('\n');
      expect(served(['--sandbox'], env).sandbox).toBe(true);
    }
  });

  test('is given once only', () => {
    const message = refused(['--api-key-file', '/run/key']);
    expect(message).toContain('LEADDYNO_API_KEY');
    expect(message).not.toContain('private-key');
    expect(served(['--sandbox', '--api-key-file', '/run/key']).sandbox).toBe(true);
  });

  test('is never a flag, and a try does not repeat it', () => {
    for (const argv of [['--api-key=top-secret'], ['--api-key', 'top-secret'], ['--key=top-secret']]) {
      const message = refused(argv);
      expect(message).toMatch(/--help/);
      expect(message).not.toContain('top-secret');
    }
  });
});

describe('an empty value', () => {
  const valued = optionRows.filter(([, { kind }]) => kind !== 'switch');

  test.each(valued.map(([, { flag, env }]) => [flag, env] as const))(
    'of --%s is refused, of %s is unset',
    (flag, env) => {
      for (const empty of ['', ' ', '\t\n']) {
        // A variable of the shell that was not set: --audit-log "$UNSET".
        for (const argv of [[`--${flag}`, empty], [`--${flag}=${empty}`], [`--${flag}=x`, `--${flag}=${empty}`]])
          expect(refused(['--sandbox', ...argv], {}), JSON.stringify(argv)).toContain(
            `--${flag} (${env}) is given without a value`,
          );
        expect(served(['--sandbox'], { [env]: empty })).toEqual(served(['--sandbox'], {}));
      }
    },
  );

  test('among several is refused too', () => {
    expect(refused(['--exclude-tools', '', '--exclude-tools', 'archive_affiliate'])).toContain('without a value');
  });

  test('is a list of names without a name as well', () => {
    const lists = optionRows.filter(([, { kind }]) => kind === 'names');
    for (const [, { flag, env }] of lists) {
      for (const message of [refused([`--${flag}=, ,`, '--http']), refused(['--http'], { ...KEY, [env]: ',' })])
        expect(message).toBe(`--${flag} (${env}) names nothing.`);
    }
  });
});

describe('what is not known', () => {
  const lines = ['--sandboxx', '--readonly', '-x', '--no-read-only', 'serve', '--sandbox yes', '-- serve'];

  test.each(lines)('on the command line is refused: %s', (line) => {
    expect(refused(line.split(' '))).toMatch(/--help/);
  });

  test('in the environment is refused where it can only be ours', () => {
    for (const name of ['LEADDYNO_MCP_READONLY', 'LEADDYNO_MCP_TOOLSET', 'LEADDYNO_MCP_']) {
      expect(refused([], { ...KEY, [name]: 'true' })).toContain(name);
    }
    expect(served([], { ...KEY, PATH: '/bin', SOME_LEADDYNO_MCP_THING: 'x', LEADDYNO_OTHER: 'x' }).sandbox).toBe(false);
  });
});

describe('asking for help or the version', () => {
  test('comes before everything else', () => {
    expect(readConfig(['--help'], {})).toEqual({ run: 'help' });
    expect(readConfig(['-h'], {})).toEqual({ run: 'help' });
    expect(readConfig(['--version'], { LEADDYNO_MCP_NONSENSE: '1' })).toEqual({ run: 'version' });
    expect(readConfig(['-v', '--sandbox'], {})).toEqual({ run: 'version' });
    expect(refused(['--help', '--nonsense'])).toContain('--nonsense');
  });
});

test('a proxy comes from the usual variables, in small letters first', () => {
  const env = {
    ...KEY,
    HTTPS_PROXY: 'http://a',
    https_proxy: 'http://b',
    HTTP_PROXY: 'http://c',
    NO_PROXY: 'localhost',
  };
  expect(served([], env).proxy).toEqual({ httpsProxy: 'http://b', httpProxy: 'http://c', noProxy: 'localhost' });
  expect(served([], { ...KEY, HTTPS_PROXY: '', no_proxy: '' }).proxy).toEqual({});
});

test('nothing but its arguments is read or changed', () => {
  const argv = Object.freeze(['--sandbox', '--tools', 'get_lead']);
  const env = Object.freeze({ LEADDYNO_MCP_CONFIRM: 'off' });
  expect(served(argv, env)).toEqual(served(argv, env));
});
