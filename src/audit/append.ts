import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';

const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0 } = constants;

/** Owner alone: the lines hold names, addresses and amounts. */
export const FILE_MODE = 0o600;

/**
 * A function that adds one line to a file before it returns. The file is opened for every line, so that a folder that
 * has gone is noticed, and one that has come back is used.
 * @throws the system's error where the whole line could not be written; nothing of it is left then
 */
export function createAppend(): (path: string, line: string) => void {
  /** The file whose last line is known to be whole. */
  let whole: string | undefined;
  return (path, line) => {
    const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, FILE_MODE);
    try {
      const { size } = fstatSync(file);
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
