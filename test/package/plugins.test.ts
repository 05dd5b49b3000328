import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CLI_SKILL } from '../../scripts/cli-skill.ts';
import { pluginFiles, stagePlugin } from '../../scripts/stage-plugin.ts';
import { version } from '../../src/version.ts';
import { skills } from '../../src/workflows/skills.ts';
import { builtMain, cleanEnv } from '../support/protocol-built.ts';
import { toolNames } from '../support/tool-names.ts';

/*
 * The plug-in (`npm run plugins`), against the rules of each format as they stood in November 2026, and started as each
 * says. The hosts' own commands judge it too: here where they are installed, with `npm run plugins -- --validate`
 * wherever npx can fetch them.
 */

const parent = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-'));
const folder = join(parent, 'a plugin');
const staged = (path: string) => readFileSync(join(folder, path), 'utf8');
const parsed = (path: string): unknown => JSON.parse(staged(path));

beforeAll(async () => {
  await builtMain();
  stagePlugin(folder);
}, 60_000);
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const strings = z.record(z.string(), z.string());

/** Agent Plugins 1.0.0, sections 5 and 7.2: closed objects. */
const AgentPlugin = z.strictObject({
  $schema: z.literal('https://agent-plugins.org/schemas/1.0.0/plugin.schema.json'),
  name: z.string().regex(/^(?!.*(?:--|\.\.))[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/),
  version: z.literal(version),
  description: z.string(),
  author: z.strictObject({ name: z.string(), email: z.string().optional(), url: z.string().optional() }),
  homepage: z.url(),
  repository: z.url(),
  license: z.literal('MIT'),
  keywords: z.array(z.string()),
});
const Stdio = { command: z.literal('node'), args: z.array(z.string()) };
const AgentMcp = z.strictObject({
  $schema: z.literal('https://agent-plugins.org/schemas/1.0.0/mcp.schema.json'),
  mcpServers: z.strictObject({ leaddyno: z.strictObject({ type: z.literal('stdio'), ...Stdio }) }),
});
/** Claude Code, plugins reference: an option has a type, a title and a description. */
const ClaudePlugin = AgentPlugin.omit({ $schema: true }).extend({
  displayName: z.string(),
  mcpServers: z.strictObject({ leaddyno: z.strictObject({ ...Stdio, env: strings }) }),
  userConfig: z.record(
    z.string().regex(/^[a-z_]+$/),
    z.strictObject({
      type: z.enum(['string', 'number', 'boolean']),
      title: z.string(),
      description: z.string(),
      required: z.literal(false),
      sensitive: z.boolean().optional(),
      default: z.union([z.string(), z.number(), z.boolean()]).optional(),
      min: z.number().optional(),
      max: z.number().optional(),
    }),
  ),
});
/** Gemini CLI, extension reference: the name as the folder is called, no `trust`. */
const Gemini = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  version: z.literal(version),
  description: z.string(),
  mcpServers: z.strictObject({ leaddyno: z.strictObject(Stdio) }),
  settings: z.array(
    z.strictObject({
      name: z.string(),
      description: z.string(),
      envVar: z.string().regex(/^LEADDYNO_[A-Z_]+$/),
      sensitive: z.boolean(),
    }),
  ),
});

const FORMATS = {
  'plugin.json': AgentPlugin,
  'mcp.json': AgentMcp,
  '.claude-plugin/plugin.json': ClaudePlugin,
  'gemini-extension.json': Gemini,
} as const;

describe('the plug-in', () => {
  test.each(Object.entries(FORMATS))('has a %s that keeps to its format', (path, format) => {
    expect(format.safeParse(parsed(path))).toMatchObject({ success: true });
  });

  test('is one product in every format', () => {
    const names = [
      'plugin.json',
      '.claude-plugin/plugin.json',
      '.claude-plugin/marketplace.json',
      'gemini-extension.json',
    ];
    for (const path of names) expect(parsed(path)).toMatchObject({ name: 'leaddyno-mcp' });
    expect(parsed('.claude-plugin/marketplace.json')).toMatchObject({
      owner: { name: expect.any(String) },
      plugins: [{ name: 'leaddyno-mcp', source: './' }],
    });
  });

  test('holds the skills that the server offers and the one for the shell, each in a folder of its name', () => {
    const names = [...skills.map(({ name }) => name), CLI_SKILL];
    expect(readdirSync(join(folder, 'skills')).sort()).toEqual(names.sort());
    for (const { name, markdown } of skills) expect(staged(`skills/${name}/SKILL.md`)).toBe(markdown());
  });

  test('holds a skill for the shell that says what the command says of itself, and starts', async () => {
    const skill = staged(`skills/${CLI_SKILL}/SKILL.md`);
    const [, name, description] = /^---\nname: (\S+)\ndescription: (.+)\n---\n/.exec(skill) ?? [];
    expect(name).toBe(CLI_SKILL);
    expect(JSON.parse(description ?? '').length).toBeLessThan(1_024);
    const cwd = join(folder, 'skills', CLI_SKILL);
    const start = async (...args: string[]) =>
      (await promisify(execFile)('node', ['../../dist/main.js', 'call', ...args], { cwd, env: cleanEnv() })).stdout;
    expect(skill).toContain((await start('--help')).trimEnd());
    expect(await start('count_affiliates', '--sandbox', '--json')).toBe('{"count":250}\n');
  });

  test('asks for the key as a secret and holds none', () => {
    expect(ClaudePlugin.parse(parsed('.claude-plugin/plugin.json')).userConfig.api_key).toMatchObject({
      sensitive: true,
    });
    const [key, ...others] = Gemini.parse(parsed('gemini-extension.json')).settings;
    expect(key).toMatchObject({ envVar: 'LEADDYNO_API_KEY', sensitive: true });
    expect(others.map(({ envVar }) => envVar)).toEqual(['LEADDYNO_MCP_SANDBOX', 'LEADDYNO_MCP_READ_ONLY']);
  });

  test('holds the build, its licences, and nothing else', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'));
    expect(files.filter((path) => path.endsWith('.map'))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['dist/main.js', 'dist/THIRD_PARTY_NOTICES.txt', 'LICENSE']));
    const [own, tops] = [Object.keys(pluginFiles()), readdirSync(folder)];
    expect(files).toEqual(expect.arrayContaining(own));
    const expected = [...own.map((path) => path.split('/')[0]), 'dist', 'LICENSE', 'package.json'];
    expect(tops.sort()).toEqual([...new Set(expected)].sort());
  });
});

const PLACES = ['PLUGIN_ROOT', 'CLAUDE_PLUGIN_ROOT', 'extensionPath'];

/** As the hosts do it. */
const filled = (text: string) =>
  PLACES.reduce((all, name) => all.replaceAll(`$\{${name}}`, folder), text).replaceAll(['$', '{/}'].join(''), '/');

test.each([
  ['mcp.json', {}],
  ['.claude-plugin/plugin.json', {}],
  ['gemini-extension.json', {}],
  ['gemini-extension.json', { LEADDYNO_MCP_SANDBOX: 'true', LEADDYNO_API_KEY: '', LEADDYNO_MCP_READ_ONLY: '' }],
])('starts as %s says, with %o', async (path, env) => {
  const { mcpServers } = z
    .looseObject({ mcpServers: z.object({ leaddyno: z.looseObject(Stdio) }) })
    .parse(parsed(path));
  const { command, args } = mcpServers.leaddyno;
  const transport = new StdioClientTransport({
    command,
    args: args.map(filled),
    env: cleanEnv({ HOME: parent, ...env }),
    stderr: 'ignore',
  });
  const client = new Client({ name: 'host', version: '1.0.0' });
  await client.connect(transport);
  try {
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(toolNames);
    const { isError, structuredContent } = await client.callTool({ name: 'count_affiliates', arguments: {} });
    if ('LEADDYNO_MCP_SANDBOX' in env) expect(structuredContent).toEqual({ count: 250 });
    else expect(isError).toBe(true);
  } finally {
    await client.close();
  }
});

const onPath = (command: string) =>
  (process.env.PATH ?? '').split(delimiter).some((place) => existsSync(join(place, command)));

describe('the hosts’ own commands', () => {
  const judge = async (command: string, ...args: string[]) =>
    (await promisify(execFile)(command, args, { env: { ...process.env, HOME: parent }, timeout: 60_000 })).stdout;

  test.skipIf(!onPath('claude'))('claude plugin validate', { timeout: 90_000 }, async () => {
    for (const path of ['.claude-plugin/plugin.json', '.claude-plugin/marketplace.json'])
      expect(await judge('claude', 'plugin', 'validate', '--strict', join(folder, path))).toContain('passed');
  });

  test.skipIf(!onPath('gemini'))('gemini extensions validate', { timeout: 90_000 }, async () => {
    await judge('gemini', 'extensions', 'validate', folder);
  });
});
