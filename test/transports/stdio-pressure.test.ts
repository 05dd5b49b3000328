import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { LONGEST_LINE } from '../../src/transports/stdio-lines.ts';
import { builtMain, cleanEnv, initialize } from '../support/protocol-built.ts';

let main = '';
beforeAll(async () => {
  main = await builtMain();
}, 120_000);

const rssOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

const lines = (messages: readonly object[]) =>
  messages.map((one) => `${JSON.stringify({ jsonrpc: '2.0', ...one })}\n`).join('');

function start(stdout: 'read' | 'left') {
  const child = spawn(process.execPath, [main, '--sandbox'], { env: cleanEnv(), stdio: ['pipe', 'pipe', 'pipe'] });
  let [out, error] = ['', ''];
  if (stdout === 'read') child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (error += chunk));
  child.stdin.on('error', () => undefined);
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { child, exited, out: () => out, error: () => error };
}

test('a client that reads nothing is not read from for long, and costs no memory without bound', async () => {
  const { child, exited } = start('left');
  child.stdin.write(lines(initialize));
  const call = (id: number) => ({
    id,
    method: 'tools/call',
    params: { name: 'list_affiliates', arguments: { per_page: 200, detail: 'full' } },
  });
  // Each is answered with up to 100,000 characters: 4,000 of them would be 400 MB.
  const all = Array.from({ length: 4_000 }, (_, index) => call(1_000 + index));
  for (let from = 0; from < all.length; from += 100) child.stdin.write(lines(all.slice(from, from + 100)));
  let most = 0;
  for (let look = 0; look < 60; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    most = Math.max(most, rssOf(child.pid ?? 0));
  }
  process.stdout.write(
    `stdio without a reader: ${Math.round(most)} MB, ${child.stdin.writableLength} bytes not taken\n`,
  );
  expect(most).toBeLessThan(450);
  // What it did not read waits with the client.
  expect(child.stdin.writableLength).toBeGreaterThan(100_000);
  child.kill('SIGKILL');
  await exited;
});

test('a line that is too long ends the connection, with a message', async () => {
  const { child, exited, out, error } = start('read');
  child.stdin.write(lines(initialize));
  child.stdin.write(`{"jsonrpc":"2.0","id":9,"method":"ping","params":{"a":"${'x'.repeat(LONGEST_LINE)}`);
  expect(await exited).toBe(0);
  expect(out()).toContain('A line may have at most 4 MiB; this one is longer, so the connection ends.');
  expect(error()).toMatch(/too long/);
});

test('one that is just short enough is answered', async () => {
  const { child, exited, out } = start('read');
  child.stdin.write(lines(initialize));
  child.stdin.write(lines([{ id: 9, method: 'ping', params: { a: 'x'.repeat(LONGEST_LINE - 200) } }]));
  await expect.poll(out).toContain('"id":9');
  child.stdin.end();
  expect(await exited).toBe(0);
});
