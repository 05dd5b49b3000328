import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { operationNamed, operations } from './catalogue-access.ts';

function shape(name: string, body: unknown, args: JsonObject = {}): JsonObject {
  return operationNamed(name).returns.shape(body, args, Date.now());
}

const ofKind = (kind: string) => operations.filter(({ returns }) => returns.kind === kind).map(({ name }) => name);
const row = { id: 7, email: 'ann@example.org', purchase_code: 'x', tracking_code: 'y', code: 'z' };
const full = { page: 1, detail: 'full', skip: 0 };

describe.each(ofKind('many'))('the list of %s', (name) => {
  const { plural } = operationNamed(name).returns.record;

  test('may come as a bare array', () => {
    const shaped = shape(name, [row, { id: 8 }], full);
    expect(shaped).toMatchObject({ [plural]: [row, { id: 8 }], page: 1, next_page: null });
    expect(shaped).not.toHaveProperty('total');
  });

  test('may come in an envelope', () => {
    const shaped = shape(name, { page: 1, per_page: 20, total_entries: 1, [plural]: [row] }, full);
    expect(shaped).toStrictEqual({ [plural]: [row], page: 1, per_page: 20, next_page: null, total: 1 });
  });

  test('may come in an envelope under another name', () => {
    for (const other of ['data', 'entries', 'items']) {
      expect(shape(name, { page: 1, per_page: 20, [other]: [row] }, full)).toMatchObject({ [plural]: [row] });
    }
  });

  test('is not what stands beside it', () => {
    for (const remarks of ['errors', 'messages', 'warnings']) {
      const shaped = shape(name, { items: [row], [remarks]: ['x'] }, full);
      expect(shaped).toMatchObject({ [plural]: [row], result: { [remarks]: ['x'] } });
    }
  });

  test('may come as one record, without the list around it', () => {
    expect(shape(name, { ...row, tags: [1, 2] }, full)[plural]).toStrictEqual([{ ...row, tags: [1, 2] }]);
  });

  test('is empty where there is nothing', () => {
    for (const nothing of [
      [],
      null,
      undefined,
      { [plural]: [] },
      { page: 1, per_page: 20, total_entries: 0, data: [] },
    ]) {
      expect(shape(name, nothing, full)).toMatchObject({ [plural]: [], next_page: null });
    }
  });

  test('is shown as it came where it is nothing known', () => {
    const strange: readonly unknown[] = [
      {},
      'text',
      7,
      false,
      { message: 'x' },
      { a: [1], b: [2] },
      { errors: [] },
      { messages: ['x'], warnings: [] },
    ];
    for (const body of strange) expect(shape(name, body, full)).toStrictEqual({ result: body });
  });

  test('takes its numbers as digits', () => {
    const shaped = shape(name, { page: '2', per_page: '50', total_entries: '51', [plural]: [row] }, full);
    expect(shaped).toMatchObject({ page: 2, per_page: 50, total: 51, next_page: null });
  });

  test('ignores numbers that are none', () => {
    for (const odd of [null, 'x', '', 1.5, {}, [], true]) {
      const shaped = shape(
        name,
        { page: odd, per_page: odd, total_entries: odd, [plural]: [row] },
        { ...full, page: 3 },
      );
      expect(shaped).toMatchObject({ [plural]: [row], page: 3, next_page: null });
      expect(Number.isInteger(shaped.per_page)).toBe(true);
      expect(shaped).not.toHaveProperty('total');
    }
  });
});

describe.each(ofKind('one'))('the record of %s', (name) => {
  const { singular } = operationNamed(name).returns.record;
  // Totals of no currency carry a note.
  const args = { currency: 'USD' };

  test('comes under its name with every field', () => {
    const record = { ...row, unheard_of: { a: [1, 'x'] } };
    expect(shape(name, record, args)).toStrictEqual({ [singular]: record });
  });

  test('may come wrapped in its own name', () => {
    expect(shape(name, { [singular]: row }, args)).toStrictEqual({ [singular]: row });
  });

  test('may come as the only one of a list', () => {
    expect(shape(name, [row], args)).toStrictEqual({ [singular]: row });
  });

  test('is shown as it came where it is none', () => {
    for (const body of ['text', 7, true, [1, 2], [row, row]])
      expect(shape(name, body, args)).toStrictEqual({ result: body });
  });
});

describe.each(ofKind('either'))('the answer of %s, which is not established', (name) => {
  const { singular, plural } = operationNamed(name).returns.record;

  test('may be a record', () => {
    const record = { ...row, line_items: [{ sku: 'S1' }] };
    expect(shape(name, record)).toStrictEqual({ [singular]: record });
  });

  test('may be several, bare or in an envelope', () => {
    expect(shape(name, [row, row])).toStrictEqual({ [plural]: [row, row] });
    expect(shape(name, { [plural]: [row] })).toStrictEqual({ [plural]: [row] });
    expect(shape(name, [])).toStrictEqual({ [plural]: [] });
  });

  test('may be anything else', () => {
    for (const body of ['cancelled', 7, true, {}, { status: 'ok' }])
      expect(shape(name, body)).toStrictEqual({ result: body });
  });
});

describe.each(ofKind('count'))('the number of %s', (name) => {
  test('may be written in several ways', () => {
    for (const body of [{ count: 41 }, { count: '41' }, 41, '41'])
      expect(shape(name, body)).toStrictEqual({ count: 41 });
    expect(shape(name, { count: 0 })).toStrictEqual({ count: 0 });
  });

  test('keeps what else came, and shows what is no number as it came', () => {
    expect(shape(name, { count: 41, pending: 3 })).toStrictEqual({ count: 41, result: { pending: 3 } });
    expect(shape(name, { count: 'many' })).toStrictEqual({ count: 'many' });
    for (const body of [null, 'many', [], { total: 41 }]) expect(shape(name, body)).toStrictEqual({ result: body });
  });
});

describe('nothing that LeadDyno sent is lost', () => {
  const MESSAGE = 'two more could not be changed';
  const kept = (name: string, body: unknown) => JSON.stringify(shape(name, body, full)).includes(MESSAGE);

  test('beside a record wrapped in its own name', () => {
    const lossy = ofKind('one').filter((name) => {
      const { singular } = operationNamed(name).returns.record;
      return !kept(name, { [singular]: row, message: MESSAGE });
    });
    expect(lossy).toEqual([]);
  });

  test('beside the rows of an envelope', () => {
    const lossy = [...ofKind('many'), ...ofKind('either')].filter((name) => {
      const { plural } = operationNamed(name).returns.record;
      return !kept(name, { [plural]: [row], message: MESSAGE });
    });
    expect(lossy).toEqual([]);
  });

  test('where a write answers with an empty list of errors and no record', () => {
    const body = { success: true, errors: [], message: MESSAGE };
    expect(ofKind('either').filter((name) => !kept(name, body))).toEqual([]);
  });
});
