import { realpathSync } from 'node:fs';
import { dirname, join, posix, win32 } from 'node:path';
import { explained, type Printed, refused } from './output.ts';

/** How a host starts the server. */
interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Variables besides that of the key. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A host that starts MCP servers: what to put where, with the key referenced as far as the host can do that. */
interface Host {
  readonly id: string;
  readonly title: string;
  /** Its people look for files in their documents, not where a terminal stands. */
  readonly hasWindow?: true;
  /** Where the snippet goes. */
  readonly where: string;
  /** How the key gets there. */
  readonly key: string;
  snippet(launch: Launch): string;
  /** A link that installs it with one click. */
  link?(launch: Launch): string;
}

const SERVER = 'leaddyno';
const KEY = 'LEADDYNO_API_KEY';
const KEY_FILE = '/path/to/a/file/that/holds/the/key';
const FROM_FILE = { LEADDYNO_API_KEY_FILE: KEY_FILE };
const BY_FILE = `This host fills in no variables, so the key stays in a file that only you can read (${KEY_FILE}); put its path there.`;
const byVariable = (form: string) => `Taken from the variable ${KEY} of the environment the host runs in (${form}).`;

/** VS Code's reference to what it asked for; written so that no template fills it in here. */
const INPUT = ['$', '{input:leaddyno-key}'].join('');
const INPUTS = [{ id: 'leaddyno-key', type: 'promptString', description: 'LeadDyno private API key', password: true }];

const json = (value: unknown) => JSON.stringify(value, null, 2);
const entry = ({ command, args, settings }: Launch, env: object) => ({ command, args, env: { ...env, ...settings } });
const servers = (launch: Launch, env: object, name = 'mcpServers') =>
  json({ [name]: { [SERVER]: entry(launch, env) } });
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

export const hosts: readonly Host[] = [
  {
    id: 'claude-desktop',
    title: 'Claude Desktop',
    hasWindow: true,
    where:
      'Settings, Developer, Edit Config: claude_desktop_config.json (macOS: ~/Library/Application Support/Claude, Windows: %APPDATA%\\Claude). Or open the .mcpb bundle, which asks for the key and keeps it safe',
    key: BY_FILE,
    snippet: (launch) => servers(launch, FROM_FILE),
  },
  {
    id: 'claude-code',
    title: 'Claude Code',
    where: '.mcp.json in the project, or: claude mcp add-json leaddyno \'{"command": …}\' with the inner object',
    key: byVariable('it fills in references'),
    snippet: (launch) => servers(launch, { [KEY]: `\${${KEY}}` }),
  },
  {
    id: 'cursor',
    title: 'Cursor',
    hasWindow: true,
    where: '~/.cursor/mcp.json, or .cursor/mcp.json in the project',
    key: byVariable('it fills in references'),
    snippet: (launch) => servers(launch, { [KEY]: `\${env:${KEY}}` }),
    link: (launch) =>
      `cursor://anysphere.cursor-deeplink/mcp/install?name=${SERVER}&config=${encodeURIComponent(base64(entry(launch, { [KEY]: `\${env:${KEY}}` })))}`,
  },
  {
    id: 'vscode',
    title: 'VS Code',
    hasWindow: true,
    where: '.vscode/mcp.json in the project, or the user configuration (command "MCP: Open User Configuration")',
    key: 'VS Code asks for it once and keeps it safe.',
    snippet: (launch) =>
      json({
        inputs: INPUTS,
        servers: { [SERVER]: { type: 'stdio', ...entry(launch, { [KEY]: INPUT }) } },
      }),
    link: (launch) =>
      `vscode:mcp/install?${encodeURIComponent(
        JSON.stringify({ name: SERVER, inputs: INPUTS, ...entry(launch, { [KEY]: INPUT }) }),
      )}`,
  },
  {
    id: 'windsurf',
    title: 'Windsurf',
    hasWindow: true,
    where: '~/.codeium/windsurf/mcp_config.json',
    key: byVariable('it fills in references'),
    snippet: (launch) => servers(launch, { [KEY]: `\${env:${KEY}}` }),
  },
  {
    id: 'codex',
    title: 'Codex',
    where: '~/.codex/config.toml',
    key: byVariable('env_vars hands it on'),
    snippet: ({ command, args }) =>
      [
        `[mcp_servers.${SERVER}]`,
        `command = ${JSON.stringify(command)}`,
        `args = ${JSON.stringify(args)}`,
        `env_vars = ["${KEY}"]`,
      ].join('\n'),
  },
  {
    id: 'gemini',
    title: 'Gemini CLI',
    where: '~/.gemini/settings.json, or .gemini/settings.json in a trusted folder',
    key: byVariable('it fills in references'),
    snippet: (launch) => servers(launch, { [KEY]: `$${KEY}` }),
  },
  {
    id: 'zed',
    title: 'Zed',
    hasWindow: true,
    where: 'settings.json (command "zed: open settings file")',
    key: BY_FILE,
    snippet: (launch) => servers(launch, FROM_FILE, 'context_servers'),
  },
];

/** What the command takes from the process. */
export interface ConfigSurroundings {
  /** The file this process runs. */
  readonly script: string;
  /** The Node that runs it. */
  readonly node: string;
  readonly platform: string;
  /** The user's folder, where it is known. */
  readonly home?: string;
}

const USAGE = `Usage: leaddyno-mcp config HOST\nHosts: ${hosts.map(({ id }) => id).join(', ')}`;

/** `leaddyno-mcp config HOST`: the snippet for one host on stdout (so that it can be piped), where it goes on stderr. */
export function runConfigCommand(args: readonly string[], surroundings: ConfigSurroundings): Printed {
  const [id, ...rest] = args;
  if (id === '--help' || id === '-h') return explained(`${USAGE}\n`);
  const host = hosts.find((one) => one.id === id?.toLowerCase());
  if (!host || rest.length > 0) {
    const what = id === undefined ? '' : `There is no host ${JSON.stringify(args.join(' '))}. `;
    return refused(`${what}${USAGE}`);
  }
  const folder = host.hasWindow && exportFolderIn(surroundings);
  const settings: NonNullable<Launch['settings']> = folder ? { LEADDYNO_MCP_EXPORT_FOLDER: folder } : {};
  const launch = { ...launchOf(surroundings), settings };
  const files = folder
    ? `\nFiles: reports and exports go to ${folder}; change LEADDYNO_MCP_EXPORT_FOLDER to your liking.`
    : '';
  const link = host.link ? `\nOr open: ${host.link(launch)}` : '';
  const about = `${host.title}: put this into ${host.where}.\nThe key: ${host.key}\nTo try it without an account add "--sandbox" to args (it starts: ${commandLine(launch)}).${files}${link}\n`;
  return { code: 0, out: `${host.snippet(launch)}\n`, error: about };
}

const exportFolderIn = ({ home, platform }: ConfigSurroundings) =>
  home && (platform === 'win32' ? win32 : posix).join(home, 'Documents', 'LeadDyno');

/** The command line that starts the server, as a shell takes it. */
function commandLine({ command, args }: Pick<Launch, 'command' | 'args'>): string {
  const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  return [command, ...args].map(quoted).join(' ');
}

/** As npm starts it if it came from npm; otherwise this very file. */
function launchOf({ script, node, platform }: ConfigSurroundings): Launch {
  const file = realPath(script);
  if (/[\\/]node_modules[\\/]/.test(file)) {
    const npx = ['npx', '-y', 'leaddyno-mcp'];
    // On Windows npx is a script, which hosts cannot start by itself.
    const [command = '', ...args] = platform === 'win32' ? ['cmd', '/c', ...npx] : npx;
    return { command, args };
  }
  // Run from its source, which Node alone does not take.
  if (file.endsWith('.ts')) return { command: 'npx', args: ['--prefix', join(dirname(file), '..'), 'tsx', file] };
  return { command: node, args: [file] };
}

/** Where npm's links lead to: to the package among others, or to a checkout. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
