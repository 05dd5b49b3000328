import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { builtMain, cleanEnv } from '../support/protocol-built.ts';

/*
 * What somebody reads whose Node is too old. No old Node is at hand here: this one says that it is.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

beforeAll(async () => {
  await builtMain();
});

function startAs(node: string, file: string, ...args: string[]) {
  const as = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: ${JSON.stringify(node)} } });`;
  const pretend = ['--import', `data:text/javascript,${encodeURIComponent(as)}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...pretend, join(root, file), ...args], {
    env: cleanEnv(),
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the server', () => {
  test.each([['16.20.2'], ['18.20.4'], ['20.9.0'], ['20.18.0']])('says that %s is too old', (node) => {
    const { status, stdout, stderr } = startAs(node, 'dist/main.js', '--version');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^leaddyno-mcp needs Node\\.js .* this is ${node}\\..*\\n$`));
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(stderr).toContain(engines.node.replace('>=', ''));
  });

  test.each([['20.18.1'], ['20.20.0'], ['22.0.0'], ['26.1.0']])('starts on %s', (node) => {
    expect(startAs(node, 'dist/main.js', '--version')).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('npm test', () => {
  test.each([['20.18.1'], ['21.7.0'], ['22.11.0'], ['23.1.0']])('says what it needs on %s', (node) => {
    expect(startAs(node, 'scripts/node-for-tests.mjs')).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`Node 20\\.19.*this is Node ${node}\\..*20\\.18\\.1`)),
    });
  });

  test.each([['20.19.0'], ['22.12.0'], ['24.0.0'], ['26.1.0']])('goes on with %s', (node) => {
    expect(startAs(node, 'scripts/node-for-tests.mjs')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('looks at that first', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(scripts.pretest).toBe('node scripts/node-for-tests.mjs');
  });
});
