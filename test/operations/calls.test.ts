import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { createClient } from '../../src/leaddyno/client.ts';
import { createPace } from '../../src/leaddyno/pace.ts';
import type { LeadDynoClient } from '../../src/leaddyno/request.ts';
import { groups } from '../../src/operations/index.ts';
import { bind } from '../../src/operations/operation.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { call, fixedNow } from '../sandbox/api-call.ts';
import { checked, operationNamed } from './catalogue-access.ts';
import { type Entry, PROGRAMME, SEED } from './table/entry.ts';
import { FORMS, type Form } from './table/forms.ts';
import { entries, entryOf, examplesOf, type SentExample, table } from './table/index.ts';

function expectedRequest({ method, path, query, body }: SentExample) {
  return { method, path, ...(query && { query }), ...(body && { body }) };
}

/** Each example with its tool, for tables. */
const rows = (groupName: string) =>
  Object.keys(table[groupName] ?? {}).flatMap((name) =>
    examplesOf(name).map((example) => ({ name, input: JSON.stringify(example.input), example })),
  );

test.each(Object.entries(entries))(
  'the examples of %s give every documented parameter',
  (_, { examples, parameters }) => {
    const given = new Set(examples.flatMap(({ input }) => Object.keys(input)));
    expect(Object.keys(parameters).filter((parameter) => !given.has(parameter))).toEqual([]);
    expect(examples.length).toBeGreaterThan(0);
  },
);

describe('the request', () => {
  test.each(groups.flatMap((group) => rows(group.name)))('of $name $input', ({ name, example }) => {
    const operation = operationNamed(name);
    const { input } = example;
    const before = structuredClone(input);
    const request = bind(operation, checked(operation, input));
    expect(request).toStrictEqual(expectedRequest(example));
    expect(input, 'the input is left as it was').toEqual(before);
  });
});

describe.each(groups.map((group) => group.name))('%s, sent to the sandbox', (groupName) => {
  let sandbox: Sandbox;
  let client: LeadDynoClient;

  beforeAll(async () => {
    sandbox = await startSandbox({ ...PROGRAMME, rateLimit: 0, now: fixedNow });
    for (const [path, body] of SEED) expect((await call(sandbox, 'POST', path, body)).status).toBe(201);
    client = createClient({
      baseUrl: sandbox.url,
      key: sandbox.key,
      keyTransport: 'header',
      timeoutMs: 10_000,
      userAgent: 'leaddyno-mcp/test',
      pace: createPace({ limit: 0 }),
    });
  });
  afterAll(async () => {
    await client?.close();
    await sandbox?.close();
  });

  test.each(rows(groupName))('$name $input', async ({ name, example }) => {
    const operation = operationNamed(name);
    const args = checked(operation, example.input);
    const body = await client.send(bind(operation, args));
    expect(sandbox.requests.at(-1)).toMatchObject({
      method: example.method,
      path: example.path,
      query: example.query ?? {},
      body: example.body ?? null,
    });
    const shaped = operation.returns.shape(body, { ...args, detail: 'full' }, Date.now());
    if (name === 'get_commission_totals' && args.currency === undefined) {
      const { note, ...totals } = shaped;
      expect(note).toMatch(/mix currencies/);
      return expectAnswer(totals, entryOf(name), example);
    }
    if (args.without_affiliate === true) {
      // LeadDyno has no such filter: it is applied here, and a note says so.
      const { note, ...rest } = shaped;
      expect(note).toMatch(/LeadDyno has no filter for without_affiliate/);
      return expectAnswer(rest, entryOf(name), example);
    }
    expectAnswer(shaped, entryOf(name), example);
  });
});

function expectAnswer(shaped: JsonObject, { answer }: Entry, { shows, input }: SentExample): void {
  if (answer === 'count') {
    expect(shaped).toEqual({ count: expect.any(Number) });
    return;
  }
  const form: Form = FORMS[answer];
  const found = shaped[form.key];
  if (!form.rows) {
    expect(Object.keys(shaped)).toEqual([form.key]);
    expect(Object.keys(found as JsonObject)).toEqual(expect.arrayContaining([...form.fields]));
    if (shows) expect(found).toMatchObject(shows);
    return;
  }
  expect(shaped, 'a list that LeadDyno filtered has no note').not.toHaveProperty('note');
  expect(Array.isArray(found)).toBe(true);
  const list = found as JsonObject[];
  for (const row of list) expect(Object.keys(row)).toEqual(expect.arrayContaining([...form.fields]));
  if (shows) expect(list[0]).toMatchObject(shows);
  if (input.page !== undefined && 'page' in shaped) expect(shaped.page).toBe(input.page);
}
