import { join } from 'node:path';
import type { Environment } from './output.ts';

/*
 * The hosts that can use this server, one row each. Each row follows the host's own documentation as of
 * `HOSTS_READ`; docs/hosts.md says which pages those were, and what could not be read.
 */

/** When the hosts' documentation was last read. */
export const HOSTS_READ = '2026-11-28';

/** How a host starts the server, or the URL where it reaches it. */
export type Server =
  | { readonly command: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }
  | { readonly url: string };

/** The machine on which a host keeps its settings. */
export interface Place {
  readonly platform: string;
  /** The user's home folder. */
  readonly home: string;
  /** The folder in which the command runs. */
  readonly folder: string;
  readonly env: Environment;
}

export interface Host {
  readonly id: string;
  readonly title: string;
  /** Other names that it is known by. */
  readonly aliases?: readonly string[];
  /** The file with its servers; absent: they are entered in the host by hand, and `where` says where. */
  readonly file?: (place: Place) => string;
  /** A folder that exists if the host is installed; absent: the folder of `file`. */
  readonly sign?: (place: Place) => string;
  /** The format of that file. */
  readonly form: 'json' | 'toml';
  /** The member of the file that contains the servers. */
  readonly member: string;
  readonly where: string;
  /** How a setting refers to a variable of the shell that started the host; absent: the host does not see the shell. */
  readonly reference?: (variable: string) => string;
  /** Fields of the entry in addition to command, args and env, or url. */
  readonly more?: (server: Server) => Readonly<Record<string, unknown>>;
  /** The name of the field for the URL of an HTTP server; null: its file has no such entries. */
  readonly url: 'url' | null;
  /** Where to put the token for an HTTP server, if not in the entry's headers. */
  readonly token?: string;
  /** It only connects to HTTP servers and starts no programs. */
  readonly onlyHttp?: true;
  /** A command of the host that adds the same entry. */
  readonly command?: (server: Server) => readonly string[];
  /** It accepts few tools: how many, and the source for that. Its entry gets the manager profile by default. */
  readonly fewTools?: string;
  /** Other things to know, one sentence each. */
  readonly notes: readonly string[];
}

/** The name of the entry in every host. */
export const SERVER = 'leaddyno';
export const KEY = 'LEADDYNO_API_KEY';
export const KEY_FILE = 'LEADDYNO_API_KEY_FILE';

const braced = (variable: string) => `\${${variable}}`;

/** The settings folder of programs with a window. */
function applicationData({ platform, home, env }: Place): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (platform === 'win32') return env.APPDATA || join(home, 'AppData', 'Roaming');
  return env.XDG_CONFIG_HOME || join(home, '.config');
}

/** The settings folder of terminal programs; on macOS some programs with a window use it too. */
const settings = (place: Place) =>
  place.platform === 'win32' ? applicationData(place) : place.env.XDG_CONFIG_HOME || join(place.home, '.config');

/** Puts flags after `--`, so that the host does not read them as its own. */
function apart(args: readonly string[]): readonly string[] {
  const at = args.findIndex((arg) => arg.startsWith('-'));
  return at === -1 ? args : [...args.slice(0, at), '--', ...args.slice(at)];
}

const variables = (env: Readonly<Record<string, string>>) =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`);

export const hosts: readonly Host[] = [
  {
    id: 'claude-code',
    title: 'Claude Code',
    file: ({ folder }) => join(folder, '.mcp.json'),
    sign: ({ home }) => join(home, '.claude'),
    form: 'json',
    member: 'mcpServers',
    where: '.mcp.json in the project; for all projects use the command',
    reference: braced,
    more: (server) => ({ type: 'url' in server ? 'http' : 'stdio' }),
    url: 'url',
    command: (server) => [
      'claude',
      'mcp',
      'add-json',
      '--scope',
      'user',
      SERVER,
      JSON.stringify(entryOf('claude-code', server)),
    ],
    notes: [
      '.mcp.json will contain paths on this machine: do not share it with others.',
      'A server in .mcp.json waits until you approve it: start claude in the project, or see /mcp.',
      `A variable that is not set is reported as missing, so a snippet with --sandbox names none.`,
    ],
  },
  {
    id: 'claude-desktop',
    title: 'Claude Desktop',
    file: (place) => join(applicationData(place), 'Claude', 'claude_desktop_config.json'),
    form: 'json',
    member: 'mcpServers',
    where: 'Settings, Developer, Edit Config (claude_desktop_config.json)',
    url: null,
    notes: [
      'Quit Claude Desktop completely and start it again. The .mcpb bundle does the same without this file, and keeps the key safe.',
      'Add an HTTP server under Settings, Connectors, Add custom connector.',
    ],
  },
  {
    id: 'vscode',
    title: 'VS Code (GitHub Copilot)',
    aliases: ['copilot', 'code'],
    file: ({ env, home }) => join(env.COPILOT_HOME || join(home, '.copilot'), 'mcp-config.json'),
    form: 'json',
    member: 'mcpServers',
    where: '~/.copilot/mcp-config.json, or .mcp.json in the project (Copilot CLI reads it too)',
    more: (server) => ({ type: 'url' in server ? 'http' : 'stdio', tools: ['*'] }),
    url: 'url',
    notes: [
      'This is the portable format that Copilot sessions read. VS Code keeps the older "servers" format of .vscode/mcp.json for its Local harness; servers in it that ask for a value (input variables) are not passed to Copilot sessions.',
    ],
  },
  {
    id: 'cursor',
    title: 'Cursor',
    file: ({ home }) => join(home, '.cursor', 'mcp.json'),
    form: 'json',
    member: 'mcpServers',
    where: '~/.cursor/mcp.json, or .cursor/mcp.json in the project',
    url: 'url',
    fewTools: 'Cursor limits the tools of all servers together (40 by its documentation of 2025, 80 by reports since)',
    notes: ['If tools that ask first wait 45 seconds and no form appears, add "--confirm", "token" to args.'],
  },
  {
    id: 'devin-desktop',
    title: 'Devin Desktop (Windsurf until June 2026)',
    aliases: ['windsurf', 'devin'],
    file: (place) => join(settings(place), 'devin', 'mcp_config.json'),
    form: 'json',
    member: 'mcpServers',
    where: '~/.config/devin/mcp_config.json (Windows: %APPDATA%\\devin), or .devin/mcp_config.json in the project',
    url: 'url',
    notes: ['Versions still called Windsurf read ~/.codeium/windsurf/mcp_config.json and call the address serverUrl.'],
  },
  {
    id: 'codex',
    title: 'Codex (command line, app and editor extension)',
    aliases: ['codex-app'],
    file: ({ env, home }) => join(env.CODEX_HOME || join(home, '.codex'), 'config.toml'),
    form: 'toml',
    member: 'mcp_servers',
    where: '~/.codex/config.toml, shared by the command line, the desktop app and the extension',
    url: 'url',
    token:
      'bearer_token_env_var = "NAME" in the entry names the variable with the server token; with OAuth: codex mcp login leaddyno.',
    command: (server) => [
      ...['codex', 'mcp', 'add', SERVER],
      ...('url' in server
        ? ['--url', server.url]
        : [...variables(server.env).flatMap((one) => ['--env', one]), '--', server.command, ...server.args]),
    ],
    notes: ['In a session, /mcp shows whether it is running.'],
  },
  {
    id: 'gemini',
    title: 'Gemini CLI',
    aliases: ['gemini-cli'],
    file: ({ home }) => join(home, '.gemini', 'settings.json'),
    form: 'json',
    member: 'mcpServers',
    where: '~/.gemini/settings.json, or .gemini/settings.json in a folder you trust',
    reference: (variable) => `$${variable}`,
    more: (server) => ('url' in server ? { type: 'http' } : {}),
    url: 'url',
    command: (server) => [
      ...['gemini', 'mcp', 'add', '--scope', 'user'],
      ...('url' in server
        ? ['--transport', 'http', SERVER, server.url]
        : [...variables(server.env).flatMap((one) => ['--env', one]), SERVER, server.command, ...apart(server.args)]),
    ],
    notes: ['In a folder you do not trust, every server is shown as disabled, including those in your own settings.'],
  },
  {
    id: 'zed',
    title: 'Zed',
    file: (place) =>
      place.platform === 'win32'
        ? join(applicationData(place), 'Zed', 'settings.json')
        : join(settings(place), 'zed', 'settings.json'),
    form: 'json',
    member: 'context_servers',
    where: 'settings.json (command "zed: open settings file")',
    url: 'url',
    notes: [],
  },
  {
    id: 'jetbrains',
    title: 'JetBrains AI Assistant',
    aliases: ['intellij', 'pycharm', 'webstorm'],
    form: 'json',
    member: 'mcpServers',
    where: 'Settings, Tools, AI Assistant, Model Context Protocol (MCP), Add, as JSON',
    url: 'url',
    notes: ['Choose there whether it applies to all projects or only this one.'],
  },
  {
    id: 'lm-studio',
    title: 'LM Studio',
    aliases: ['lmstudio'],
    file: ({ home }) => join(home, '.lmstudio', 'mcp.json'),
    form: 'json',
    member: 'mcpServers',
    where: 'Program tab, Install, Edit mcp.json (~/.lmstudio/mcp.json)',
    url: 'url',
    notes: ['Small models do better with few tools: add "--toolsets", "workflows" to args.'],
  },
  {
    id: 'open-webui',
    title: 'Open WebUI',
    aliases: ['openwebui'],
    form: 'json',
    member: '',
    where:
      'Admin Settings, External Tools, +, with the type "MCP (Streamable HTTP)", this URL, and Bearer with the token',
    url: 'url',
    onlyHttp: true,
    notes: ['Needs version 0.6.31 or newer, with WEBUI_SECRET_KEY set.'],
  },
  {
    id: 'chatgpt',
    title: 'ChatGPT',
    form: 'json',
    member: '',
    where:
      'Settings, Apps (Connectors in older versions), Advanced settings, Developer mode; then Create, with this URL and OAuth',
    url: 'url',
    onlyHttp: true,
    notes: [
      'It reaches only servers on the public internet over https, and signs in with OAuth (--sign-in, or --oauth-issuer).',
    ],
  },
  {
    id: 'n8n',
    title: 'n8n',
    form: 'json',
    member: '',
    where:
      'the MCP Client Tool node: this URL as endpoint, HTTP Streamable as transport, Bearer with the token as authentication',
    url: 'url',
    onlyHttp: true,
    notes: [],
  },
];

/** A host by its name or one of its other names. */
export function hostOf(name: string): Host | undefined {
  const wanted = name.toLowerCase();
  return hosts.find(({ id, aliases }) => id === wanted || aliases?.includes(wanted));
}

/** The server's entry in a host's format. @throws Error if the host has no such entries */
export function entryOf(id: string, server: Server): Readonly<Record<string, unknown>> {
  const host = hostOf(id);
  if (!host || ('url' in server && host.url === null)) throw new Error(`${id} takes no such entry`);
  if ('url' in server) return { ...host.more?.(server), [host.url ?? 'url']: server.url };
  const { command, args, env } = server;
  return { ...host.more?.(server), command, args, ...(Object.keys(env).length > 0 && { env }) };
}

/** The entry as it appears in the host's file, including the members around it. */
export function snippetOf(host: Host, server: Server): string {
  const entry = entryOf(host.id, server);
  if (host.form === 'json') return JSON.stringify({ [host.member]: { [SERVER]: entry } }, null, 2);
  return [
    `[${host.member}.${SERVER}]`,
    ...Object.entries(entry).map(([name, value]) => `${name} = ${tomlOf(value)}`),
  ].join('\n');
}

/** Strings, lists, and tables of these; TOML writes strings and lists as JSON does. */
function tomlOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, one]) => `${name} = ${tomlOf(one)}`)
    .join(', ')} }`;
}
