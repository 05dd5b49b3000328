import { closeSync, constants, fstatSync, ftruncateSync, openSync, type Stats, writeSync } from 'node:fs';
import { isObject, type JsonObject, parseJson } from '../json.ts';
import type { Change, Ending, Intent } from '../ports/change-log.ts';

/*
 * The lines of the audit log, each of them JSON. A write has two with the same `id`: one before it is sent, one with
 * its outcome. A `begin` line alone means that the write was about to be sent, and nobody saw how it ended.
 */

type Begun = Omit<Change, 'outcome' | 'reason' | 'after'>;

export function beginLine(id: string, at: string, intent: Intent): string {
  return JSON.stringify({ line: 'begin', id, at, ...intent });
}

export function endLine(id: string, at: string, ending: Ending): string {
  return JSON.stringify({ line: 'end', id, at, ...ending });
}

/** A line of the log as it was read. */
export type Line =
  | { readonly line: 'begin'; readonly begun: Begun }
  | { readonly line: 'end'; readonly id: string; readonly ending: Ending };

const CONFIRMED: ReadonlySet<unknown> = new Set(['form', 'token', 'not_asked', 'off']);
const OUTCOMES: ReadonlySet<unknown> = new Set(['done', 'refused', 'not_sent', 'unknown']);

/** Undefined for a line that is not ours, or that is incomplete because its process ended. */
export function readLine(text: string): Line | undefined {
  const value = parseJson(text)?.value;
  if (!isObject(value) || typeof value.id !== 'string') return undefined;
  if (value.line === 'begin') return readBegin(value);
  return value.line === 'end' ? readEnd(value) : undefined;
}

const TEXTS = ['id', 'at', 'account', 'caller', 'tool', 'operation'] as const;

function readBegin(value: JsonObject): Line | undefined {
  const { arguments: args, before = null, confirmed } = value;
  if (TEXTS.some((name) => typeof value[name] !== 'string') || Number.isNaN(Date.parse(String(value.at)))) {
    return undefined;
  }
  if (!isObject(args) || !CONFIRMED.has(confirmed) || !(before === null || isObject(before))) return undefined;
  // All these fields were checked above.
  const { id, at, account, caller, tool, operation } = value as unknown as Begun;
  // Older logs have no batches.
  const batch = typeof value.batch === 'string' ? { batch: value.batch } : {};
  const named = typeof value.account_name === 'string' ? { account_name: value.account_name } : {};
  const known = confirmed as Begun['confirmed'];
  return {
    line: 'begin',
    begun: { at, id, account, ...named, caller, tool, operation, ...batch, arguments: args, confirmed: known, before },
  };
}

function readEnd({ id, outcome, reason, after = null }: JsonObject): Line | undefined {
  if (!OUTCOMES.has(outcome) || !(after === null || isObject(after))) return undefined;
  return {
    line: 'end',
    id: String(id),
    ending: {
      outcome: outcome as Ending['outcome'],
      ...(typeof reason === 'string' && { reason }),
      after,
    },
  };
}

const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** Something else is in the place of a log file: a pipe would swallow the line, a link would send it elsewhere. */
export class NotOurFile extends Error {
  readonly code: string;

  constructor(what: string) {
    super(`its file is ${what}`);
    this.code = `its file is ${what}`;
  }
}

/** Owner only: the lines hold names, addresses and amounts. */
export const FILE_MODE = 0o600;

/**
 * A function that adds one line to a file before it returns. It opens the file for every line, so that it notices when
 * the folder disappears or comes back. It writes only to regular files and never waits: opening a pipe that nobody
 * reads fails at once.
 * @throws NotOurFile, or the system's error if the line could not be written completely; the rest is then cut off again
 */
export function createAppend(): (path: string, line: string) => void {
  /** The file whose last line is known to be complete. */
  let whole: string | undefined;
  return (path, line) => {
    const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
    try {
      const { size } = checkFile(fstatSync(file));
      // An incomplete line, left by an earlier process of this name or by a full disk, must not swallow this one.
      const text = size > 0 && whole !== path ? `\n${line}\n` : `${line}\n`;
      whole = undefined;
      writeWhole(file, Buffer.from(text), size);
      whole = path;
    } finally {
      closeSync(file);
    }
  };
}

function checkFile(found: Stats): Stats {
  if (!found.isFile()) throw new NotOurFile('not a regular file');
  if (found.nlink > 1) throw new NotOurFile('a file with another hard link');
  return found;
}

function writeWhole(file: number, bytes: Buffer, size: number): void {
  try {
    let written = 0;
    while (written < bytes.length) written += writeSync(file, bytes, written);
  } catch (error) {
    try {
      ftruncateSync(file, size);
    } catch {
      // The next write starts a new line, whatever is left here.
    }
    throw error;
  }
}
