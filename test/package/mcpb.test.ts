import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stage } from '../../scripts/stage-mcpb.ts';
import { optionRows } from '../../src/config/options.ts';
import { version } from '../../src/version.ts';
import { builtMain, cleanEnv } from '../support/protocol-built.ts';
import { toolNames } from '../support/tool-names.ts';

/*
 * The MCP bundle: what `npm run mcpb` packs, started as its manifest says. The official tool validates and packs it
 * there; here, without a network, the staged folder is looked at.
 */

const parent = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-'));
const folder = join(parent, 'an extension');

interface Setting {
  readonly type: string;
  readonly default?: string | number | boolean;
  readonly required?: boolean;
  readonly sensitive?: boolean;
  readonly description?: string;
}

interface Manifest {
  readonly version: string;
  readonly icon: string;
  readonly icons: readonly { readonly src: string; readonly size: string }[];
  readonly tools: readonly { readonly name: string; readonly description: string }[];
  readonly user_config: Readonly<Record<string, Setting>>;
  readonly server: {
    readonly entry_point: string;
    readonly mcp_config: {
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    };
  };
}
let manifest: Manifest;

beforeAll(async () => {
  await builtMain();
  stage(folder);
  manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** Written so that no template fills it in here. */
const START = ['$', '{user_config.'].join('');
const left = (name: string) => `${START}${name}}`;

type Settings = Readonly<Record<string, string | number | boolean>>;

/** As the official library does it: a setting that has neither a value nor a default leaves its reference standing. */
function substituted(settings: Settings) {
  const defaults = Object.entries(manifest.user_config).flatMap(([name, setting]) =>
    setting.default === undefined ? [] : [[name, setting.default] as const],
  );
  const values: Settings = { ...Object.fromEntries(defaults), ...settings };
  const fill = (text: string) =>
    text
      .replaceAll(['$', '{__dirname}'].join(''), folder)
      .replace(/\$\{user_config\.(\w+)\}/g, (reference, name: string) => String(values[name] ?? reference));
  const { command, args, env } = manifest.server.mcp_config;
  const filled = Object.entries(env).map(([name, value]) => [name, fill(value)]);
  return { command, args: args.map(fill), env: cleanEnv({ HOME: parent, ...Object.fromEntries(filled) }) };
}

async function start(settings: Settings) {
  const transport = new StdioClientTransport({ ...substituted(settings), stderr: 'pipe' });
  let stderr = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const client = new Client({ name: 'host', version: '1.0.0' });
  try {
    await client.connect(transport);
    const { tools } = await client.listTools();
    return { tools: tools.map(({ name }) => name), stderr: () => stderr };
  } catch {
    return { tools: undefined, stderr: () => stderr };
  } finally {
    await client.close();
  }
}

describe('the manifest', () => {
  test('names every tool, with a short sentence, and the version', () => {
    expect(manifest.version).toBe(version);
    expect(manifest.tools.map(({ name }) => name)).toEqual(toolNames);
    for (const { description } of manifest.tools) expect(description).toMatch(/^[A-Z].{10,300}\.$/s);
  });

  test('asks for the key as a secret, and for nothing else', () => {
    const required = Object.entries(manifest.user_config).filter(([, { required }]) => required);
    expect(required.map(([name]) => name)).toEqual(['api_key']);
    expect(manifest.user_config.api_key).toMatchObject({ type: 'string', sensitive: true });
  });

  test('hands each setting to an option of the server, with the server’s own default', () => {
    const { env } = manifest.server.mcp_config;
    const references = Object.values(env).map((value) => /^\$\{user_config\.(\w+)\}$/.exec(value)?.[1]);
    expect([...references].sort()).toEqual(Object.keys(manifest.user_config).sort());
    for (const [variable, reference] of Object.entries(env)) {
      if (variable === 'LEADDYNO_API_KEY') continue;
      const option = optionRows.find(([, { env }]) => env === variable)?.[1];
      const setting = manifest.user_config[reference.slice(START.length, -1)];
      expect(option, variable).toBeDefined();
      // A person with a window has a place for files, which an option of a command line cannot know.
      if (variable === 'LEADDYNO_MCP_EXPORT_FOLDER') continue;
      const byDefault = option?.kind === 'switch' ? 'false' : (option?.default ?? '');
      expect(String(setting?.default ?? ''), variable).toBe(byDefault);
    }
  });

  test('names every choice of a setting that has some', () => {
    for (const [variable, reference] of Object.entries(manifest.server.mcp_config.env)) {
      const option = optionRows.find(([, { env }]) => env === variable)?.[1];
      const { description = '' } = manifest.user_config[reference.slice(START.length, -1)] ?? {};
      if (option?.kind !== 'choice') continue;
      for (const choice of option.choices ?? []) expect(description).toMatch(new RegExp(`\\b${choice} \\(`));
    }
  });

  test('gives every switch and choice a default, because a reference that stays is refused there', () => {
    for (const [name, { type, default: byDefault }] of Object.entries(manifest.user_config)) {
      if (type !== 'directory' && name !== 'api_key') expect(byDefault, name).toBeDefined();
    }
  });

  test('shows icons that are there, in the size it says', () => {
    const icons = [...manifest.icons, { src: manifest.icon, size: '512x512' }];
    for (const { src, size } of icons) {
      const png = readFileSync(join(folder, src));
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      expect(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`).toBe(size);
    }
  });
});

describe('the bundle', () => {
  test('holds the build without source maps, and what its manifest names', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'));
    expect(files.filter((path) => path.endsWith('.map'))).toEqual([]);
    for (const path of [manifest.server.entry_point, 'package.json', 'LICENSE', 'dist/THIRD_PARTY_NOTICES.txt'])
      expect(files).toContain(path);
  });

  test('starts with everything left as it is but the sandbox, and lists its tools', async () => {
    const { tools, stderr } = await start({ api_key: 'not used', sandbox: true });
    expect(tools).toEqual(toolNames);
    expect(stderr()).toBe('');
  });

  test('writes files among the documents, where its host fills that in and where not', async () => {
    await start({ api_key: 'not used', sandbox: true });
    expect(statSync(join(parent, 'Documents/LeadDyno')).isDirectory()).toBe(true);
    const chosen = join(parent, 'chosen');
    await start({ api_key: 'not used', sandbox: true, export_folder: chosen });
    expect(statSync(chosen).isDirectory()).toBe(true);
  });

  test('starts with empty texts in place of every optional setting', async () => {
    const empty = Object.entries(manifest.user_config).flatMap(([name, { required }]) =>
      required ? [] : [[name, '']],
    );
    const { tools, stderr } = await start({ ...Object.fromEntries(empty), api_key: 'a-key', sandbox: '' });
    expect(tools).toEqual(toolNames);
    expect(stderr()).toBe('');
  });

  test('starts where references to texts stay', async () => {
    const settings = {
      api_key: 'a-key',
      toolsets: left('toolsets'),
      export_folder: left('export_folder'),
      exclude_tools: left('exclude_tools'),
    };
    expect((await start(settings)).tools).toEqual(toolNames);
  });

  test('does as its settings say', async () => {
    const { tools } = await start({
      api_key: 'a-key',
      toolsets: 'campaigns, leads',
      exclude_tools: 'list_leads',
      read_only: true,
    });
    expect(tools).toEqual(expect.arrayContaining(['list_campaigns', 'get_lead']));
    expect(tools).not.toEqual(expect.arrayContaining(['list_leads']));
    expect(tools).not.toEqual(expect.arrayContaining(['create_lead']));
    expect(tools).not.toEqual(expect.arrayContaining(['list_affiliates']));
  });

  test('starts where the key was not filled in: its tools say what is missing (hosts/stdio-edges)', async () => {
    const { tools } = await start({ api_key: left('api_key') });
    expect(tools).toContain('count_affiliates');
  });

  test.each<[string, Settings, RegExp]>([
    ['a switch was not filled in', { api_key: 'a-key', read_only: left('read_only') }, /--read-only.*switch/],
    ['a choice was not filled in', { api_key: 'a-key', confirm: left('confirm') }, /--confirm.*one of/],
    ['a group of tools is misspelt', { api_key: 'a-key', toolsets: 'campaing' }, /no toolset named/],
  ])('does not start where %s', async (_, settings, message) => {
    const { tools, stderr } = await start(settings);
    expect(tools).toBeUndefined();
    expect(stderr()).toMatch(message);
  });
});
