import type { JsonObject } from '../../json.ts';
import { isUnavailable } from '../../ports/unavailable.ts';
import { csvTable, forPeople } from '../exports/csv.ts';
import { keepFile } from '../output.ts';
import type { Work } from '../workflow.ts';
import type { Entry } from './entries.ts';
import { ABOUT_ROW } from './read-table.ts';

/** A row that did not become an affiliate, and why. */
export interface Failure {
  readonly entry: Entry;
  readonly outcome: string;
  readonly reason: string;
}

const COLUMNS = [
  'email',
  'first_name',
  'last_name',
  'affiliate_code',
  'affiliate_type',
  'paypal_email',
  'referring_affiliate',
  'unsubscribed',
] as const;

/**
 * Keeps the rows that need a look as a CSV file that can be corrected and imported again. Affiliates may have been
 * created by then, so if there is no memory for the file, the result says so instead of failing.
 */
export async function failuresFile(failures: readonly Failure[], work: Work): Promise<JsonObject> {
  if (failures.length === 0) return {};
  const rows = failures.map(
    ({ entry, outcome, reason }) =>
      work.present({ row: entry.row, outcome, reason, ...entry.fields }) as Record<string, unknown>,
  );
  const text = forPeople(csvTable([...ABOUT_ROW, ...COLUMNS], rows));
  const name = `import-not-created-${new Date(work.now()).toISOString().slice(0, 10)}.csv`;
  try {
    return { files: [await keepFile(work, { name, mimeType: 'text/csv', text }, { rows: rows.length })] };
  } catch (error) {
    if (!isUnavailable(error, 'memory')) throw error;
    return { files_note: `The file of these rows could not be kept: ${error.message}` };
  }
}
