import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/http-tokens.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { closeAtEnd } from '../support/protocol-leaks.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import {
  registerSecret,
  secret,
  takeFindings,
  watches,
  watchPort,
  watchTransport,
  writer,
} from '../support/written.ts';

/*
 * The search that runs beside every other test, and fails it where the server wrote a secret: that it would find one.
 */

const KEY = secret('a-key');
// Whatever was found here was put here.
afterEach(() => void takeFindings());

const encodings: readonly (readonly [string, (text: string) => string])[] = [
  ['as it is', (text) => text],
  ['percent-encoded', encodeURIComponent],
  ['in lower case', (text) => text.toLowerCase()],
  ['in hexadecimal', (text) => Buffer.from(text).toString('hex')],
  ['in base64', (text) => Buffer.from(`x${text}`).toString('base64')],
  ['in base64url', (text) => Buffer.from(`xy${text}`).toString('base64url')],
  ['in JSON in JSON', (text) => JSON.stringify(JSON.stringify({ text }))],
];

async function printed(stream: 'stdout' | 'stderr', text: string): Promise<void> {
  // In two pieces, each read by itself.
  const middle = Math.floor(text.length / 2);
  const [first, second] = [text.slice(0, middle), text.slice(middle)];
  const script = `process.${stream}.write(process.argv[1]); setTimeout(() => process.${stream}.write(process.argv[2]), 60)`;
  await once(
    spawn(process.execPath, ['-e', script, first, second]).on('spawn', () => undefined),
    'close',
  );
}

async function served(handle: (path: string) => string): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => response.end(handle(request.url ?? '')));
  return closeAtEnd(await listenOnLoopback(server));
}

const get = async (port: number, headers: Record<string, string> = {}) =>
  (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close', ...headers } })).text();

describe('a secret is found', () => {
  it('can be watched for on this Node.js', () => expect(watches()).toBe(true));

  it.each(encodings)('%s, in what a process prints', async (_, encode) => {
    await printed('stdout', `before ${encode(KEY)} after`);
    expect(takeFindings()).toEqual([expect.stringContaining('the stdout of')]);
    await printed('stderr', encode(KEY));
    expect(takeFindings()).toEqual([expect.stringContaining('the stderr of')]);
  });

  it('in an answer over HTTP, and nowhere where LeadDyno itself answers', async () => {
    const server = await served(() => `{"key":"${KEY}"}`);
    await get(server.port);
    expect(takeFindings()).toEqual([]);
    const end = watchPort(server.port);
    await get(server.port);
    expect(takeFindings()).toEqual([expect.stringContaining('an answer over HTTP')]);
    end();
    await get(server.port);
    expect(takeFindings()).toEqual([]);
  });

  it('where it is what the caller has sent', async () => {
    const server = await served(() => '{"you":"sent my-own-token-that-is-long"}');
    const end = watchPort(server.port);
    await get(server.port);
    expect(takeFindings()).toEqual([]);
    await get(server.port, { authorization: 'Bearer my-own-token-that-is-long' });
    expect(takeFindings()).toEqual([expect.stringContaining('what a caller sent')]);
    end();
  });

  it('in a message in process, a file, a log and Redis', async () => {
    const [, serverEnd] = InMemoryTransport.createLinkedPair();
    await watchTransport(serverEnd).send({ jsonrpc: '2.0', id: 1, result: { text: KEY } });
    expect(takeFindings()).toHaveLength(1);
    const folder = temporaryFolder();
    writeFileSync(join(folder.path, 'export.csv'), `id,key\n1,${KEY}\n`);
    await folder.close();
    expect(takeFindings()).toEqual([expect.stringContaining('export.csv')]);
    const write = writer('a log', 'logs');
    for (const letter of KEY) write(letter);
    expect(takeFindings()).toHaveLength(1);
  });

  it.skipIf(redisMissing)('in Redis', async () => {
    const redis = await startRedis();
    const client = new Redis(redis.url);
    await client.set('name', `the ${KEY}`);
    await client.quit();
    await redis.close();
    expect(takeFindings()).not.toEqual([]);
  });

  it('that was made while the tests run', () => {
    registerSecret('a token', 'made-by-the-server-itself');
    writer('a log', 'logs')(Buffer.from('made-by-the-server-itself').toString('base64'));
    expect(takeFindings()).toEqual([expect.stringContaining('a token in a log')]);
  });
});

describe('what a caller was given for itself', () => {
  const answers = (text: string) => writer('an answer', 'answers')(text);
  const token = `v1.${'aB3-'.repeat(20)}.${'x_9'.repeat(14)}`;
  const link = '0123456789abcdef'.repeat(3);

  it('is no finding in its answer', () => {
    answers(JSON.stringify({ text: JSON.stringify({ confirmation_token: token, url: `https://a/sign_in/${link}` }) }));
    expect(takeFindings()).toEqual([]);
  });

  it.each(['before', 'after'])('is one in what others read, written %s', (order) => {
    const log = () => writer('a log', 'logs')(`{"token":"${token}","link":"${link}"}`);
    if (order === 'before') log();
    answers(JSON.stringify({ confirmation_token: token }));
    answers(JSON.stringify({ url: `https://affiliates.example.com/sign_in/${link}` }));
    if (order === 'after') log();
    expect(takeFindings()).toEqual(['a confirmation in a log', 'a sign-in link in a log']);
  });
});
