import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

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
