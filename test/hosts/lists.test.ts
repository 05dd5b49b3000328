import { describe, expect, it } from 'vitest';
import { listedSchemas } from '../../src/mcp/listed-schemas.ts';
import { checkInput } from '../../src/mcp/schemas.ts';
import { toolsets } from '../../src/workflows/index.ts';
import { findAjv, type JsonSchema, walkSchema } from '../operations/json-schema.ts';
import { eras } from '../support/clients.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { connectHttp, httpKinds } from '../support/http-clients.ts';
import { startHttp } from '../support/http-server.ts';
import { rowsOf } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

/* Lists that a person can read: what a picker of a host shows. */

const tools = toolsets.flatMap((set) => set.tools);
const AFFILIATES = 'leaddyno://affiliates';
const isRecord = ({ uri }: { readonly uri: string }) => /^leaddyno:\/\/affiliates\/\d+$/.test(uri);

describe.each(eras)('%s: the list of resources', (era) => {
  it('names each listed affiliate by their own name, as title too', async () => {
    const { client, call } = await (await startHarness()).connect(era);
    const records = (await client.listResources()).resources.filter(isRecord);
    const rows = rowsOf(await call('list_affiliates', { per_page: 25 }), 'affiliates');
    const names = rows.map(({ first_name, last_name }) => `${first_name} ${last_name}`);
    expect(records.map(({ name }) => name)).toEqual(names);
    // Two of one name are told apart.
    const alike = names.filter((name) => names.indexOf(name) !== names.lastIndexOf(name));
    expect(records.map(({ title }) => title)).toEqual(
      names.map((name, index) => (alike.includes(name) ? `${name} (affiliate ${rows[index]?.id})` : name)),
    );
  });

  it.each([
    [250, 'Affiliates (25 of 250 listed)'],
    [26, 'Affiliates (25 of 26 listed)'],
    [25, 'Affiliates'],
    [3, 'Affiliates'],
  ])('says that more exist than it shows (of %i)', async (affiliates, title) => {
    const { client } = await (await startHarness({ sandbox: { affiliates } })).connect(era);
    const { resources } = await client.listResources();
    expect(resources.filter(isRecord)).toHaveLength(Math.min(25, affiliates));
    // Once, and as what it is.
    expect(resources.filter(({ uri }) => uri === AFFILIATES)).toEqual([
      expect.objectContaining({ name: 'affiliates', title, mimeType: 'application/json' }),
    ]);
  });

  it('says so without a number where nothing can be counted', async () => {
    const tool = ['list_affiliates', 'get_affiliate'];
    const { client } = await (await startHarness({ tools: tool })).connect(era);
    const { resources } = await client.listResources();
    expect(resources.find(({ uri }) => uri === AFFILIATES)?.title).toBe('Affiliates (the first 25 listed)');
  });

  it('does not stand or fall with the count', async () => {
    const rows = Array.from({ length: 40 }, (_, index) => ({
      id: index + 1,
      first_name: 'Ann',
      last_name: `No ${index}`,
    }));
    const upstream = await startUpstream(({ path }) =>
      path.endsWith('/count') ? { status: 500, text: 'oops' } : { json: rows },
    );
    const { client } = await startHarnessAt(upstream.url).connect(era);
    const { resources } = await client.listResources();
    expect(resources.filter(isRecord)).toHaveLength(25);
    expect(resources.find(({ uri }) => uri === AFFILIATES)?.title).toBe('Affiliates (the first 25 listed)');
  });

  it('gives no two entries one title, the page of MCP Apps included', async () => {
    const { client, call } = await (await startHarness()).connect(era);
    await call('export_records', { records: 'leads' });
    await call('payout_report');
    const { resources } = await client.listResources();
    const titles = resources.map(({ title }) => title);
    expect(titles.every((title) => title !== undefined && title !== '')).toBe(true);
    expect(new Set(titles).size).toBe(titles.length);
    expect(resources.find(({ uri }) => uri.startsWith('ui://'))?.title).toBe('Charts of the programme');
  });

  it('names nobody where people are masked', async () => {
    const { client } = await (await startHarness({ maskPii: true })).connect(era);
    const records = (await client.listResources()).resources.filter(isRecord);
    expect(records).toHaveLength(25);
    for (const { title, name } of records) {
      expect(title).toMatch(/^Affiliate \d+$/);
      expect(name).toBe(title);
    }
  });

  it('takes nobody’s name for more than a name', async () => {
    const first_name = `Ann\u202e\u0000\n\n${'x'.repeat(500)}`;
    const upstream = await startUpstream(() => ({ json: [{ id: 7, first_name, last_name: '' }] }));
    const { client } = await startHarnessAt(upstream.url).connect(era);
    const [record] = (await client.listResources()).resources.filter(isRecord);
    expect(record?.title).toMatch(/^Ann x{50,}…$/);
  });
});

it.each(httpKinds)('over HTTP the same titles are listed (%s)', async (kind) => {
  const server = await startHttp();
  const { client } = await connectHttp(server.url, kind);
  const { resources } = await client.listResources();
  expect(resources.filter(isRecord)[0]?.title).toBe('Ann Arbor');
  expect(resources.find(({ uri }) => uri === AFFILIATES)?.title).toBe('Affiliates (25 of 60 listed)');
});

describe('tool titles', () => {
  it.each(tools.map(({ name, title }) => [name, title]))('that of %s is not cut: %s', (_, title) => {
    expect(Array.from(title).length).toBeLessThanOrEqual(32);
  });

  it('are each of one tool', () => {
    expect(new Set(tools.map(({ title }) => title)).size).toBe(tools.length);
  });
});

const ajv = await findAjv();

/** Texts that our own check takes for a day or a moment, and some that it does not. */
const WHEN = [
  ...['2026-01-31', '2024-02-29', '2026-12-31', '0001-01-01'],
  ...['2026-01-31T00:00:00Z', '2026-01-31T00:00Z', '2026-01-31T00:00:00.123456Z', '2026-01-31T23:59:59+05:30'],
  ...['2026-01-31T10:00+0530', '2026-02-30', '2026-13-01', '31.01.2026', 'yesterday', '2026-1-1', '2026-01-31T25:00Z'],
];

describe('dates in input schemas', () => {
  it('carry the format of JSON Schema that fits all they take, and words where none does', async () => {
    const found: Record<string, string> = {};
    for (const tool of tools) {
      const { input } = await listedSchemas(tool);
      for (const [name, schema] of Object.entries((input as JsonSchema).properties ?? {})) {
        const isDate = schema.format !== undefined || /YYYY-MM-DD/.test(schema.description ?? '');
        if (isDate) found[`${tool.name} ${name}`] = String(schema.format ?? schema.description);
      }
    }
    const { 'create_commission due_at': dueAt, ...moments } = found;
    expect(dueAt).toBe('date');
    for (const [where, said] of Object.entries(moments)) expect(said, where).toMatch(/^YYYY-MM-DD or UTC time\./);
    expect(Object.keys(moments)).toHaveLength(15);
  });

  it('have no name that says when and no word of its form', async () => {
    for (const tool of tools) {
      const { input } = await listedSchemas(tool);
      for (const [name, schema] of Object.entries((input as JsonSchema).properties ?? {})) {
        if (!/^(since|until|due_by|due_at|.*_(after|before|at|date))$/.test(name) || schema.type !== 'string') continue;
        expect(schema.format ?? schema.description, `${tool.name} ${name}`).toMatch(/^date|YYYY-MM-DD/);
      }
    }
  });

  it.skipIf(!ajv)('refuse in no validator of a client what this server takes', async () => {
    for (const tool of tools) {
      const { input } = await listedSchemas(tool);
      for (const [name, schema] of Object.entries((input as JsonSchema).properties ?? {})) {
        if (schema.type !== 'string' || schema.enum) continue;
        const accepts = ajv?.compile(schema) ?? (() => true);
        for (const text of WHEN) {
          const checked = await checkInput(tool, { [name]: text });
          const taken = !('wrong' in checked) || !checked.wrong.includes(`${name}:`);
          if (taken) expect(accepts(text), `${tool.name} ${name}: ${text}`).toBe(true);
        }
      }
    }
  });

  it('use no format but those of dates', async () => {
    for (const tool of tools) {
      const { input } = await listedSchemas(tool);
      const formats = walkSchema(input).flatMap(({ schema }) => (schema as JsonSchema).format ?? []);
      expect(
        formats.filter((one) => one !== 'date' && one !== 'date-time'),
        tool.name,
      ).toEqual([]);
    }
  });
});
