import { InMemoryTransport } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { createMemory, type Memory } from '../../src/ports/memory.ts';
import { Unavailable } from '../../src/ports/unavailable.ts';
import { eras } from '../support/clients.ts';
import { startHarness } from '../support/harness.ts';
import { at, reasonOf, rowsOf } from '../support/protocol-json.ts';
import { watchTransport } from '../support/written.ts';

const fail = () => Promise.reject(new Unavailable('memory', 'Redis cannot be reached'));
const away: Memory = { put: fail, get: fail, has: fail, append: fail, lines: fail };

describe.each(eras)('%s: a file that a tool made', (era) => {
  it('is a link besides the text, and can be read with its own type and name', async () => {
    const { client } = await (await startHarness()).connect(era);
    const raw = await client.callTool({ name: 'export_records', arguments: { records: 'affiliates' } });
    const [text, link, ...rest] = raw.content;
    expect(rest).toEqual([]);
    const file = at(raw.structuredContent, 'files', 0);
    expect(JSON.parse(String(at(text, 'text')))).toEqual(raw.structuredContent);
    expect(link).toEqual({
      type: 'resource_link',
      uri: at(file, 'uri'),
      name: at(file, 'name'),
      mimeType: 'text/csv',
      size: at(file, 'size'),
    });
    expect(at(file, 'expires_at')).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    const { contents } = await client.readResource({ uri: String(at(file, 'uri')) });
    expect(contents).toHaveLength(1);
    expect(contents[0]).toMatchObject({
      uri: at(file, 'uri'),
      mimeType: 'text/csv',
      _meta: { name: at(file, 'name') },
    });
    expect(Buffer.byteLength(String(at(contents, 0, 'text')))).toBe(at(file, 'size'));
  });

  it('is not found under another id, nor when its time is over', async () => {
    let ahead = 0;
    const memory = createMemory(() => Date.now() + ahead);
    const { client, call } = await (await startHarness({ memory })).connect(era);
    const uri = String(rowsOf(await call('export_records', { records: 'leads' }), 'files')[0]?.uri);
    const other = `${uri.slice(0, -1)}${uri.endsWith('A') ? 'B' : 'A'}`;
    for (const unknown of [other, 'leaddyno://exports/x', 'leaddyno://exports/..', `${uri}${uri}`]) {
      await expect(client.readResource({ uri: unknown })).rejects.toMatchObject({ code: -32602 });
    }
    ahead = 29 * 60_000;
    await client.readResource({ uri }, { cacheMode: 'bypass' });
    ahead = 31 * 60_000;
    await expect(client.readResource({ uri }, { cacheMode: 'bypass' })).rejects.toMatchObject({ code: -32602 });
  });

  it('is not found by another account', async () => {
    const memory = createMemory();
    const mine = await (await startHarness({ memory, account: 'mine' })).connect(era);
    const yours = await (await startHarness({ memory, account: 'yours' })).connect(era);
    const uri = String(rowsOf(await mine.call('export_records', { records: 'leads' }), 'files')[0]?.uri);
    await mine.client.readResource({ uri });
    await expect(yours.client.readResource({ uri })).rejects.toMatchObject({ code: -32602 });
  });

  it('is a failure with words where the memory is out of reach', async () => {
    const { client, call } = await (await startHarness({ memory: away })).connect(era);
    const refused = await call('export_records', { records: 'leads' });
    expect(reasonOf(refused)).toBe('file_not_kept');
    expect(refused.text).toContain('Redis cannot be reached');
    // A report is worth something without its files.
    const report = await call('payout_report');
    expect(report.isError).toBe(false);
    expect(report.data.files_note).toBe('No files: Redis cannot be reached.');
    expect(rowsOf(report, 'lines').length).toBeGreaterThan(0);
    const uri = `leaddyno://exports/${'A'.repeat(22)}`;
    await expect(client.readResource({ uri })).rejects.toMatchObject({
      code: -32603,
      message: expect.stringContaining('Redis'),
    });
  });

  it('has a template where a tool makes files', async () => {
    const templatesWith = async (tools: string[]) => {
      const { client } = await (await startHarness({ tools })).connect(era);
      return (await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate);
    };
    expect(await templatesWith(['payout_report'])).toEqual(['leaddyno://exports/{id}']);
    expect(await templatesWith(['export_records'])).toEqual(['leaddyno://exports/{id}']);
  });
});

describe('a client of an older revision', () => {
  /** Speaks the protocol by hand, because no client of today speaks it so. */
  async function contentFor(protocolVersion: string): Promise<unknown> {
    const harness = await startHarness({ tools: ['export_records'] });
    const [clientEnd, serverEnd] = InMemoryTransport.createLinkedPair();
    const built = harness.build();
    await built.connect(watchTransport(serverEnd));
    const answers = new Map<unknown, (result: unknown) => void>();
    clientEnd.onmessage = (message) => {
      if ('result' in message) answers.get(message.id)?.(message.result);
    };
    await clientEnd.start();
    const ask = (id: number, method: string, params: Record<string, unknown>) =>
      new Promise<unknown>((resolve) => {
        answers.set(id, resolve);
        void clientEnd.send({ jsonrpc: '2.0', id, method, params });
      });
    await ask(1, 'initialize', { protocolVersion, capabilities: {}, clientInfo: { name: 'old', version: '1' } });
    await clientEnd.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const result = await ask(2, 'tools/call', { name: 'export_records', arguments: { records: 'leads' } });
    await built.close();
    return at(result, 'content');
  }

  it.each(['2024-11-05', '2025-03-26'])('%s gets no link, which it would refuse', async (version) => {
    const content = (await contentFor(version)) as { type: string; text: string }[];
    expect(content.map(({ type }) => type)).toEqual(['text']);
    expect(content[0]?.text).toContain('leaddyno://exports/');
  });

  it.each(['2025-06-18', '2025-11-25'])('%s gets it', async (version) => {
    expect(await contentFor(version)).toMatchObject([{ type: 'text' }, { type: 'resource_link' }]);
  });
});
