import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { tolerantLines } from '../../src/transports/stdio-lines.ts';
import { builtMain, cleanEnv, initialize, startBuilt } from '../support/protocol-built.ts';

/** What a stream of bytes becomes, cut into chunks anywhere. */
function pass(bytes: Buffer, cuts: readonly number[] = []) {
  const answers: unknown[] = [];
  let unread = 0;
  let out = '';
  const lines = tolerantLines({
    answer: (message) => answers.push(message),
    onUnread: () => {
      unread += 1;
    },
  });
  lines.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  let from = 0;
  for (const cut of [...cuts.map((at) => at % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
    lines.write(bytes.subarray(from, cut));
    from = cut;
  }
  const messages = () =>
    out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return { answers, unread: () => unread, messages };
}

/** util-linux's `script` gives a program a terminal. */
const hasTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('lines on stdin', () => {
  it('come through as they are, however they are cut', async () => {
    // The values of params themselves may be anything; null for one of them means not given.
    const params = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,8}$/),
      fc.jsonValue().filter((value) => value !== null),
    );
    const message = fc.record({ jsonrpc: fc.constant('2.0'), id: fc.nat(), method: fc.string(), params });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 8 }), async (all, cuts) => {
        const text = all.map((one) => `${JSON.stringify(one)}\r\n`).join('\n');
        const { messages, unread } = pass(Buffer.from(text), cuts);
        await settled();
        expect(messages()).toEqual(JSON.parse(JSON.stringify(all)));
        expect(unread()).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('lose their mark, and no params where those are null', async () => {
    const { messages } = pass(Buffer.from('\uFEFF{"jsonrpc":"2.0","id":1,"method":"ping","params":null}\n'), [1, 2]);
    await settled();
    expect(messages()).toEqual([{ jsonrpc: '2.0', id: 1, method: 'ping' }]);
  });

  it.each<[string, unknown, unknown]>([
    ['params: ""', { method: 'tools/list', params: '' }, { method: 'tools/list' }],
    ['params: []', { method: 'tools/list', params: [] }, { method: 'tools/list' }],
    ['cursor: null', { method: 'tools/list', params: { cursor: null } }, { method: 'tools/list', params: {} }],
    ['_meta: null', { method: 'ping', params: { _meta: null } }, { method: 'ping', params: {} }],
    [
      'progressToken: null',
      { method: 'ping', params: { _meta: { progressToken: null, a: 1 } } },
      { method: 'ping', params: { _meta: { a: 1 } } },
    ],
    [
      'fields of others',
      { method: 'ping', session: 'x', params: { a: null, b: [null] } },
      { method: 'ping', params: { b: [null] } },
    ],
    [
      'arguments as JSON text',
      { method: 'tools/call', params: { name: 'a', arguments: '{"b":null}' } },
      { method: 'tools/call', params: { name: 'a', arguments: { b: null } } },
    ],
    [
      'arguments: ""',
      { method: 'tools/call', params: { name: 'a', arguments: '' } },
      { method: 'tools/call', params: { name: 'a' } },
    ],
    [
      'arguments: []',
      { method: 'tools/call', params: { name: 'a', arguments: [] } },
      { method: 'tools/call', params: { name: 'a' } },
    ],
    ['an answer', { result: { a: null } }, { result: { a: null } }],
  ])('are made what is meant: %s', async (_, sent, taken) => {
    const frame = { jsonrpc: '2.0', id: 5 };
    const { answers, messages } = pass(Buffer.from(`${JSON.stringify({ ...frame, ...(sent as object) })}\n`));
    await settled();
    expect(messages()).toEqual([{ ...frame, ...(taken as object) }]);
    expect(answers).toEqual([]);
  });

  it.each<[string, unknown, unknown, number]>([
    ['params that are no object', { id: 5, method: 'ping', params: 7 }, 5, -32602],
    ['params that are a list', { id: 5, method: 'ping', params: [1] }, 5, -32602],
    ['_meta that is no object', { id: 5, method: 'ping', params: { _meta: 'x' } }, 5, -32602],
    [
      'a token that is neither text nor a number',
      { id: 5, method: 'ping', params: { _meta: { progressToken: {} } } },
      5,
      -32602,
    ],
    ['another jsonrpc', { jsonrpc: '1.0', id: 5, method: 'ping' }, 5, -32600],
    ['a method that is no text', { id: 5, method: 3 }, 5, -32600],
    ['an id that is none', { id: { a: 1 }, method: 'ping' }, null, -32600],
    ['an id of null', { id: null, method: 'ping' }, null, -32600],
  ])('are answered where the SDK would drop them: %s', async (_, sent, id, code) => {
    const { answers, messages } = pass(Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', ...(sent as object) })}\n`));
    await settled();
    expect(answers).toMatchObject([{ jsonrpc: '2.0', id, error: { code } }]);
    expect(messages()).toEqual([]);
  });

  it('are answered where they are an array, and told of where they are no JSON', async () => {
    const { answers, messages, unread } = pass(
      Buffer.from(
        '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"id":"b","method":"x"},{"method":"n"}]\n[]\nhello\n{"a":\n',
      ),
    );
    await settled();
    expect(answers).toMatchObject([
      { id: 1, error: { code: -32600 } },
      { id: 'b', error: { code: -32600 } },
      { id: null, error: { code: -32600 } },
    ]);
    expect(unread()).toBe(2);
    expect(messages()).toEqual([]);
  });
});

describe('the built server', () => {
  beforeAll(async () => {
    await builtMain();
  });

  it('answers params: null and an array, and says once that it could not read a line', async () => {
    const child = await startBuilt(['--sandbox']);
    child.send(...initialize);
    child.send({ id: 71, method: 'tools/list', params: null }, { id: 72, method: 'ping', params: null });
    child.write('not json\nstill not\n[{"jsonrpc":"2.0","id":73,"method":"ping"}]\n');
    const answerTo = (id: number) => child.messages().find((message) => message.id === id);
    await expect.poll(() => answerTo(71)?.result).toBeDefined();
    await expect.poll(() => answerTo(72)?.result).toBeDefined();
    await expect.poll(() => answerTo(73)?.error).toMatchObject({ code: -32600 });
    await expect.poll(() => child.stderr()).toContain('not a JSON message');
    expect(child.stderr().trim().split('\n')).toHaveLength(1);
    expect(child.stderr()).not.toContain('not json');
    expect(JSON.parse(child.stderr())).toMatchObject({ level: 'warn' });
  });

  it('answers every request, whatever is null in it, and reads arguments as JSON text', async () => {
    const child = await startBuilt(['--sandbox']);
    child.send(...initialize);
    const requests: object[] = [
      ...['tools/list', 'resources/list', 'prompts/list', 'resources/templates/list'].map((method) => ({
        method,
        params: { cursor: null, _meta: null },
      })),
      { method: 'tools/call', params: { name: 'list_campaigns', arguments: {}, _meta: { progressToken: null } } },
      { method: 'tools/call', params: { name: 'get_affiliate', arguments: '{"affiliate_id":1001}' } },
      { method: 'tools/call', params: { name: 'list_campaigns', arguments: '', task: null } },
    ];
    child.send(...requests.map((request, index) => ({ id: 80 + index, ...request })));
    for (const index of requests.keys()) {
      await expect.poll(() => child.messages().find(({ id }) => id === 80 + index)?.result).toBeDefined();
    }
    child.send({ id: 99, method: 'tools/list', params: 7 });
    await expect.poll(() => child.messages().find(({ id }) => id === 99)?.error).toMatchObject({ code: -32602 });
    expect(child.stderr()).toBe('');
  });

  it('skips a byte order mark before the first line', async () => {
    const child = await startBuilt(['--sandbox']);
    child.write('\uFEFF');
    child.send(...initialize);
    await expect.poll(() => child.messages().find(({ id }) => id === 0)?.result).toBeDefined();
    expect(child.stderr()).toBe('');
  });

  it.skipIf(!hasTerminal)('tells a person in a terminal that it waits for a client, and of config', async () => {
    const command = `"${process.execPath}" "${await builtMain()}" --sandbox`;
    const shown = promisify(execFile)('script', ['-qec', command, '/dev/null'], { env: cleanEnv() });
    // The end of its input is that of the terminal's, which ends the server.
    shown.child.stdin?.end();
    const { stdout } = await shown;
    const lines = stdout.split(/\r?\n/).filter((line) => line.includes('MCP'));
    expect(lines).toEqual([expect.stringMatching(/server.*config/)]);
  });
});
