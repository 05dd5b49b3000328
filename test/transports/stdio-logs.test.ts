import { beforeAll, describe, expect, it } from 'vitest';
import { builtMain, initialize, startBuilt, toolCall } from '../support/protocol-built.ts';
import { at } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';
import { MARK, secret } from '../support/written.ts';

const KEY = `private/key+${MARK}`;

beforeAll(async () => {
  await builtMain();
});

/** Calls of every kind, with people's data in their arguments. */
const calls = [
  toolCall(1, 'find_affiliate_by_email', { email: 'ann.arbor@example.com' }),
  toolCall(2, 'list_affiliates', { query: 'arbor' }),
  toolCall(3, 'create_affiliate', { email: 'new.person@example.com', first_name: 'Firstname' }),
  toolCall(4, 'archive_affiliate', { affiliate_id: 1001 }),
  toolCall(5, 'archive_affiliate', { affiliate_id: 1001, confirmation_token: 'forged' }),
  toolCall(6, 'find_lead_by_email', { email: 'lost.person@example.com' }),
  toolCall(7, 'get_affiliate', { affiliate_id: 'ann.arbor@example.com' }),
  { id: 8, method: 'resources/list' },
  { id: 9, method: 'resources/read', params: { uri: 'leaddyno://affiliates/1001' } },
];

async function logsOf(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = await startBuilt(['--log-level', 'debug', ...args], env);
  child.send(...initialize, ...calls);
  await expect.poll(() => calls.every(({ id }) => child.messages().some((message) => message.id === id))).toBe(true);
  child.endStdin();
  await child.exited;
  return { stdout: child.stdout(), stderr: child.stderr(), messages: child.messages() };
}

/** The lines of a log; fails where one is no JSON object. */
const linesOf = (stderr: string): unknown[] =>
  stderr
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

const PERSONAL = /@|%40|arbor|firstname|new\.person|lost\.person/i;

describe('logs at debug level', () => {
  it('are JSON lines on stderr without keys and people, where all goes well', async () => {
    const { stderr, stdout, messages } = await logsOf(['--sandbox']);
    const lines = linesOf(stderr);
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      expect(line).toMatchObject({
        level: expect.stringMatching(/^(debug|info|warn)$/),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        name: 'leaddyno-mcp',
        msg: expect.any(String),
      });
    }
    expect(stderr).not.toMatch(PERSONAL);
    expect(stderr).not.toContain('sandbox-key');
    expect(stdout).not.toContain('"level"');
    expect(messages.length).toBeGreaterThanOrEqual(calls.length + 1);
    const outcomes = lines
      .filter((line) => at(line, 'msg') === 'call')
      .map((line) => `${at(line, 'tool')} ${at(line, 'outcome')}`);
    expect(outcomes.sort()).toEqual(
      [
        'archive_affiliate asked',
        'archive_affiliate asked',
        'create_affiliate ok',
        'find_affiliate_by_email ok',
        'find_lead_by_email error',
        'get_affiliate error',
        'list_affiliates ok',
      ].sort(),
    );
  });

  it('are so where LeadDyno fails and quotes what it was sent', async () => {
    const upstream = await startUpstream(({ query, body, headers }, count) => {
      const echo = JSON.stringify({ query, body, headers });
      if (count % 3 === 0) return { reset: 'before the answer' };
      if (count % 3 === 1) return { status: 500, json: { error: `cannot do ${echo}` } };
      return { status: 401, headers: { 'x-echo': KEY }, text: `<p>${echo}</p>` };
    });
    const { stderr } = await logsOf(['--base-url', upstream.url, '--key-transport', 'query'], {
      LEADDYNO_API_KEY: KEY,
    });
    expect(linesOf(stderr).length).toBeGreaterThan(10);
    expect(stderr).not.toMatch(PERSONAL);
    for (const form of [KEY, encodeURIComponent(KEY), 'private', MARK]) expect(stderr).not.toContain(form);
    expect(upstream.requests.some(({ query }) => query.key === KEY)).toBe(true);
  });

  it('name no faults of ours', async () => {
    const { stderr } = await logsOf(['--sandbox']);
    expect(linesOf(stderr).filter((line) => at(line, 'msg') === 'fault')).toEqual([]);
  });
});

describe('logs', () => {
  it('are silent by default where all goes well', async () => {
    const child = await startBuilt(['--sandbox']);
    child.send(...initialize, toolCall(1, 'get_affiliate', { affiliate_id: 1001 }));
    child.endStdin();
    await child.exited;
    expect(child.stderr()).toBe('');
  });

  it('warn by default where LeadDyno fails', async () => {
    const upstream = await startUpstream(() => ({ status: 500, text: 'oops' }));
    const child = await startBuilt(['--base-url', upstream.url], { LEADDYNO_API_KEY: secret('private-key') });
    child.send(...initialize, toolCall(1, 'get_affiliate', { affiliate_id: 1001 }));
    child.endStdin();
    await child.exited;
    expect(linesOf(child.stderr()).map((line) => at(line, 'msg'))).toEqual(['leaddyno retry', 'leaddyno retry']);
  });
});
