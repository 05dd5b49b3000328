import { describe, expect, test } from 'vitest';
import { csvLines, csvTable, forPeople, paymentLines, plainCell } from '../../src/workflows/exports/csv.ts';
import { readCsv } from '../support/read-csv.ts';

/** What a spreadsheet takes for the beginning of a formula, once it has dropped what it drops. */
const RISKY = /^[\s\p{C}"'`]*[=+\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−]/u;

const payloads = ['=1+1', '+1+1', '-1+1', '@SUM(1+1)', "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.example","y")'];
const fronts = [
  '',
  ' ',
  '   ',
  '\t',
  '\n',
  '\r\n',
  '"',
  '""',
  "' ",
  '“',
  '\u00a0',
  '\u3000',
  '\u200b',
  '\ufeff',
  '\0',
  '`',
];
const wide = ['＝1+1', '＋1', '－1', '＠SUM(1)', '﹦1', '﹢1', '−1+1'];

describe('no cell starts a formula', () => {
  const corpus = [...payloads.flatMap((payload) => fronts.map((front) => front + payload)), ...wide];

  test.each(corpus.map((text) => [JSON.stringify(text), text]))('%s', (_, text) => {
    const cell = readCsv(csvLines([[text, 'next']]))[0]?.[0] ?? '';
    expect(cell.startsWith("'")).toBe(true);
    // Nothing but the mark was added.
    expect(cell.replaceAll("'", '')).toBe(text.replaceAll("'", ''));
  });

  test.each(['\t', '\r', '\n'])('nor begins with what Excel drops (%j)', (char) => {
    expect(plainCell(`${char}text`)).toBe(`'${char}text`);
  });

  test.each([';', '\t', '\n', '\r'])('behind %j, where that ends a cell', (separator) => {
    for (const payload of payloads) {
      for (const front of fronts) {
        const text = `name${separator}${front}${payload}`;
        const line = csvLines([['first', text, 'last']]);
        const pieces = line.split(/[;\t\r\n]/).slice(1, -2);
        for (const piece of pieces) {
          if (RISKY.test(piece)) expect(piece.trimStart().startsWith("'"), JSON.stringify(line)).toBe(true);
        }
      }
    }
  });

  test('in a header either', () => {
    expect(readCsv(csvTable(['=1+1'], [{ '=1+1': 'x' }]))[0]).toEqual(["'=1+1"]);
  });

  test('in time, however long it is', () => {
    const began = performance.now();
    for (const char of [' ', '\n', '"', ';', '\t ']) plainCell(char.repeat(300_000));
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});

describe('what is no formula', () => {
  test.each(['plain', 'a=b', 'one - two', '100%', 'ann@example.com', '2026-01-31', "O'Neill", '(1)'])(
    'stays as it is: %s',
    (text) => {
      expect(readCsv(csvLines([[text]]))).toEqual([[text]]);
    },
  );

  test('reads back whole: quotes, commas, line breaks', () => {
    const rows = [
      ['a,b', 'say "yes"', 'two\nlines', '', 'ü 王 😀'],
      ['1', '2', '3', '4', '5'],
    ];
    expect(readCsv(csvLines(rows))).toEqual(rows);
    expect(csvLines(rows)).toMatch(/\r\n$/);
  });

  test('negative numbers are numbers in columns of amounts, and text elsewhere', () => {
    const rows = [
      { amount: '-12.50', note: '-12.50' },
      { amount: '-1+1', note: 'x' },
      { amount: -3, note: -3 },
    ];
    expect(readCsv(csvTable(['amount', 'note'], rows))).toEqual([
      ['amount', 'note'],
      ['-12.50', "'-12.50"],
      ["'-1+1", 'x'],
      ['-3', '-3'],
    ]);
    const columns = ['purchase_amount', 'purchase_purchase_amount', 'commission_amount_override', 'amounts'];
    const row = Object.fromEntries(columns.map((column) => [column, '-1.5']));
    expect(readCsv(csvTable(columns, [row]))[1]).toEqual(['-1.5', '-1.5', '-1.5', "'-1.5"]);
  });

  test('nothing, flags and whole objects', () => {
    expect(readCsv(csvLines([[null, undefined, true, { a: [1] }]]))).toEqual([['', '', 'true', '{"a":[1]}']]);
  });
});

describe('a file for a payment service', () => {
  test('reads back as it was, whatever a cell begins with, without a byte order mark', () => {
    const rows = [
      ['a@example.com', '100,50', 'EUR', '-x', '=1+1', 'say "yes"'],
      ['', '1.00', 'two\r\nlines', "'", ';', '\t'],
    ];
    expect(readCsv(paymentLines(rows))).toEqual(rows);
    expect(paymentLines(rows)).toMatch(/^a@example\.com,"100,50",EUR,-x,/);
  });

  test('is not one for people, which begins with a byte order mark', () => {
    expect(forPeople('a')).toBe('\ufeffa');
  });
});
