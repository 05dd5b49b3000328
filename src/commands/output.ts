import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What a subcommand prints: the answer on stdout, what a person should know on stderr. */
export interface Printed {
  /**
   * Exit code: 1 if it failed, 2 if the arguments are wrong, 3 if only part of it was done (`report`) or it needs a yes
   * (`call`), 4 if a write may have happened (`call`).
   */
  readonly code: 0 | 1 | 2 | 3 | 4;
  readonly out: string;
  readonly error: string;
}

/** The environment of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const explained = (usage: string): Printed => ({ code: 0, out: usage, error: '' });

export const refused = (message: string): Printed => ({ code: 2, out: '', error: `${message}\n` });

/**
 * Writes a file in one step; by default only its owner can read it. The temporary file has a random name, so nobody can
 * have placed a link there, and `wx` follows no links.
 * @throws Error if it cannot be written; the temporary file is removed
 */
export function replaceFile(path: string, text: string, mode = 0o600): void {
  const temporary = `${path}.${randomUUID()}`;
  try {
    writeFileSync(temporary, text, { mode, flag: 'wx' });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Replaces another program's file and keeps a copy of the old one next to it.
 * @param before its content when it was read; undefined if there was no such file
 * @returns the path of the copy; undefined if there was nothing to keep
 * @throws Error if it cannot be written or was changed since it was read; then it is unchanged
 */
export function replaceWithBackup(path: string, text: string, before: Buffer | undefined): string | undefined {
  if (before === undefined) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const copy = before && `${path}.before-leaddyno-mcp-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  // It may contain keys of other servers: nobody else may read the copy.
  if (copy) writeFileSync(copy, before, { mode: 0o600, flag: 'wx' });
  const now = existsSync(path) ? readFileSync(path) : undefined;
  if (!(before === undefined ? now === undefined : now?.equals(before))) {
    throw Object.assign(new Error('it was changed in the meantime'), { code: 'changed in the meantime' });
  }
  replaceFile(path, text, before === undefined ? 0o600 : statSync(path).mode & 0o777);
  return copy;
}
