import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/http-tokens.ts';
import { builtMain, cleanEnv, initialize, toolCall } from '../support/protocol-built.ts';
import { at } from '../support/protocol-json.ts';
import { closeAtEnd } from '../support/protocol-leaks.ts';

/** The built server, unable to make any file larger than a few KiB: writes stop half-way, as on a full disk. */
async function startLimited(blocks: number, args: readonly string[]) {
  const command = [process.execPath, await builtMain(), ...args];
  const child = spawn('sh', ['-c', `ulimit -f ${blocks} && exec "$@"`, 'sh', ...command], {
    env: cleanEnv(),
    stdio: 'pipe',
  });
  child.stderr.resume();
  const answers = new Map<unknown, (message: unknown) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line);
    answers.get(message.id)?.(message.result);
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const ask = (message: { id: number }) =>
    new Promise<unknown>((resolve) => {
      answers.set(message.id, resolve);
      send(message);
    });
  await ask(initialize[0]);
  send(initialize[1]);
  return closeAtEnd({
    call: (id: number, name: string, more: object) => ask(toolCall(id, name, more)),
    async close() {
      child.kill('SIGKILL');
      await exited;
    },
  });
}

it('where the disk fills up in the middle of a line nothing is sent, no half line stays, and reads go on', async () => {
  const folder = join(temporaryFolder().path, 'log');
  const server = await startLimited(16, ['--sandbox', '--rate-limit', '0', '--audit-log', folder]);
  const done: number[] = [];
  let refused: unknown;
  for (let id = 1; id < 60 && refused === undefined; id += 1) {
    const name = `Ann ${id} ${'x'.repeat(300)}`;
    const answer = await server.call(id, 'update_affiliate', { affiliate_id: 1001, first_name: name });
    if (at(answer, 'isError') === true) refused = answer;
    else done.push(id);
  }
  expect(at(refused, 'structuredContent', 'error', 'reason')).toBe('change_log_unavailable');
  expect(done.length).toBeGreaterThan(1);
  const current = await server.call(100, 'get_affiliate', { affiliate_id: 1001 });
  // What was refused was not carried out.
  expect(at(current, 'structuredContent', 'affiliate', 'first_name')).toMatch(new RegExp(`^Ann ${done.length} x`));

  const [file = ''] = readdirSync(folder);
  const text = readFileSync(join(folder, file), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ line }) => line === 'begin')).toHaveLength(done.length);
  const listed = await server.call(101, 'list_recent_changes', { limit: 1 });
  expect(at(listed, 'structuredContent', 'found')).toBe(done.length);
});
