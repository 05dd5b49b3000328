/** How a host starts the server. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/** A host that starts MCP servers: what to put where, with the key referenced as far as the host can do that. */
export interface Host {
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
const FROM_FILE = { LEADDYNO_API_KEY_FILE: KEY_FILE };
const BY_FILE = `This host fills in no variables, so the key stays in a file that only you can read (${KEY_FILE}); put its path there.`;
const byVariable = (form: string) => `Taken from the variable ${KEY} of the environment the host runs in (${form}).`;

/** VS Code's reference to what it asked for; written so that no template fills it in here. */
const INPUT = ['$', '{input:leaddyno-key}'].join('');

const json = (value: unknown) => JSON.stringify(value, null, 2);
const servers = (launch: Launch, env: object, name = 'mcpServers') =>
  json({ [name]: { [SERVER]: { ...launch, env } } });
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

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
    snippet: (launch) => servers(launch, { [KEY]: `\${env:${KEY}}` }),
    link: (launch) =>
      `cursor://anysphere.cursor-deeplink/mcp/install?name=${SERVER}&config=${encodeURIComponent(base64({ ...launch, env: { [KEY]: `\${env:${KEY}}` } }))}`,
  },
  {
    id: 'vscode',
    title: 'VS Code',
    where: '.vscode/mcp.json in the project, or the user configuration (command "MCP: Open User Configuration")',
    key: 'VS Code asks for it once and keeps it safe.',
    snippet: (launch) =>
      json({
        inputs: [{ id: 'leaddyno-key', type: 'promptString', description: 'LeadDyno private API key', password: true }],
        servers: { [SERVER]: { type: 'stdio', ...launch, env: { [KEY]: INPUT } } },
      }),
    link: (launch) =>
      `vscode:mcp/install?${encodeURIComponent(
        JSON.stringify({
          name: SERVER,
          inputs: [
            { id: 'leaddyno-key', type: 'promptString', description: 'LeadDyno private API key', password: true },
          ],
          ...launch,
          env: { [KEY]: INPUT },
        }),
      )}`,
  },
  {
    id: 'windsurf',
    title: 'Windsurf',
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
    where: 'settings.json (command "zed: open settings file")',
    key: BY_FILE,
    snippet: (launch) => servers(launch, FROM_FILE, 'context_servers'),
  },
];

/** The command line that starts the server, as a shell takes it. */
export const commandLine = ({ command, args }: Launch): string => [command, ...args].map(quoted).join(' ');
