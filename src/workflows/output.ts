import type { JsonObject } from '../json.ts';

/*
 * The keys of a workflow's result, as JSON Schema. A value that may be missing or null is described and not typed: no
 * real result must ever fail its own schema.
 */

export const text = (description: string): JsonObject => ({ type: 'string', description });
export const number = (description: string): JsonObject => ({ type: 'number', description });
export const flag = (description: string): JsonObject => ({ type: 'boolean', description });
export const object = (description: string): JsonObject => ({ type: 'object', description });

/** Rows, each an object; what they hold is said in words. */
export const rows = (description: string): JsonObject => ({ type: 'array', description, items: { type: 'object' } });

/** The key `files` of a result (`files/files.ts`). */
export const files = (description: string): JsonObject =>
  rows(`${description}. Read each as the resource uri until expires_at: uri, name, mime_type, size (bytes), rows`);

/** Sums per currency, never across. */
export const sums = (description: string): JsonObject =>
  rows(`${description}; one line per currency: currency, amount (decimal string), count`);
