import { readFileSync, statSync } from 'node:fs';
import { readTokensFile, type VerifyToken, verifyNamedTokens } from './tokens.ts';

/** Told about changes of the tokens file while the server runs. */
export interface TokensFileListeners {
  readonly onRead: (callers: number) => void;
  /** The file cannot be used now, so the previous callers stay. Called once for each state of the file. */
  readonly onProblem: (problem: string) => void;
}

/**
 * Verifies the tokens of a file. Every call checks whether the file has changed, so added tokens work and revoked ones
 * fail at once. A file that was read while being written is read again on the next call.
 * @throws Error if the file cannot be used at the start
 */
export function verifyTokensFile(path: string, { onRead, onProblem }: TokensFileListeners): VerifyToken {
  let seen = markOf(path);
  const first = readTokensFile(readFileSync(path, 'utf8'));
  if (first.length === 0) throw new Error('the tokens file contains no tokens');
  let verify = verifyNamedTokens(first);

  /** Takes the mark before it reads the file, so that a write in between makes the next call read it again. */
  function look(): void {
    const mark = markOf(path);
    if (mark === seen) return;
    seen = mark;
    try {
      if (mark === undefined) throw new Error('the tokens file is no longer a file');
      const callers = readTokensFile(readFileSync(path, 'utf8'));
      verify = verifyNamedTokens(callers);
      onRead(callers.length);
    } catch (error) {
      onProblem((error as Error).message);
    }
  }

  return async (token) => {
    look();
    return await verify(token);
  };
}

/** Changes whenever the file does; undefined if there is no regular file. */
function markOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? [found.ino, found.size, found.mtimeMs, found.ctimeMs].join(' ') : undefined;
}
