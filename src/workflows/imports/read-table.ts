import { CsvError, parse } from 'csv-parse/sync';
import type { JsonObject } from '../../json.ts';
import { Refusal } from '../../operations/operation.ts';
import { plainCell } from '../exports/csv.ts';
import type { Work } from '../workflow.ts';

/* Reads the list to import, whether given as rows, CSV text or a file, into one table of texts. */

export interface Source {
  readonly rows?: readonly JsonObject[];
  /** The CSV text, or the name of a file that holds it. */
  readonly csv?: string;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Rows per call: more would by far not fit into its time and its result. */
const MOST_ROWS = 500;
/** Characters of a CSV, at most. */
const MOST_TEXT = 1_000_000;
/** Cells of one row; more mean a fault in the file. */
const MOST_CELLS = 100;

const SEPARATORS = [',', ';', '\t', '|'] as const;

/** @throws Refusal for a list that cannot be read, is empty or is too long */
export async function readTable({ rows, csv }: Source, work: Pick<Work, 'readGiven'>): Promise<Table> {
  if ((rows === undefined) === (csv === undefined)) throw new Refusal('Give exactly one of rows and csv');
  const table = rows ? tableOf(rows) : parseCsv(await textOf(csv ?? '', work));
  if (table.rows.length > MOST_ROWS) {
    throw new Refusal(`One call takes up to ${MOST_ROWS} rows and this list has ${table.rows.length}: split it`);
  }
  if (table.rows.length === 0) throw new Refusal('The list has no rows below its header');
  return table;
}

/** One line that ends like a file name. As CSV text it would be a header without rows. */
const FILE_NAME = /^[^\r\n]{1,1000}\.(csv|txt|tsv)$/i;
const SPREADSHEET_NAME = /^[^\r\n]{1,1000}\.(xlsx?|xlsm|ods|numbers)$/i;

/** The columns that our own file of rows not created has in front of the fields (`import-affiliates.ts`). */
export const ABOUT_ROW = ['row', 'outcome', 'reason'] as const;

async function textOf(csv: string, { readGiven }: Pick<Work, 'readGiven'>): Promise<string> {
  // Windows puts a copied path in quotation marks.
  const name = csv.trim().replace(/^"([^"\r\n]*)"$/, '$1');
  if (!FILE_NAME.test(name)) {
    if (SPREADSHEET_NAME.test(name)) {
      throw new Refusal('csv: spreadsheet files are not read: save the list as "CSV UTF-8", or give its rows');
    }
    if (/[\r\n]/.test(name)) return csv;
    throw new Refusal('csv: it has only one line. Give the text of the list: a header, and a line for each affiliate');
  }
  if (!readGiven) {
    throw new Refusal(
      'csv: this server does not read files, so give the text itself. (Files are read only over stdio, from the --export-folder folder.)',
    );
  }
  const read = await readGiven(name);
  if ('problem' in read) throw new Refusal(`csv: ${read.problem}. Or give the text itself`);
  return read.text;
}

function tableOf(rows: readonly JsonObject[]): Table {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return { columns, rows: rows.map((row) => columns.map((column) => cellOf(row[column]))) };
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function parseCsv(text: string): Table {
  if (text.length > MOST_TEXT) throw new Refusal(`csv: it is longer than ${MOST_TEXT} characters: split it`);
  // A line of Excel's that names the separator.
  const named = /^\ufeff?sep=(.)\r?\n/i.exec(text);
  const rest = named ? text.slice(named[0].length) : text;
  const separator = named?.[1] ?? separatorOf(rest);
  const [columns = [], ...rows] = cellsOf(rest, separator);
  return ABOUT_ROW.every((name, place) => columns[place] === name) ? ownTable(columns, rows) : { columns, rows };
}

/** Our own file of rows not created: drops its columns about the row, and the apostrophes that mark a cell as text. */
function ownTable(columns: readonly string[], rows: Table['rows']): Table {
  const dataOf = (cells: readonly string[]) => cells.slice(ABOUT_ROW.length).map(unmarked);
  return { columns: dataOf(columns), rows: rows.map(dataOf) };
}

const unmarked = (cell: string): string =>
  cell.startsWith("'") && plainCell(cell.slice(1)) === cell ? cell.slice(1) : cell;

/** The separator with which most columns of the header are known. */
function separatorOf(text: string): string {
  const known = SEPARATORS.map((separator) => {
    const header = cellsOf(text, separator, 1)[0] ?? [];
    return [header.filter((column) => fieldOfColumn(column) !== undefined).length, header.length, separator] as const;
  });
  return known.toSorted((a, b) => b[0] - a[0] || b[1] - a[1])[0]?.[2] ?? ',';
}

function cellsOf(text: string, delimiter: string, to?: number): string[][] {
  try {
    const lines = parse(text, {
      delimiter,
      bom: true,
      trim: true,
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      max_record_size: 100_000,
      ...(to !== undefined && { to }),
    });
    const wide = lines.findIndex((line) => line.length > MOST_CELLS);
    if (wide >= 0) throw new Refusal(`csv: row ${wide} has more than ${MOST_CELLS} cells`);
    return lines;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // Only the header was tried, perhaps with a wrong separator.
    if (to !== undefined) return [];
    throw new Refusal(`csv: ${FLAWS[error.code] ?? 'it cannot be read'} (near line ${String(error.lines ?? '?')})`);
  }
}

const FLAWS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quotation mark is never closed',
  CSV_MAX_RECORD_SIZE: 'a row is far too long: is a quotation mark never closed?',
};

/*
 * Names of columns in users' lists, and the LeadDyno field of each. Names are compared by their letters and digits
 * only, without case and accents.
 */

/** A field of `create_affiliate`, or a full name to be split. */
export type ColumnField =
  | 'email'
  | 'first_name'
  | 'last_name'
  | 'name'
  | 'affiliate_code'
  | 'affiliate_type'
  | 'paypal_email'
  | 'referring_affiliate'
  | 'unsubscribed';

/** English names, and usual headings in German, French and Spanish. */
const NAMES: Readonly<Record<ColumnField, string>> = {
  email:
    'email emailaddress mail mailaddress affiliateemail contactemail emailadresse mailadresse courriel adresseemail adressemail correo correoelectronico',
  first_name: 'firstname givenname forename fname vorname prenom nombre',
  last_name: 'lastname surname familyname lname nachname familienname nom apellido apellidos',
  name: 'name fullname affiliatename contactname vollername vollstandigername nomcomplet nombrecompleto',
  affiliate_code:
    'affiliatecode code coupon couponcode discountcode promocode referralcode gutscheincode gutschein rabattcode partnercode codepromo codigo',
  affiliate_type:
    'affiliatetype group affiliategroup groupcode tier compensationtiercode gruppe partnergruppe groupe grupo',
  paypal_email:
    'paypalemail paypal paypaladdress paypalemailaddress payoutaddress payoutemail paymentemail payto paypaladresse paypalmail paypalemailadresse paypalkonto auszahlungsadresse',
  referring_affiliate:
    'referringaffiliate referringaffiliateemail recruiter recruiteremail recruitedby referrer referredby sponsor upline werber geworbenvon empfohlenvon parrain',
  unsubscribed: 'unsubscribed optout optedout nomails abgemeldet',
};

const FIELDS = new Map<string, ColumnField>(
  (Object.entries(NAMES) as [ColumnField, string][]).flatMap(([field, names]) =>
    names.split(' ').map((name) => [name, field] as const),
  ),
);

/** The field that a column holds; undefined if its name is not known. */
export const fieldOfColumn = (column: string): ColumnField | undefined =>
  FIELDS.get(
    column
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, ''),
  );
