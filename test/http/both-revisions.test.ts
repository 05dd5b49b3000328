import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectHttp, httpKinds } from '../support/http-clients.ts';
import { ask, legacy, modern, post, toolCall } from '../support/http-raw.ts';
import { type SandboxHttpServer, startHttp } from '../support/http-server.ts';
import { toolNames } from '../support/tool-names.ts';

let server: SandboxHttpServer;

beforeAll(async () => {
  server = await startHttp();
});
afterAll(() => server.close());

describe.each(httpKinds)('a %s client', (kind) => {
  it('lists the same tools and resources as any other, and calls, reads and completes', async () => {
    const client = await connectHttp(server.url, kind);
    const other = await connectHttp(server.url, 'modern');
    const names = await client.toolNames();
    expect(names).toHaveLength(toolNames.length);
    expect(names).toEqual(await other.toolNames());
    expect(await client.resourceUris()).toEqual(await other.resourceUris());

    const { isError, data } = await client.call('count_affiliates');
    expect({ isError, data }).toEqual({ isError: false, data: { count: 60 } });
    expect(JSON.parse(await client.read('leaddyno://affiliates/1001'))).toMatchObject({ affiliate: { id: 1001 } });
    expect(await client.complete('ann')).toContain('1001');
    expect(await client.complete('an')).toEqual([]);
  });

  it('gets what is wrong with a call in its result, and a protocol error for a tool that is none', async () => {
    const client = await connectHttp(server.url, kind);
    const { isError, text } = await client.call('get_affiliate', { affiliate: 1 });
    expect(isError).toBe(true);
    expect(text).toContain('affiliate_id');
    await expect(client.call('get_afiliate')).rejects.toThrow(/get_afiliate/);
    await expect(client.read('leaddyno://affiliates/999999')).rejects.toThrow(/999999/);
  });
});

it('serves all of them at the same time, each its own answers', async () => {
  const clients = await Promise.all(httpKinds.map((one) => connectHttp(server.url, one)));
  const ids = Array.from({ length: 30 }, (_, index) => 1001 + index);
  const results = await Promise.all(
    ids.map((id, index) => clients[index % clients.length]?.call('get_affiliate', { affiliate_id: id })),
  );
  expect(results.map((result) => result?.data)).toMatchObject(ids.map((id) => ({ affiliate: { id } })));
});

describe('the endpoint', () => {
  it.each(['GET', 'DELETE', 'HEAD', 'PUT', 'PATCH', 'TRACE', 'PROPFIND'])('answers %s with 405', async (method) => {
    for (const revision of ['2026-07-28', '2025-11-25']) {
      const headers = { accept: 'text/event-stream', 'mcp-protocol-version': revision, 'mcp-session-id': 'x' };
      const { status, headers: said } = await ask(server.port, { method, headers });
      expect({ status, allow: said.allow }).toEqual({ status: 405, allow: 'POST' });
    }
  });

  it('answers a notification with 202 and nothing', async () => {
    for (const message of [modern, legacy]) {
      const { headers, body } = message('notifications/initialized');
      const { id: _, ...notification } = JSON.parse(body);
      const answer = await post(server.port, { headers, body: JSON.stringify(notification) });
      expect({ status: answer.status, text: answer.text }).toEqual({ status: 202, text: '' });
    }
  });

  it('says hello in the way of each revision, and keeps no session', async () => {
    const discovered = await post(server.port, modern('server/discover'));
    expect(discovered.status).toBe(200);
    expect(JSON.parse(discovered.text).result).toMatchObject({
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
    });
    for (const protocolVersion of ['2025-11-25', '2025-06-18', '2025-03-26']) {
      const { headers, body } = legacy('initialize', {
        protocolVersion,
        capabilities: {},
        clientInfo: { name: 'by-hand', version: '1' },
      });
      const answer = await post(server.port, {
        headers: { ...headers, 'mcp-protocol-version': protocolVersion },
        body,
      });
      expect(answer.status).toBe(200);
      expect(answer.text).toContain(`"protocolVersion":"${protocolVersion}"`);
      expect(answer.headers).not.toHaveProperty('mcp-session-id');
    }
  });

  it.each<[string, Record<string, string>, number]>([
    ['another method in the header', { 'mcp-method': 'tools/list' }, -32020],
    ['another tool in the header', { 'mcp-name': 'get_affiliate' }, -32020],
    ['another revision in the header', { 'mcp-protocol-version': '2025-11-25' }, -32020],
    ['no tool in the header', { 'mcp-name': '' }, -32020],
    ['the tool in base64, wrongly', { 'mcp-name': '=?base64?Z2V0?=' }, -32020],
  ])('refuses %s', async (_, more, code) => {
    const { status, text } = await post(server.port, toolCall(modern, 'count_affiliates', {}, more));
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ error: { code }, id: 1 });
  });

  it('takes the name of the tool in base64', async () => {
    const name = `=?base64?${Buffer.from('count_affiliates').toString('base64')}?=`;
    const { status, text } = await post(server.port, toolCall(modern, 'count_affiliates', {}, { 'mcp-name': name }));
    expect({ status, result: JSON.parse(text).result.structuredContent }).toEqual({
      status: 200,
      result: { count: 60 },
    });
  });

  it('names the revisions it knows to a client of another', async () => {
    const { headers, body } = modern('tools/list');
    const answer = await post(server.port, {
      headers: { ...headers, 'mcp-protocol-version': '2027-01-01' },
      body: body.replace('2026-07-28', '2027-01-01'),
    });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).error).toMatchObject({ code: -32022, data: { supported: ['2026-07-28'] } });
  });

  it('ends a subscription at once: nothing here changes while it runs', async () => {
    const wanted = {
      toolsListChanged: true,
      resourcesListChanged: true,
      resourceSubscriptions: ['leaddyno://program'],
    };
    const { status, text } = await post(server.port, modern('subscriptions/listen', { notifications: wanted }));
    expect(status).toBe(200);
    expect(text).toContain('"notifications":{}');
    expect(text).toContain('"resultType":"complete"');
  });

  it('is at /mcp, with or without a slash at its end, and nowhere else', async () => {
    const message = toolCall(modern, 'count_affiliates');
    for (const path of ['/', '/mcp//', '/MCP', '//mcp', '/mcp%2f', '/x/../mcp', 'http://localhost/mcp', '/sse']) {
      expect((await ask(server.port, { method: 'POST', path, ...message })).status, path).toBe(404);
    }
    for (const path of ['/mcp?x=1', '/mcp/', '/mcp/?x=1']) {
      expect((await ask(server.port, { method: 'POST', path, ...message })).status, path).toBe(200);
    }
  });
});
