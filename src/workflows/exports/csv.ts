import { stringify } from 'csv-stringify/sync';

/*
 * CSV by RFC 4180 in which every cell stays data, wherever it is opened. Spreadsheets treat a cell that begins with = +
 * - or @ as a formula (OWASP, CSV injection). Where the list separator of its language is not the comma, Excel also
 * ends a cell at a semicolon, tab or line break, so what follows those counts as a beginning too. Files for payment
 * services are written without this protection (`paymentLines`): the apostrophe would become part of a name or an
 * address.
 */

const NUMBER = /^-?\d{1,15}(\.\d{1,10})?$/;

/** What begins a formula, in every form that programs accept. */
const STARTS = '=+\\-@\\uff1d\\uff0b\\uff0d\\uff20\\ufe66\\ufe62\\ufe63\\ufe6b\\u207a-\\u207c\\u208a-\\u208c\\u2212';
/** What programs skip before it: spaces, quotation marks, invisible characters. */
const PASSED_OVER = '\\s\\p{Z}\\p{C}\\p{Pi}\\p{Pf}"\'`\\u00b4\\u201a\\u201e';
const FORMULA = new RegExp(`^[${PASSED_OVER}]*[${STARTS}]`, 'u');
const ENDS_CELL = /([;\t\r\n])/;
/** Excel drops these at the start of a cell. */
const DROPPED = /^[\t\r\n\0]/;

/** A text as a cell that no spreadsheet computes: an apostrophe marks it as text where it would be a formula. */
export function plainCell(text: string): string {
  const marked = text
    .split(ENDS_CELL)
    .map((piece) => (FORMULA.test(piece) ? `'${piece}` : piece))
    .join('');
  return !marked.startsWith("'") && (FORMULA.test(text) || DROPPED.test(text)) ? `'${marked}` : marked;
}

/** @param amount whether the column holds amounts: there a number stays a number, even if negative */
function cellOf(value: unknown, amount: boolean): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return plainCell(JSON.stringify(value) ?? '');
  return amount && NUMBER.test(value) ? value : plainCell(value);
}

/**
 * Lines of CSV, each ended by CRLF.
 * @param amounts the indexes of the columns that hold amounts
 */
export function csvLines(
  rows: readonly (readonly unknown[])[],
  amounts: ReadonlySet<number> = new Set<number>(),
): string {
  const cells = rows.map((row) => row.map((value, index) => cellOf(value, amounts.has(index))));
  // By itself the library quotes a line break only if it is the whole delimiter.
  return stringify(cells, { record_delimiter: '\r\n', quoted_match: ENDS_CELL });
}

/** Whether a column holds amounts, by its name: `amount`, `purchase_amount`, `purchase_purchase_amount`. */
export const isAmount = (column: string): boolean => /(^|_)amount(_override)?$/.test(column);

/** A whole table with its header. */
export function csvTable(columns: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): string {
  const amounts = new Set(columns.flatMap((column, index) => (isAmount(column) ? [index] : [])));
  const lines = rows.map((row) => columns.map((column) => row[column]));
  return csvLines([columns]) + csvLines(lines, amounts);
}

/** Without it, spreadsheets read UTF-8 as the encoding of their own language. */
const BYTE_ORDER_MARK = '\ufeff';

/** A file that people open in a spreadsheet. */
export const forPeople = (csv: string): string => BYTE_ORDER_MARK + csv;

/** Lines of CSV for a payment service: every cell as it is, quoted where needed, no byte order mark. */
export const paymentLines = (rows: readonly (readonly string[])[]): string =>
  stringify([...rows], { record_delimiter: '\r\n', quoted_match: ENDS_CELL });
