import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolsets } from '../../src/workflows/index.ts';
import { playInAppServer } from './codex-app-server.ts';
import { type Checks, type Host, type Installed, MAIN, must, runHost, runToEnd, type Trial } from './host.ts';
import { type Model, type Script, startModel, type ToolUse } from './model.ts';

/* Terminal agents, each with a stand-in for its model: the program is real, a script makes the model's decisions. */

interface Agent {
  readonly id: 'claude-code' | 'codex' | 'gemini';
  readonly command: string;
  /** Points the host to the stand-in, after `config … --write` has added the server. */
  readonly settle: (host: Installed, model: Model) => void;
  readonly listed: RegExp;
  /** Runs the host until the script ends. */
  readonly play: (host: Installed, model: Model) => Promise<unknown>;
  /** How the host itself reads a resource for its model. */
  readonly reads: (uri: string) => ToolUse;
  /** The same, with somebody who answers forms. */
  readonly playWithForms?: (host: Installed, model: Model) => Promise<unknown>;
}

const ALL = toolsets.flatMap((set) => set.tools).map(({ name }) => name);
const ARCHIVE = { tool: 'archive_affiliate', args: { affiliate_id: 1001 } } as const;
const CHANGES = { tool: 'list_recent_changes', args: {} } as const;

const tokenIn = (text: string) => /confirmation_token\\*"\s*:\s*\\*"([\w.-]+)/.exec(text)?.[1] ?? '';
const fileIn = (text: string) => /leaddyno:\/\/exports\/[\w-]+/.exec(text)?.[0] ?? '';

const steps =
  (...all: readonly ((results: readonly string[]) => ToolUse)[]): Script =>
  (results) =>
    all[results.length]?.(results);

const byToken = (agent: Agent) =>
  steps(
    () => ({ tool: 'get_affiliate', args: { affiliate_id: 1001 } }),
    () => ARCHIVE,
    ([, asked = '']) => ({ ...ARCHIVE, args: { ...ARCHIVE.args, confirmation_token: tokenIn(asked) } }),
    () => CHANGES,
    () => ({ tool: 'export_records', args: { records: 'affiliates' } }),
    ([, , , , made = '']) => ({ tool: 'read_export', args: { uri: fileIn(made), limit: 2 } }),
    ([, , , , made = '']) => agent.reads(fileIn(made)),
  );

const byForm = steps(
  () => ARCHIVE,
  () => CHANGES,
);

/** @throws Error unless the log of changes holds a change that is done and was confirmed this way */
function mustBeArchived(changes: string, confirmed: 'token' | 'form'): void {
  must(changes.includes(`"confirmed":"${confirmed}"`), `a change confirmed by ${confirmed}`, changes);
  must(changes.includes('"outcome":"done"'), 'that change to be done', changes);
}

async function play(host: Installed, agent: Agent, script: Script, how: Agent['play']) {
  const model = await startModel(script);
  try {
    const config = [MAIN, 'config', agent.id, '--sandbox', '--write'];
    const written = await runToEnd(process.execPath, config, { cwd: host.folder, env: host.env });
    must(written.code === 0, 'config to write the entry', written.all);
    agent.settle(host, model);
    await how(host, model);
    return { results: model.results, offered: model.offered };
  } finally {
    model.stop();
  }
}

/** The host with a new home and working folder. */
function inNewHome(host: Installed, name: string): Installed {
  const [home, folder] = [join(host.home, name), join(host.folder, name)];
  mkdirSync(home, { recursive: true });
  mkdirSync(folder, { recursive: true });
  return { ...host, home, folder, env: { ...host.env, HOME: home } };
}

async function tries(first: Installed, agent: Agent): Promise<Trial> {
  const host = inNewHome(first, 'token');
  const { results, offered } = await play(host, agent, byToken(agent), agent.play);
  const [read = '', asked = '', done = '', changes = '', made = '', rows = '', resource = ''] = results;
  const { playWithForms } = agent;
  const checks: Checks = {
    list: async () => {
      const listed = await runToEnd(join(host.bin, agent.command), ['mcp', 'list'], {
        cwd: host.folder,
        env: host.env,
      });
      must(agent.listed.test(listed.all), `${agent.command} mcp list to name it`, listed.all);
      const missing = ALL.filter((tool) => !offered.some((name) => name === tool || name.endsWith(`_${tool}`)));
      must(missing.length === 0, 'every tool offered to the model', `without ${missing.join(', ')}`);
      return `${ALL.length} tools offered to the model`;
    },
    read: () => {
      must(read.includes('ann.arbor@example.com'), 'an affiliate', read);
      return 'get_affiliate';
    },
    token: () => {
      must(tokenIn(asked) !== '', 'a question with a token', asked);
      must(done.includes('"Archived"'), 'an archived affiliate', done);
      mustBeArchived(changes, 'token');
      return asked.includes('The form with') ? 'its form came back unanswered, then a token' : 'archive_affiliate';
    },
    ...(playWithForms && {
      form: async () => {
        const again = inNewHome(first, 'form');
        const { results } = await play(again, agent, byForm, playWithForms);
        must(results[0]?.includes('"Archived"') === true, 'an archived affiliate', results[0] ?? 'nothing');
        mustBeArchived(results[1] ?? '', 'form');
        return 'archive_affiliate';
      },
    }),
    file: () => {
      must(rows.includes('"rows_in_file":250'), 'rows of the file from read_export', rows);
      must(resource.includes('ann.arbor@example.com'), `rows from ${agent.reads('').tool}`, resource);
      const path = /"path":"([^"]+)"/.exec(made)?.[1];
      must(path === undefined || existsSync(path), 'the file on the disk', path ?? '');
      const saved = path === undefined ? [] : ['in the folder for files'];
      return ['read_export', agent.reads('').tool, ...saved].join(', ');
    },
  };
  return { checks };
}

/** A hook that accepts a form. It waits, because the server takes an answer that comes too fast for the host's. */
const ACCEPTING = `setTimeout(() => console.log(JSON.stringify({hookSpecificOutput:
  {hookEventName: 'Elicitation', action: 'accept', content: {confirm: true}}})), 1500)`;

function playClaude(host: Installed, model: Model, ...more: readonly string[]) {
  const env = {
    ...host.env,
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: 'stand-in',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    // Makes the first question wait for the server, and list all of its tools.
    MCP_CONNECTION_NONBLOCKING: 'false',
    ENABLE_TOOL_SEARCH: 'false',
  };
  const args = ['-p', 'Go', '--mcp-config', '.mcp.json', '--allowedTools', 'mcp__leaddyno', ...more];
  return runToEnd(join(host.bin, 'claude'), args, { cwd: host.folder, env });
}

const claude: Agent = {
  id: 'claude-code',
  command: 'claude',
  settle: () => undefined,
  // With `-p` the file is named on the command line. In the project it waits for approval, as it should.
  listed: /leaddyno: .*(Connected|Pending approval)/,
  play: playClaude,
  reads: (uri) => ({ tool: 'ReadMcpResourceTool', args: { server: 'leaddyno', uri } }),
  playWithForms: (host, model) => {
    const script = join(host.folder, 'accept.mjs');
    writeFileSync(script, ACCEPTING);
    const hook = { type: 'command', command: `"${host.node}" "${script}"` };
    const settings = JSON.stringify({ hooks: { Elicitation: [{ hooks: [hook] }] } });
    return playClaude(host, model, '--settings', settings);
  },
};

const codex: Agent = {
  id: 'codex',
  command: 'codex',
  settle: (host, model) => {
    const file = join(host.home, '.codex', 'config.toml');
    const top = 'model = "stand-in"\nmodel_provider = "stand-in"\n';
    // `required` makes the first question wait for the server: on a busy machine it would go out without its tools.
    const more = 'default_tools_approval_mode = "approve"\nrequired = true\n';
    writeFileSync(file, `${top}${readFileSync(file, 'utf8')}${more}`);
    const provider = `name = "stand-in"\nbase_url = "${model.url}/v1"\nwire_api = "responses"`;
    appendFileSync(file, `\n[model_providers.stand-in]\n${provider}\n`);
  },
  listed: /leaddyno .*enabled/,
  play: (host) => runHost(host, 'codex', 'exec', '--skip-git-repo-check', 'Go'),
  reads: (uri) => ({ tool: 'read_mcp_resource', args: { server: 'leaddyno', uri } }),
  playWithForms: playInAppServer,
};

const gemini: Agent = {
  id: 'gemini',
  command: 'gemini',
  settle: (host) => {
    const file = join(host.home, '.gemini', 'settings.json');
    const settings = JSON.parse(readFileSync(file, 'utf8'));
    settings.mcpServers.leaddyno.trust = true;
    writeFileSync(file, JSON.stringify({ ...settings, security: { auth: { selectedType: 'gemini-api-key' } } }));
    const trusted = { [host.folder]: 'TRUST_FOLDER' };
    writeFileSync(join(host.home, '.gemini', 'trustedFolders.json'), JSON.stringify(trusted));
  },
  listed: /leaddyno: .*Connected/,
  play: (host, model) => {
    const env = { ...host.env, GOOGLE_GEMINI_BASE_URL: model.url, GEMINI_API_KEY: 'stand-in' };
    return runToEnd(join(host.bin, 'gemini'), ['-p', 'Go', '-m', 'gemini-2.5-flash'], { cwd: host.folder, env });
  },
  reads: (uri) => ({ tool: 'read_mcp_resource', args: { uri } }),
};

const PAGE = 'draws no pages in a terminal';

export const agents: readonly Host[] = [
  {
    title: 'Claude Code',
    package: '@anthropic-ai/claude-code',
    version: '2.1.332',
    lacks: { page: PAGE },
    tries: (host) => tries(host, claude),
  },
  {
    title: 'Codex',
    package: '@openai/codex',
    version: '0.171.0',
    lacks: { page: PAGE },
    tries: (host) => tries(host, codex),
  },
  {
    title: 'Gemini CLI',
    package: '@google/gemini-cli',
    version: '0.61.0',
    lacks: { form: 'shows no forms: it does not declare them', page: PAGE },
    tries: (host) => tries(host, gemini),
  },
];
