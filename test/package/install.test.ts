import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { npmEnv, pack } from '../support/packed.ts';
import { toolNames } from '../support/tool-names.ts';

/*
 * As a new user meets it: the tarball, an empty folder, an empty cache and an empty home, without a network.
 */

const folder = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-'));
const home = join(folder, 'home');
const place = join(folder, 'place of a user');
const env = npmEnv(home);

beforeAll(async () => {
  mkdirSync(home);
  mkdirSync(place);
  const { filename } = await pack(home, '--pack-destination', folder);
  await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', join(folder, filename)], { cwd: place, env });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(command: string, args: readonly string[]) {
  const transport = new StdioClientTransport({ command, args: [...args], env, cwd: place, stderr: 'pipe' });
  let stderr = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const client = new Client({ name: 'installed', version: '1.0.0' });
  await client.connect(transport);
  try {
    const { tools } = await client.listTools();
    const { structuredContent } = await client.callTool({ name: 'count_affiliates', arguments: {} });
    return { names: tools.map(({ name }) => name), counted: structuredContent, stderr: () => stderr };
  } finally {
    await client.close();
  }
}

describe('the installed package', () => {
  test('brings nothing along', () => {
    const installed = readdirSync(join(place, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['leaddyno-mcp']);
  });

  test.each([
    ['npx, as hosts do it', 'npx', ['--no-install', 'leaddyno-mcp', '--sandbox']],
    ['its command', join(place, 'node_modules/.bin/leaddyno-mcp'), ['--sandbox']],
  ])('starts by %s, lists every tool and answers a call', async (_, command, args) => {
    const { names, counted, stderr } = await start(command, args);
    expect(names).toEqual(toolNames);
    expect(counted).toEqual({ count: 250 });
    expect(stderr()).toBe('');
  });

  test('keeps what V8 compiled in the user’s folder and nowhere else, where Node can do that', () => {
    const cached = existsSync(join(home, '.cache/leaddyno-mcp'));
    const can = 'enableCompileCache' in process.getBuiltinModule('node:module');
    expect(cached).toBe(can);
    expect(readdirSync(place).sort()).toEqual(['node_modules', 'package-lock.json', 'package.json']);
  });
});
