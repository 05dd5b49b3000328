import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { builtMain, type Child, initialize, startBuilt, toolCall } from '../support/protocol-built.ts';
import { at } from '../support/protocol-json.ts';
import { toolNames } from '../support/tool-names.ts';
import { type Reply, startUpstream } from '../support/upstream.ts';
import { secret } from '../support/written.ts';

/** How long a call may take here: far longer than an end takes on a busy machine. */
const CALL_MS = 60_000;
const LIMIT_MS = CALL_MS / 2;
const RECORD: Reply = { json: { id: 1001, email: 'ann@example.com' } };

beforeAll(async () => {
  await builtMain();
});

/** How long the process still lives after `end`, and how it ends. */
async function timeToEnd(child: Child, end: () => void) {
  const began = performance.now();
  end();
  const exit = await child.exited;
  return { ...exit, ms: performance.now() - began };
}

const answerTo = (child: Child, id: number) => child.messages().find((message) => message.id === id);

/** A server on a scripted LeadDyno, past its handshake. */
async function startOn(reply: Reply) {
  const upstream = await startUpstream(() => reply);
  const child = await startBuilt(['--base-url', upstream.url, '--timeout', String(CALL_MS)], {
    LEADDYNO_API_KEY: secret('private-key'),
  });
  child.send(...initialize);
  await expect.poll(() => answerTo(child, 0)).toBeDefined();
  return { upstream, child };
}

const ends: readonly (readonly [name: string, end: (child: Child) => void])[] = [
  ['the end of stdin', (child) => child.endStdin()],
  ['SIGTERM', (child) => child.signal('SIGTERM')],
  ['SIGINT', (child) => child.signal('SIGINT')],
];

/** Side by side, because each of them takes its time. */
const afterEachEnd = (check: (end: (child: Child) => void, name: string) => Promise<void>) =>
  Promise.all(ends.map(([name, end]) => check(end, name)));

describe('after the end of stdin, SIGTERM and SIGINT', () => {
  it('an idle server is gone at once, and well', async () => {
    await afterEachEnd(async (end, name) => {
      const began = performance.now();
      const { child } = await startOn(RECORD);
      const startMs = performance.now() - began;
      const { code, signal, ms } = await timeToEnd(child, () => end(child));
      expect({ code, signal }, name).toEqual({ code: 0, signal: null });
      // It waits for nothing: beside what starting takes on the same machine.
      expect(ms, name).toBeLessThan(Math.max(1_000, 2 * startMs));
      expect(child.stderr(), name).toBe('');
    });
  });

  it('a server that was never spoken to is gone as well', async () => {
    await afterEachEnd(async (end, name) => {
      const child = await startBuilt(['--sandbox', '--log-level', 'info']);
      await expect.poll(() => child.stderr()).toContain('serving on stdio');
      const { code, ms } = await timeToEnd(child, () => end(child));
      expect(code, name).toBe(0);
      expect(ms, name).toBeLessThan(LIMIT_MS);
    });
  });

  it('a call that is nearly done is still answered', async () => {
    await afterEachEnd(async (end, name) => {
      const { child, upstream } = await startOn({ ...RECORD, delayMs: 250 });
      child.send(toolCall(1, 'update_affiliate', { affiliate_id: 1001, first_name: 'Anne' }));
      await expect.poll(() => upstream.requests.length).toBe(1);
      const { ms } = await timeToEnd(child, () => end(child));
      expect(ms, name).toBeLessThan(LIMIT_MS);
      expect(at(answerTo(child, 1)?.result, 'structuredContent', 'affiliate', 'id'), name).toBe(1001);
    });
  });

  it('a call without an answer does not keep it', async () => {
    await afterEachEnd(async (end, name) => {
      const { child, upstream } = await startOn('never');
      child.send(toolCall(1, 'get_affiliate', { affiliate_id: 1001 }));
      await expect.poll(() => upstream.requests.length).toBe(1);
      const { code, ms } = await timeToEnd(child, () => end(child));
      expect(code, name).toBe(0);
      expect(ms, name).toBeLessThan(LIMIT_MS);
      await expect.poll(() => upstream.abandoned()).toBe(1);
    });
  });
});

describe('a client that goes away', () => {
  it('by closing stdout ends the server', async () => {
    const { child } = await startOn(RECORD);
    const { code, ms } = await timeToEnd(child, () => {
      child.stopReading('stdout');
      child.send({ id: 1, method: 'tools/list' }, { id: 2, method: 'tools/list' });
    });
    expect(code).toBe(0);
    expect(ms).toBeLessThan(LIMIT_MS);
    // It may say so in its log; it does not fall over it.
    for (const line of child.stderr().split('\n').filter(Boolean)) {
      expect(JSON.parse(line)).toMatchObject({ level: 'warn', msg: 'transport' });
    }
  });

  it('by closing stdout while a call is under way ends the server', async () => {
    const { child, upstream } = await startOn({ ...RECORD, delayMs: 200 });
    child.send(toolCall(1, 'get_affiliate', { affiliate_id: 1001 }));
    await expect.poll(() => upstream.requests.length).toBe(1);
    const { code, ms } = await timeToEnd(child, () => child.stopReading('stdout'));
    expect(code).toBe(0);
    expect(ms).toBeLessThan(LIMIT_MS);
  });

  it('from stderr alone does not take the server down', async () => {
    const child = await startBuilt(['--sandbox', '--log-level', 'debug']);
    child.send(...initialize);
    await expect.poll(() => answerTo(child, 0)).toBeDefined();
    child.stopReading('stderr');
    for (const id of [1, 2, 3]) {
      child.send(toolCall(id, 'get_affiliate', { affiliate_id: 1000 + id }));
      await expect.poll(() => answerTo(child, id)?.result).toBeDefined();
    }
    expect((await timeToEnd(child, () => child.endStdin())).code).toBe(0);
  });
});

describe('piped input', () => {
  it('is answered in full, although stdin ends at once', async () => {
    const child = await startBuilt(['--sandbox']);
    const calls = [1, 2, 3, 4, 5].map((index) => toolCall(10 + index, 'get_affiliate', { affiliate_id: 1000 + index }));
    child.send(...initialize, { id: 1, method: 'tools/list' }, ...calls);
    const { code, ms } = await timeToEnd(child, () => child.endStdin());
    expect(code).toBe(0);
    expect(ms).toBeLessThan(LIMIT_MS);
    expect(at(answerTo(child, 1)?.result, 'tools')).toHaveLength(toolNames.length);
    for (const { id } of calls) {
      expect(at(answerTo(child, id)?.result, 'structuredContent', 'affiliate', 'id')).toBe(990 + id);
    }
  });

  it('of the current revision is answered in full, too', async () => {
    const child = await startBuilt(['--sandbox']);
    const _meta = {
      [PROTOCOL_VERSION_META_KEY]: '2026-07-28',
      [CLIENT_INFO_META_KEY]: { name: 'by-hand', version: '1' },
      [CLIENT_CAPABILITIES_META_KEY]: {},
    };
    child.send(
      { id: 1, method: 'server/discover', params: { _meta } },
      { id: 2, method: 'tools/call', params: { _meta, name: 'count_affiliates', arguments: {} } },
      { id: 3, method: 'tools/call', params: { _meta, name: 'archive_affiliate', arguments: { affiliate_id: 1001 } } },
    );
    child.endStdin();
    expect((await child.exited).code).toBe(0);
    expect(at(answerTo(child, 1)?.result, 'instructions')).toMatch(/LeadDyno/);
    expect(at(answerTo(child, 2)?.result, 'structuredContent', 'count')).toBe(250);
    expect(at(answerTo(child, 3)?.result, 'structuredContent', 'confirmation', 'question')).toMatch(/^Archive/);
  });

  it('that is nonsense does not take the server down', async () => {
    const child = await startBuilt(['--sandbox']);
    child.send(...initialize, { id: 1, method: 'no/such/method' }, { nonsense: true }, { id: {}, method: 7 });
    child.send(toolCall(2, 'count_leads'));
    child.endStdin();
    expect((await child.exited).code).toBe(0);
    expect(at(answerTo(child, 1)?.error, 'code')).toBe(-32601);
    expect(at(answerTo(child, 2)?.result, 'structuredContent', 'count')).toBe(2_000);
  });
});
