import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** What a subcommand prints: the answer on stdout, what a person should know on stderr. */
export interface Printed {
  /** Exit code: 1 if it could not do what it was asked for, 2 if it was asked wrongly. */
  readonly code: 0 | 1 | 2;
  readonly out: string;
  readonly error: string;
}

/** The environment of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const explained = (usage: string): Printed => ({ code: 0, out: usage, error: '' });

export const refused = (message: string): Printed => ({ code: 2, out: '', error: `${message}\n` });

/**
 * Writes a file in one step, readable by its owner alone. The name beside it is one that nobody can have laid a link at,
 * and `wx` follows none.
 * @throws Error if it cannot be written; nothing is left beside it
 */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${randomUUID()}`;
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
