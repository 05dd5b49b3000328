import type { Work } from '../workflow.ts';
import { csvLines, isAmount } from './csv.ts';
import { bytesOf } from './files.ts';
import type { FlatTable } from './flat-rows.ts';

export type Format = 'csv' | 'jsonl';

/** How many rows are written between two looks at whether the call still matters. */
const AT_ONCE = 500;

/** Writes rows until they are too many bytes; whole rows alone. */
export async function writeTable(
  { columns, rows }: Pick<FlatTable, 'columns' | 'rows'>,
  format: Format,
  mostBytes: number,
  { signal }: Pick<Work, 'signal'>,
): Promise<{ text: string; rows: number }> {
  const amounts = new Set(columns.flatMap((column, index) => (isAmount(column) ? [index] : [])));
  const write = (some: FlatTable['rows']) =>
    format === 'jsonl'
      ? some.map((row) => `${JSON.stringify(row)}\n`).join('')
      : csvLines(
          some.map((row) => columns.map((column) => row[column])),
          amounts,
        );

  const parts = [format === 'csv' ? csvLines([columns]) : ''];
  let bytes = bytesOf(parts[0] ?? '');
  let written = 0;
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    signal.throwIfAborted();
    const some = rows.slice(from, from + AT_ONCE);
    const part = write(some);
    const size = bytesOf(part);
    if (bytes + size > mostBytes) {
      // Not all of these fit: as many as do.
      for (const row of some) {
        const line = write([row]);
        bytes += bytesOf(line);
        if (bytes > mostBytes) return { text: parts.join(''), rows: written };
        parts.push(line);
        written += 1;
      }
    }
    parts.push(part);
    bytes += size;
    written += some.length;
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { text: parts.join(''), rows: written };
}
