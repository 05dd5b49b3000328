import { parseArgs } from 'node:util';
import type { LogLevel } from './log.ts';
import { groups } from './operations/index.ts';
import type { Operation } from './operations/operation.ts';
import { OPTIONS, type Option, type OptionName, optionRows } from './options.ts';
import { selectOperations, UnknownName } from './selection.ts';

/** How this process runs. */
export interface Config {
  readonly sandbox: boolean;
  /** The private key where it came from the environment; `keyFile` where it is to be read from. */
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
  readonly baseUrl: string;
  readonly keyTransport: 'auto' | 'header' | 'query';
  readonly operations: readonly Operation[];
  readonly confirm: 'ask' | 'strict' | 'off';
  readonly dryRun: boolean;
  readonly precheck: boolean;
  readonly maskPii: boolean;
  readonly showDashboardLinks: boolean;
  readonly timeoutMs: number;
  readonly rateLimit: number;
  readonly maxResultChars: number;
  readonly logLevel: LogLevel;
  readonly proxy: { readonly httpProxy?: string; readonly httpsProxy?: string; readonly noProxy?: string };
}

/** What the command line asks for: to serve, or to print something and end. */
export type Invocation =
  | { readonly run: 'serve'; readonly config: Config }
  | { readonly run: 'help' }
  | { readonly run: 'version' }
  | { readonly run: 'refuse'; readonly message: string };

class Refusal extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

const NO_KEY =
  'leaddyno-mcp needs the private API key of a LeadDyno account: in LeadDyno it is under Account, Profile (not the public key of the tracking script). Set it as LEADDYNO_API_KEY in the environment, or name a file that holds it with LEADDYNO_API_KEY_FILE. To try the server without an account, start it with --sandbox.';

/**
 * The configuration from flags and environment: flag beats environment beats default. Pure. An unknown flag, an unknown
 * LEADDYNO_MCP_* variable, a bad value or an unknown name is a refusal with the message to print: a misspelt safety
 * option must never be ignored.
 */
export function readConfig(argv: readonly string[], env: Environment): Invocation {
  try {
    const flags = parseFlags(argv);
    if (flags.help) return { run: 'help' };
    if (flags.version) return { run: 'version' };
    refuseUnknownVariables(env);
    return { run: 'serve', config: toConfig((name) => flags[OPTIONS[name].flag] ?? fromEnvironment(name, env), env) };
  } catch (error) {
    if (error instanceof Refusal || error instanceof UnknownName) return { run: 'refuse', message: error.message };
    throw error;
  }
}

type Flags = Record<string, string | boolean | undefined>;

function parseFlags(argv: readonly string[]): Flags {
  const known = Object.fromEntries(
    optionRows.map(([, option]) => [option.flag, { type: option.kind === 'switch' ? 'boolean' : 'string' } as const]),
  );
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { ...known, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } },
      strict: true,
      allowPositionals: false,
    });
    return values as Flags;
  } catch (error) {
    throw new Refusal(`${(error as Error).message.split('\n')[0]} See leaddyno-mcp --help.`);
  }
}

/** Variables of ours that are no options. */
const OTHER_VARIABLES: readonly string[] = [];

function refuseUnknownVariables(env: Environment): void {
  const known = new Set<string>([...optionRows.map(([, option]) => option.env), ...OTHER_VARIABLES]);
  const unknown = Object.keys(env).find((name) => name.startsWith('LEADDYNO_MCP_') && !known.has(name));
  if (unknown) throw new Refusal(`${unknown} is set, but there is no such option. See leaddyno-mcp --help.`);
}

/** Hosts hand over settings left empty as empty strings: the same as unset. */
function fromEnvironment(name: OptionName, env: Environment): string | undefined {
  const value = env[OPTIONS[name].env]?.trim();
  return value === '' ? undefined : value;
}

function toConfig(given: (name: OptionName) => string | boolean | undefined, env: Environment): Config {
  const text = (name: OptionName) => {
    const option: Option = OPTIONS[name];
    const value = given(name) ?? option.default;
    return value === undefined ? undefined : String(value);
  };
  const sandbox = isOn(given, 'sandbox');
  const key = env.LEADDYNO_API_KEY?.trim() || undefined;
  const keyFile = text('apiKeyFile');
  if (!sandbox && !key && !keyFile) throw new Refusal(NO_KEY);
  if (!sandbox && key && keyFile) {
    throw new Refusal(
      'Both LEADDYNO_API_KEY and a key file are given. Give one, so that it is clear which account is meant.',
    );
  }
  const maskPii = isOn(given, 'maskPii');
  const readOnly = isOn(given, 'readOnly') || maskPii;
  const operations = selectOperations(groups, {
    toolsets: names(text('toolsets')),
    tools: names(text('tools')),
    excludeTools: names(text('excludeTools')),
    readOnly,
  });
  if (operations.length === 0)
    throw new Refusal('No tool is left after --toolsets, --tools, --exclude-tools and --read-only.');
  return {
    sandbox,
    key,
    keyFile,
    baseUrl: text('baseUrl') ?? '',
    keyTransport: choice(text, 'keyTransport'),
    operations,
    confirm: choice(text, 'confirm'),
    dryRun: isOn(given, 'dryRun'),
    precheck: !isOn(given, 'noPrecheck'),
    maskPii,
    showDashboardLinks: isOn(given, 'showDashboardLinks'),
    timeoutMs: integer(text, 'timeout'),
    rateLimit: integer(text, 'rateLimit'),
    maxResultChars: integer(text, 'maxResultChars'),
    logLevel: choice(text, 'logLevel'),
    proxy: proxyFrom(env),
  };
}

/** Where a value came from, as the person wrote it. */
const spelled = (name: OptionName) => `--${OPTIONS[name].flag} (${OPTIONS[name].env})`;

function isOn(given: (name: OptionName) => string | boolean | undefined, name: OptionName): boolean {
  const value = given(name);
  if (typeof value === 'boolean') return value;
  if (value === undefined) return false;
  if (/^(1|true|yes|on)$/i.test(value)) return true;
  if (/^(0|false|no|off)$/i.test(value)) return false;
  throw new Refusal(`${spelled(name)} is a switch: true or false, not ${JSON.stringify(value)}.`);
}

type Text = (name: OptionName) => string | undefined;

function choice<Name extends 'keyTransport' | 'confirm' | 'logLevel'>(
  text: Text,
  name: Name,
): (typeof OPTIONS)[Name]['choices'][number] {
  const choices: readonly string[] = OPTIONS[name].choices;
  const value = text(name) ?? '';
  if (!choices.includes(value)) {
    throw new Refusal(`${spelled(name)} is one of ${choices.join(', ')}, not ${JSON.stringify(value)}.`);
  }
  return value as (typeof OPTIONS)[Name]['choices'][number];
}

function integer(text: Text, name: 'timeout' | 'rateLimit' | 'maxResultChars'): number {
  const { min } = OPTIONS[name];
  const value = text(name) ?? '';
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min))
    throw new Refusal(`${spelled(name)} is a whole number from ${min}, not ${JSON.stringify(value)}.`);
  return number;
}

function names(value: string | undefined): string[] | undefined {
  return value
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function proxyFrom(env: Environment): Config['proxy'] {
  const httpProxy = env.http_proxy || env.HTTP_PROXY;
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY;
  const noProxy = env.no_proxy || env.NO_PROXY;
  return { ...(httpProxy && { httpProxy }), ...(httpsProxy && { httpsProxy }), ...(noProxy && { noProxy }) };
}

/** The text of `--help`. */
export function helpText(version: string): string {
  const lines = optionRows.map(([, option]) => {
    const value = option.kind === 'switch' ? '' : ` ${option.choices?.join('|') ?? option.kind.toUpperCase()}`;
    const fallback = option.default === undefined ? '' : ` Default: ${option.default}.`;
    return `  --${option.flag}${value}\n      ${option.sentence}${fallback}\n      Environment: ${option.env}`;
  });
  return [
    `leaddyno-mcp ${version}: MCP server for LeadDyno, over stdio.`,
    '',
    'Usage: leaddyno-mcp [options]',
    '',
    'The private API key comes from LEADDYNO_API_KEY (in LeadDyno: Account, Profile).',
    '',
    'Options:',
    ...lines,
    '  --version',
    '  --help',
    '',
    `Toolsets: ${groups.map((group) => group.name).join(', ')}.`,
    '',
  ].join('\n');
}
