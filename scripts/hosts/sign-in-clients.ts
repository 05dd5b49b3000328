import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { endGroup, type Installed, must, runHost, runToEnd, start } from './host.ts';
import { startModel } from './model.ts';
import { ANN, AUTHORIZE, layBrowser, READ, type SignInClient, signInWith, trusting } from './sign-in-run.ts';
import type { SignInServer } from './sign-in-server.ts';

/* How each client signs in. */

/** A request as a client sends it over stdio. */
const message = (id: number, method: string, params: object) =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;

/** `mcp-remote`, which connects a client that speaks only stdio to a server over HTTP. */
export const mcpRemote: SignInClient = {
  title: 'mcp-remote',
  package: 'mcp-remote',
  version: '0.15.1',
  tries: async (host, server) => {
    const env = { ...host.env, NODE_EXTRA_CA_CERTS: server.trust, BROWSER: 'none' };
    const { child, stop } = start(host.node, [join(host.bin, 'mcp-remote'), server.url], { cwd: host.folder, env });
    let [out, all] = ['', ''];
    let signing: Promise<string> | undefined;
    child.stdout.on('data', (chunk: string) => {
      out += chunk;
      all += chunk;
    });
    const initialize = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    child.stdin.write(message(1, 'initialize', initialize));
    try {
      await new Promise<void>((resolve, reject) => {
        child.stderr.on('data', (chunk: string) => {
          all += chunk;
          const [address] = AUTHORIZE.exec(all) ?? [];
          if (address && !signing) signing = server.signIn(address);
          signing?.catch(reject);
        });
        child.stdout.on('data', () => {
          if (out.includes('"id":1,') || out.includes('"id":1}')) resolve();
        });
        child.once('exit', () => reject(new Error(`it ended: ${all.slice(-600)}`)));
      });
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
      child.stdin.write(message(2, 'tools/call', { name: 'get_affiliate', arguments: { affiliate_id: 1001 } }));
      await new Promise<void>((resolve) => {
        child.stdout.on('data', () => {
          if (out.includes('ann.arbor@example.com')) resolve();
        });
        child.once('exit', () => resolve());
      });
      must(out.includes('ann.arbor@example.com'), 'an affiliate', all.slice(-600));
      return 'get_affiliate over stdio';
    } finally {
      stop();
    }
  },
};

/** `mcporter`, where each call is a command. */
export const mcporter: SignInClient = {
  title: 'mcporter',
  package: 'mcporter',
  version: '0.12.3',
  tries: async (host, server) => {
    const signed = { ...host, env: trusting(host, server) };
    await runHost(signed, 'mcporter', 'config', 'add', 'leaddyno', server.url, '--auth', 'oauth');
    await signInWith(host, server, ['mcporter', 'auth', 'leaddyno', '--no-browser']);
    const out = await runHost(signed, 'mcporter', 'call', 'leaddyno.get_affiliate', '--args', JSON.stringify(READ));
    must(out.includes(ANN), 'an affiliate', out);
    return 'get_affiliate by a command after the sign-in';
  },
};

/** Claude Code, with a stand-in for its model. */
export const claudeCode: SignInClient = {
  title: 'Claude Code',
  package: '@anthropic-ai/claude-code',
  version: '2.1.332',
  tries: async (host, server) => {
    const env = {
      ...trusting(host, server),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      MCP_CONNECTION_NONBLOCKING: 'false',
      ENABLE_TOOL_SEARCH: 'false',
    };
    const signed = { ...host, env };
    await runHost(signed, 'claude', 'mcp', 'add', '--transport', 'http', 'leaddyno', server.url);
    await signInWith(signed, server, ['claude', 'mcp', 'login', 'leaddyno']);
    const model = await startModel((results) =>
      results.length === 0 ? { tool: 'get_affiliate', args: READ } : undefined,
    );
    try {
      const more = { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'stand-in' };
      const args = ['-p', 'Go', '--allowedTools', 'mcp__leaddyno'];
      const { all } = await runToEnd(join(host.bin, 'claude'), args, { cwd: host.folder, env: { ...env, ...more } });
      must(model.results[0]?.includes(ANN) === true, 'an affiliate', model.results[0] ?? all);
      return 'mcp add, mcp login, get_affiliate in a conversation';
    } finally {
      model.stop();
    }
  },
};

/** Codex, which is asked for its list of servers after the sign-in. */
export const codex: SignInClient = {
  title: 'Codex',
  package: '@openai/codex',
  version: '0.171.0',
  tries: async (host, server) => {
    const env = { ...trusting(host, server), SSL_CERT_FILE: server.trust, CODEX_CA_CERTIFICATE: server.trust };
    const signed = { ...host, env };
    mkdirSync(join(host.home, '.codex'), { recursive: true });
    const entry = `mcp_oauth_credentials_store = "file"\n[mcp_servers.leaddyno]\nurl = "${server.url}"\n`;
    writeFileSync(join(host.home, '.codex', 'config.toml'), entry);
    await signInWith(signed, server, ['codex', 'mcp', 'login', 'leaddyno']);
    const listed = await runHost(signed, 'codex', 'mcp', 'list');
    must(/leaddyno .*OAuth/.test(listed), 'a server with OAuth', listed);
    return `mcp login; mcp list: ${/leaddyno .*/.exec(listed)?.[0].replace(/\s+/g, ' ')}`;
  },
};

const GEMINI_MS = 60_000;

/** Signs in from Gemini CLI's own prompt, which first asks in the terminal whether to open a browser. */
async function signInGemini(host: Installed, server: SignInServer): Promise<void> {
  const browser = layBrowser(host);
  const env = { ...host.env, ...browser.env, TERM: 'xterm-256color' };
  const started = join(host.home, 'started');
  writeFileSync(started, '');
  // Our side of the terminal is a pipe, so the terminal gets no size otherwise.
  const line = `echo $$ > '${started}'; stty rows 50 cols 160; exec '${join(host.bin, 'gemini')}'`;
  const { child, stop } = start('script', ['-qec', line, '/dev/null'], { cwd: host.folder, env });
  let all = '';
  const hear = (chunk: string) => {
    all += stripVTControlCharacters(chunk);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const until = async (wanted: string, seen: () => boolean) => {
    const deadline = Date.now() + GEMINI_MS;
    while (!seen()) {
      must(Date.now() < deadline && child.exitCode === null, wanted, all.slice(-300));
      await pause(200);
    }
  };
  try {
    await until('its prompt', () => all.includes('Type your message'));
    child.stdin.write('/mcp auth leaddyno');
    // Gemini CLI takes a line that comes in one piece with its line end for a paste.
    await until('the command in its prompt', () => all.includes('/mcp auth leaddyno'));
    await pause(1_000);
    child.stdin.write('\r');
    await until('its question', () => all.includes('Do you want to continue?'));
    await pause(1_000);
    child.stdin.write('\r');
    await until('a browser to be opened', () => AUTHORIZE.test(browser.opened()));
    await server.signIn(AUTHORIZE.exec(browser.opened())?.[0] ?? '');
    await until('a sign-in', () => all.includes("reloaded tools for 'leaddyno'"));
  } finally {
    stop();
    // It leads its own process group, and outlives its terminal.
    endGroup(Number(readFileSync(started, 'utf8')));
  }
}

/** Gemini CLI, with a stand-in for its model. */
export const geminiCli: SignInClient = {
  title: 'Gemini CLI',
  package: '@google/gemini-cli',
  version: '0.61.0',
  tries: async (host, server) => {
    const settings = join(host.home, '.gemini');
    mkdirSync(settings, { recursive: true });
    writeFileSync(join(settings, 'trustedFolders.json'), JSON.stringify({ [host.folder]: 'TRUST_FOLDER' }));
    const auth = { security: { auth: { selectedType: 'gemini-api-key' } } };
    writeFileSync(join(settings, 'settings.json'), JSON.stringify(auth));
    const model = await startModel((results) =>
      results.length === 0 ? { tool: 'get_affiliate', args: READ } : undefined,
    );
    try {
      const env = { ...trusting(host, server), GOOGLE_GEMINI_BASE_URL: model.url, GEMINI_API_KEY: 'stand-in' };
      const signed = { ...host, env };
      const add = ['mcp', 'add', '--transport', 'http', '--scope', 'user', '--trust', 'leaddyno', server.url];
      await runHost(signed, 'gemini', ...add);
      await signInGemini(signed, server);
      const { all: listed } = await runToEnd(join(host.bin, 'gemini'), ['mcp', 'list'], { cwd: host.folder, env });
      must(/leaddyno: .*Connected/.test(listed), 'a connected server', listed);
      const args = ['-p', 'Go', '-m', 'gemini-2.5-flash'];
      const { all } = await runToEnd(join(host.bin, 'gemini'), args, { cwd: host.folder, env });
      must(model.results[0]?.includes(ANN) === true, 'an affiliate', model.results[0] ?? all);
      return 'mcp add, /mcp auth, mcp list: Connected, get_affiliate in a conversation';
    } finally {
      model.stop();
    }
  },
};
