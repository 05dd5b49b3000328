import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inputFile } from '../support/http-tokens.ts';
import { builtMain, runBuilt, startBuilt } from '../support/protocol-built.ts';
import { secret } from '../support/written.ts';

const KEY = secret('private-key');
const withKey = { LEADDYNO_API_KEY: KEY };
const file = inputFile(`${KEY}\n`);

beforeAll(async () => {
  await builtMain();
});
afterAll(() => file.close());

describe('a start that cannot be', () => {
  it.each<[string, string[], Record<string, string>, RegExp]>([
    ['no key', [], {}, /private API key.*Account, Profile.*LEADDYNO_API_KEY.*--sandbox/],
    ['an empty key', [], { LEADDYNO_API_KEY: '  ' }, /private API key/],
    ['a key with a space', [], { LEADDYNO_API_KEY: 'two words' }, /empty or contains spaces/],
    ['a variable that was not filled in', [], { LEADDYNO_API_KEY: '$LEADDYNO_API_KEY' }, /does not fill in variables/],
    [
      'a key file that is not there',
      [],
      { LEADDYNO_API_KEY_FILE: '/nonexistent/key' },
      /key file \/nonexistent\/key cannot be read/,
    ],
    ['two keys', ['--api-key-file', file.path], withKey, /Give one/],
    ['an unknown flag', ['--read-onyl'], withKey, /--read-onyl.*--help/],
    ['a flag for the key', ['--api-key', KEY], {}, /--api-key.*--help/],
    ['a word', ['serve'], withKey, /serve.*--help/],
    ['a value for a switch', ['--read-only=yes'], withKey, /--read-only.*--help/],
    ['a flag without its value', ['--timeout'], withKey, /--timeout.*--help/],
    ['a misspelt variable', [], { ...withKey, LEADDYNO_MCP_READONLY: '1' }, /^LEADDYNO_MCP_READONLY is set, but/],
    [
      'an unknown tool',
      ['--tools', 'get_affiliate,get_afiliate'],
      withKey,
      /no tool named "get_afiliate"\. Did you mean get_affiliate\? Known: .*get_lead/,
    ],
    [
      'an unknown tool to leave out',
      ['--exclude-tools', 'nothing'],
      withKey,
      /--exclude-tools: there is no tool named "noth/,
    ],
    [
      'an unknown toolset',
      [],
      { ...withKey, LEADDYNO_MCP_TOOLSETS: 'affiliate' },
      /no toolset named "affiliate"\. Did you mean affiliates\? Known: manager, workflows, affiliates,/,
    ],
    [
      'masked people with links that log in as them',
      ['--mask-pii', '--show-dashboard-links'],
      withKey,
      /--mask-pii .*--show-dashboard-links .*Give only one of the two/,
    ],
    ['no tool that is left', ['--tools', 'archive_affiliate', '--read-only'], withKey, /No tool is left/],
    [
      'a time that is no number',
      ['--timeout', '30s'],
      withKey,
      /--timeout \(LEADDYNO_MCP_TIMEOUT\) must be a whole number from 1, not "30s"/,
    ],
    ['a limit below zero', ['--rate-limit=-1'], withKey, /--rate-limit.*whole number from 0/],
    ['too small a result', ['--max-result-chars', '9999'], withKey, /--max-result-chars.*from 10000,/],
    [
      'an unknown way to confirm',
      ['--confirm', 'maybe'],
      withKey,
      /--confirm.*one of ask, strict, token, off, not "maybe"/,
    ],
    [
      'an unknown level',
      [],
      { ...withKey, LEADDYNO_MCP_LOG_LEVEL: 'loud' },
      /--log-level.*silent, error, warn, info, debug/,
    ],
    [
      'a switch that is neither',
      [],
      { ...withKey, LEADDYNO_MCP_DRY_RUN: 'perhaps' },
      /--dry-run.*true or false, not "perhaps"/,
    ],
    ['another protocol', ['--base-url', 'ftp://example.com/v1'], withKey, /https/],
    ['an open connection', ['--base-url', 'http://api.example.com/v1'], withKey, /https/],
    ['an address that is none', ['--base-url', 'nonsense'], withKey, /address|URL/i],
  ])('by %s ends with code 2 and one paragraph', async (_, args, env, message) => {
    const { code, stdout, stderr } = await runBuilt(args, env);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).not.toContain(KEY);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('what only prints', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

  it.each(['--version', '-v'])('%s', async (flag) => {
    expect(await runBuilt([flag])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each(['--help', '-h'])('%s', async (flag) => {
    const { code, stdout, stderr } = await runBuilt([flag]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of [
      '--sandbox',
      '--read-only',
      'LEADDYNO_API_KEY',
      'LEADDYNO_MCP_CONFIRM',
      'Toolsets: manager (the week of an affiliate manager), workflows, affiliates',
    ]) {
      expect(stdout).toContain(word);
    }
  });
});

describe('a start', () => {
  it.each<[string, string[], Record<string, string>]>([
    ['with a key', [], withKey],
    ['with a key file', [], { LEADDYNO_API_KEY_FILE: file.path }],
    ['with settings left empty', [], { ...withKey, LEADDYNO_MCP_TOOLSETS: '', LEADDYNO_MCP_READ_ONLY: ' ' }],
    ['on the simulated LeadDyno', [], { LEADDYNO_MCP_SANDBOX: 'yes' }],
  ])('%s is quiet, and ends well', async (_, args, env) => {
    expect(await runBuilt(args, env)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('lets a flag win over a variable', async () => {
    const env = { LEADDYNO_MCP_SANDBOX: '1', LEADDYNO_MCP_TOOLS: 'count_leads' };
    const child = await startBuilt(['--tools', 'count_affiliates,count_visitors'], env);
    child.send({
      id: 0,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    });
    child.send({ id: 1, method: 'tools/list' });
    child.endStdin();
    await child.exited;
    const names = [...child.stdout().matchAll(/"name":"(count_\w+)"/g)].map(([, name]) => name);
    expect(names).toEqual(['count_affiliates', 'count_visitors']);
  });
});
