import { stringify } from 'csv-stringify/sync';

/*
 * CSV by RFC 4180 whose cells are data wherever they are opened: a spreadsheet takes a cell for a formula where it
 * begins with = + - or @ (OWASP, CSV injection). Excel also ends a cell at a semicolon, tab or line break where the
 * separator of its language is not the comma, so what follows those counts as a beginning too. A file that a payment
 * service reads is no such file: there a mark would become part of a name or an address (`paymentLines`).
 */

const NUMBER = /^-?\d{1,15}(\.\d{1,10})?$/;

/** What begins a formula, in every form that programs take for it. */
const STARTS = '=+\\-@\\uff1d\\uff0b\\uff0d\\uff20\\ufe66\\ufe62\\ufe63\\ufe6b\\u207a-\\u207c\\u208a-\\u208c\\u2212';
/** What programs pass over before it: spaces, quotation marks, whatever nobody sees. */
const PASSED_OVER = '\\s\\p{Z}\\p{C}\\p{Pi}\\p{Pf}"\'`\\u00b4\\u201a\\u201e';
const FORMULA = new RegExp(`^[${PASSED_OVER}]*[${STARTS}]`, 'u');
const ENDS_CELL = /([;\t\r\n])/;
/** Excel drops these in front of a cell. */
const DROPPED = /^[\t\r\n\0]/;

/** A text as a cell that no spreadsheet computes: marked as text by an apostrophe where it would be a formula. */
export function plainCell(text: string): string {
  const marked = text
    .split(ENDS_CELL)
    .map((piece) => (FORMULA.test(piece) ? `'${piece}` : piece))
    .join('');
  return !marked.startsWith("'") && (FORMULA.test(text) || DROPPED.test(text)) ? `'${marked}` : marked;
}

/** @param amount whether the column holds amounts: what is a number there stays one, be it negative */
function cellOf(value: unknown, amount: boolean): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return plainCell(JSON.stringify(value) ?? '');
  return amount && NUMBER.test(value) ? value : plainCell(value);
}

/**
 * Lines of CSV, each ended by CRLF.
 * @param amounts the places of the columns that hold amounts
 */
export function csvLines(
  rows: readonly (readonly unknown[])[],
  amounts: ReadonlySet<number> = new Set<number>(),
): string {
  const cells = rows.map((row) => row.map((value, index) => cellOf(value, amounts.has(index))));
  // By itself it quotes a line break only where that is the whole delimiter.
  return stringify(cells, { record_delimiter: '\r\n', quoted_match: ENDS_CELL });
}

/** Names of columns that hold amounts: `amount`, `purchase_amount`, `purchase_purchase_amount`. */
export const isAmount = (column: string): boolean => /(^|_)amount(_override)?$/.test(column);

/** A whole table with its header. */
export function csvTable(columns: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): string {
  const amounts = new Set(columns.flatMap((column, index) => (isAmount(column) ? [index] : [])));
  const lines = rows.map((row) => columns.map((column) => row[column]));
  return csvLines([columns]) + csvLines(lines, amounts);
}

/** Without it, spreadsheets take UTF-8 for the alphabet of their own country. */
const BYTE_ORDER_MARK = '\ufeff';

/** A file that people open in a spreadsheet. */
export const forPeople = (csv: string): string => BYTE_ORDER_MARK + csv;

/** Lines of CSV for a payment service: every cell as it is, quoted where it has to be, no byte order mark. */
export const paymentLines = (rows: readonly (readonly string[])[]): string =>
  stringify([...rows], { record_delimiter: '\r\n', quoted_match: ENDS_CELL });
