import { closeSync, constants, fstatSync, ftruncateSync, openSync, type Stats, writeSync } from 'node:fs';
import { isObject, type JsonObject, parseJson } from '../json.ts';
import type { Change, Ending, Intent } from '../ports/change-log.ts';

/*
 * The lines of the audit log, JSON each. A write has two: one before it is sent, one with what became of it, tied by
 * `id`. A line that stands alone says that the write was about to be sent and that nobody saw how it ended.
 */

type Begun = Omit<Change, 'outcome' | 'reason' | 'after'>;

export function beginLine(id: string, at: string, intent: Intent): string {
  return JSON.stringify({ line: 'begin', id, at, ...intent });
}

export function endLine(id: string, at: string, ending: Ending): string {
  return JSON.stringify({ line: 'end', id, at, ...ending });
}

/** One line as it was read; undefined for what is none of ours, or was torn by the end of its process. */
export type Line =
  | { readonly line: 'begin'; readonly begun: Begun }
  | { readonly line: 'end'; readonly id: string; readonly ending: Ending };

const CONFIRMED: ReadonlySet<unknown> = new Set(['form', 'token', 'not_asked', 'off']);
const OUTCOMES: ReadonlySet<unknown> = new Set(['done', 'refused', 'not_sent', 'unknown']);

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
  // Every field was looked at just now.
  const { id, at, account, caller, tool, operation } = value as unknown as Begun;
  // Logs from before there were any have none.
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

/** What lies where a file of the log should be and is none: a pipe would take the line away, a link lead it elsewhere. */
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
 * A function that adds one line to a file before it returns. The file is opened for every line, so that a folder that
 * has gone is noticed, and one that has come back is used. A regular file alone is written to, and nothing is waited for:
 * opening a pipe that nobody reads fails at once.
 * @throws NotOurFile, or the system's error where the whole line could not be written; nothing of it is left then
 */
export function createAppend(): (path: string, line: string) => void {
  /** The file whose last line is known to be whole. */
  let whole: string | undefined;
  return (path, line) => {
    const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
    try {
      const { size } = checkFile(fstatSync(file));
      // What an earlier process of this name, or a full disk, tore off must not swallow this line.
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
      // The next line begins on a line of its own, whatever stands here.
    }
    throw error;
  }
}
