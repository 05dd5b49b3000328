import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hosts } from '../src/commands/hosts.ts';
import { COMMANDS, helpText } from '../src/config/help.ts';
import { optionRows } from '../src/config/options.ts';
import { type SelectionOptions, selectTools } from '../src/config/selection.ts';
import { listedSchemas } from '../src/mcp/listed-schemas.ts';
import { hints } from '../src/mcp/tools.ts';
import { SCOPES } from '../src/operations/operation.ts';
import { version } from '../src/version.ts';
import { toolsets } from '../src/workflows/index.ts';
import { profiles } from '../src/workflows/profiles.ts';
import type { Tool } from '../src/workflows/workflow.ts';
import { withTables } from './support/readme-tables.ts';

/*
 * What users and their clients see: the list of tools, the README's tables, the help. Recorded, so that no change of it
 * goes unseen; `npx vitest run -u` records anew.
 */

const tools = toolsets.flatMap((set) => set.tools);
const each = test.each(tools.map((tool) => [tool.name, tool] as const));

/** The files as they were before this run. */
const recorded = readdirSync(new URL('snapshots/', import.meta.url));

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

async function published(tool: Tool) {
  const { name, title, description, effect, idempotent } = tool;
  const { input, output } = await listedSchemas(tool);
  return {
    name,
    title,
    description,
    annotations: hints(title, effect, idempotent),
    inputSchema: input,
    outputSchema: output,
  };
}

describe('the recorded form', () => {
  each('of %s is what is published', async (name, tool) => {
    const text = `${JSON.stringify(await published(tool), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(`snapshots/${name}.json`);
  });

  test('is there for every tool, and for nothing else', () => {
    const wanted = tools.map(({ name }) => `${name}.json`);
    expect(
      recorded.filter((file) => !wanted.includes(file)),
      'delete these files',
    ).toEqual([]);
    const updating = expect.getState().snapshotState.snapshotUpdateState === 'all';
    if (!updating) expect(wanted.filter((file) => !recorded.includes(file))).toEqual([]);
  });
});

/** Bytes of a tool in the list, as a model reads it. */
async function size(tool: Tool): Promise<number> {
  const { name, description, inputSchema } = await published(tool);
  return Buffer.byteLength(JSON.stringify({ name, description, inputSchema }));
}

describe('the list of tools, as a model reads it', () => {
  each('has room for %s', async (_, tool) => {
    expect(await size(tool)).toBeLessThanOrEqual(1_700);
  });

  test('has room for all', async () => {
    const sizes = await Promise.all(tools.map(size));
    const total = sizes.reduce((sum, one) => sum + one, 0);
    expect(total).toBeLessThanOrEqual(44_000);
  });
});

describe.each(Object.keys(profiles))('the profile %s', (name) => {
  const chosen = selectTools(toolsets, { toolsets: [name], readOnly: false });

  test('has fewer than 20 tools, all of which there are', () => {
    expect(chosen.map((tool) => tool.name).toSorted()).toEqual([...(profiles[name] ?? [])].toSorted());
    expect(chosen.length).toBeLessThan(20);
  });

  test('fits where there is little room', async () => {
    const sizes = await Promise.all(chosen.map(size));
    expect(sizes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(15_000);
  });
});

const ROOM = /^\*\*Little room\?\*\* .*$/m;

describe('the README', () => {
  const kilobytes = async (options: Partial<SelectionOptions>) => {
    const chosen = selectTools(toolsets, { readOnly: false, ...options });
    const sizes = await Promise.all(chosen.map(size));
    return `${(sizes.reduce((sum, one) => sum + one, 0) / 1_000).toFixed(1)} kB`;
  };

  /** The paragraph on what the list of tools takes of a model's context, as it is now. */
  async function withRoom(readme: string): Promise<string> {
    const manager = { toolsets: ['manager'] };
    const few = selectTools(toolsets, { ...manager, readOnly: false }).length;
    const reading = await kilobytes({ toolsets: ['workflows'], readOnly: true });
    const said = `The list of all ${tools.length} tools takes ${await kilobytes({})} of a model's context (name, description, input schema). \`--toolsets manager\` (${few} tools, a manager's week) takes ${await kilobytes(manager)}, \`--toolsets workflows --read-only\` ${reading}.`;
    expect(readme).toMatch(ROOM);
    return readme.replace(ROOM, `**Little room?** ${said}`);
  }

  test('has the tables of tools and options, and the room they take, as they are now', async () => {
    await expect(withTables(await withRoom(read('../README.md')))).toMatchFileSnapshot('../README.md');
  });

  test('names every tool and option in them', () => {
    const readme = withTables(
      ['tools', 'options'].map((name) => `<!-- ${name}:start --><!-- ${name}:end -->`).join(''),
    );
    for (const { name } of tools) expect(readme).toMatch(new RegExp(`[ *]\`${name}\`[ *,]`));
    for (const [, { flag, env }] of optionRows) {
      expect(readme).toContain(`| \`--${flag}`);
      expect(readme).toContain(`| \`${env}\` |`);
    }
    for (const line of readme.split('\n').filter((text) => /^\| (toolset|flag|`)/.test(text))) {
      expect(line.replaceAll('\\|', '').split('|')).toHaveLength(line.includes('`--') || line.includes('flag') ? 6 : 5);
    }
  });

  test('cannot lose its markers unseen', () => {
    expect(() => withTables('# no tables')).toThrow(/tools:start/);
    expect(() => withTables('<!-- tools:end --><!-- tools:start -->')).toThrow(/tools:start/);
  });
});

describe('the help', () => {
  const named = { hosts: hosts.map(({ id }) => id), scopes: SCOPES };
  const help = helpText(version, named);

  test.each(optionRows)('shows %s with flag, variable, choices, default and sentence', (_, option) => {
    for (const part of [`--${option.flag}`, option.env, option.sentence, ...(option.choices ?? [])]) {
      expect(help).toContain(part);
    }
    if (option.default !== undefined) expect(help).toContain(`Default: ${option.default}.`);
  });

  test('shows the rest', () => {
    const rest = [version, 'LEADDYNO_API_KEY', '--help', '--version', ...toolsets.map(({ name }) => name)];
    for (const part of [...rest, ...named.hosts, ...named.scopes, ...Object.values(COMMANDS).flat()])
      expect(help).toContain(part);
  });

  test('has every option in a group, with the kind of its value', () => {
    expect(help).not.toContain('\nOther:');
    const kinds = [...help.matchAll(/^ {2}--([\w-]+)(?: (\S+))?$/gm)].map(([, flag, value]) => [flag, value] as const);
    for (const [, { flag, kind, choices }] of optionRows) {
      const [, value] = kinds.find(([name]) => name === flag) ?? [];
      if (kind === 'switch') expect(value, flag).toBeUndefined();
      else expect(value, flag).toMatch(choices ? /\|/ : /^\[?[A-Z]{3,}\]?$/);
    }
  });
});

describe('the table of options', () => {
  const documented =
    'sandbox api-key-file base-url key-transport toolsets tools exclude-tools read-only confirm dry-run no-precheck ' +
    'no-cache audit-log mask-pii show-dashboard-links timeout rate-limit max-result-chars log-level';

  test('holds every documented one', () => {
    const flags: readonly string[] = optionRows.map(([, option]) => option.flag);
    expect(documented.split(' ').filter((flag) => !flags.includes(flag))).toEqual([]);
  });

  test.each(optionRows)('describes %s well', (_, option) => {
    expect(option.flag).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(option.env).toMatch(/^LEADDYNO_(MCP_)?[A-Z_]+$/);
    expect(option.env.endsWith(option.flag.toUpperCase().replaceAll('-', '_'))).toBe(true);
    expect(option.sentence).toMatch(/^[A-Z].*\.$/);
    expect(option.choices !== undefined).toBe(option.kind === 'choice');
    if (option.choices) expect(option.choices).toContain(option.default);
    if (option.kind === 'switch') expect(option.default).toBeUndefined();
  });

  test('names each flag and variable once', () => {
    const all = optionRows.flatMap(([, { flag, env }]) => [flag, env]);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('the package', () => {
  const manifest = JSON.parse(read('../package.json')) as Record<string, unknown>;

  test('has the version the server tells', () => {
    expect(version).toBe(manifest.version);
  });

  test('is one bundle that brings nothing else along', () => {
    expect(manifest.dependencies).toBeUndefined();
    expect(manifest.bin).toEqual({ 'leaddyno-mcp': 'dist/main.js' });
  });
});
