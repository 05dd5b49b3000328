import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Change } from '../ports/change-log.ts';
import { NotOurFile, readLine } from './lines.ts';

/** One month of the log, as far as it could be read. */
export interface MonthRead {
  /** In the order they were written, file by file. */
  readonly changes: readonly Change[];
  readonly files: number;
  /** Files that could not be opened or read. */
  readonly unreadable: number;
  /** Lines that are not ours, except an incomplete last line that a killed process left. */
  readonly foreign: number;
  /** Whether older lines were skipped because there are too many. */
  readonly cut: boolean;
  /** How many bytes were read. */
  readonly bytes: number;
}

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** Reads the files of one month, the last written first, at most `maxBytes` in total. */
export async function readMonth(
  folder: string,
  names: readonly string[],
  account: string,
  maxBytes: number,
): Promise<MonthRead> {
  const changes: Change[] = [];
  let [files, unreadable, foreign, bytes] = [0, 0, 0, 0];
  let cut = false;
  for (const path of await newestFirst(names.map((name) => join(folder, name)))) {
    if (bytes >= maxBytes) {
      cut = true;
      break;
    }
    try {
      const tail = await readTail(path, maxBytes - bytes);
      const merged = mergeLines(tail.text, account);
      changes.push(...merged.changes);
      foreign += merged.foreign;
      bytes += tail.bytes;
      cut ||= tail.cut;
      files += 1;
    } catch {
      unreadable += 1;
    }
  }
  return { changes, files, unreadable, foreign, cut, bytes };
}

/** Only regular files: opening a pipe could wait forever. */
async function newestFirst(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const entry = await lstat(path).catch(() => undefined);
      return entry?.isFile() ? [{ path, at: entry.mtimeMs }] : [];
    }),
  );
  return found
    .flat()
    .sort((a, b) => b.at - a.at)
    .map(({ path }) => path);
}

interface Tail {
  readonly text: string;
  /** Whether older lines of the file were left out. */
  readonly cut: boolean;
  /** How many bytes were read. */
  readonly bytes: number;
}

/** The last `maxBytes` of a file, from the start of a line. @throws NotOurFile, or the system's error */
export async function readTail(path: string, maxBytes: number): Promise<Tail> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new NotOurFile('not a regular file');
    const { size } = found;
    const from = Math.max(0, size - maxBytes);
    const text = (await readFrom(file, from, size - from)).toString('utf8');
    const cut = from > 0;
    return { text: cut ? text.slice(text.indexOf('\n') + 1) : text, cut, bytes: size - from };
  } finally {
    await file.close();
  }
}

async function readFrom(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** The changes of one account in the text of one file; a write without an `end` line has an unknown outcome. */
function mergeLines(text: string, account: string): { changes: Change[]; foreign: number } {
  const changes = new Map<string, Change>();
  let foreign = 0;
  const lines = text.split('\n');
  lines.forEach((line, index) => {
    if (line === '') return;
    const read = readLine(line);
    // A last line without a line break may be incomplete, or is being written right now.
    if (!read) foreign += index === lines.length - 1 ? 0 : 1;
    else if (read.line === 'begin') {
      if (read.begun.account === account)
        changes.set(read.begun.id, { ...read.begun, outcome: 'unknown', after: null });
    } else {
      const begun = changes.get(read.id);
      if (begun) changes.set(read.id, { ...begun, ...read.ending });
    }
  });
  return { changes: [...changes.values()], foreign };
}
