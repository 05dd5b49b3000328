import { describe, expect, it } from 'vitest';
import { connectHttp, type HttpKind } from '../support/http-clients.ts';
import { connectRaw, legacy, modern, post, toolCall, until } from '../support/http-raw.ts';
import { startHttpAt } from '../support/http-server.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';

/** A server on a LeadDyno that holds one read back until it is told to answer it. */
async function start(...argv: string[]) {
  const held: (() => void)[] = [];
  const upstream = await startLeadDyno((_, response) => {
    held.push(() => answerJson(response, { count: 7 }));
  });
  const server = await startHttpAt(upstream.url, { argv: ['--key-transport', 'header', ...argv] });
  return { held, upstream, server };
}

/** Calls, and gives the call up once LeadDyno has it. */
async function giveUp(kind: HttpKind, { held, server }: Awaited<ReturnType<typeof start>>) {
  const client = await connectHttp(server.url, kind);
  const controller = new AbortController();
  const call = client.call('count_leads', {}, { signal: controller.signal });
  await until(() => held.length === 1);
  controller.abort(new Error('given up'));
  await expect(call).rejects.toThrow();
}

describe('a call of 2026-07-28', () => {
  it('that its client gives up is given up to LeadDyno', async () => {
    const setting = await start();
    await giveUp('modern', setting);
    await until(() => setting.upstream.abandoned() === 1);
    await until(() => setting.server.logged().includes('"outcome":"cancelled"'));
    expect(setting.server.faults).toEqual([]);
  });

  it('whose connection closes is given up to LeadDyno', async () => {
    const { held, upstream, server } = await start();
    const { headers, body } = toolCall(modern, 'count_leads');
    const { socket } = connectRaw(server.port);
    const lines = Object.entries({ ...headers, host: 'localhost', 'content-length': String(body.length) });
    socket.write(`POST /mcp HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
    await until(() => held.length === 1);
    socket.destroy();
    await until(() => upstream.abandoned() === 1);
  });

  it('goes on for others who asked the same', async () => {
    const { held, upstream, server } = await start();
    const other = post(server.port, toolCall(modern, 'count_leads'));
    await until(() => held.length === 1);
    await giveUp('modern', { held, upstream, server });
    held[0]?.();
    expect((await other).text).toContain('"count":7');
    expect({ asked: upstream.requests.length, abandoned: upstream.abandoned() }).toEqual({ asked: 1, abandoned: 0 });
  });
});

describe.each(['legacy', 'v1'] as const)('a call of 2025 (%s)', (kind) => {
  it('that its client gives up goes on: the message never reaches it', async () => {
    const setting = await start();
    await giveUp(kind, setting);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(setting.upstream.abandoned()).toBe(0);
    setting.held[0]?.();
    await until(() => setting.server.logged().includes('"outcome":"ok"'));
    expect(setting.server.logged()).not.toContain('cancelled');
  });

  it('is bounded by the deadline', async () => {
    const setting = await start('--timeout', '1000');
    await giveUp(kind, setting);
    await until(() => setting.upstream.abandoned() === 1);
    await until(() => setting.server.logged().includes('"outcome":"error"'));
  });
});

it('a message of cancellation of 2025 is taken and changes nothing', async () => {
  const { held, upstream, server } = await start();
  const call = post(server.port, toolCall(legacy, 'count_leads'));
  await until(() => held.length === 1);
  const { headers, body } = legacy('notifications/cancelled', { requestId: 1 });
  const { id: _, ...message } = JSON.parse(body);
  expect((await post(server.port, { headers, body: JSON.stringify(message) })).status).toBe(202);
  held[0]?.();
  expect((await call).text).toContain('"count":7');
  expect(upstream.abandoned()).toBe(0);
});
