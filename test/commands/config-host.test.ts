import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ConfigSurroundings, runConfigCommand } from '../../src/commands/config-host.ts';
import { HOSTS_READ, hosts } from '../../src/commands/hosts.ts';
import type { JsonObject } from '../../src/json.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { builtMain, runBuilt } from '../support/protocol-built.ts';
import { MARK, secret } from '../support/written.ts';

/** The server's entry in a snippet. */
interface Entry {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const SCRIPT = '/home/ann/leaddyno-mcp/dist/main.js';
const NODE = '/usr/bin/node';

/** A machine with an empty home folder. */
function machine(more: Partial<ConfigSurroundings> = {}): ConfigSurroundings & { readonly home: string } {
  const { path } = temporaryFolder();
  const home = join(path, 'home');
  const folder = join(path, 'project');
  for (const one of [home, folder]) mkdirSync(one);
  return { script: SCRIPT, node: NODE, platform: 'linux', home, folder, env: { HOME: home }, ...more };
}

/** Enough of TOML for what we write: one table of texts, lists and tables of texts. */
function parseToml(text: string): JsonObject {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  expect(header).toMatch(/^\[mcp_servers\.leaddyno\]$/);
  const pairs = lines.map((line) => {
    const [, name = '', value = ''] = /^(\w+) = (.+)$/.exec(line) ?? [];
    return [name, JSON.parse(value.replace(/^\{ (.*) \}$/, '{$1}').replace(/(\w+) = "/g, '"$1": "'))] as const;
  });
  return Object.fromEntries(pairs);
}

function entryIn(id: string, text: string): Entry {
  const host = hosts.find((one) => one.id === id);
  return (host?.form === 'toml' ? parseToml(text) : JSON.parse(text)[host?.member ?? ''].leaddyno) as Entry;
}

const local = hosts.filter(({ onlyHttp }) => !onlyHttp);
/** For hosts that have a profile by default. */
const EVERY = ['--profile', 'all'];
const ids = local.map(({ id }) => id);
const withFile = local.filter(({ file }) => file);
const files = withFile.map((host) => [host.id, host] as const);

function configured(id: string, args: readonly string[] = [], on = machine()) {
  const { code, out, error } = runConfigCommand([id, ...args], on);
  expect(code, error).toBe(0);
  return { out, error, entry: entryIn(id, out) };
}

/** What hosts with windows get besides the key. */
const windowEnv = (id: string, { home }: ConfigSurroundings, sandbox = false) =>
  ['claude-code', 'gemini'].includes(id)
    ? {}
    : {
        ...(!sandbox && { LEADDYNO_MCP_START_WITHOUT_KEY: 'true' }),
        LEADDYNO_MCP_EXPORT_FOLDER: join(home, 'Documents/LeadDyno'),
      };

describe('config', () => {
  it('knows the hosts of the field, by their old names too', () => {
    expect(hosts.map(({ id }) => id).join(' ')).toBe(
      'claude-code claude-desktop vscode cursor devin-desktop codex gemini zed jetbrains lm-studio open-webui chatgpt n8n',
    );
    const on = machine();
    expect(runConfigCommand(['Windsurf'], on)).toEqual(runConfigCommand(['devin-desktop'], on));
  });

  it('lists them, and which are on this machine', () => {
    const on = machine();
    mkdirSync(join(on.home, '.cursor'));
    mkdirSync(join(on.home, '.gemini'));
    writeFileSync(join(on.home, '.gemini', 'settings.json'), '{"mcpServers":{"leaddyno":{}}}');
    const { code, out } = runConfigCommand([], on);
    expect(code).toBe(0);
    for (const { id, title } of hosts) expect(out).toMatch(new RegExp(`^  ${id} .*${title.slice(0, 6)}`, 'm'));
    expect(out).toMatch(/^ {2}cursor +found +Cursor +\S+\.cursor\/mcp\.json$/m);
    expect(out).toMatch(/^ {2}gemini +set up /m);
    expect(out).toMatch(/^ {2}zed {2,}Zed/m);
  });

  describe.each(ids)('%s', (id) => {
    it('starts this very file by its own Node, and fetches nothing by name', () => {
      for (const script of [SCRIPT, '/usr/lib/node_modules/leaddyno-mcp/dist/main.js']) {
        const { entry, out, error } = configured(id, EVERY, machine({ script }));
        expect(entry).toMatchObject({ command: NODE, args: [script] });
        expect(out + error).not.toMatch(/npx.*leaddyno-mcp/);
      }
    });

    it('has the tools of a manager where the host takes few, and where they are asked for', () => {
      const few = hosts.some((host) => host.id === id && host.fewTools);
      const args = (...asked: string[]) => configured(id, asked).entry.args;
      expect(args()).toEqual(few ? [SCRIPT, '--toolsets', 'manager'] : [SCRIPT]);
      expect(args('--profile', 'manager')).toEqual([SCRIPT, '--toolsets', 'manager']);
      expect(args('--profile', 'all')).toEqual([SCRIPT]);
      if (few) expect(configured(id).error).toContain('--profile all');
    });

    it('starts the source by tsx', () => {
      const script = '/home/ann/leaddyno-mcp/src/main.ts';
      const args = ['--prefix', '/home/ann/leaddyno-mcp', 'tsx', script];
      expect(configured(id, EVERY, machine({ script })).entry).toMatchObject({ command: 'npx', args });
    });

    it.each([
      '/home/ann arbor/lead "dyno"/dist/main.js',
      "/tmp/it's/dist/main.js",
      'C:\\Users\\Ann Arbor\\dist\\main.js',
    ])('carries the path %s whole', (script) => {
      const { entry, error } = configured(id, EVERY, machine({ script }));
      expect(entry.args).toEqual([script]);
      // What a person may paste into a shell is one word as well.
      const [, line = ''] = /^It starts: (.*)$/m.exec(error) ?? [];
      const said = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' });
      expect(said).toBe(`${NODE}\n${script}\n`);
    });

    it('refers to the key, by a variable only where the host sees the shell', () => {
      const on = machine();
      const { entry, error } = configured(id, [], on);
      const inShell = ['claude-code', 'gemini'].includes(id);
      const file = join(on.home, '.config/leaddyno-mcp/key');
      if (inShell) expect(entry.env?.LEADDYNO_API_KEY).toMatch(/^\$\{?LEADDYNO_API_KEY\}?$/);
      else expect(entry.env).toEqual({ LEADDYNO_API_KEY_FILE: file, ...windowEnv(id, on) });
      expect(error).toMatch(inShell ? /The key: from the variable/ : /It does not exist yet: leaddyno-mcp key set/);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'k');
      expect(configured(id, [], on).entry.env).toEqual({ LEADDYNO_API_KEY_FILE: file, ...windowEnv(id, on) });
    });

    it('takes another key file, whole', () => {
      const on = machine();
      const env = (path: string) => configured(id, ['--key-file', path], on).entry.env;
      expect(env('/etc/leaddyno key')).toEqual({ LEADDYNO_API_KEY_FILE: '/etc/leaddyno key', ...windowEnv(id, on) });
      expect(env('~/k')).toEqual({ LEADDYNO_API_KEY_FILE: join(on.home, 'k'), ...windowEnv(id, on) });
      expect(env('k')).toEqual({ LEADDYNO_API_KEY_FILE: join(on.folder, 'k'), ...windowEnv(id, on) });
    });

    it('needs no key for the sandbox, and names no variable of it', () => {
      const on = machine();
      const { entry, out } = configured(id, ['--sandbox', '--read-only', ...EVERY], on);
      expect(entry.args).toEqual([SCRIPT, '--sandbox', '--read-only']);
      expect(entry.env ?? {}).toEqual(windowEnv(id, on, true));
      expect(out).not.toContain('LEADDYNO_API_KEY');
    });

    it('reaches a server over HTTP', () => {
      const { code, out, error } = runConfigCommand([id, '--url', 'https://mcp.example.com/mcp'], machine());
      expect(code).toBe(0);
      expect(out).toContain('https://mcp.example.com/mcp');
      expect(out + error).not.toContain(SCRIPT);
    });

    it('says where it goes, as of which day, each sentence ended once', () => {
      const { error } = configured(id);
      expect(error).toMatch(/: put this in .+\n/);
      expect(error).toMatch(/as of \d{4}-\d{2}-\d{2}\./);
      expect(error).not.toMatch(/\.\.(?!\.|\/)/);
    });
  });

  it.each(hosts.filter(({ onlyHttp }) => onlyHttp).map(({ id }) => id))('says what to enter in %s', (id) => {
    const { code, out, error } = runConfigCommand([id, '--url', 'https://mcp.example.com/mcp'], machine());
    expect({ code, out }).toEqual({ code: 0, out: 'https://mcp.example.com/mcp\n' });
    expect(error).toMatch(/this URL/);
    expect(runConfigCommand([id], machine()).error).toContain('leaddyno-mcp --http');
    expect(runConfigCommand([id, '--write'], machine()).code).toBe(2);
  });

  it.each<[string[], RegExp]>([
    [['emacs'], /There is no host "emacs"/],
    [['cursr'], /Did you mean cursor\?/],
    [['gemni'], /Did you mean gemini\?/],
    [['cursor', 'zed'], /Name one host at a time/],
    [['cursor', '--sandbx'], /Did you mean --sandbox\?/],
    [['--write'], /Name the host/],
    [['cursor', '--url', 'ftp://x'], /address such as/],
    [['cursor', '--url', 'https://x/mcp', '--sandbox'], /where it is started/],
    [['cursor', '--sandbox', '--key-file', 'k'], /needs no key/],
    [['cursor', '--key-file='], /without a value/],
    [['cursor', '--profile', 'managr'], /--profile is one of manager, all/],
    [['cursor', '--profile', 'manager', '--url', 'https://x/mcp'], /where it is started/],
  ])('refuses %j, and names the hosts', (args, message) => {
    const { code, out, error } = runConfigCommand(args, machine());
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toMatch(message);
    for (const { id } of hosts) expect(error).toContain(id);
  });

  it('never writes the key that is in the environment, and prints paths that exist', async () => {
    const { home } = machine();
    for (const id of ids) {
      const { code, stdout, stderr } = await runBuilt(['config', id, ...EVERY], {
        LEADDYNO_API_KEY: secret('private-key'),
        HOME: home,
      });
      expect(code).toBe(0);
      expect(stdout + stderr).not.toContain(MARK);
      const { command, args } = entryIn(id, stdout);
      expect({ command, args }).toEqual({ command: process.execPath, args: [realpathSync(await builtMain())] });
      for (const path of [command, ...args]) expect(existsSync(path), path).toBe(true);
    }
  });

  it('is described host by host, as of the same day', () => {
    const page = readFileSync(new URL('../../docs/hosts.md', import.meta.url), 'utf8');
    expect(page).toContain(`## As they were on ${HOSTS_READ}`);
    for (const { id, title } of hosts) {
      expect(page).toContain(`\`${id}\``);
      expect(page.split(`| ${title.replace(/ \(.*/, '')}`).length, title).toBeGreaterThan(2);
    }
  });

  it('gives the host’s own command where it has one', () => {
    const lines = ids.flatMap((id) => /^Or run: (.+)$/m.exec(configured(id).error)?.[1] ?? []);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['claude', 'codex', 'gemini']);
    for (const line of lines) expect(line).toContain(SCRIPT);
  });
});

describe('config --write', () => {
  const write = (id: string, on: ConfigSurroundings, ...args: string[]) =>
    runConfigCommand([id, '--write', ...args], on);
  const besides = (path: string) => readdirSync(dirname(path)).filter((name) => join(dirname(path), name) !== path);

  it.each(files)('makes the file of %s where there is none', (id, host) => {
    const on = machine();
    const path = host.file?.(on) ?? '';
    const { code, error } = write(id, on);
    expect(code, error).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe(configured(id, [], on).out);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(error).toContain(`Written to ${path}`);
    expect(error).toMatch(/^\+ /m);
    expect(besides(path)).toEqual([]);
    // Once more changes nothing.
    expect(write(id, on)).toMatchObject({ code: 0, error: expect.stringContaining('nothing was changed') });
    expect(besides(path)).toEqual([]);
  });

  it.each(files.filter(([, { form }]) => form === 'json'))('adds to the file of %s, to the letter', (id, host) => {
    const on = machine();
    const path = host.file?.(on) ?? '';
    mkdirSync(dirname(path), { recursive: true });
    const before = `{\n  // mine\n  "theme": "dark",\n  "${host.member}": {\n    "other": { "command": "x", "env": { "TOKEN": "hush-hush" } }, // keep\n  },\n}\n`;
    writeFileSync(path, before, { mode: 0o640 });
    chmodSync(path, 0o640);
    const { code, error } = write(id, on, '--sandbox');
    expect(code, error).toBe(0);
    const after = readFileSync(path, 'utf8');
    for (const line of before.split('\n').slice(0, 5)) expect(after).toContain(line);
    expect(after).toContain('"leaddyno": {');
    expect(statSync(path).mode & 0o777).toBe(0o640);
    const [copy = ''] = besides(path);
    expect(readFileSync(join(dirname(path), copy), 'utf8')).toBe(before);
    expect(statSync(join(dirname(path), copy)).mode & 0o777).toBe(0o600);
    expect(error).not.toContain('hush-hush');
  });

  it('replaces its own entry alone, and does not show what that held of keys', () => {
    const on = machine();
    const path = join(on.home, '.cursor/mcp.json');
    mkdirSync(dirname(path));
    const old = {
      mcpServers: { leaddyno: { command: 'old', env: { LEADDYNO_API_KEY: 'pasted-key' } }, a: { command: 'b' } },
    };
    writeFileSync(path, JSON.stringify(old));
    const { code, error } = write('cursor', on, '--sandbox', ...EVERY);
    expect(code).toBe(0);
    expect(error).toMatch(/^- .*"command": "old"/m);
    expect(error).not.toContain('pasted-key');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      mcpServers: {
        leaddyno: { command: NODE, args: [SCRIPT, '--sandbox'], env: windowEnv('cursor', on, true) },
        a: { command: 'b' },
      },
    });
  });

  it.each([
    ['no JSON', '{"mcpServers": {'],
    ['text behind it', '{} x'],
    ['a list', '[]'],
    ['servers that are a list', '{"mcpServers": []}'],
    ['the member twice', '{"mcpServers": {}, "mcpServers": {}}'],
    ['our entry twice', '{"mcpServers": {"leaddyno": {}, "leaddyno": {}}}'],
    ['comments in our entry', '{"mcpServers": {"leaddyno": {/* mine */ "command": "x"}}}'],
    ['no text', '\u0000\u0000'],
  ])('leaves a file alone that holds %s, and prints the snippet', (_, text) => {
    const on = machine();
    const path = join(on.home, '.cursor/mcp.json');
    mkdirSync(dirname(path));
    writeFileSync(path, text);
    const { code, out, error } = write('cursor', on);
    expect(code).toBe(1);
    expect(entryIn('cursor', out)).toMatchObject({ command: NODE });
    expect(error).toMatch(/^Nothing was written: .+ yourself\.\n$/);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(besides(path)).toEqual([]);
  });

  it('writes through a link to where it leads, and leaves the link', () => {
    const on = machine();
    const real = join(on.folder, 'dotfiles.json');
    writeFileSync(real, '{}');
    mkdirSync(join(on.home, '.cursor'));
    symlinkSync(real, join(on.home, '.cursor/mcp.json'));
    expect(write('cursor', on).code).toBe(0);
    expect(readFileSync(real, 'utf8')).toContain('leaddyno');
    expect(realpathSync(join(on.home, '.cursor/mcp.json'))).toBe(realpathSync(real));
  });

  it('says where it cannot write', () => {
    const on = machine();
    writeFileSync(join(on.home, '.cursor'), 'a file');
    expect(write('cursor', on)).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^Nothing was written: .+ yourself/),
    });
  });

  describe('to Codex', () => {
    const codex = (text: string) => {
      const on = machine();
      const path = join(on.home, '.codex/config.toml');
      mkdirSync(dirname(path));
      writeFileSync(path, text);
      return { ...write('codex', on), after: readFileSync(path, 'utf8') };
    };

    it('adds a table behind all others', () => {
      const before = 'model = "x" # mine\n\n[mcp_servers.other]\ncommand = "y"';
      const { code, after } = codex(before);
      expect(code).toBe(0);
      expect(after.startsWith(`${before}\n\n[mcp_servers.leaddyno]\ncommand = `)).toBe(true);
    });

    it.each([
      '[mcp_servers.leaddyno]\ncommand = "old"\n',
      '[mcp_servers."leaddyno"]\ncommand = "old"\n',
      '[ mcp_servers . leaddyno . env ]\nA = "b"\n',
      'mcp_servers.leaddyno.command = "old"\n',
      'mcp_servers = { other = { command = "y" } }\n',
      '[mcp_servers]\nleaddyno = { command = "old" }\n',
      'notes = """\n[table]\n"""\n',
    ])('leaves %j alone', (text) => {
      const { code, after } = codex(text);
      expect({ code, after }).toEqual({ code: 1, after: text });
    });
  });
});
