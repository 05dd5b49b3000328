import { randomUUID } from 'node:crypto';
import { mkdirSync, statSync, unlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Change, ChangeLog } from '../ports/change-log.ts';
import { Unavailable } from '../ports/unavailable.ts';
import { beginLine, createAppend, endLine } from './lines.ts';
import { type MonthRead, readMonth } from './read-month.ts';

export interface AuditLogOptions {
  /** Distinguishes this process from all others that write to the folder. */
  readonly processName: string;
  readonly now?: () => number;
  /** A line could not be written; for the operator's log. The message holds no text of records. */
  readonly onError?: (error: Unavailable) => void;
}

/** The most that one query of the log reads, and the most changes it returns. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_CHANGES = 5_000;

const FOLDER_MODE = 0o700;
const FILE_NAME = /^(\d{4}-\d{2})\.[\w-]{1,200}\.jsonl$/;

/**
 * The audit log in a folder: an append-only JSON Lines file for each process and month (UTC, of the time when a write
 * was about to be sent). Its lines outlive the process, however it ends.
 * @throws Error if the folder cannot be used, with a message for the person who started the server
 */
export function openAuditLog(folder: string, options: AuditLogOptions): ChangeLog {
  const { processName, now = Date.now, onError = () => undefined } = options;
  // Absolute, in case the process changes its working directory.
  const place = resolve(folder);
  const writer = processName.replace(/[^\w-]/g, '-').slice(0, 200);
  const append = createAppend();

  tryOut(place, writer);

  /** @throws Unavailable */
  function write(month: string, line: string): void {
    try {
      append(join(place, `${month}.${writer}.jsonl`), line);
    } catch (error) {
      const unavailable = new Unavailable('change_log', `the audit log cannot be written (${errorCodeOf(error)})`);
      onError(unavailable);
      throw unavailable;
    }
  }

  return {
    wantsBefore: () => true,
    begin(intent) {
      const id = randomUUID();
      const at = new Date(now()).toISOString();
      const month = monthOf(at);
      write(month, beginLine(id, at, intent));
      return (ending) => {
        try {
          write(month, endLine(id, new Date(now()).toISOString(), ending));
        } catch {
          // The change stays `unknown`, and the operator has been told.
        }
      };
    },
    async list(account, { since, month }) {
      const first = since === undefined ? undefined : monthOf(new Date(since).toISOString());
      const months = await listMonths(place);
      const wanted = [...months].filter(([name]) => (!month || name === month) && (!first || name >= first));
      return await readNewest(place, wanted, account, since ?? Number.NEGATIVE_INFINITY);
    },
  };
}

const monthOf = (at: string) => at.slice(0, 7);

/** The system's error code, in plain words where the code alone would not explain it. */
export function errorCodeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') return 'unknown error';
  return PLAIN_WORDS[code] ?? code;
}

/** Errors that the system gives if something else is in the place of a log file. */
const PLAIN_WORDS: Readonly<Record<string, string>> = {
  ELOOP: 'its file is a link (ELOOP)',
  ENXIO: 'its file is a pipe or a device (ENXIO)',
};

/** Creates the folder if it is missing, and checks that it is writable. */
function tryOut(folder: string, writer: string): void {
  const trial = join(folder, `.trial.${writer}`);
  try {
    makeFolder(folder);
    createAppend()(trial, 'x');
    unlinkSync(trial);
  } catch (error) {
    throw new Error(
      `The audit log cannot be kept in ${JSON.stringify(folder)} (${errorCodeOf(error)}). Give --audit-log a folder that this process can write to; without a record nothing can be changed.`,
    );
  }
}

/** Creates a folder and its parents. Node's `recursive` never returns on a file system without new folders (/proc). */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: FOLDER_MODE });
  } catch (error) {
    // Another process that starts at the same time may have created it first.
    if (errorCodeOf(error) !== 'EEXIST' || !statSync(folder).isDirectory()) throw error;
  }
}

/** The files of the log by month, the newest month first; other files in the folder are ignored. */
async function listMonths(folder: string): Promise<Map<string, string[]>> {
  const months = new Map<string, string[]>();
  for (const name of await namesIn(folder)) {
    const month = FILE_NAME.exec(name)?.[1];
    if (month === undefined) continue;
    const known = months.get(month);
    if (known) known.push(name);
    else months.set(month, [name]);
  }
  return new Map([...months].sort(([a], [b]) => (a < b ? 1 : -1)));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw new Unavailable('change_log', `the audit log cannot be read (${errorCodeOf(error)})`);
  }
}

/** Reads month by month, from the newest, until there are enough changes. */
async function readNewest(
  folder: string,
  months: readonly (readonly [month: string, names: readonly string[]])[],
  account: string,
  since: number,
): Promise<{ changes: Change[]; source: string }> {
  const changes: Change[] = [];
  const read: MonthRead[] = [];
  let bytes = 0;
  let cut = false;
  for (const [, names] of months) {
    if (cut || changes.length > MAX_CHANGES) break;
    const month = await readMonth(folder, names, account, MAX_BYTES - bytes);
    read.push(month);
    bytes += month.bytes;
    cut = month.cut || bytes >= MAX_BYTES;
    // Of two changes at the same time, the one written later counts as newer.
    const newest = month.changes.filter(({ at }) => Date.parse(at) >= since).reverse();
    changes.push(...newest.sort((a, b) => Date.parse(b.at) - Date.parse(a.at)));
  }
  const older = cut || changes.length > MAX_CHANGES;
  return { changes: changes.slice(0, MAX_CHANGES), source: describeSource(read, older) };
}

function describeSource(months: readonly MonthRead[], older: boolean): string {
  const sum = (count: (month: MonthRead) => number) => months.reduce((total, month) => total + count(month), 0);
  const [files, unreadable, foreign] = [
    sum((month) => month.files),
    sum((month) => month.unreadable),
    sum((month) => month.foreign),
  ];
  return [
    `the audit log (${files} ${files === 1 ? 'file' : 'files'}, from every process that writes to its folder)`,
    ...(older ? ['there are too many to read: the oldest were left out'] : []),
    ...(unreadable > 0 ? [`${unreadable} of its files could not be read`] : []),
    ...(foreign > 0 ? [`${foreign} lines could not be understood`] : []),
  ].join('; ');
}
