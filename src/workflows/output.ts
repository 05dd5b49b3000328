import type { JsonObject } from '../json.ts';
import type { KeptFile, SavedFile, Work } from './workflow.ts';

/*
 * The keys of a workflow's result, as JSON Schema. A value that may be missing or null is described and not typed: no
 * real result must ever fail its own schema.
 */

export const text = (description: string): JsonObject => ({ type: 'string', description });
export const number = (description: string): JsonObject => ({ type: 'number', description });
export const flag = (description: string): JsonObject => ({ type: 'boolean', description });
export const object = (description: string): JsonObject => ({ type: 'object', description });

/** Names in a row of their own. */
export const names = (description: string): JsonObject => ({ type: 'array', description, items: { type: 'string' } });

/** Rows, each an object; what they hold is said in words. */
export const rows = (description: string): JsonObject => ({ type: 'array', description, items: { type: 'object' } });

/** The key `files` of a result. */
export const files = (description: string): JsonObject =>
  rows(
    `${description}: tell the user the path (on their disk) or download_url (until expires_at) if given; otherwise the resource uri, until expires_at, also for read_export; name, mime_type, size (bytes), rows`,
  );

/** Sums per currency, never across. */
export const sums = (description: string): JsonObject =>
  rows(`${description}; one line per currency: currency, amount (decimal string), count`);

/**
 * A file as a result names it. A workflow puts its files under `files`; what stands there is this server's own word
 * (never a stranger's), and becomes a `resource_link` besides (`mcp/results.ts`).
 */
export interface FileLink extends JsonObject, SavedFile {
  readonly name: string;
  readonly mime_type: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Keeps a file and names it.
 * @param facts what else the result says of it, in words of this server alone
 * @throws Unavailable
 */
export async function keepFile(work: Work, file: KeptFile, facts: JsonObject = {}): Promise<FileLink> {
  const { uri, ...places } = await work.keepFile(file);
  return { uri, name: file.name, mime_type: file.mimeType, size: bytesOf(file.text), ...facts, ...places };
}

const encoder = new TextEncoder();

/** The size of a text as it is sent. */
export const bytesOf = (text: string): number => encoder.encode(text).length;
