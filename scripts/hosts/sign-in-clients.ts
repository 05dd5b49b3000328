import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Installed, must, runHost, runToEnd, start } from './host.ts';
import { startModel } from './model.ts';
import type { SignInServer } from './sign-in-server.ts';

/* How each client is brought to sign in. */

export interface SignInClient {
  readonly title: string;
  readonly package: string;
  /** The version that it was last seen to work with. */
  readonly version: string;
  /** Connects, signs in and reads; says what it saw, or throws. */
  readonly tries: (host: Installed, server: SignInServer) => Promise<string>;
}

const AUTHORIZE = /https:\/\/localhost:\d+\/oauth\/authorize\?\S+/;

/** The messages of a client of stdio. */
const message = (id: number, method: string, params: object) =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;

/** `mcp-remote`, which brings a server over HTTP to a client that speaks only stdio. */
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

const READ = { affiliate_id: 1001 } as const;
const ANN = 'ann.arbor@example.com';

const trusting = ({ env }: Installed, { trust }: SignInServer) => ({ ...env, NODE_EXTRA_CA_CERTS: trust });

/** A browser for commands that open one: it writes down where it was sent. */
function layBrowser(host: Installed) {
  const [folder, opened] = [join(host.home, 'browser'), join(host.home, 'opened')];
  mkdirSync(folder, { recursive: true });
  writeFileSync(opened, '');
  const script = join(folder, 'xdg-open');
  writeFileSync(script, `#!/bin/sh\nprintf '%s\\n' "$@" >> '${opened}'\n`, { mode: 0o755 });
  const env = { BROWSER: script, PATH: `${folder}:${host.env.PATH ?? ''}`, DISPLAY: ':0' };
  return { env, opened: () => readFileSync(opened, 'utf8') };
}

/** Runs a command that opens a browser, or prints where one should go, and waits for it. @returns all that it printed */
async function signInWith(host: Installed, server: SignInServer, [command = '', ...args]: readonly string[]) {
  const browser = layBrowser(host);
  const run = { cwd: host.folder, env: { ...trusting(host, server), ...browser.env } };
  // Some sign in only where there is a terminal.
  const line = [join(host.bin, command), ...args].map((word) => `'${word}'`).join(' ');
  const { child, stop } = start('script', ['-qec', line, '/dev/null'], run);
  let all = '';
  let signing: Promise<unknown> | undefined;
  const hear = (chunk: string) => {
    all += chunk;
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const look = setInterval(() => {
    const [address] = AUTHORIZE.exec(`${browser.opened()} ${all}`) ?? [];
    if (address && !signing) signing = server.signIn(address);
  }, 200);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(look);
  stop();
  await signing;
  must(signing !== undefined, 'an address to sign in at', all.slice(-600));
  must(code === 0, `${command} to end with 0`, `${code}: ${all.slice(-600)}`);
  return all;
}

/** `mcporter`, whose calls are commands. */
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

/** Codex, which is asked for its list of tools after the sign-in. */
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
