import { randomBytes } from 'node:crypto';
import { closeSync, constants, mkdirSync, openSync, rmSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/* The folder of `--export-folder`: tools' files are written into it, and lists of the user's are read from it. */

/** The most files with the same name; with more, something is wrong. */
const MOST_ALIKE = 1_000;
/** Bytes of a name without its extension: file systems allow 255 in total. */
const LONGEST_NAME = 180;

/** Names that Windows treats as devices, whatever their extension. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])$/i;
/** Unsafe in a name for file systems, shells or readers: separators, wildcards, quotes, invisible characters. */
const UNSAFE = /[\\/:*?"<>|%$`'\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** A name that stays within its folder on every system, and shows what it is. */
export function safeName(name: string): string {
  const clean = name
    .toWellFormed()
    .normalize('NFC')
    .replace(UNSAFE, '-')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.-]+|[\s.]+$/g, '');
  const { stem, ending } = parted(clean);
  const short = firstBytes(stem, LONGEST_NAME).replace(/[\s.]+$/, '');
  // Windows compares device names up to the first dot.
  const isDevice = DEVICE.test((short.split('.')[0] ?? '').trim());
  return `${isDevice || short === '' ? 'file-' : ''}${short}${ending}`;
}

/** The start of a text, at most so many bytes, without cutting a character. */
function firstBytes(text: string, most: number): string {
  let left = most;
  const points = Array.from(text);
  const end = points.findIndex((point) => {
    left -= Buffer.byteLength(point);
    return left < 0;
  });
  return end < 0 ? text : points.slice(0, end).join('');
}

function parted(name: string): { stem: string; ending: string } {
  const [, stem = name, ending = ''] = /^(.+)(\.[A-Za-z0-9]{1,10})$/.exec(name) ?? [];
  return { stem, ending };
}

/**
 * Opens the folder of `--export-folder`: creates it if it is missing, and checks at once that it is writable.
 * @returns a function that writes a file, readable only by its owner and never over another, and returns its path
 * @throws Error with a message for the operator
 */
export function openExportFolder(given: string): (name: string, text: string) => Promise<string> {
  const folder = resolve(given);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!statSync(folder).isDirectory()) throw new Error('it is not a folder');
    const probe = join(folder, `.leaddyno-mcp-${randomBytes(6).toString('hex')}`);
    closeSync(openSync(probe, 'wx', 0o600));
    rmSync(probe);
  } catch (error) {
    throw new Error(
      `Files cannot be written to ${folder} (--export-folder, LEADDYNO_MCP_EXPORT_FOLDER): ${reasonOf(error)}. Name a folder you can write to, or leave the option out.`,
    );
  }

  return async (name, text) => {
    const { stem, ending } = parted(safeName(name));
    for (let number = 1; number <= MOST_ALIKE; number += 1) {
      const path = join(folder, `${stem}${number === 1 ? '' : `-${number}`}${ending}`);
      const file = await create(path);
      if (!file) continue;
      await fill(file, path, text);
      return path;
    }
    throw new Error(`${folder} already has ${MOST_ALIKE} files with this name`);
  };
}

/** A new file, or undefined if the name is taken, even by a broken link. */
async function create(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw new Error(`${path} cannot be written: ${reasonOf(error)}`);
  }
}

/** Writes the file, or removes it: half a file is worse than none. */
async function fill(file: FileHandle, path: string, text: string): Promise<void> {
  try {
    await file.writeFile(text);
    await file.close();
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw new Error(`${path} cannot be written: ${reasonOf(error)}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is on a read-only disk',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  ENOENT: 'there is no such folder (any longer)',
  ENOTDIR: 'part of that path is not a folder',
  EEXIST: 'it is not a folder',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? (code || message);
}

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
