import type { JsonObject } from '../json.ts';
import { digestOf, quote } from '../text.ts';

/*
 * Arguments in a question. Everything that is sent is shown, so that a yes to one call is never a yes to another. Texts
 * go through `quote`, which never gives two texts the same spelling.
 */

/** An address decides who is meant and where money goes, so up to 200 characters of it are shown. */
export const address = (value: unknown) => quote(value, 200);

/** `email from "a" to "b"`, with quoted values. A value that the record does not show is not called empty. */
export function change(name: string, from: unknown, to: unknown): string {
  const target = shown(to);
  if (from === null || from === '') return `${name} from nothing to ${target}`;
  if (typeof from !== 'string' && typeof from !== 'number' && typeof from !== 'boolean')
    return `${name} to ${target} (the current value could not be read)`;
  return `${name} from ${typeof from === 'number' ? quote(from) : shown(from)} to ${target}`;
}

/** A value as it is sent: texts quoted, more of addresses than of others. */
function shown(value: unknown): string {
  if (value === '') return 'nothing';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return quote(JSON.stringify(value), 200);
  return value.includes('@') ? address(value) : quote(value, 120);
}

/** The arguments that the question does not mention yet, as its last sentence. */
export function sentBesides(args: JsonObject, named: ReadonlySet<string>): string {
  const rest = Object.entries(args).filter(([name, value]) => value !== undefined && !named.has(name));
  if (rest.length === 0) return '';
  return ` Also sent: ${rest.map(([name, value]) => `${name} ${shown(value)}`).join(', ')}.`;
}

/** A list in a question: at most `max` pieces, then the number of others and a digest, so no two lists look alike. */
export function countedList(pieces: readonly string[], max = 20): string {
  if (pieces.length <= max) return pieces.join('; ');
  const rest = pieces.length - max;
  return `${pieces.slice(0, max).join('; ')}; and ${rest} more (digest of all ${pieces.length}: ${digestOf(pieces.join('\n'))})`;
}
