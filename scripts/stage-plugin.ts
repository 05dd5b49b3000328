import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { skills } from '../src/workflows/skills.ts';
import { CLI_SKILL, cliSkill } from './cli-skill.ts';
import { readJson, stageServer, writeJson } from './stage-mcpb.ts';

/*
 * The plug-in: one folder that is an Agent Plugins 1.0 plug-in (`plugin.json`, `mcp.json`, `skills/`), a Claude Code
 * plug-in with its own marketplace (`.claude-plugin/`) and a Gemini CLI extension (`gemini-extension.json`), because
 * each host installs from a repository and uses the files it knows. The description and settings come from
 * `package/manifest.json`, which also describes the MCP bundle. Each host starts the same server with the same skills.
 */

interface Setting {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly default?: string | number | boolean;
  readonly required?: boolean;
  readonly sensitive?: boolean;
}

interface Description {
  readonly name: string;
  readonly display_name: string;
  readonly description: string;
  readonly long_description: string;
  readonly author: { readonly name: string; readonly url: string };
  readonly homepage: string;
  readonly license: string;
  readonly keywords: readonly string[];
  readonly server: { readonly mcp_config: { readonly env: Readonly<Record<string, string>> } };
  readonly user_config: Readonly<Record<string, Setting>>;
}

const SERVER = 'leaddyno';
const AGENT_PLUGINS = 'https://agent-plugins.org/schemas/1.0.0';

/** Without a key the server starts anyway. Each call then says what is missing, and looks for the key file again. */
const FLAG = '--start-without-key';

/** Written so that the placeholder is not filled in here. */
const placeholder = (name: string) => `$\{${name}}`;

const { version } = readJson('package.json');

/** The files of the plug-in other than the server, by path. A string is a text file, anything else JSON. */
export function pluginFiles(): Readonly<Record<string, unknown>> {
  const about = readJson('package/manifest.json') as unknown as Description;
  const { name, description, author, homepage, license, keywords } = about;
  const common = { name, version, description, author, homepage, repository: homepage, license, keywords };
  return {
    'plugin.json': { $schema: `${AGENT_PLUGINS}/plugin.schema.json`, ...common },
    'mcp.json': {
      $schema: `${AGENT_PLUGINS}/mcp.schema.json`,
      mcpServers: {
        [SERVER]: { type: 'stdio', command: 'node', args: [`${placeholder('PLUGIN_ROOT')}/dist/main.js`, FLAG] },
      },
    },
    '.claude-plugin/plugin.json': claudePlugin(about, common),
    '.claude-plugin/marketplace.json': {
      name,
      owner: author,
      description,
      plugins: [{ name, source: './', description }],
    },
    'gemini-extension.json': geminiExtension(about),
    'README.md': `# ${about.display_name}\n\n${about.long_description}\n\nHow to install it and where to put the key: <${homepage}/blob/main/docs/plugins.md>.\n`,
    ...Object.fromEntries(skills.map((skill) => [`skills/${skill.name}/SKILL.md`, skill.markdown()])),
    [`skills/${CLI_SKILL}/SKILL.md`]: cliSkill(),
  };
}

/** Claude Code asks for the settings of the bundle, except folders; it requires none of them. */
function claudePlugin({ display_name, server, user_config }: Description, common: object) {
  const asked = Object.entries(user_config).filter(([, setting]) => setting.type !== 'directory');
  const userConfig = Object.fromEntries(asked.map(([key, setting]) => [key, { ...setting, required: false }]));
  const env = Object.entries(server.mcp_config.env).filter(([, value]) =>
    asked.some(([key]) => value === placeholder(`user_config.${key}`)),
  );
  return {
    ...common,
    displayName: display_name,
    mcpServers: {
      [SERVER]: {
        command: 'node',
        args: [`${placeholder('CLAUDE_PLUGIN_ROOT')}/dist/main.js`, FLAG],
        env: Object.fromEntries(env),
      },
    },
    userConfig,
  };
}

/** Gemini CLI asks one text question per setting, so only for the few that matter on the first day. */
const GEMINI_ASKS = ['api_key', 'sandbox', 'read_only'] as const;

function geminiExtension({ name, description, server, user_config }: Description) {
  const variables = new Map(Object.entries(server.mcp_config.env).map(([variable, value]) => [value, variable]));
  const settings = GEMINI_ASKS.map((key) => {
    const setting = user_config[key];
    const envVar = variables.get(placeholder(`user_config.${key}`));
    if (!setting || !envVar) throw new Error(`package/manifest.json has no setting ${key} any more`);
    const yes = setting.type === 'boolean' ? ' Type true to switch it on, or leave it empty.' : '';
    return {
      name: setting.title,
      description: `${setting.description}${yes}`,
      envVar,
      sensitive: setting.sensitive ?? false,
    };
  });
  const main = ['dist', 'main.js'].map((part) => `${placeholder('/')}${part}`).join('');
  return {
    name,
    version,
    description,
    mcpServers: { [SERVER]: { command: 'node', args: [`${placeholder('extensionPath')}${main}`, FLAG] } },
    settings,
  };
}

/** Puts the whole plug-in into a folder. */
export function stagePlugin(folder: string): void {
  stageServer(folder);
  for (const [path, content] of Object.entries(pluginFiles())) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    if (typeof content === 'string') writeFileSync(file, content);
    else writeJson(file, content);
  }
}
