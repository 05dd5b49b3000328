import { readFileSync, statSync } from 'node:fs';
import { readTokensFile, type VerifyToken, verifyNamedTokens } from './tokens.ts';

/** What becomes of a tokens file while the server runs. */
export interface TokensFileListeners {
  readonly onRead: (callers: number) => void;
  /** It cannot be used as it is now: the callers known before stay. Told once for each state of the file. */
  readonly onProblem: (problem: string) => void;
}

/**
 * Verifies the tokens of a file, which is looked at with every call: a token that was added works at once, one that was
 * revoked no more. A file that is being written is read again with the next call.
 * @throws Error where the file cannot be used at the start
 */
export function verifyTokensFile(path: string, { onRead, onProblem }: TokensFileListeners): VerifyToken {
  let seen = markOf(path);
  const first = readTokensFile(readFileSync(path, 'utf8'));
  if (first.length === 0) throw new Error('the tokens file contains no tokens');
  let verify = verifyNamedTokens(first);

  /** Taken before the file is read, the mark makes what is written meanwhile be read once more. */
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

/** Changes with the file; undefined where there is none. */
function markOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? [found.ino, found.size, found.mtimeMs, found.ctimeMs].join(' ') : undefined;
}
