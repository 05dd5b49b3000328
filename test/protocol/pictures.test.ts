import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { type Era, eras } from '../support/clients.ts';
import { startHarness } from '../support/harness.ts';

/* MCP Apps: which tools have a picture, where it is, and what a client that draws gets more than others. */

const URI = 'ui://leaddyno-mcp/programme';
const MIME = 'text/html;profile=mcp-app';
const PICTURE = 'leaddyno-mcp/picture';
const DRAWS = { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: [MIME] } } };
const SANDBOX = { affiliates: 80, leads: 200, purchases: 250, visitors: 200 };

describe.each(eras)('%s: pictures', (era: Era) => {
  it('are named by the tools that have one, to every client alike', async () => {
    const harness = await startHarness();
    for (const capabilities of [{}, DRAWS]) {
      const { client } = await harness.connect(era, { capabilities });
      const { tools } = await client.listTools();
      const drawn = tools.filter(({ _meta }) => _meta?.ui !== undefined);
      expect(drawn.map(({ name }) => name)).toEqual(['program_overview', 'payout_report']);
      for (const { _meta } of drawn) expect(_meta).toEqual({ ui: { resourceUri: URI } });
    }
  });

  it('are one page that is read like any resource', async () => {
    const { client } = await (await startHarness()).connect(era);
    const { resources } = await client.listResources();
    expect(resources.find(({ uri }) => uri === URI)).toMatchObject({
      mimeType: MIME,
      _meta: { ui: { prefersBorder: true } },
    });
    const { contents } = await client.readResource({ uri: URI });
    expect(contents).toHaveLength(1);
    expect(contents[0]).toMatchObject({ uri: URI, mimeType: MIME, text: expect.stringMatching(/^<!doctype html>/) });
  });

  it('get their series where no model reads it', async () => {
    const harness = await startHarness({ sandbox: SANDBOX });
    const drawing = await harness.connect(era, { capabilities: DRAWS });
    const raw = await drawing.client.callTool({ name: 'program_overview', arguments: {} });
    const picture = raw._meta?.[PICTURE] as JsonObject;
    expect(picture.series).toMatchObject({ months: expect.any(Array) });
    expect(raw.structuredContent).not.toHaveProperty('series');
    expect(JSON.stringify(raw.content)).not.toContain('series');

    const plain = await (await harness.connect(era)).client.callTool({ name: 'program_overview', arguments: {} });
    expect(plain._meta?.[PICTURE]).toBeUndefined();
    expect(plain.structuredContent).not.toHaveProperty('series');

    const asked = await drawing.client.callTool({ name: 'program_overview', arguments: { series: true } });
    expect(asked.structuredContent).toHaveProperty('series');
  });

  it('leave the text complete', async () => {
    const { client } = await (await startHarness({ sandbox: SANDBOX })).connect(era, { capabilities: DRAWS });
    const { content, structuredContent } = await client.callTool({ name: 'payout_report', arguments: {} });
    const [text] = content as { type: string; text: string }[];
    expect(JSON.parse(text?.text ?? '')).toEqual(structuredContent);
  });

  it('are gone with their tools', async () => {
    const { client } = await (await startHarness({ tools: ['get_affiliate', 'list_affiliates'] })).connect(era);
    expect((await client.listResources()).resources.map(({ uri }) => uri)).not.toContain(URI);
    await expect(client.readResource({ uri: URI })).rejects.toMatchObject({ code: -32602 });
  });
});

it.each([
  ['another extension', { extensions: { 'com.example/ui': { mimeTypes: [MIME] } } }],
  ['another kind of page', { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html'] } } }],
  ['no kinds at all', { extensions: { 'io.modelcontextprotocol/ui': {} } }],
])('a client that declares %s gets no picture', async (_, capabilities) => {
  const { client } = await (await startHarness({ sandbox: SANDBOX })).connect('modern', { capabilities });
  const result = await client.callTool({ name: 'program_overview', arguments: {} });
  expect(result._meta?.[PICTURE]).toBeUndefined();
});
