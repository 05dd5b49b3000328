import type { JsonObject } from '../../json.ts';
import { toTable, writeTable } from '../exports/table.ts';
import { type FileLink, keepFile } from '../output.ts';
import type { Work } from '../workflow.ts';

/** Bytes of one file, at most. */
const MOST_BYTES = 20_000_000;

/** Fields that hold a record, or null. */
const NESTED: ReadonlySet<string> = new Set(['affiliate', 'recruiter']);

/** Keeps all rows of a summary, of every currency, as a CSV file. @throws Unavailable */
export async function keepTable(
  records: string,
  tables: readonly { readonly every: () => readonly JsonObject[] }[],
  complete: boolean,
  work: Work,
): Promise<FileLink> {
  const every = tables.flatMap((table) => table.every());
  const table = toTable(
    every.map((row) => work.present(row) as JsonObject),
    NESTED,
  );
  const written = await writeTable(table, 'csv', MOST_BYTES, work);
  const day = new Date(work.now()).toISOString().slice(0, 10);
  const isPart = !complete || written.rows < every.length || table.columnsLeftOff > 0;
  const name = `summary-of-${records}-${day}${isPart ? '-partial' : ''}.csv`;
  return await keepFile(work, { name, mimeType: 'text/csv', text: written.text }, { rows: written.rows });
}
