import type { JsonObject } from '../../json.ts';
import { isSaid } from '../../records/values.ts';
import { cutText } from '../../text.ts';

/*
 * What LeadDyno sends under names that no documentation has: kept for a look, a few of a row and cut short, because one
 * of them may say what nothing documented does.
 */

const MOST = 5;
const LONGEST = 60;

/** A value in a word of its own; of a record or a list only that it is one. */
export function wordOf(value: unknown): string {
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  return cutText(String(value), LONGEST);
}

/** The fields of a row that are not among the known ones and say something; none if it is not told which are known. */
export function undocumentedIn(row: JsonObject, known: ReadonlySet<string> | undefined): JsonObject {
  if (!known) return {};
  const others = Object.entries(row).filter(([name, value]) => !known.has(name) && isSaid(value));
  return Object.fromEntries(others.slice(0, MOST).map(([name, value]) => [name, wordOf(value)]));
}
