import type { JsonObject } from '../json.ts';
import { digestOf, quote } from '../text.ts';

/*
 * Arguments in a question. Whatever is sent shows in it, so that a yes to one call is never a yes to another: texts by
 * `quote`, which spells no two alike.
 */

/** An address decides who is meant and where money goes, so it is always shown in full. */
export const address = (value: unknown) => quote(value, 200);

/** `email from "a" to "b"`, quoted; what the record does not show is not called empty. */
export function change(name: string, from: unknown, to: unknown): string {
  const target = shown(to);
  if (from === null || from === '') return `${name} from nothing to ${target}`;
  if (typeof from !== 'string' && typeof from !== 'number' && typeof from !== 'boolean')
    return `${name} to ${target} (the current value could not be read)`;
  return `${name} from ${typeof from === 'number' ? quote(from) : shown(from)} to ${target}`;
}

/** A value as it is sent: texts quoted, addresses whole. */
function shown(value: unknown): string {
  if (value === '') return 'nothing';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return quote(JSON.stringify(value), 200);
  return value.includes('@') ? address(value) : quote(value, 120);
}

/** The values that are sent but not yet named, as the last sentence of a question. */
export function sentBesides(args: JsonObject, named: ReadonlySet<string>): string {
  const rest = Object.entries(args).filter(([name, value]) => value !== undefined && !named.has(name));
  if (rest.length === 0) return '';
  return ` Also sent: ${rest.map(([name, value]) => `${name} ${shown(value)}`).join(', ')}.`;
}

/** Arguments that are a list: at most `max` shown, the rest counted and told from others by a digest of all. */
export function countedList(pieces: readonly string[], max = 20): string {
  if (pieces.length <= max) return pieces.join('; ');
  const rest = pieces.length - max;
  return `${pieces.slice(0, max).join('; ')}; and ${rest} more (digest of all ${pieces.length}: ${digestOf(pieces.join('\n'))})`;
}
