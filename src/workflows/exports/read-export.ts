import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { code } from '../../operations/inputs.ts';
import { Refusal } from '../../operations/operation.ts';
import { files, number, text } from '../output.ts';
import type { KeptFile, Work } from '../workflow.ts';

export const input = () => ({
  uri: code('leaddyno://exports/…; default: list your files').optional(),
  limit: z.int().min(1).max(1_000).default(100).describe('Most rows'),
});

export const output = {
  files: files('Without uri: your files, newest first'),
  file: text('Its name'),
  rows_in_file: number('Rows in the whole file, without the header'),
  header: text('Its header row, if it has one'),
  rows: { type: 'array', items: { type: 'string' }, description: 'Rows as in the file, in order' },
  skipped: number('Rows before these'),
};

interface Args {
  readonly uri?: string;
  readonly limit: number;
  readonly skip: number;
}

export async function run(given: JsonObject, work: Work): Promise<JsonObject> {
  const { uri, limit, skip } = given as unknown as Args;
  if (uri === undefined) return await listed(work);
  const file = await work.readFile(uri);
  if (!file) {
    throw new Refusal(
      'uri: you have no such file: the address is wrong, or its 30 minutes are over. Without uri this tool lists your files; export_records and payout_report make new ones',
    );
  }
  const { header, rows } = partsOf(file);
  const shown = rows.slice(skip, skip + limit);
  const left = rows.length - skip - shown.length;
  return {
    file: file.name,
    rows_in_file: rows.length,
    ...(header !== undefined && { header }),
    rows: shown,
    skipped: skip,
    ...(left > 0 && { next_skip: skip + shown.length, left_off: left }),
    note: noteOn(rows.length, skip),
  };
}

async function listed(work: Work): Promise<JsonObject> {
  const found = await work.listFiles();
  return {
    files: found.map(({ uri, name, mimeType, size, expires }) => ({
      uri,
      name,
      mime_type: mimeType,
      size,
      expires_at: new Date(expires).toISOString(),
    })),
    note:
      found.length > 0
        ? 'To read one, call again with its uri.'
        : 'You have no files now: export_records and payout_report make them.',
  };
}

/** Mentions next_skip even if there may be no more: how many rows fit is only known later. */
function noteOn(total: number, skip: number): string {
  if (skip >= total) return total === 0 ? 'The file has no rows.' : `There are no rows after row ${total}.`;
  return `These rows start at row ${skip + 1} of ${total}. If next_skip is given there are more: pass it as skip.`;
}

function partsOf({ mimeType, headless, text: whole }: KeptFile): { header?: string; rows: string[] } {
  const isCsv = mimeType === 'text/csv';
  const rows = isCsv ? csvRows(whole.replace(/^\ufeff/, '')) : whole.split('\n').filter((line) => line !== '');
  const [header, ...rest] = rows;
  return isCsv && !headless && header !== undefined ? { header, rows: rest } : { rows };
}

/** The rows of a CSV as written; one may span several lines inside quotation marks. */
function csvRows(csv: string): string[] {
  const rows: string[] = [];
  let open: string[] = [];
  let isQuoted = false;
  for (const line of csv.split('\n')) {
    open.push(line);
    // A quotation mark inside a cell is doubled, so an odd number means that a cell begins or ends.
    if (line.split('"').length % 2 === 0) isQuoted = !isQuoted;
    if (isQuoted) continue;
    rows.push(open.join('\n').replace(/\r$/, ''));
    open = [];
  }
  return rows.filter((row) => row !== '');
}
