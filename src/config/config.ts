import { parseArgs } from 'node:util';
import type { LogLevel } from '../log.ts';
import { toolsets } from '../workflows/index.ts';
import type { Tool } from '../workflows/workflow.ts';
import { didYouMean } from './did-you-mean.ts';
import { COMMANDS, settingsFolder } from './help.ts';
import { HTTP_PORT, type HttpConfig, readHttpConfig } from './http.ts';
import {
  choice,
  type Given,
  integer,
  isOn,
  names,
  OPTIONS,
  type OptionName,
  optionRows,
  Refusal,
  spelled,
  text,
} from './options.ts';
import { selectTools } from './selection.ts';
import { readSecret } from './sign-in.ts';

/** How this process runs. */
export interface Config {
  readonly sandbox: boolean;
  /** The private key from the environment. */
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
  /** The file with several accounts and their key files. */
  readonly accountsFile: string | undefined;
  /** Where `key set` stores a key, because a plug-in cannot name its user's own file. */
  readonly storedKeyFile: string | undefined;
  /** Whether to serve over stdio even if there is no usable key yet. */
  readonly startWithoutKey: boolean;
  readonly baseUrl: string;
  readonly keyTransport: 'auto' | 'header' | 'query';
  readonly tools: readonly Tool[];
  /** Tools that were excluded by name. */
  readonly excludedTools: ReadonlySet<string>;
  readonly confirm: 'ask' | 'strict' | 'token' | 'off';
  readonly formWaitMs: number;
  readonly dryRun: boolean;
  readonly precheck: boolean;
  /** Whether workflows may reuse what they read in the last few minutes. */
  readonly cache: boolean;
  /** Folder of the audit log; undefined: no log. */
  readonly auditLog: string | undefined;
  /** Folder for the files that tools make; undefined: they are not written. */
  readonly exportFolder: string | undefined;
  readonly maskPii: boolean;
  readonly showDashboardLinks: boolean;
  readonly timeoutMs: number;
  readonly rateLimit: number;
  readonly maxResultChars: number;
  readonly logLevel: LogLevel;
  /** Undefined: serve on stdio. */
  readonly http: HttpConfig | undefined;
  /** URL of the Redis that replicas share. */
  readonly redis: string | undefined;
  /** Signs confirmations for all replicas; undefined: a random secret per process. */
  readonly stateSecret: string | undefined;
  /** Where `doctor --save` stores what it found; undefined if no file is given and there is no home folder. */
  readonly findingsFile: string | undefined;
  readonly proxy: { readonly httpProxy?: string; readonly httpsProxy?: string; readonly noProxy?: string };
}

/** What the command line asks for: serve, or print something and exit. */
export type Invocation =
  | { readonly run: 'serve'; readonly config: Config }
  | { readonly run: 'help' }
  | { readonly run: 'version' }
  | { readonly run: 'refuse'; readonly message: string };

type Environment = Readonly<Record<string, string | undefined>>;

const NO_KEY =
  'leaddyno-mcp needs the private API key of a LeadDyno account: in LeadDyno it is under Account, Profile (not the public key of the tracking script). Set it as LEADDYNO_API_KEY in the environment, or name a file that holds it with LEADDYNO_API_KEY_FILE. To try the server without an account, start it with --sandbox.';

/**
 * The configuration from flags and environment: flags override variables, variables override defaults. Pure. An unknown
 * flag, an unknown LEADDYNO_MCP_* variable, a bad value or an unknown name is refused with a message to print: a
 * misspelt safety option must never be ignored.
 */
export function readConfig(argv: readonly string[], env: Environment): Invocation {
  try {
    const flags = parseFlags(argv);
    if (flags.help) return { run: 'help' };
    if (flags.version) return { run: 'version' };
    refuseUnknownVariables(env);
    return { run: 'serve', config: toConfig((name) => flags[OPTIONS[name].flag] ?? fromEnvironment(name, env), env) };
  } catch (error) {
    if (error instanceof Refusal) return { run: 'refuse', message: error.message };
    throw error;
  }
}

type Flags = Record<string, string | boolean | undefined>;

function parseFlags(argv: readonly string[]): Flags {
  const known = Object.fromEntries(
    optionRows.map(([, option]) => [
      option.flag,
      { type: option.kind === 'switch' ? 'boolean' : 'string', multiple: option.kind === 'names' } as const,
    ]),
  );
  try {
    const { values } = parseArgs({
      args: withHttpPort(argv),
      options: { ...known, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } },
      strict: true,
      allowPositionals: false,
    });
    refuseBlank(values);
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
    );
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const [said = ''] = (error as Error).message.split('\n');
    const [, word = ''] = /^Unexpected argument '(.*)'\./.exec(said) ?? [];
    // It may be a pasted key or token, which would end up in the host's log.
    if (word !== '' && !/^[a-z-]{1,12}$/.test(word))
      throw new Refusal(
        'One argument is neither a command nor an option (not shown: it may be a key). See leaddyno-mcp --help.',
      );
    if (word !== '') {
      throw new Refusal(
        `"${word}" is neither a command nor an option.${didYouMean(word, Object.keys(COMMANDS))} See leaddyno-mcp --help.`,
      );
    }
    const [, flag = ''] = /^Unknown option '(--?[\w-]+)/.exec(said) ?? [];
    const meant =
      flag && didYouMean(flag, [...optionRows.map(([, option]) => `--${option.flag}`), '--help', '--version']);
    throw new Refusal(`${said.replace(/\. To specify a positional.*/, '.')}${meant} See leaddyno-mcp --help.`);
  }
}

/** Refuses an empty flag: it comes from an unset variable in the shell, and nobody meant it. */
function refuseBlank(values: Readonly<Record<string, unknown>>): void {
  for (const [name, option] of optionRows) {
    const given = [values[option.flag] ?? []].flat();
    if (given.some((one) => typeof one === 'string' && one.trim() === '')) {
      throw new Refusal(`${spelled(name)} is given without a value. Leave it out, or give it one.`);
    }
  }
}

/**
 * Gives a bare `--http` its default port, because parseArgs has no optional values. An empty argument after it counts
 * as its value, and is refused.
 */
function withHttpPort(argv: readonly string[]): string[] {
  return argv.flatMap((arg, index) => {
    if (arg === '--http') return /^(\d+|\s*)$/.test(argv[index + 1] ?? 'none') ? [arg] : [`--http=${HTTP_PORT}`];
    return [arg];
  });
}

/** Our variables that are not options. */
const OTHER_VARIABLES: readonly string[] = [
  ...['LEADDYNO_MCP_TOKEN', 'LEADDYNO_MCP_SIGN_IN_CODE'],
  ...['LEADDYNO_MCP_STATE_SECRET', 'LEADDYNO_MCP_STATE_SECRET_PREVIOUS'],
];

function refuseUnknownVariables(env: Environment): void {
  const known = new Set<string>([...optionRows.map(([, option]) => option.env), ...OTHER_VARIABLES]);
  const unknown = Object.keys(env).find((name) => name.startsWith('LEADDYNO_MCP_') && !known.has(name));
  if (unknown) {
    const meant = didYouMean(unknown, [...known]);
    throw new Refusal(`${unknown} is set, but there is no such option.${meant} See leaddyno-mcp --help.`);
  }
}

/**
 * The value of an option's variable. Hosts pass settings left empty as empty strings, or as the reference itself
 * (`${user_config.toolsets}` of an MCP bundle); both count as unset, unlike an empty flag, which no host writes. In a
 * switch or a choice, which have a default in the bundle, a reference is refused like any other bad value, so that no
 * safety option is lost.
 */
function fromEnvironment(name: OptionName, env: Environment): string | undefined {
  const { env: variable, kind } = OPTIONS[name];
  const value = env[variable]?.trim();
  if (value !== undefined && LEFT_EMPTY.test(value) && (kind === 'text' || kind === 'names')) return undefined;
  // This port is also a switch: 0 in the variable means no. Only as a flag does it mean any free port.
  if (kind === 'port' && value === '0') return undefined;
  return value === '' ? undefined : value;
}

const LEFT_EMPTY = /^\$\{user_config\.\w+\}$/;

function toConfig(given: Given, env: Environment): Config {
  const sandbox = isOn(given, 'sandbox');
  const key = env.LEADDYNO_API_KEY?.trim().replace(LEFT_EMPTY, '') || undefined;
  const keyFile = text(given, 'apiKeyFile');
  const http = readHttpConfig(given, env);
  const redis = readRedis(given);
  if (http?.callerKey && (key || keyFile || sandbox)) {
    throw new Refusal(
      '--caller-key takes the key from each request; it cannot go with LEADDYNO_API_KEY, a key file or --sandbox.',
    );
  }
  const accountsFile = text(given, 'accounts');
  if (http?.signIn && (key || keyFile || accountsFile || sandbox || http.callerKey)) {
    throw new Refusal(
      '--sign-in takes the key from each person; it cannot go with LEADDYNO_API_KEY, a key file, --accounts, --caller-key or --sandbox.',
    );
  }
  const startWithoutKey = isOn(given, 'startWithoutKey');
  if (accountsFile !== undefined && (key || keyFile || sandbox || http?.callerKey || startWithoutKey)) {
    throw new Refusal(
      `${spelled('accounts')} names the key file of each account; it cannot go with LEADDYNO_API_KEY, a key file, --sandbox, --caller-key or --start-without-key.`,
    );
  }
  if (startWithoutKey && http) throw new Refusal(`${spelled('startWithoutKey')} works only over stdio.`);
  const keyed = key ?? keyFile ?? accountsFile;
  if (!sandbox && !keyed && !http?.callerKey && !http?.signIn && !startWithoutKey) throw new Refusal(NO_KEY);
  if (!sandbox && key && keyFile) {
    throw new Refusal(
      'Both LEADDYNO_API_KEY and a key file are given. Give one, so that it is clear which account is meant.',
    );
  }
  const maskPii = isOn(given, 'maskPii');
  const showDashboardLinks = isOn(given, 'showDashboardLinks');
  if (maskPii && showDashboardLinks) {
    throw new Refusal(
      `${spelled('maskPii')} hides who people are, but ${spelled('showDashboardLinks')} shows links that log in as them. Give only one of the two.`,
    );
  }
  const readOnly = isOn(given, 'readOnly') || maskPii;
  const tools = selectTools(toolsets, {
    toolsets: names(given, 'toolsets'),
    tools: names(given, 'tools'),
    excludeTools: names(given, 'excludeTools'),
    readOnly,
  });
  if (tools.length === 0) throw new Refusal(`No tool is left after ${narrowing(given)}.`);
  return {
    sandbox,
    key,
    keyFile,
    accountsFile,
    storedKeyFile: settingsFile(env, 'key'),
    startWithoutKey,
    baseUrl: text(given, 'baseUrl') ?? '',
    keyTransport: choice(given, 'keyTransport'),
    tools,
    excludedTools: new Set(names(given, 'excludeTools')),
    cache: !isOn(given, 'noCache'),
    auditLog: text(given, 'auditLog'),
    exportFolder: readExportFolder(given, env, http !== undefined),
    confirm: choice(given, 'confirm'),
    formWaitMs: integer(given, 'formWait'),
    dryRun: isOn(given, 'dryRun'),
    precheck: !isOn(given, 'noPrecheck'),
    maskPii,
    showDashboardLinks,
    timeoutMs: integer(given, 'timeout'),
    rateLimit: integer(given, 'rateLimit'),
    maxResultChars: integer(given, 'maxResultChars'),
    logLevel: choice(given, 'logLevel'),
    findingsFile: text(given, 'findings') ?? settingsFile(env, 'findings.json'),
    proxy: proxyFrom(env),
    http,
    redis,
    stateSecret: readStateSecret(env, redis, http?.signIn !== undefined),
  };
}

/** The options given that removed tools. */
function narrowing(given: Given): string {
  const lists = (['toolsets', 'tools', 'excludeTools'] as const).filter((name) => given(name) !== undefined);
  const switches = (['readOnly', 'maskPii'] as const).filter((name) => isOn(given, name));
  const flags = [...lists, ...switches].map((name) => `--${OPTIONS[name].flag}`);
  const masked = switches.includes('maskPii') ? ', which leaves only tools that read' : '';
  return `${flags.join(', ')}${masked}`;
}

/** Never quotes the URL, because it may contain a password. */
function readRedis(given: Given): string | undefined {
  const url = text(given, 'redis');
  if (url === undefined || (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol))) return url;
  throw new Refusal(`${spelled('redis')} must be an address such as redis://10.0.0.5:6379.`);
}

/** Refuses a shared secret without Redis: each replica would then accept the same confirmation once. */
function readStateSecret(env: Environment, redis: string | undefined, signIn: boolean): string | undefined {
  const secret = readSecret(env, 'LEADDYNO_MCP_STATE_SECRET');
  if (redis !== undefined || secret === undefined) return secret;
  // The sign-in uses this secret itself; confirmations keep their secret per process.
  if (signIn) return undefined;
  throw new Refusal('LEADDYNO_MCP_STATE_SECRET works only with --redis, which remembers what was used, or --sign-in.');
}

/** A placeholder of MCP bundles, written in two parts so that no template replaces it here. */
const DOCUMENTS = ['$', '{DOCUMENTS}'].join('');

const homeOf = (env: Environment) => env.HOME || env.USERPROFILE;

/** Expands `~`, `$HOME` and the bundle placeholder: hosts start servers without a shell, which would do it. */
function readExportFolder(given: Given, env: Environment, overHttp: boolean): string | undefined {
  const folder = text(given, 'exportFolder');
  if (folder === undefined) return undefined;
  if (overHttp) {
    throw new Refusal(
      `${spelled('exportFolder')} is for a server on the user's own machine (stdio). Over HTTP ${spelled('publicUrl')} gives links to files.`,
    );
  }
  const home = homeOf(env);
  // This is the default of a bundle, which must not prevent a start.
  if (home === undefined && folder.startsWith(DOCUMENTS)) return undefined;
  const filled = home === undefined ? folder : folder.replace(/^(~|\$\{?HOME\}?)(?=[\\/]|$)/, () => home);
  const whole = filled.startsWith(DOCUMENTS) ? `${home}/Documents${filled.slice(DOCUMENTS.length)}` : filled;
  if (/^[~$]|\$\{|%\w+%/.test(whole))
    throw new Refusal(`${spelled('exportFolder')}: nothing fills in ${JSON.stringify(folder)}. Give the full path.`);
  return whole;
}

function settingsFile(env: Environment, name: string): string | undefined {
  const folder = settingsFolder(env);
  return folder && `${folder}/${name}`;
}

function proxyFrom(env: Environment): Config['proxy'] {
  const httpProxy = env.http_proxy || env.HTTP_PROXY;
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY;
  const noProxy = env.no_proxy || env.NO_PROXY;
  return { ...(httpProxy && { httpProxy }), ...(httpsProxy && { httpsProxy }), ...(noProxy && { noProxy }) };
}
