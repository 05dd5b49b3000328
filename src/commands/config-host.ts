import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, posix, win32 } from 'node:path';
import { parseArgs } from 'node:util';
import { didYouMean } from '../config/did-you-mean.ts';
import { settingsFolder } from '../config/help.ts';
import { profiles } from '../workflows/profiles.ts';
import { CannotEdit, type Edited, editJson, editToml } from './edit-settings.ts';
import {
  entryOf,
  HOSTS_READ,
  type Host,
  hostOf,
  hosts,
  KEY,
  KEY_FILE,
  type Place,
  SERVER,
  type Server,
  snippetOf,
} from './hosts.ts';
import { type Environment, explained, type Printed, refused, replaceWithBackup } from './output.ts';

/** What the command needs from the process. */
export interface ConfigSurroundings extends Place {
  /** The script that this process runs. */
  readonly script: string;
  /** The Node executable that runs it. */
  readonly node: string;
}

const USAGE = `Usage: leaddyno-mcp config
       leaddyno-mcp config HOST [--sandbox] [--read-only] [--profile NAME] [--key-file FILE] [--write]
       leaddyno-mcp config HOST --url URL [--write]

Without HOST: the hosts, and which of them are on this machine. With it: what the host needs, and where to put it.
  --sandbox        with the simulated LeadDyno: no account and no key
  --read-only      only tools that read
  --profile NAME   manager: the tools of a manager's week (by default for hosts that take few tools); all: every tool
  --key-file FILE  the file that holds the key (leaddyno-mcp key set makes one)
  --url URL        a server that runs over HTTP somewhere else
  --write          puts it into the host's file: shows what changes, keeps a copy, touches nothing else
Hosts: ${hosts.map(({ id }) => id).join(', ')}
`;

/**
 * `leaddyno-mcp config [HOST]`: prints the snippet for one host on stdout (so that it can be piped) and instructions on
 * stderr; with `--write` it writes the entry into the host's own file.
 */
export function runConfigCommand(args: readonly string[], surroundings: ConfigSurroundings): Printed {
  const asked = readArguments(args);
  if ('problem' in asked) return refused(`${asked.problem}\n${USAGE.trimEnd()}`);
  if (asked.help) return explained(USAGE);
  if (asked.host === undefined) return explained(listHosts(surroundings));
  const { host } = asked;
  if (host.onlyHttp || (asked.url !== undefined && host.url === null)) return explainByHand(host, asked);
  const server = serverFor(host, asked, surroundings);
  return asked.write ? writeTo(host, server, surroundings) : show(host, server, surroundings);
}

interface Asked {
  readonly help: boolean;
  readonly host?: Host | undefined;
  readonly sandbox: boolean;
  readonly readOnly: boolean;
  readonly write: boolean;
  readonly profile?: string | undefined;
  readonly url?: string | undefined;
  readonly keyFile?: string | undefined;
}

const OPTIONS = {
  sandbox: { type: 'boolean' },
  'read-only': { type: 'boolean' },
  write: { type: 'boolean' },
  profile: { type: 'string' },
  url: { type: 'string' },
  'key-file': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

function readArguments(args: readonly string[]): Asked | { readonly problem: string } {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    const [said = ''] = (error as Error).message.split('\n');
    const [, word = ''] = /'(--?[\w-]+)/.exec(said) ?? [];
    return {
      problem: `${said.replace(/\. To specify.*/, '.')}${didYouMean(
        word,
        Object.keys(OPTIONS).map((name) => `--${name}`),
      )}`,
    };
  }
  const { values, positionals } = parsed;
  const {
    sandbox = false,
    write = false,
    help = false,
    url,
    profile,
    'read-only': readOnly = false,
    'key-file': keyFile,
  } = values;
  if (help) return { help, sandbox, readOnly, write };
  const [name, ...rest] = positionals;
  const host = name === undefined ? undefined : hostOf(name);
  const names = hosts.flatMap(({ id, aliases = [] }) => [id, ...aliases]);
  if (rest.length > 0) return { problem: `Name one host at a time, not ${JSON.stringify(positionals.join(' '))}.` };
  if (name !== undefined && !host) {
    return { problem: `There is no host ${JSON.stringify(name)}.${didYouMean(name.toLowerCase(), names)}` };
  }
  if (!host && Object.keys(values).length > 0) return { problem: 'Name the host.' };
  if (profile !== undefined && profile !== ALL && !Object.hasOwn(profiles, profile)) {
    return { problem: `--profile is one of ${[...Object.keys(profiles), ALL].join(', ')}.` };
  }
  if (url !== undefined && (sandbox || readOnly || keyFile !== undefined || profile !== undefined)) {
    return {
      problem:
        '--url is for a server that is already running: give --sandbox, --read-only, --profile and --key-file where it is started.',
    };
  }
  if (url !== undefined && !isAddress(url))
    return { problem: '--url must be an address such as https://mcp.example.com/mcp.' };
  if (sandbox && keyFile !== undefined) return { problem: '--sandbox needs no key: leave out --key-file.' };
  if (keyFile?.trim() === '') return { problem: '--key-file is given without a value.' };
  return { help, host, sandbox, readOnly, write, profile, url, keyFile };
}

/** No profile, even for a host that has one by default. */
const ALL = 'all';

const isAddress = (url: string) =>
  URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && !new URL(url).password;

/** How the host starts or reaches the server. */
function serverFor(host: Host, asked: Asked, surroundings: ConfigSurroundings): Server {
  if (asked.url !== undefined) return { url: asked.url };
  const { command, args } = launchOf(surroundings);
  const profile = asked.profile ?? (host.fewTools ? 'manager' : ALL);
  const flags = [
    ...(asked.sandbox ? ['--sandbox'] : []),
    ...(asked.readOnly ? ['--read-only'] : []),
    ...(profile === ALL ? [] : ['--toolsets', profile]),
  ];
  const key = asked.sandbox ? {} : keyFor(host, asked.keyFile, surroundings);
  return { command, args: [...args, ...flags], env: { ...key, ...windowSettings(host, asked, surroundings) } };
}

const EXPORT_FOLDER = 'LEADDYNO_MCP_EXPORT_FOLDER';

/**
 * Settings for hosts with a window. They hide what the server prints, so it starts without a key and the tools say what
 * is missing; and people look for files in their documents folder.
 */
function windowSettings(
  host: Host,
  { sandbox }: Asked,
  { home, platform }: ConfigSurroundings,
): Record<string, string> {
  if (host.reference) return {};
  const folder = (platform === 'win32' ? win32 : posix).join(home, 'Documents', 'LeadDyno');
  return { ...(!sandbox && { LEADDYNO_MCP_START_WITHOUT_KEY: 'true' }), [EXPORT_FOLDER]: folder };
}

/** Where `leaddyno-mcp key set` stores the key. */
export const keyFileIn = (env: Environment): string => join(settingsFolder(env) ?? '.', 'key');

/**
 * A reference to the key, never the key itself: a variable if the host sees the shell's and it is set or no key file
 * exists, otherwise a file.
 */
function keyFor(
  host: Host,
  keyFile: string | undefined,
  { env, home, folder }: ConfigSurroundings,
): Record<string, string> {
  if (keyFile !== undefined)
    return { [KEY_FILE]: keyFile.startsWith('~/') ? join(home, keyFile.slice(2)) : absolute(folder, keyFile) };
  const stored = keyFileIn(env);
  const byVariable = host.reference && (env[KEY] || !existsSync(stored));
  return byVariable && host.reference ? { [KEY]: host.reference(KEY) } : { [KEY_FILE]: stored };
}

const absolute = (folder: string, path: string) => (/^([/\\]|[A-Za-z]:[\\/])/.test(path) ? path : join(folder, path));

/** Prints the snippet and what to do with it. */
function show(host: Host, server: Server, surroundings: ConfigSurroundings): Printed {
  const file = host.file?.(surroundings);
  const lines = [
    `${host.title}: put this in ${host.where}${file ? `; here that is ${file}` : ''}.`,
    ...(file ? [`Or have it written there: leaddyno-mcp config ${host.id} … --write`] : []),
    ...(host.command ? [`Or run: ${commandLine(host.command(server))}`] : []),
    ...keyLines(server),
    ...('url' in server
      ? [host.token ?? TOKEN]
      : [`It starts: ${commandLine([server.command, ...server.args])}`, ...fileLines(server)]),
    ...remarks(host, surroundings),
  ];
  return { code: 0, out: `${snippetOf(host, server)}\n`, error: `${lines.join('\n')}\n` };
}

const TOKEN =
  'Put a token for that server in the entry\'s headers ("Authorization": "Bearer …"); with OAuth the host signs in itself.';

const remarks = (host: Host, { script }: ConfigSurroundings) => [
  ...(host.fewTools ? [`${host.fewTools}: --profile manager has fifteen, --profile all every tool.`] : []),
  ...host.notes,
  ...(/[\\/]_npx[\\/]/.test(realPath(script))
    ? ["This copy is in npx's cache and may disappear: install it permanently with npm install --global."]
    : []),
  `(From the host's documentation as of ${HOSTS_READ}.)`,
];

const fileLines = ({ env: { [EXPORT_FOLDER]: folder } }: Exclude<Server, { url: string }>) =>
  folder ? [`Files: reports and exports go to ${folder}; change ${EXPORT_FOLDER} as you like.`] : [];

function keyLines(server: Server): string[] {
  if ('url' in server) return [];
  const { [KEY_FILE]: file, [KEY]: variable } = server.env;
  if (variable !== undefined) return [`The key: from the variable ${KEY} in the shell the host is started from.`];
  if (file === undefined) return ['The key: not needed for the simulation.'];
  const made = existsSync(file) ? '' : ' It does not exist yet: leaddyno-mcp key set creates it.';
  return [`The key: read from ${file}, which only you should be able to read.${made}`];
}

/** For a host without a settings file: what to enter, and where. */
function explainByHand(host: Host, { url, write }: Asked): Printed {
  if (write)
    return refused(
      `${host.title} has no file to write to. leaddyno-mcp config ${host.id} says what to enter and where.`,
    );
  const where = host.onlyHttp ? host.where : 'Settings, Connectors, Add custom connector';
  const lines = [
    `${host.title}: ${where}.`,
    ...(url === undefined
      ? [
          'It takes only HTTP servers. Run one with leaddyno-mcp --http (docs/hosting.md) and give its address with --url.',
        ]
      : []),
    ...host.notes,
    `(From the host's documentation as of ${HOSTS_READ}.)`,
  ];
  return { code: 0, out: `${url ?? 'https://YOUR-SERVER/mcp'}\n`, error: `${lines.join('\n')}\n` };
}

/** Writes the entry into the host's file. */
function writeTo(host: Host, server: Server, surroundings: ConfigSurroundings): Printed {
  const snippet = snippetOf(host, server);
  const file = host.file?.(surroundings);
  const byHand = (why: string): Printed => ({
    code: 1,
    out: `${snippet}\n`,
    error: `Nothing was written: ${why}. Put the above in ${host.where} yourself.\n`,
  });
  if (file === undefined) return byHand(`${host.title} has no file that others may write to`);
  try {
    const path = realPath(file);
    const before = existsSync(path) ? readFileSync(path) : undefined;
    const text = before ? textOf(before) : '';
    const { text: after, before: old } = edit(host, server, text);
    const done = [...keyLines(server), ...remarks(host, surroundings)];
    if (before && after === text) {
      return {
        code: 0,
        out: '',
        error: `${[`${file} has this entry already: nothing was changed.`, ...done].join('\n')}\n`,
      };
    }
    const copy = replaceWithBackup(path, after, before);
    const lines = [
      `Written to ${file}:`,
      ...difference(old, snippet),
      ...(copy ? [`The previous version is in ${copy}.`] : []),
      `Restart ${host.title}.`,
      ...done,
    ];
    return { code: 0, out: '', error: `${lines.join('\n')}\n` };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (!(error instanceof CannotEdit) && code === undefined) throw error;
    return byHand(`${file}: ${error instanceof CannotEdit ? error.message : code}`);
  }
}

/** @throws CannotEdit if it is not UTF-8 text */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CannotEdit('it is not UTF-8 text');
  }
}

const edit = (host: Host, server: Server, text: string): Edited =>
  host.form === 'toml'
    ? editToml(text, host.member, SERVER, snippetOf(host, server))
    : editJson(text, host.member, SERVER, entryOf(host.id, server));

/** Removed and added lines. The old entry may contain a key, so its env and header values are not shown. */
function difference(old: unknown, snippet: string): string[] {
  const hidden = (name: string, value: unknown) => (/^(env|headers|http_headers)$/.test(name) ? '(not shown)' : value);
  const gone = old === undefined ? [] : JSON.stringify({ [SERVER]: old }, hidden, 2).split('\n');
  return [...gone.map((line) => `- ${line}`), ...snippet.split('\n').map((line) => `+ ${line}`)];
}

/** The hosts, whether they seem to be installed, and whether they have the server. */
function listHosts(surroundings: ConfigSurroundings): string {
  const rows = hosts.map((host) => {
    const file = host.file?.(surroundings);
    const sign = host.sign?.(surroundings) ?? (file && dirname(file));
    const set = file !== undefined && existsSync(file) && readFileSync(file, 'utf8').includes(SERVER);
    const state = set ? 'set up' : sign && existsSync(sign) ? 'found' : '';
    return [host.id, state, host.title, host.onlyHttp ? 'over HTTP' : (file ?? 'by hand')];
  });
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
  return `Hosts, and which ones were found on this machine\n${lines.join('\n')}\n\nTo see what a host needs: leaddyno-mcp config HOST [--sandbox]\nTo have it written:       leaddyno-mcp config HOST --write\nTo store the key:         leaddyno-mcp key set\n`;
}

/** A command line, quoted for a shell. */
function commandLine(words: readonly string[]): string {
  const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  return words.map(quoted).join(' ');
}

/** This script, with its own Node: the package is not on the npm registry, so nothing may be fetched by its name. */
function launchOf({ script, node }: ConfigSurroundings): { command: string; args: readonly string[] } {
  const file = realPath(script);
  // Running from TypeScript source, which needs tsx.
  if (file.endsWith('.ts')) return { command: 'npx', args: ['--prefix', join(dirname(file), '..'), 'tsx', file] };
  return { command: node, args: [file] };
}

/** The path with links resolved; unchanged if it does not exist. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
