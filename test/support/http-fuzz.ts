import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connectHttp, httpKinds } from './http-clients.ts';
import { type FuzzRequest, makeRequest } from './http-fuzz-requests.ts';
import { createRandom, type Random } from './http-fuzz-values.ts';
import { until } from './http-raw.ts';
import { KEY, type SandboxHttpServer, startHttp } from './http-server.ts';
import { writeTokens } from './http-tokens.ts';

export interface FuzzReport {
  readonly requests: number;
  readonly seconds: number;
  /** Answers by status; `closed` and `reset` (by the client) count connections without an answer. */
  readonly answers: Readonly<Record<string, number>>;
  /** Requests by kind. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  readonly heapGrowthMiB: number;
  /** What went wrong, each with the seed and request that reproduce it. */
  readonly problems: readonly string[];
}

/** Requests at the same time. */
const WORKERS = 8;
const PATIENCE_MS = 8_000;

interface Target {
  readonly server: SandboxHttpServer;
  /** Headers that authorize a request. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends `count` malformed requests, the same for the same seed, to a server without authentication, to one with tokens
 * and to one where callers bring their keys. Checks every answer, and then that all three servers still work.
 */
export async function fuzz(count: number, seed: number): Promise<FuzzReport> {
  const { path, tokens, close } = writeTokens({ fuzzer: ['leaddyno:read', 'leaddyno:write'] });
  const targets: Target[] = [
    { server: await startHttp(), headers: {} },
    {
      server: await startHttp({ argv: ['--http-tokens-file', path] }),
      headers: { authorization: `Bearer ${tokens.fuzzer}` },
    },
    { server: await startHttp({ argv: ['--caller-key'] }), headers: { 'x-leaddyno-api-key': KEY } },
  ];
  const inbound = watchInbound(targets.map(({ server }) => server.port));
  const tally = createTally();
  const heapBefore = heapMiB();
  const began = performance.now();
  try {
    let next = 0;
    const worker = async () => {
      while (next < count) {
        const index = next;
        next += 1;
        await one(createRandom(seed * 1_000_003 + index), targets, tally, `seed ${seed}, request ${index}`);
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, worker));
    const seconds = (performance.now() - began) / 1000;
    await until(() => inbound.open() === 0).catch(() => tally.problem(`${inbound.open()} connections are left`));
    for (const target of targets) await checkAfter(target, tally);
    const heapGrowthMiB = Math.round(heapMiB() - heapBefore);
    return { requests: count, seconds, heapGrowthMiB, ...tally.report() };
  } finally {
    inbound.stop();
    for (const { server } of targets) await server.close();
    await close();
  }
}

/** The heap in use after a forced garbage collection. */
function heapMiB(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function createTally() {
  const answers: Record<string, number> = {};
  const kinds: Record<string, number> = {};
  const problems: string[] = [];
  let slowestMs = 0;
  const add = (counts: Record<string, number>, name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  return {
    answer: (status: string) => add(answers, status),
    kind: (name: string) => add(kinds, name),
    took: (ms: number) => {
      slowestMs = Math.max(slowestMs, ms);
    },
    problem: (text: string) => problems.push(text),
    report: () => ({ answers, kinds, problems, slowestMs: Math.round(slowestMs) }),
  };
}

type Tally = ReturnType<typeof createTally>;

async function one(random: Random, targets: readonly Target[], tally: Tally, name: string): Promise<void> {
  const { server, headers } = random.pick(targets);
  const made = makeRequest(random);
  const request = random.chance(0.9) ? { ...made, bytes: withHeaders(made.bytes, headers) } : made;
  tally.kind(request.kind);
  const began = performance.now();
  const text = await exchange(server.port, request);
  tally.took(performance.now() - began);
  const problem = (what: string) =>
    tally.problem(`${name} (${request.kind}): ${what}: ${request.bytes.subarray(0, 2_000).toString('latin1')}`);
  if (text === undefined) return void problem('no end');
  const statuses = [...text.matchAll(/(?:^|\n)HTTP\/1\.[01] (\d{3}) /g)].map(([, status = '']) => status);
  for (const status of statuses) tally.answer(status);
  if (statuses.length === 0) tally.answer(request.resetAfter === undefined ? 'closed' : 'reset');
  for (const status of statuses) if (status >= '500' && status !== '503') problem(`answered ${status}`);
  if (statuses.some((status) => status === '503')) problem('answered 503 though there was room');
  if (request.expected === 'any') return;
  if (statuses.some((status) => !status.startsWith('4'))) problem(`answered ${statuses.join(', ')}`);
  if (request.expected === 'refused' && statuses.length === 0) problem('closed without an answer');
}

/** Inserts headers after the request line, if there is one. */
function withHeaders(bytes: Buffer, headers: Readonly<Record<string, string>>): Buffer {
  const end = bytes.indexOf('HTTP/1.1\r\n');
  if (end < 0) return bytes;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([bytes.subarray(0, end + 10), Buffer.from(lines.join('')), bytes.subarray(end + 10)]);
}

/** Everything received before the connection closed; undefined if it did not close in time. */
function exchange(port: number, { bytes, resetAfter }: FuzzRequest): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const timer = setTimeout(() => {
      resolve(undefined);
      socket.destroy();
    }, PATIENCE_MS);
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    if (resetAfter === undefined) socket.end(bytes);
    else socket.write(bytes.subarray(0, resetAfter), () => socket.resetAndDestroy());
  });
}

/** Checks that a server still serves all kinds of clients, and that nothing was changed and no fault reported. */
async function checkAfter({ server, headers }: Target, tally: Tally): Promise<void> {
  for (const kind of httpKinds) {
    const client = await connectHttp(server.url, kind, { headers });
    const { data } = await client.call('count_affiliates');
    if (data.count !== 60) tally.problem(`a ${kind} client is served wrongly afterwards: ${JSON.stringify(data)}`);
    await client.close();
  }
  if (server.writes().length > 0) tally.problem(`LeadDyno was changed: ${server.writes().join(', ')}`);
  for (const fault of server.faults) tally.problem(`a fault was reported: ${String(fault)}`);
}

/** Counts the open connections to servers of this process on these ports. */
function watchInbound(ports: readonly number[]) {
  const sockets = new Set<Socket>();
  const see = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    if (!ports.includes(socket.localPort ?? 0)) return;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  subscribe('net.server.socket', see);
  return { open: () => sockets.size, stop: () => unsubscribe('net.server.socket', see) };
}
