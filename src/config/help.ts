import { toolsets } from '../workflows/index.ts';
import { profiles } from '../workflows/profiles.ts';
import { type Option, optionRows } from './options.ts';

/** The commands besides serving, by their first word, with their usage. */
export const COMMANDS = {
  help: ['help [COMMAND]'],
  config: ['config [HOST] [--sandbox] [--read-only] [--profile NAME] [--url URL] [--key-file FILE] [--write]'],
  key: ['key set [--file FILE]'],
  doctor: ['doctor [--verbose] [--json] [--save] [options]'],
  report: [
    'report --out FILE|- [--month YYYY-MM | --since DAY --until DAY] [--due-by DAY] [--format html|csv|json] [--open] [options]',
  ],
  call: ["call [TOOL] ['{…}' | NAME=VALUE … | -] [--json] [options]"],
  token: [
    'token new NAME --scopes SCOPES [--accounts NAMES|all] [--file FILE]',
    'token list|revoke [NAME] --file FILE',
  ],
} as const satisfies Record<string, readonly string[]>;

export type Command = keyof typeof COMMANDS;

export const isCommand = (word: string): word is Command => Object.hasOwn(COMMANDS, word);

/** The options by purpose; those in no group come last. */
const GROUPS: readonly (readonly [title: string, flags: readonly string[]])[] = [
  ['Account', ['sandbox', 'api-key-file', 'accounts', 'base-url', 'key-transport', 'start-without-key', 'findings']],
  ['Tools', ['toolsets', 'tools', 'exclude-tools', 'read-only']],
  ['Safety and records', ['confirm', 'form-wait', 'dry-run', 'no-precheck', 'audit-log', 'export-folder']],
  ['Output', ['mask-pii', 'show-dashboard-links', 'max-result-chars', 'no-cache']],
  ['Speed and logging', ['timeout', 'rate-limit', 'log-level']],
  [
    'HTTP',
    [
      ...['http', 'host', 'public-url', 'allowed-hosts', 'allowed-origins', 'max-concurrent', 'metrics'],
      ...['http-tokens-file', 'oauth-issuer', 'oauth-audience', 'caller-key'],
      ...['sign-in', 'sign-in-code-file', 'redis'],
    ],
  ],
];

/** Placeholders for the values of options whose kind alone does not say enough. */
const VALUES: Readonly<Record<string, string>> = {
  'api-key-file': 'FILE',
  accounts: 'FILE',
  'base-url': 'URL',
  findings: 'FILE',
  toolsets: 'TOOLSETS',
  tools: 'TOOLS',
  'exclude-tools': 'TOOLS',
  'form-wait': 'MILLISECONDS',
  'audit-log': 'FOLDER',
  'export-folder': 'FOLDER',
  'max-result-chars': 'CHARACTERS',
  timeout: 'MILLISECONDS',
  'rate-limit': 'REQUESTS',
  host: 'ADDRESS',
  'public-url': 'URL',
  'allowed-hosts': 'HOSTS',
  'allowed-origins': 'ORIGINS',
  'max-concurrent': 'REQUESTS',
  'http-tokens-file': 'FILE',
  'oauth-issuer': 'URL',
  'oauth-audience': 'TEXT',
  'sign-in-code-file': 'FILE',
  redis: 'URL',
};

const KINDS: Readonly<Record<Option['kind'], string>> = {
  switch: '',
  text: 'TEXT',
  names: 'NAMES',
  integer: 'NUMBER',
  port: '[PORT]',
  choice: '',
};

const optionLines = (option: Option): string => {
  const value = option.choices?.join('|') ?? VALUES[option.flag] ?? KINDS[option.kind];
  const fallback = option.default === undefined ? '' : ` Default: ${option.default}.`;
  return `  --${option.flag}${value ? ` ${value}` : ''}\n      ${option.sentence}${fallback}\n      Environment: ${option.env}`;
};

/** What `--help` lists besides the options. */
export interface Named {
  readonly hosts: readonly string[];
  readonly scopes: readonly string[];
}

/** The text of `--help`. */
export function helpText(version: string, { hosts, scopes }: Named): string {
  const options = optionRows.map(([, option]) => option);
  const grouped = new Set(GROUPS.flatMap(([, flags]) => flags));
  const rest = options.filter(({ flag }) => !grouped.has(flag)).map(({ flag }) => flag);
  const groups = [...GROUPS, ['Other', rest] as const].flatMap(([title, flags]) => {
    const own = flags.flatMap((flag) => options.find((option) => option.flag === flag) ?? []);
    return own.length === 0 ? [] : [`${title}:`, ...own.map(optionLines), ''];
  });
  return [
    `leaddyno-mcp ${version}: MCP server for LeadDyno, over stdio or HTTP.`,
    '',
    'Usage: leaddyno-mcp [options]',
    ...Object.values(COMMANDS)
      .flat()
      .map((usage) => `       leaddyno-mcp ${usage}`),
    '',
    'The private API key comes from LEADDYNO_API_KEY (in LeadDyno: Account, Profile), or from a file.',
    'A flag overrides its variable. Separate lists with commas.',
    '',
    ...groups,
    '  --version',
    '  --help (after a command: help for that command)',
    '',
    `Toolsets: ${Object.keys(profiles).join(', ')} (the week of an affiliate manager), ${toolsets.map((set) => set.name).join(', ')}.`,
    `Hosts: ${hosts.join(', ')}.`,
    `Scopes: ${scopes.join(', ')}.`,
    '',
  ].join('\n');
}

/** Our folder in the user's settings folder; undefined if neither it nor a home folder is known. */
export function settingsFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const home = env.HOME || env.USERPROFILE;
  const folder = env.XDG_CONFIG_HOME || (home && `${home}/.config`);
  return folder ? `${folder}/leaddyno-mcp` : undefined;
}
