import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hosts, runConfigCommand } from '../../src/commands/config-host.ts';
import type { JsonObject } from '../../src/json.ts';
import { builtMain, cleanEnv, runBuilt } from '../support/protocol-built.ts';
import { MARK, secret } from '../support/written.ts';

/** The server's entry in a snippet: what is started, and what of the environment it gets. */
interface Entry {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly env_vars?: readonly string[];
  readonly type?: string;
}

const CHECKOUT = { script: '/home/ann/leaddyno-mcp/dist/main.js', node: '/usr/bin/node', platform: 'linux' };
const INSTALLED = { ...CHECKOUT, script: '/home/ann/.npm/_npx/1/node_modules/leaddyno-mcp/dist/main.js' };

/** Enough of TOML for what we write: one table of texts and lists, which TOML writes as JSON does. */
function parseToml(text: string): JsonObject {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const names = /^\[([\w.]+)\]$/.exec(header)?.[1]?.split('.') ?? [];
  expect(names, text).toHaveLength(2);
  const pairs = lines.map((line) => {
    const [, name = '', value = ''] = /^(\w+) = (.+)$/.exec(line) ?? [];
    return [name, JSON.parse(value)] as const;
  });
  const [outer = '', inner = ''] = names;
  return { [outer]: { [inner]: Object.fromEntries(pairs) } };
}

const NAMES: Readonly<Record<string, string>> = { vscode: 'servers', codex: 'mcp_servers', zed: 'context_servers' };

function entryOf(id: string, snippet: string): Entry {
  const parsed = id === 'codex' ? parseToml(snippet) : JSON.parse(snippet);
  return parsed[NAMES[id] ?? 'mcpServers'].leaddyno;
}

function configured(id: string, from = CHECKOUT) {
  const { code, out, error } = runConfigCommand([id], from);
  expect(code).toBe(0);
  return { out, error, entry: entryOf(id, out) };
}

const ids = hosts.map(({ id }) => id);

it.each(ids)('what is said about %s ends each sentence once', (id) => {
  expect(configured(id).error).not.toMatch(/\.\.(?!\.|\/)/);
});
const reference = (form: string) => ['$', form].join('');

describe('config', () => {
  it('knows the hosts of the field', () => {
    const known = ['claude-desktop', 'claude-code', 'cursor', 'vscode', 'windsurf', 'codex', 'gemini', 'zed'];
    expect(ids).toEqual(known);
  });

  /** Hosts with windows hide what the server writes, so it starts there in any case, and the tools say what is missing. */
  const starts = { LEADDYNO_MCP_START_WITHOUT_KEY: 'true' };

  it.each([
    ['claude-desktop', { ...starts, LEADDYNO_API_KEY_FILE: '/path/to/a/file/that/holds/the/key' }],
    ['claude-code', { LEADDYNO_API_KEY: reference('{LEADDYNO_API_KEY}') }],
    ['cursor', { ...starts, LEADDYNO_API_KEY: reference('{env:LEADDYNO_API_KEY}') }],
    ['vscode', { ...starts, LEADDYNO_API_KEY: reference('{input:leaddyno-key}') }],
    ['windsurf', { ...starts, LEADDYNO_API_KEY: reference('{env:LEADDYNO_API_KEY}') }],
    ['codex', undefined],
    ['gemini', { LEADDYNO_API_KEY: reference('LEADDYNO_API_KEY') }],
    ['zed', { ...starts, LEADDYNO_API_KEY_FILE: '/path/to/a/file/that/holds/the/key' }],
  ])('%s refers to the key in the form that host fills in', (id, env) => {
    const { entry } = configured(id);
    expect(entry.env).toEqual(env);
    if (id === 'codex') expect(entry.env_vars).toEqual(['LEADDYNO_API_KEY']);
  });

  it('lets VS Code ask for the key as a secret', () => {
    const { inputs } = JSON.parse(configured('vscode').out);
    expect(inputs).toEqual([expect.objectContaining({ id: 'leaddyno-key', type: 'promptString', password: true })]);
  });

  describe.each(ids)('%s', (id) => {
    it('starts this checkout by its own Node', () => {
      expect(configured(id).entry).toMatchObject({ command: CHECKOUT.node, args: [CHECKOUT.script] });
    });

    it('starts what came from npm by npx', () => {
      expect(configured(id, INSTALLED).entry).toMatchObject({ command: 'npx', args: ['-y', 'leaddyno-mcp'] });
    });

    it('starts npx by cmd on Windows, where it is a script', () => {
      const script = 'C:\\Users\\Ann Arbor\\AppData\\npm-cache\\_npx\\1\\node_modules\\leaddyno-mcp\\dist\\main.js';
      const from = { script, node: 'C:\\Program Files\\nodejs\\node.exe', platform: 'win32' };
      expect(configured(id, from).entry).toMatchObject({ command: 'cmd', args: ['/c', 'npx', '-y', 'leaddyno-mcp'] });
    });

    it('starts the source by tsx', () => {
      const script = '/home/ann/leaddyno-mcp/src/main.ts';
      const args = ['--prefix', '/home/ann/leaddyno-mcp', 'tsx', script];
      expect(configured(id, { ...CHECKOUT, script }).entry).toMatchObject({ command: 'npx', args });
    });

    it.each([
      '/home/ann arbor/lead "dyno"/dist/main.js',
      "/tmp/it's/dist/main.js",
      'C:\\Users\\Ann Arbor\\dist\\main.js',
    ])('carries the path %s whole', (script) => {
      const { entry, error } = configured(id, { ...CHECKOUT, script });
      expect(entry.args).toEqual([script]);
      // What a person may paste into a shell is one word as well.
      const [, line = ''] = /\(it starts: (.*)\)\./.exec(error) ?? [];
      const said = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' });
      expect(said).toBe(`${CHECKOUT.node}\n${script}\n`);
    });

    it('says where it goes and how the key gets there, apart from the snippet', () => {
      const { error } = configured(id);
      expect(error).toMatch(/: put this into .+\nThe key: .+\n/);
      expect(error).toContain('--sandbox');
    });

    it('is found in capitals too', () => {
      expect(runConfigCommand([id.toUpperCase()], CHECKOUT)).toEqual(runConfigCommand([id], CHECKOUT));
    });
  });

  it('gives a link that installs the same where the host has one', () => {
    const links = ids.flatMap((id) => /^Or open: (.+)$/m.exec(configured(id).error)?.[1] ?? []);
    const [cursor = '', vscode = ''] = links;
    expect(links).toHaveLength(2);
    const packed = new URL(cursor).searchParams.get('config') ?? '';
    expect(new URL(cursor).searchParams.get('name')).toBe('leaddyno');
    expect(JSON.parse(Buffer.from(packed, 'base64').toString())).toEqual(configured('cursor').entry);
    const { name, inputs, ...entry } = JSON.parse(decodeURIComponent(vscode.replace('vscode:mcp/install?', '')));
    expect(name).toBe('leaddyno');
    expect(inputs).toEqual(JSON.parse(configured('vscode').out).inputs);
    expect({ type: 'stdio', ...entry }).toEqual(configured('vscode').entry);
  });

  it.each([[[]], [['emacs']], [['cursor', 'zed']], [['--json', 'cursor']]])(
    'refuses %j, and names the hosts',
    (args) => {
      const { code, out, error } = runConfigCommand(args, CHECKOUT);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      for (const id of ids) expect(error).toContain(id);
    },
  );

  it('never writes the key that is in the environment', async () => {
    const env = { LEADDYNO_API_KEY: secret('private-key') };
    for (const id of ids) {
      const { code, stdout, stderr } = await runBuilt(['config', id], env);
      expect(code).toBe(0);
      expect(stdout + stderr).not.toContain(MARK);
      const main = await builtMain();
      expect(entryOf(id, stdout)).toMatchObject({ command: process.execPath, args: [realpathSync(main)] });
    }
  });

  it('knows a package that is started through npm’s link', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const installed = join(folder, 'lib/node_modules/leaddyno-mcp');
    cpSync(dirname(await builtMain()), join(installed, 'dist'), { recursive: true });
    cpSync(join(dirname(await builtMain()), '../package.json'), join(installed, 'package.json'));
    mkdirSync(join(folder, 'bin'));
    symlinkSync(join(installed, 'dist/main.js'), join(folder, 'bin/leaddyno-mcp'));
    const out = execFileSync(join(folder, 'bin/leaddyno-mcp'), ['config', 'cursor'], {
      encoding: 'utf8',
      env: cleanEnv(),
      stdio: 'pipe',
    });
    expect(entryOf('cursor', out)).toMatchObject({ command: 'npx', args: ['-y', 'leaddyno-mcp'] });
  });
});
