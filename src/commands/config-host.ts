import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { explained, type Printed, refused } from './output.ts';

/** How a host starts the server. */
interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/** A host that starts MCP servers: what to put where, with the key referenced as far as the host can do that. */
interface Host {
  readonly id: string;
  readonly title: string;
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
/** Hosts with windows hide what the server writes: the person is told by the tools what is missing. */
const START = { LEADDYNO_MCP_START_WITHOUT_KEY: 'true' };
const FROM_FILE = { ...START, LEADDYNO_API_KEY_FILE: KEY_FILE };
const BY_FILE = `This host fills in no variables, so the key stays in a file that only you can read (${KEY_FILE}); put its path there.`;
const byVariable = (form: string) => `Taken from the variable ${KEY} of the environment the host runs in (${form}).`;

/** VS Code's reference to what it asked for; written so that no template fills it in here. */
const INPUT = ['$', '{input:leaddyno-key}'].join('');
const INPUTS = [{ id: 'leaddyno-key', type: 'promptString', description: 'LeadDyno private API key', password: true }];

const json = (value: unknown) => JSON.stringify(value, null, 2);
const servers = (launch: Launch, env: object, name = 'mcpServers') =>
  json({ [name]: { [SERVER]: { ...launch, env } } });
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

export const hosts: readonly Host[] = [
  {
    id: 'claude-desktop',
    title: 'Claude Desktop',
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
    where: '~/.cursor/mcp.json, or .cursor/mcp.json in the project',
    key: byVariable('it fills in references'),
    snippet: (launch) => servers(launch, { ...START, [KEY]: `\${env:${KEY}}` }),
    link: (launch) =>
      `cursor://anysphere.cursor-deeplink/mcp/install?name=${SERVER}&config=${encodeURIComponent(base64({ ...launch, env: { ...START, [KEY]: `\${env:${KEY}}` } }))}`,
  },
  {
    id: 'vscode',
    title: 'VS Code',
    where: '.vscode/mcp.json in the project, or the user configuration (command "MCP: Open User Configuration")',
    key: 'VS Code asks for it once and keeps it safe.',
    snippet: (launch) =>
      json({
        inputs: INPUTS,
        servers: { [SERVER]: { type: 'stdio', ...launch, env: { ...START, [KEY]: INPUT } } },
      }),
    link: (launch) =>
      `vscode:mcp/install?${encodeURIComponent(
        JSON.stringify({ name: SERVER, inputs: INPUTS, ...launch, env: { ...START, [KEY]: INPUT } }),
      )}`,
  },
  {
    id: 'windsurf',
    title: 'Windsurf',
    where: '~/.codeium/windsurf/mcp_config.json',
    key: byVariable('it fills in references'),
    snippet: (launch) => servers(launch, { ...START, [KEY]: `\${env:${KEY}}` }),
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
}

const USAGE = `Usage: leaddyno-mcp config HOST\nHosts: ${hosts.map(({ id }) => id).join(', ')}`;

/** `leaddyno-mcp config HOST`: the snippet for one host on stdout (so that it can be piped), where it goes on stderr. */
export function runConfigCommand(args: readonly string[], { script, node, platform }: ConfigSurroundings): Printed {
  const [id, ...rest] = args;
  if (id === '--help' || id === '-h') return explained(`${USAGE}\n`);
  const host = hosts.find((one) => one.id === id?.toLowerCase());
  if (!host || rest.length > 0) {
    const what = id === undefined ? '' : `There is no host ${JSON.stringify(args.join(' '))}. `;
    return refused(`${what}${USAGE}`);
  }
  const launch = launchOf({ script, node, platform });
  const link = host.link ? `\nOr open: ${host.link(launch)}` : '';
  const about = `${host.title}: put this into ${host.where}.\nThe key: ${host.key}\nTo try it without an account add "--sandbox" to args (it starts: ${commandLine(launch)}).${link}\n`;
  return { code: 0, out: `${host.snippet(launch)}\n`, error: about };
}

/** The command line that starts the server, as a shell takes it. */
function commandLine({ command, args }: Launch): string {
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
