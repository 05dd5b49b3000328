import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { closeAtEnd } from './protocol-leaks.ts';
import { readFolder } from './written.ts';

/** Whether there is no `redis-server` on this machine; `test/redis/installed.test.ts` reports that once. */
export const redisMissing = spawnSync('redis-server', ['--version']).status !== 0;

/** A real Redis on a loopback port. When it ends, everything written to it is searched for secrets. */
export interface RedisServer {
  readonly url: string;
  /** Kills it; its data is lost. */
  stop(): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  /** Suspends it: its connections stay open, but it does not answer. */
  freeze(): void;
  thaw(): void;
  /** Runs a command, as an administrator would. */
  command(line: string): Promise<unknown>;
  close(): Promise<void>;
}

export async function startRedis(...settings: string[]): Promise<RedisServer> {
  let port = await freePort();
  // In cluster mode, Redis also needs the port 10,000 higher.
  while (port > 55_000) port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  let running: ChildProcess | undefined;

  async function start(): Promise<void> {
    const quiet = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      // This file records all commands that write; it is searched at the end.
      '--appendonly',
      'yes',
      '--appendfsync',
      'no',
      '--auto-aof-rewrite-percentage',
      '0',
      '--dir',
      folder,
    ];
    const child = spawn('redis-server', [...quiet, ...settings], { stdio: ['ignore', 'pipe', 'ignore'] });
    running = child;
    const lines = createInterface({ input: child.stdout });
    let ready = false;
    for await (const line of lines) {
      ready = line.includes('Ready to accept connections');
      if (ready) break;
    }
    lines.close();
    child.stdout.resume();
    if (!ready) throw new Error('redis-server did not start');
  }

  async function stop(): Promise<void> {
    const child = running;
    running = undefined;
    if (!child || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
    readFolder(folder, 'redis');
    // Its next start is without data.
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  }

  await start();
  return closeAtEnd({
    url: `redis://127.0.0.1:${port}`,
    start,
    stop,
    freeze: () => void running?.kill('SIGSTOP'),
    thaw: () => void running?.kill('SIGCONT'),
    async command(line) {
      const [name = '', ...args] = line.split(' ');
      const client = new Redis({ port, enableReadyCheck: false, maxRetriesPerRequest: 1 });
      try {
        return await client.call(name, ...args);
      } finally {
        client.disconnect();
      }
    },
    async close() {
      await stop();
      rmSync(folder, { recursive: true });
    },
  });
}

/** Not a real Redis: a listener on a loopback port that answers every command with the error `answer`, or never. */
export async function startFakeRedis(answer?: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      const commands = data.toString().match(/^\*\d+\r$/gm)?.length ?? 0;
      if (answer !== undefined) socket.write(`-${answer}\r\n`.repeat(commands));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return closeAtEnd({
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
