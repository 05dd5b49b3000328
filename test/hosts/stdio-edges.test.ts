import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/http-raw.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { builtMain, initialize, runBuilt, startBuilt, toolCall } from '../support/protocol-built.ts';
import { at } from '../support/protocol-json.ts';
import { secret } from '../support/written.ts';

// What a client sends on stdin line by line, and a person in a terminal: hosts/stdio-lines.

beforeAll(async () => {
  await builtMain();
});

/** The server without a usable key, past its handshake. */
async function start(env: Readonly<Record<string, string>>) {
  const child = await startBuilt(['--start-without-key'], env);
  child.send(...initialize);
  const answer = async (id: number) => {
    await until(() => child.messages().some((message) => message.id === id));
    return child.messages().find((message) => message.id === id)?.result;
  };
  let last = 100;
  const call = async (name: string, args: object = {}) => {
    last += 1;
    child.send(toolCall(last, name, args));
    return await answer(last);
  };
  return { child, call, answer, instructions: String(at(await answer(0), 'instructions')) };
}

const textOf = (result: unknown) => String(at(result, 'content', '0', 'text'));

describe('a server that was started without a key', () => {
  it('says in its instructions and from every tool what is missing and how to mend it', async () => {
    const { child, call, answer, instructions } = await start({});
    const missing = /without a LeadDyno key.*private API key.*LEADDYNO_API_KEY/;
    expect(instructions).toMatch(missing);
    for (const [name, args] of [
      ['count_affiliates', {}],
      ['get_affiliate', { wrong: true }],
      ['approve_affiliate', { affiliate_id: 1 }],
      ['program_overview', {}],
      ['list_recent_changes', {}],
    ] as const) {
      const result = await call(name, args);
      expect(at(result, 'isError')).toBe(true);
      expect(textOf(result)).toMatch(missing);
      expect(textOf(result).includes('\n')).toBe(false);
    }
    child.send({ id: 50, method: 'tools/list' });
    expect(Number((at(await answer(50), 'tools') as unknown[]).length)).toBeGreaterThan(20);
    child.send({ id: 51, method: 'resources/list' });
    expect(at(await answer(51), 'resources')).toEqual([]);
  });

  it('takes up the key that key set stores later, where no file is named', async () => {
    const home = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-'));
    const { call, instructions } = await start({ HOME: home, LEADDYNO_BASE_URL: 'http://127.0.0.1:9' });
    const file = join(home, '.config', 'leaddyno-mcp', 'key');
    expect(instructions).toContain(file);
    expect(textOf(await call('count_affiliates'))).toContain(file);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, secret('the-stored-key'));
    const text = textOf(await call('count_affiliates'));
    expect(text).not.toMatch(/without a LeadDyno key|has no LeadDyno key/);
    rmSync(home, { recursive: true });
  });

  it('takes up a key file that is written later, with the next call', async () => {
    const key = secret('the-key-that-comes-later');
    const upstream = await startLeadDyno((_, response) => answerJson(response, { count: 7 }));
    const file = join(temporaryFolder().path, 'key');
    const { call } = await start({ LEADDYNO_API_KEY_FILE: file, LEADDYNO_BASE_URL: upstream.url });
    expect(textOf(await call('count_affiliates'))).toContain(`The key file ${file} cannot be read (ENOENT)`);
    writeFileSync(file, '', { mode: 0o600 });
    expect(textOf(await call('count_affiliates'))).toContain('is empty');
    writeFileSync(file, `NAME=${key}`);
    expect(textOf(await call('count_affiliates'))).toContain('NAME=value');
    expect(upstream.requests).toEqual([]);
    writeFileSync(file, `${key}\n`);
    expect(at(await call('count_affiliates'), 'structuredContent')).toEqual({ count: 7 });
    expect(upstream.requests.at(-1)?.key).toBe(key);
    // What was found once stays.
    rmSync(file);
    expect(at(await call('count_affiliates'), 'structuredContent')).toEqual({ count: 7 });
  });

  it('serves as ever where there is a key', async () => {
    const upstream = await startLeadDyno((_, response) => answerJson(response, { count: 7 }));
    const env = { LEADDYNO_API_KEY: secret('a-key-from-the-start'), LEADDYNO_BASE_URL: upstream.url };
    const { call, instructions } = await start(env);
    expect(instructions).not.toContain('without');
    expect(at(await call('count_affiliates'), 'structuredContent')).toEqual({ count: 7 });
  });

  it('says what a host did that fills in no variables', async () => {
    const reference = ['$', '{LEADDYNO_API_KEY}'].join('');
    const { call } = await start({ LEADDYNO_API_KEY: reference });
    expect(textOf(await call('count_affiliates'))).toContain('this host does not fill in variables');
  });

  it('warns of a key file that others can read', async () => {
    const file = join(temporaryFolder().path, 'key');
    writeFileSync(file, 'a-key-of-the-tests-file');
    chmodSync(file, 0o644);
    const { child } = await start({ LEADDYNO_API_KEY_FILE: file });
    await until(() => child.stderr().includes(`other users can read the key file ${file}`));
  });
});

it('without that flag it does not start without a key, nor with it over HTTP', async () => {
  expect(await runBuilt([], {})).toMatchObject({ code: 2, stdout: '' });
  const http = await runBuilt(['--http', '0', '--start-without-key'], {});
  expect(http).toMatchObject({ code: 2, stderr: expect.stringContaining('only over stdio') });
});
