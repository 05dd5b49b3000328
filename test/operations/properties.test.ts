import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { LeadDynoError } from '../../src/leaddyno/errors.ts';
import { buildHttpRequest, readBaseUrl } from '../../src/leaddyno/request.ts';
import { operationSchemas } from '../../src/mcp/schemas.ts';
import { bind, type Operation, Refusal } from '../../src/operations/operation.ts';
import { operations } from './catalogue-access.ts';
import { findAjv } from './json-schema.ts';

const each = test.each(operations.map((operation) => [operation.name, operation] as const));
const ajv = await findAjv();

const text = fc.string({ unit: 'binary', maxLength: 40 });

/** Any JSON, and JSON that looks like an answer of this operation more or less. */
function answers({ returns: { record } }: Operation): fc.Arbitrary<unknown> {
  const json = fc.jsonValue({ depthSize: 'small' });
  const row = fc.dictionary(
    fc.constantFrom('id', 'email', 'paid', 'cancelled', 'due_at', 'purchase', '__proto__'),
    json,
  );
  const rows = fc.array(fc.oneof(row, json), { maxLength: 5 });
  const number = fc.oneof(fc.integer(), fc.double(), text, json);
  const envelope = fc.record(
    { page: number, per_page: number, total_entries: number, count: number, [record.plural]: fc.oneof(rows, json) },
    { requiredKeys: [] },
  );
  return fc.oneof(json, row, rows, envelope, fc.record({ [record.singular]: fc.oneof(row, json) }));
}

const ours = fc.record({
  detail: fc.constantFrom('concise', 'full'),
  skip: fc.nat(5),
  page: fc.integer({ min: 1, max: 1000 }),
  per_page: fc.integer({ min: 1, max: 200 }),
  status: fc.constantFrom(undefined, 'cancelled', 'paid', 'pending', 'due', 'unpaid', 'live'),
});

describe('whatever JSON arrives', () => {
  each('%s shapes it into an object, or fails as LeadDyno’s error', (_, operation) => {
    const validate = ajv?.compile(operationSchemas(operation).output);
    fc.assert(
      fc.property(answers(operation), ours, (body, args) => {
        const before = JSON.stringify(body);
        try {
          const shaped = operation.returns.shape(body, args, Date.now());
          expect(Object.prototype.toString.call(shaped)).toBe('[object Object]');
          const sent: unknown = JSON.parse(JSON.stringify(shaped));
          expect(validate?.(sent) ?? true, `${JSON.stringify(shaped)} ${JSON.stringify(validate?.errors)}`).toBe(true);
        } catch (error) {
          if (!(error instanceof LeadDynoError)) throw error;
          expect(error.reason).toBe('not_found');
        }
        expect(JSON.stringify(body)).toBe(before);
      }),
      { numRuns: 150 },
    );
  });
});

describe('amounts', () => {
  const decimal = fc
    .tuple(
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 12 }),
    )
    .map(([whole, fraction]) => (fraction === '' ? String(whole) : `${whole}.${fraction}`));

  test('of records come out as they came in', () => {
    const lists = operations.filter(
      ({ returns: { kind, record } }) => kind !== 'count' && (record.fields.amount || record.fields.purchase_amount),
    );
    expect(lists.length).toBeGreaterThan(10);
    fc.assert(
      fc.property(fc.constantFrom(...lists), decimal, ours, ({ returns }, amount, args) => {
        const row = { id: 1, amount, purchase_amount: amount, paid: false, cancelled: false, currency: 'USD' };
        const body = returns.kind === 'many' ? [row] : row;
        const shaped = returns.shape(body, { ...args, skip: 0, status: undefined }, Date.now());
        const out =
          returns.kind === 'many' ? (shaped[returns.record.plural] as unknown[])[0] : shaped[returns.record.singular];
        expect(JSON.stringify(out)).toContain(`"${amount}"`);
      }),
    );
  });

  test('of requests go out as they were given', () => {
    const number = fc.double({ min: 0, max: 1e15, noNaN: true });
    fc.assert(
      fc.property(number, (purchase_amount) => {
        const request = bind({ method: 'POST', path: '/purchases' }, { email: 'a@example.org', purchase_amount });
        const sent = JSON.parse(String(httpRequest(request).body)) as JsonObject;
        // JSON knows no minus zero.
        expect(sent).toEqual({ email: 'a@example.org', purchase_amount: purchase_amount + 0 });
      }),
    );
  });
});

const address = readBaseUrl('https://api.example.com/v1');

function httpRequest(request: ReturnType<typeof bind>) {
  return buildHttpRequest(address, request, { key: 'secret', transport: 'query' }, 'test');
}

/** Arguments of any content for the fields of an operation. */
function argumentsOf(operation: Operation): fc.Arbitrary<JsonObject> {
  const { properties = {} } = operationSchemas(operation).input as { properties?: JsonObject };
  const segment = fc.oneof(
    text,
    fc.integer(),
    fc.constantFrom(
      '.',
      '..',
      '',
      '1/leads',
      '%2e%2e',
      '..%2f',
      '1?key=x',
      '1#',
      '\\..',
      ' ',
      '\ud800',
      '1;x=y',
      'a\u0000b',
    ),
  );
  return fc.record(Object.fromEntries(Object.keys(properties).map((field) => [field, segment])), {
    requiredKeys: [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => String(match[1])),
  });
}

describe('whatever the arguments hold', () => {
  each('%s keeps each value in its place', (_, operation) => {
    fc.assert(
      fc.property(argumentsOf(operation), (args) => {
        const segments = operation.path.split('/');
        const given = segments.map((part) => (part.startsWith('{') ? String(args[part.slice(1, -1)]) : part));
        const blocked = segments.some((part, at) => part.startsWith('{') && ['', '.', '..'].includes(given[at] ?? ''));
        if (blocked) {
          expect(() => bind(operation, args)).toThrow(Refusal);
          return;
        }
        const request = bind(operation, args);
        const sent = httpRequest(request);
        const url = new URL(`${sent.origin}${sent.path}`);
        const rest = Object.entries(args).filter(
          ([field]) =>
            !operation.path.includes(`{${field}}`) &&
            !['detail', 'skip', 'clear', 'confirmation_token', 'without_affiliate'].includes(field),
        );

        expect(sent.origin).toBe('https://api.example.com');
        expect(url.hash).toBe('');
        expect(url.pathname.split('/').map(decodeURIComponent)).toEqual([
          '',
          'v1',
          ...given.slice(1).map((part) => part.toWellFormed()),
        ]);
        const carries = operation.method === 'GET' || operation.method === 'DELETE';
        const expected = carries ? rest.map(([field, value]) => [field, String(value).toWellFormed()]) : [];
        expect([...url.searchParams].toSorted()).toEqual([...expected, ['key', 'secret']].toSorted());
        expect(request.body).toEqual(carries || rest.length === 0 ? undefined : Object.fromEntries(rest));
      }),
      { numRuns: 150 },
    );
  });
});
