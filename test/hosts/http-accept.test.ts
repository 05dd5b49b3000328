import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptedBy } from '../../src/transports/http-messages.ts';
import { ask, legacy, modern, post, toolCall } from '../support/http-raw.ts';
import { type SandboxHttpServer, startHttp } from '../support/http-server.ts';

let server: SandboxHttpServer;

beforeAll(async () => {
  server = await startHttp();
});
afterAll(() => server.close());

const countIn = (text: string) => {
  const data = text.startsWith('{')
    ? text
    : text
        .split('\n')
        .find((line) => line.startsWith('data:'))
        ?.slice(5);
  return JSON.parse(data ?? '').result.structuredContent.count;
};

describe.each([
  ['application/json', /^application\/json/],
  ['application/json; charset=utf-8', /^application\/json/],
  ['text/event-stream', /^text\/event-stream/],
  ['*/*', /^(application\/json|text\/event-stream)/],
  ['application/*', /^application\/json/],
  ['text/event-stream;q=0, application/json', /^application\/json/],
  [undefined, /^(application\/json|text\/event-stream)/],
])('Accept: %s', (accept, served) => {
  it('is served to a client of 2025 in what it accepts', async () => {
    const { headers, body } = toolCall(legacy, 'count_affiliates', {});
    const { accept: _, ...rest } = headers;
    const answer = await post(server.port, { headers: { ...rest, ...(accept && { accept }) }, body });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers['content-type']).toMatch(served);
    expect(countIn(answer.text)).toBe(60);
  });

  it('is served to a client of 2026', async () => {
    const { headers, body } = toolCall(modern, 'count_affiliates', {});
    const { accept: _, ...rest } = headers;
    const answer = await post(server.port, { headers: { ...rest, ...(accept && { accept }) }, body });
    expect(answer.status, answer.text).toBe(200);
  });
});

it('refuses who takes neither', async () => {
  const { headers, body } = toolCall(legacy, 'count_affiliates', {});
  expect((await post(server.port, { headers: { ...headers, accept: 'text/html' }, body })).status).toBe(406);
  expect(acceptedBy('image/png, application/json;q=0')).toEqual({ json: false, stream: false });
});

it('serves /mcp/ like /mcp, and nothing below it', async () => {
  const { headers, body } = toolCall(legacy, 'count_affiliates', {});
  expect((await ask(server.port, { method: 'POST', path: '/mcp/', headers, body })).status).toBe(200);
  expect((await ask(server.port, { method: 'POST', path: '/mcp//', headers, body })).status).toBe(404);
  expect((await ask(server.port, { method: 'POST', path: '/mcp/x', headers, body })).status).toBe(404);
});

it('names the least scope to a caller without a token', async () => {
  const guarded = await startHttp({ env: { LEADDYNO_MCP_TOKEN: 'a-token-of-more-than-thirty-two-characters' } });
  const answer = await post(guarded.port, toolCall(legacy, 'count_affiliates', {}));
  expect(answer.status).toBe(401);
  expect(answer.headers['www-authenticate']).toContain('scope="leaddyno:read"');
});
