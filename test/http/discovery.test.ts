import { describe, expect, it } from 'vitest';
import { connectHttp } from '../support/http-clients.ts';
import { ask } from '../support/http-raw.ts';
import { startHttp, startHttpAt } from '../support/http-server.ts';
import { absentLeadDyno } from '../support/http-upstream.ts';
import { secret } from '../support/written.ts';

const TOKEN = secret('a-token-of-the-tests');
const PUBLIC = ['--public-url', 'https://mcp.example.com', '--allowed-hosts', 'mcp.example.com,127.0.0.1'];
const CARD = '/mcp/server-card';
const CATALOGUE = '/.well-known/ai-catalog.json';
const LLMS = '/llms.txt';

const start = async (argv: readonly string[] = PUBLIC) =>
  await startHttpAt(await absentLeadDyno(), { argv, env: { LEADDYNO_MCP_TOKEN: TOKEN } });

describe('the catalogue and the server card', () => {
  it('lead from the domain to the endpoint, without a token', async () => {
    const { port } = await start();
    const catalogue = await ask(port, { path: CATALOGUE });
    expect(catalogue.headers['content-type']).toBe('application/ai-catalog+json');
    const { specVersion, entries } = JSON.parse(catalogue.text);
    expect(specVersion).toBe('1.0');
    expect(entries).toEqual([
      {
        identifier: 'urn:air:mcp.example.com:mcp:leaddyno',
        type: 'application/mcp-server-card+json',
        url: `https://mcp.example.com${CARD}`,
      },
    ]);
    for (const path of [CARD, '/.well-known/mcp/server-card.json']) {
      const answer = await ask(port, { path, headers: { accept: entries[0].type } });
      expect(answer.headers['content-type']).toBe(entries[0].type);
      const card = JSON.parse(answer.text);
      // As the draft's schema wants them (experimental-ext-server-card, schema.json).
      expect(card.$schema).toBe('https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json');
      expect(card.name).toMatch(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/);
      expect(card.name).toBe('com.example.mcp/leaddyno-mcp');
      expect(card.description.length).toBeLessThanOrEqual(100);
      expect(card.remotes).toHaveLength(1);
      expect(card.remotes[0]).toMatchObject({
        type: 'streamable-http',
        url: 'https://mcp.example.com/mcp',
        headers: [{ name: 'Authorization', isRequired: true, isSecret: true }],
      });
      expect(answer.text).not.toContain(TOKEN);
    }
  });

  it('say what a client finds once it is connected', async () => {
    const server = await startHttp({ argv: PUBLIC });
    const card = JSON.parse((await ask(server.port, { path: CARD })).text);
    for (const kind of ['modern', 'legacy'] as const) {
      const { client } = await connectHttp(server.url, kind);
      const info = client.getServerVersion();
      expect(info).toMatchObject({ version: card.version, title: card.title, description: card.description });
      expect(card.remotes[0].supportedProtocolVersions).toContain(kind === 'modern' ? '2026-07-28' : '2025-11-25');
    }
    expect(card.remotes[0]).not.toHaveProperty('headers');
  });

  it('may be read by pages of any origin and kept, and are not sent again as they were', async () => {
    const { port } = await start();
    for (const path of [CARD, CATALOGUE, LLMS]) {
      const first = await ask(port, { path, headers: { origin: 'https://anywhere.example' } });
      expect(first.status).toBe(200);
      expect(first.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'ETag',
        'cache-control': 'public, max-age=3600',
      });
      const again = await ask(port, { path, headers: { 'if-none-match': String(first.headers.etag) } });
      expect({ status: again.status, text: again.text }).toEqual({ status: 304, text: '' });
      const preflight = await ask(port, { method: 'OPTIONS', path, headers: { origin: 'https://anywhere.example' } });
      expect({ status: preflight.status, methods: preflight.headers['access-control-allow-methods'] }).toEqual({
        status: 204,
        methods: 'GET',
      });
      expect((await ask(port, { method: 'POST', path })).status).toBe(405);
      expect((await ask(port, { path, headers: { host: 'other.example' } })).status).toBe(403);
    }
    // The endpoint stays what it was.
    expect(
      (await ask(port, { method: 'POST', path: '/mcp', headers: { origin: 'https://anywhere.example' } })).status,
    ).toBe(403);
  });

  it('are there only if the address of this server is known', async () => {
    const { port } = await start([]);
    for (const path of [CARD, CATALOGUE, LLMS]) expect((await ask(port, { path })).status).toBe(404);
  });

  it('take the address that access tokens are for, if no other is given', async () => {
    const oauth = ['--oauth-issuer', 'https://auth.example.com', '--oauth-audience', 'https://mcp.example.com/mcp'];
    const server = await startHttpAt(await absentLeadDyno(), { argv: oauth });
    const card = JSON.parse((await ask(server.port, { path: CARD })).text);
    expect(card.remotes).toMatchObject([{ url: 'https://mcp.example.com/mcp' }]);
    expect(card.remotes[0]).not.toHaveProperty('headers');
  });

  it('name the header for a key where each caller brings one', async () => {
    const server = await startHttpAt(await absentLeadDyno(), { argv: [...PUBLIC, '--caller-key'] });
    const card = JSON.parse((await ask(server.port, { path: CARD })).text);
    expect(card.remotes[0].headers.map(({ name }: { name: string }) => name)).toEqual(['X-LeadDyno-Api-Key']);
  });

  it.each<[string, readonly string[], string]>([
    ['a token', PUBLIC, 'Authorization: Bearer'],
    ['keys of callers', [...PUBLIC, '--caller-key'], 'X-LeadDyno-Api-Key'],
    ['OAuth', ['--oauth-issuer', 'https://a.example', '--oauth-audience', 'https://mcp.example.com/mcp'], 'OAuth'],
  ])('say it in words for agents: %s', async (_, argv, how) => {
    const env: Record<string, string> = argv === PUBLIC ? { LEADDYNO_MCP_TOKEN: TOKEN } : {};
    const { port } = await startHttpAt(await absentLeadDyno(), { argv, env });
    const { headers, text } = await ask(port, { path: LLMS });
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(text).toMatch(/^# LeadDyno over MCP\n\n> leaddyno-mcp \d/);
    expect(text).toContain('\nEndpoint (Streamable HTTP): https://mcp.example.com/mcp\n');
    expect(text).toContain(how);
    expect(text).toContain(`(https://mcp.example.com${CARD})`);
    expect(text).toContain(`(https://mcp.example.com${CATALOGUE})`);
    expect(text).not.toContain(TOKEN);
  });
});
