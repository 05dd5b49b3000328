import { describe, expect, it } from 'vitest';
import { connectHttp } from '../support/http-clients.ts';
import { ask } from '../support/http-raw.ts';
import { KEY, startHttp, startHttpAt } from '../support/http-server.ts';
import { absentLeadDyno, answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { secret } from '../support/written.ts';

const TOKEN = secret('a-token-of-the-tests');

/** What a page says, with its status. */
async function page(port: number, path: string) {
  const { status, text } = await ask(port, { path });
  return { status, body: JSON.parse(text), text };
}

describe('/healthz', () => {
  it('says that the process is up, whatever LeadDyno does, to whoever asks', async () => {
    const server = await startHttpAt(await absentLeadDyno(), { env: { LEADDYNO_MCP_TOKEN: TOKEN } });
    expect(await page(server.port, '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    const head = await ask(server.port, { method: 'HEAD', path: '/healthz' });
    expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: '' });
    for (const method of ['POST', 'DELETE', 'PUT']) {
      const { status, headers } = await ask(server.port, { method, path: '/healthz' });
      expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD, OPTIONS' });
    }
  });
});

describe('/readyz', () => {
  it('asks LeadDyno where it has not answered yet, once for all who want to know', async () => {
    const server = await startHttp({ env: { LEADDYNO_MCP_TOKEN: TOKEN } });
    const before = Date.now();
    const answers = await Promise.all(Array.from({ length: 8 }, () => page(server.port, '/readyz')));
    for (const { status, body, text } of answers) {
      expect({ status, ready: body.ready, answered: body.leaddyno.answered }).toEqual({
        status: 200,
        ready: true,
        answered: true,
      });
      expect(Date.parse(body.leaddyno.last_answer)).toBeGreaterThanOrEqual(before);
      expect(body).not.toHaveProperty('redis');
      for (const secret of [KEY, TOKEN, String(server.sandbox.url)]) expect(text).not.toContain(secret);
    }
    // Finding out how the key travels, and the question itself.
    expect(server.sandbox.requests.length).toBeLessThanOrEqual(2);
  });

  it('takes the answer to a call for one', async () => {
    const server = await startHttp();
    await (await connectHttp(server.url, 'modern')).call('count_leads');
    const asked = server.sandbox.requests.length;
    expect(await page(server.port, '/readyz')).toMatchObject({ status: 200, body: { ready: true } });
    expect(server.sandbox.requests).toHaveLength(asked);
  });

  it('is not ready where nobody answers, and does not ask again at once', async () => {
    const upstream = await startLeadDyno((_, response) => void response.destroy());
    const server = await startHttpAt(upstream.url);
    const first = await page(server.port, '/readyz');
    expect(first).toMatchObject({
      status: 503,
      body: { ready: false, leaddyno: { answered: false, last_answer: null } },
    });
    const asked = upstream.requests.length;
    expect(asked).toBeGreaterThan(0);
    expect((await page(server.port, '/readyz')).status).toBe(503);
    expect(upstream.requests).toHaveLength(asked);
  });

  it('is not ready where LeadDyno fails, and is once it has answered', async () => {
    let broken = true;
    const upstream = await startLeadDyno((_, response) =>
      broken ? answerJson(response, null, 503) : answerJson(response, { count: 1 }),
    );
    const server = await startHttpAt(upstream.url);
    expect((await page(server.port, '/readyz')).status).toBe(503);
    broken = false;
    await (await connectHttp(server.url, 'v1')).call('count_affiliates');
    expect((await page(server.port, '/readyz')).status).toBe(200);
  });

  it('is ready with a key that LeadDyno refuses: an answer is an answer', async () => {
    const server = await startHttp({ sandbox: { key: 'another' } });
    expect(await page(server.port, '/readyz')).toMatchObject({ status: 200, body: { leaddyno: { answered: true } } });
  });

  it('has nobody to ask with where every caller brings the key, and says when LeadDyno answered last', async () => {
    const server = await startHttp({ argv: ['--caller-key'] });
    expect(await page(server.port, '/readyz')).toMatchObject({
      status: 200,
      body: { ready: true, leaddyno: { answered: false, last_answer: null } },
    });
    expect(server.sandbox.requests).toEqual([]);
    await (await connectHttp(server.url, 'modern', { headers: { 'x-leaddyno-api-key': KEY } })).call('count_leads');
    expect(await page(server.port, '/readyz')).toMatchObject({ body: { leaddyno: { answered: true } } });
  });
});
