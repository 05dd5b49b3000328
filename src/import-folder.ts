import { constants, type Stats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** The largest file a tool may read; a few hundred rows are far smaller. */
const MOST_BYTES = 1_000_000;
const ENDINGS = /\.(csv|txt|tsv)$/i;

/** The text of a file, or why it was not read, as a sentence without the full stop. */
export type GivenFile = { readonly text: string } | { readonly problem: string };

/**
 * Lets tools read lists from the folder of `--export-folder`. A manipulated model may name any path, so only regular
 * files directly in the folder are opened, and no link is followed.
 */
export function openImportFolder(given: string): (name: string) => Promise<GivenFile> {
  const folder = resolve(given);
  return async (name) => {
    const path = resolve(folder, name);
    if (dirname(path) !== folder) return { problem: `only files directly in ${folder} (--export-folder) are read` };
    if (!ENDINGS.test(path)) return { problem: 'only .csv, .txt and .tsv files are read' };
    try {
      return await readRegular(join(folder, basename(path)));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      return { problem: code === 'ENOENT' ? `there is no such file in ${folder}` : `it cannot be read (${code})` };
    }
  };
}

async function readRegular(path: string): Promise<GivenFile> {
  const before = await lstat(path);
  if (!before.isFile()) return { problem: 'it is not a regular file' };
  // If the file was replaced meanwhile, a link is not followed and a pipe does not block. Windows has neither flag.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const now = await file.stat();
    if (!now.isFile() || !isSame(before, now)) return { problem: 'it is not a regular file' };
    if (now.size > MOST_BYTES) return { problem: `it is larger than ${MOST_BYTES / 1_000_000} MB` };
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length);
      length += bytesRead;
      if (length > MOST_BYTES) return { problem: `it is larger than ${MOST_BYTES / 1_000_000} MB` };
      if (bytesRead === 0) return decode(bytes.subarray(0, length));
    }
  } finally {
    await file.close();
  }
}

const isSame = (one: Stats, other: Stats) => one.dev === other.dev && one.ino === other.ino;

/** UTF-8, or what Excel calls Unicode text (UTF-16). Any other encoding is refused, because it would garble names. */
function decode(bytes: Buffer): GivenFile {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  try {
    return { text: new TextDecoder(isWide ? 'utf-16le' : 'utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { problem: 'its text is not UTF-8: save it as "CSV UTF-8"' };
  }
}
