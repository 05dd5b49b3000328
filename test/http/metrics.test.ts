import { describe, expect, it } from 'vitest';
import { connectHttp } from '../support/http-clients.ts';
import { ask } from '../support/http-raw.ts';
import { KEY, startHttp, startHttpAt } from '../support/http-server.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { askedIn, at } from '../support/protocol-json.ts';
import { secret } from '../support/written.ts';

const TOKEN = secret('a-token-of-the-tests');
const bearer = { authorization: `Bearer ${TOKEN}` };

/** The samples of our own metrics, by name and labels. */
async function samples(port: number, headers = {}): Promise<Record<string, number>> {
  const { status, text, headers: said } = await ask(port, { path: '/metrics', headers });
  expect({ status, type: said['content-type'] }).toEqual({ status: 200, type: expect.stringContaining('text/plain') });
  const lines = text.split('\n').filter((line) => line.startsWith('leaddyno_mcp_') && !line.includes('_bucket'));
  return Object.fromEntries(lines.map((line) => [line.replace(/ \S+$/, ''), Number(/\S+$/.exec(line)?.[0])]));
}

describe('/metrics', () => {
  it('is not there unless it is asked for', async () => {
    const server = await startHttp();
    expect((await ask(server.port, { path: '/metrics' })).status).toBe(404);
  });

  it('is behind authentication where there is one', async () => {
    const server = await startHttp({ argv: ['--metrics'], env: { LEADDYNO_MCP_TOKEN: TOKEN } });
    const refused = await ask(server.port, { path: '/metrics' });
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer /);
    expect(refused.text).not.toContain('leaddyno_mcp_');
    expect((await ask(server.port, { path: '/metrics', headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    const { status, text } = await ask(server.port, { path: '/metrics', headers: bearer });
    expect(status).toBe(200);
    expect(text).toContain('process_resident_memory_bytes');
    for (const secret of [KEY, TOKEN]) expect(text).not.toContain(secret);
  });

  it('counts calls by tool and outcome, and requests to LeadDyno by status', async () => {
    const server = await startHttp({ argv: ['--metrics', '--key-transport', 'header'] });
    const client = await connectHttp(server.url, 'v1');
    await client.call('count_leads');
    await client.call('count_leads');
    await client.call('get_affiliate', { affiliate_id: 999_999 });
    const known = at((await client.call('get_affiliate', { affiliate_id: 1001 })).data, 'affiliate', 'email');
    await client.call('create_affiliate', { email: known, first_name: 'A', last_name: 'B' });
    const found = await samples(server.port);
    expect(found).toMatchObject({
      'leaddyno_mcp_tool_calls_total{tool="count_leads",outcome="ok"}': 2,
      'leaddyno_mcp_tool_calls_total{tool="get_affiliate",outcome="error"}': 1,
      'leaddyno_mcp_tool_calls_total{tool="create_affiliate",outcome="existed"}': 1,
      'leaddyno_mcp_tool_call_seconds_count{tool="count_leads"}': 2,
      'leaddyno_mcp_leaddyno_requests_total{method="GET",status="404"}': 1,
    });
    expect(found['leaddyno_mcp_leaddyno_requests_total{method="GET",status="200"}']).toBe(
      server.sandbox.requests.filter(({ status }) => status === 200).length,
    );
    expect(found['leaddyno_mcp_tool_call_seconds_sum{tool="count_leads"}']).toBeGreaterThan(0);
  });

  it('counts confirmations that were asked for, given, declined and replayed', async () => {
    const server = await startHttp({ argv: ['--metrics'] });
    const confirmations = async () => {
      const found = Object.entries(await samples(server.port)).filter(([name]) => name.includes('confirmations'));
      return Object.fromEntries(found.map(([name, count]) => [/"(.*)"/.exec(name)?.[1], count]));
    };
    const byToken = await connectHttp(server.url, 'v1');
    const args = { affiliate_id: 1001 };
    const { token } = askedIn(await byToken.call('archive_affiliate', args));
    expect(await confirmations()).toEqual({ asked: 1 });
    const confirmed = { ...args, confirmation_token: token };
    expect((await byToken.call('archive_affiliate', confirmed)).isError).toBe(false);
    expect(await confirmations()).toEqual({ asked: 1, given: 1 });
    expect((await byToken.call('archive_affiliate', confirmed)).isError).toBe(true);
    expect(await confirmations()).toEqual({ asked: 1, given: 1, replayed: 1 });

    const byForm = await connectHttp(server.url, 'modern', { answers: 'decline' });
    await byForm.call('archive_affiliate', { affiliate_id: 1002 });
    expect(await confirmations()).toEqual({ asked: 2, given: 1, replayed: 1, declined: 1 });
    expect(await samples(server.port)).toMatchObject({
      'leaddyno_mcp_tool_calls_total{tool="archive_affiliate",outcome="asked"}': 2,
      'leaddyno_mcp_tool_calls_total{tool="archive_affiliate",outcome="ok"}': 1,
      'leaddyno_mcp_tool_calls_total{tool="archive_affiliate",outcome="error"}': 1,
      'leaddyno_mcp_tool_calls_total{tool="archive_affiliate",outcome="declined"}': 1,
    });
  });

  it('counts waits for the pace, answers that did not come, and nobody\u2019s data', async () => {
    const upstream = await startLeadDyno(({ path }, response) => {
      if (path.startsWith('/leads')) response.socket?.destroy();
      else answerJson(response, { id: 7, email: 'person@private.example' });
    });
    const argv = ['--metrics', '--key-transport', 'header', '--rate-limit', '5'];
    const server = await startHttpAt(upstream.url, { argv, paceWindowMs: 1_000 });
    const client = await connectHttp(server.url, 'modern');
    expect((await client.call('get_affiliate', { affiliate_id: 7 })).text).toContain('person@private.example');
    await client.call('find_lead_by_email', { email: 'person@private.example' });
    for (let times = 0; times < 2; times += 1) await client.call('get_affiliate', { affiliate_id: 7 });
    const { text } = await ask(server.port, { path: '/metrics' });
    // The one request that was never answered was tried three times; the sixth start had to wait.
    expect(text).toMatch(/requests_total\{method="GET",status="0"\} 3\n/);
    expect(text).toMatch(/requests_total\{method="GET",status="200"\} 3\n/);
    expect(text).toMatch(/pace_wait_seconds_count 1\n/);
    expect(text).not.toContain('private.example');
  });
});
