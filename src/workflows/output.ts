import type { JsonObject } from '../json.ts';
import type { KeptFile, SavedFile, Work } from './workflow.ts';

/*
 * The keys of a workflow's result, as JSON Schema. A value that may be missing or null is described but not typed, so
 * that no real result fails its own schema.
 */

export const text = (description: string): JsonObject => ({ type: 'string', description });
export const number = (description: string): JsonObject => ({ type: 'number', description });
export const flag = (description: string): JsonObject => ({ type: 'boolean', description });
export const object = (description: string): JsonObject => ({ type: 'object', description });

/** A list of names. */
export const names = (description: string): JsonObject => ({ type: 'array', description, items: { type: 'string' } });

/** Rows, each an object; the description says what they hold. */
export const rows = (description: string): JsonObject => ({ type: 'array', description, items: { type: 'object' } });

/** The key `files` of a result. */
export const files = (description: string): JsonObject =>
  rows(
    `${description}: tell the user the path (on their disk) or download_url (until expires_at) if given; otherwise the resource uri, until expires_at, also for read_export; name, mime_type, size (bytes), rows`,
  );

/** Sums per currency, never across currencies. */
export const sums = (description: string): JsonObject =>
  rows(`${description}; one line per currency: currency, amount (decimal string), count`);

/**
 * A file as a result names it. A workflow puts its files under `files`. Everything there is this server's own text,
 * never a stranger's; each file also becomes a `resource_link` (`mcp/results.ts`).
 */
export interface FileLink extends JsonObject, SavedFile {
  readonly name: string;
  readonly mime_type: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Keeps a file and returns how the result names it.
 * @param facts more about the file, only in this server's own words
 * @throws Unavailable
 */
export async function keepFile(work: Work, file: KeptFile, facts: JsonObject = {}): Promise<FileLink> {
  const { uri, ...places } = await work.keepFile(file);
  return { uri, name: file.name, mime_type: file.mimeType, size: bytesOf(file.text), ...facts, ...places };
}

const encoder = new TextEncoder();

/** Bytes of a text in UTF-8, as it is sent. */
export const bytesOf = (text: string): number => encoder.encode(text).length;
