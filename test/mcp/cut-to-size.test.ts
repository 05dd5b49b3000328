import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutToSize } from '../../src/mcp/cut-to-size.ts';

const size = (value: unknown) => JSON.stringify(value).length;

/** Any JSON, with texts of every length and sign. */
const json = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 });
const longText = fc.integer({ min: 0, max: 20_000 }).map((length) => 'x"\u{1f600}'.repeat(length / 4));
const row = fc.oneof(
  fc.record({ id: fc.nat(), note: fc.oneof(fc.string({ unit: 'binary' }), longText), more: json }),
  json,
);
/** What a list is made of besides its rows. */
const frame = fc.record({
  page: fc.integer({ min: 1, max: 1e9 }),
  per_page: fc.integer({ min: 1, max: 200 }),
  next_page: fc.option(fc.integer({ min: 2, max: 1e9 })),
  note: fc.string({ maxLength: 100 }),
  skipped: fc.integer({ min: 1, max: 200 }),
});
const max = fc.integer({ min: 1_000, max: 40_000 });

describe('cutToSize', () => {
  it('leaves alone what fits', () => {
    fc.assert(
      fc.property(fc.array(row), frame, (rows, rest) => {
        const list = { rows, ...rest };
        expect(cutToSize(list, size(list), 'rows')).toBe(list);
        expect(cutToSize(list, size(list))).toBe(list);
      }),
    );
  });

  it('says what to do where nothing can be shown', () => {
    const wide = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`field ${index}`, { a: 'x'.repeat(99), b: 'y'.repeat(99), c: [1, 2] }]),
    );
    expect(cutToSize(wide, 300)).toEqual({
      cut: `[too large to show: ${size(wide)} characters]`,
      note: expect.stringMatching(/^Ask for less: .*--max-result-chars\.$/),
    });
  });

  it('keeps a list within the limit, its rows a beginning of them all', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), frame, max, (rows, rest, limit) => {
        const list = { rows, ...rest };
        const cut = cutToSize(list, limit, 'rows');
        expect(size(cut)).toBeLessThanOrEqual(limit);
        const shown = cut.rows;
        if (!Array.isArray(shown)) throw new Error('expected rows');
        // At least one of them, however large it is: otherwise nobody gets past it.
        if (rows.length > 0) expect(shown.length).toBeGreaterThan(0);
        if (shown.length > 1 || size(list) <= limit) expect(shown).toEqual(rows.slice(0, shown.length));
        if (shown.length === rows.length) {
          expect(cut).not.toHaveProperty('left_off');
          expect(cut.next_page).toBe(rest.next_page);
        } else {
          expect(cut).toMatchObject({
            left_off: rows.length - shown.length,
            next_skip: rest.skipped + shown.length,
            next_page: rest.page,
          });
        }
      }),
      { numRuns: 200 },
    );
  });

  it('of several lists ends all of them alike, and reaches every row by next_skip', () => {
    const lists = fc.record({ a: fc.nat(30), b: fc.nat(30), c: fc.nat(3) });
    fc.assert(
      fc.property(lists, fc.array(fc.nat(400), { minLength: 1 }), max, (lengths, sizes, limit) => {
        const all = Object.entries(lengths).flatMap(([list, length]) =>
          Array.from({ length }, (_, index) => ({ list, index, note: 'x'.repeat(sizes[index % sizes.length] ?? 0) })),
        );
        const seen: string[] = [];
        for (let skip = 0; ; ) {
          const rows = all.filter(({ index }) => index >= skip);
          const cut = cutToSize({ rows, skipped: skip }, limit, 'rows', 'list');
          expect(size(cut)).toBeLessThanOrEqual(limit);
          const shown = cut.rows as typeof all;
          seen.push(...shown.map(({ list, index }) => `${list}${index}`));
          expect(cut.left_off ?? 0).toBe(rows.length - shown.length);
          if (cut.next_skip === undefined) break;
          const next = Number(cut.next_skip);
          expect(next).toBeGreaterThan(skip);
          expect(shown.map(({ index }) => index)).toEqual(rows.flatMap(({ index }) => (index < next ? [index] : [])));
          skip = next;
        }
        expect(seen.toSorted()).toEqual(all.map(({ list, index }) => `${list}${index}`).toSorted());
      }),
      { numRuns: 200 },
    );
  });

  it('shows a shortened first row of each list where not even those fit', () => {
    const rows = ['EUR', 'USD'].flatMap((currency) => [1, 2].map((id) => ({ currency, id, note: 'x'.repeat(5_000) })));
    const cut = cutToSize({ rows }, 2_000, 'rows', 'currency');
    expect(size(cut)).toBeLessThanOrEqual(2_000);
    expect(cut).toMatchObject({
      rows: [
        { currency: 'EUR', id: 1 },
        { currency: 'USD', id: 1 },
      ],
      next_skip: 1,
      left_off: 2,
    });
  });

  it('reaches every row of a list by next_skip', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), max, (rows, limit) => {
        let skip = 0;
        let calls = 0;
        for (;;) {
          calls += 1;
          const cut = cutToSize({ rows: rows.slice(skip), page: 1, next_page: null, skipped: skip }, limit, 'rows');
          if (cut.next_skip === undefined) break;
          expect(Number(cut.next_skip)).toBeGreaterThan(skip);
          skip = Number(cut.next_skip);
        }
        expect(calls).toBeLessThanOrEqual(Math.max(1, rows.length));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps one record within the limit, whatever it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(json, longText, fc.array(longText))), max, (record, limit) => {
        const cut = cutToSize({ affiliate: record, undo: 'Undo with unarchive_affiliate.' }, limit);
        expect(size(cut)).toBeLessThanOrEqual(limit);
        // By its text: JSON writes -0 as 0.
        expect(JSON.stringify(JSON.parse(JSON.stringify(cut)))).toBe(JSON.stringify(cut));
      }),
      { numRuns: 200 },
    );
  });

  it('keeps a list within the limit, whatever stands beside its rows', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 10 }), fc.dictionary(fc.string(), longText), max, (rows, rest, limit) => {
        expect(size(cutToSize({ ...rest, rows, page: 1 }, limit, 'rows'))).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 100 },
    );
  });

  it('marks what it cut, and never cuts a character in half', () => {
    const record = { id: 7, note: '\u{1f600}'.repeat(10_000), short: 'short' };
    const cut = cutToSize({ affiliate: record }, 1_000);
    expect(cut.affiliate).toMatchObject({ id: 7, short: 'short' });
    const text = JSON.stringify(cut);
    expect(text).toContain('… [cut: 20000 characters]');
    expect(text.isWellFormed()).toBe(true);
    expect(text).not.toContain('\\ud83d');
    expect(text).not.toContain('\ufffd');
  });

  it('keeps short fields whole where one long one is to blame', () => {
    const record = {
      id: 7,
      ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`field_${index}`, 'v'.repeat(40)])),
    };
    const cut = cutToSize({ affiliate: { ...record, note: 'n'.repeat(100_000) } }, 5_000);
    expect(cut.affiliate).toMatchObject(record);
  });
});
