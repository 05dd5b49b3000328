import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { annId, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { call, send, small } from './api-call.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox(small);
});
afterEach(() => sandbox.close());

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const json = { 'content-type': 'application/json' };

describe('the key', () => {
  it('is taken from the header, the query or the body', async () => {
    const path = '/affiliates/1001';
    expect((await send(sandbox, path, { headers: { key: 'sandbox-key' } })).status).toBe(200);
    expect((await send(sandbox, `${path}?key=sandbox-key`, {})).status).toBe(200);
    const byForm = await send(sandbox, path, { method: 'PUT', headers: form, body: 'key=sandbox-key&last_name=A' });
    expect(byForm.status).toBe(200);
    const byJson = await send(sandbox, path, { method: 'PUT', headers: json, body: '{"key":"sandbox-key"}' });
    expect(byJson.status).toBe(200);
    expect(sandbox.requests.map((request) => request.keyIn)).toEqual(['header', 'query', 'body', 'body']);
  });

  it('is refused when missing, wrong or a bearer token', async () => {
    const attempts: RequestInit[] = [
      {},
      { headers: { key: 'wrong' } },
      { headers: { authorization: 'Bearer sandbox-key' } },
    ];
    for (const init of attempts) {
      expect(await send(sandbox, '/affiliates', init)).toMatchObject({ status: 401, body: { error: 'Invalid key' } });
    }
    expect(sandbox.requests.map((request) => request.keyIn)).toEqual(['none', 'header', 'none']);
  });

  it('can be restricted to some places', async () => {
    const strict = await startSandbox({ ...small, key: 'secret', acceptKeyIn: ['query'] });
    const statuses = [
      await send(strict, '/leads/count', { headers: { key: 'secret' } }),
      await send(strict, '/leads/count?key=secret', {}),
      await send(strict, '/leads/count?key=secret', { headers: { key: 'other' } }),
    ].map((answer) => answer.status);
    await strict.close();
    expect(statuses).toEqual([401, 200, 200]);
    expect(strict.requests.map((request) => request.keyIn)).toEqual(['header', 'query', 'query']);
  });
});

describe('the request log', () => {
  it('keeps every request in order and never the key', async () => {
    await call(sandbox, 'GET', '/leads?page=2');
    await send(sandbox, '/affiliates?key=sandbox-key&a=b', {
      method: 'POST',
      headers: json,
      body: '{"key":"k","email":"x"}',
    });
    await call(sandbox, 'GET', '/nowhere');
    expect(sandbox.requests).toMatchObject([
      { method: 'GET', path: '/leads', query: { page: '2' }, body: null, keyIn: 'header', status: 200 },
      { method: 'POST', path: '/affiliates', query: { a: 'b' }, body: { email: 'x' }, keyIn: 'query', status: 400 },
      { method: 'GET', path: '/nowhere', status: 404 },
    ]);
    expect(JSON.stringify(sandbox.requests)).not.toContain('sandbox-key');
    expect(sandbox.requests.every((request) => Math.abs(request.at - Date.now()) < 60_000)).toBe(true);
  });
});

describe('requests', () => {
  it('are read as JSON, form fields and query parameters together', async () => {
    const path = `/affiliates/${annId}?first_name=Anna`;
    const { body } = await send(sandbox, path, {
      method: 'PUT',
      headers: { ...form, key: sandbox.key },
      body: 'last_name=%C3%85rbor+B&unsubscribed=true',
    });
    expect(body).toMatchObject({ first_name: 'Anna', last_name: 'Årbor B', unsubscribed: true });
  });

  it('may delete with a form body', async () => {
    const code = sandbox.programme.purchases.rows.find((row) => !row.cancelled)?.code ?? '';
    const { body } = await send(sandbox, '/purchases', {
      method: 'DELETE',
      headers: form,
      body: new URLSearchParams({ key: sandbox.key, purchase_code: code }).toString(),
    });
    expect(body).toMatchObject({ purchase_code: code, cancelled: true });
  });

  it.each(['{"email":', '[1]', '"text"', 'null'])('are refused with the JSON body %s', async (text) => {
    const answer = await send(sandbox, '/affiliates', {
      method: 'POST',
      headers: { ...json, key: sandbox.key },
      body: text,
    });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toEqual(expect.any(String));
  });

  it('are refused above one mebibyte', async () => {
    const body = JSON.stringify({ email: 'x@example.com', first_name: 'x'.repeat(1024 * 1024) });
    const answer = await send(sandbox, '/affiliates', { method: 'POST', headers: { ...json, key: sandbox.key }, body });
    expect(answer.status).toBe(413);
    expect((await call(sandbox, 'GET', '/affiliates/count')).status).toBe(200);
  });

  it.each([
    ['GET', '/nowhere'],
    ['GET', '/affiliates/abc'],
    ['GET', '/affiliates/{id}'],
    ['GET', '/affiliates/'],
    ['DELETE', '/affiliates/1001'],
    ['POST', '/campaigns'],
  ] as const)('meet 404 at %s %s', async (method, path) => {
    const { status, headers, body } = await call(sandbox, method, path);
    expect([status, body]).toEqual([404, { error: 'Not Found' }]);
    expect(headers.get('content-type')).toMatch('application/json');
  });

  it('meet 404 outside the base path', async () => {
    const response = await fetch(sandbox.url.replace('/v1', '/v2/affiliates'), { headers: { key: sandbox.key } });
    expect(response.status).toBe(404);
  });
});

describe('closing', () => {
  it('cuts open connections and may be repeated', async () => {
    await call(sandbox, 'GET', '/leads/count');
    await sandbox.close();
    await sandbox.close();
    await expect(fetch(sandbox.url)).rejects.toThrow();
  });
});

describe('starting', () => {
  it('fails when the port is taken', async () => {
    const port = Number(new URL(sandbox.url).port);
    await expect(startSandbox({ ...small, port })).rejects.toThrow(/EADDRINUSE/);
  });
});
