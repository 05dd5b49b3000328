import { createHmac } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import {
  DASHBOARD_LINK,
  EMAIL_FIELDS,
  PERSONAL_FIELDS,
  PERSONAL_OBJECTS,
  PSEUDONYM_DOMAIN,
  SIGN_IN_LINK,
} from '../operations/shapes.ts';
import { cleanText, PLAIN } from '../text.ts';

export interface PresentOptions {
  readonly showDashboardLinks: boolean;
  readonly maskPii: boolean;
  /** Keeps the pseudonyms of an account the same across starts, and different between accounts. */
  readonly pseudonymKey: string;
}

/** Makes any answer safe to hand out: text cleaned, secrets masked, and people replaced if the operator wants that. */
export interface Present {
  /** @param reveals secret fields that this answer exists to show: they are not masked */
  value(value: unknown, reveals?: readonly string[]): unknown;
  /** One piece of text outside a record: LeadDyno's words in an error. */
  text(text: string): string;
  readonly masksPeople: boolean;
}

/** Deeper than any record. Without a limit, nested values could exhaust the stack of JSON serialisers. */
const MAX_DEPTH = 64;

/** More fields than any record has, and more values than any list that is read: only an attack goes beyond them. */
const MAX_FIELDS = 1_000;
const MAX_VALUES = 500_000;
/** Characters of one text, and of all texts together that have something to clean. */
const MAX_TEXT = 200_000;
const MAX_CLEANED = 2_000_000;
const TOO_MUCH = '[left off: too much to show]';

const MASKED = '[masked: this link logs in anyone who opens it]';
const EMAILS_IN_TEXT = /[^\s@<>"'(),;:/?&=]{1,64}(?:@|%40)[^\s@<>"'(),;:/?&=]{1,255}/giu;

const OUR_PSEUDONYM = new RegExp(`^person-[0-9a-f]{10}@${PSEUDONYM_DOMAIN.replace('.', '\\.')}$`);

/** How much of an answer may still be processed, and the field names already cleaned, by their raw form. */
interface Left {
  values: number;
  characters: number;
  readonly names: Map<string, string>;
}

/** What cleaning a text costs on top of its characters, in characters. */
const PIECE_COST = 20;

/** Cleans a field name once for all rows of a list; undefined if the limit of characters is used up. */
function cleanName(raw: string, left: Left): string | undefined {
  if (PLAIN.test(raw)) return raw;
  left.characters -= raw.length + PIECE_COST;
  if (left.characters < 0) return undefined;
  const { names } = left;
  const known = names.get(raw);
  if (known !== undefined) return known;
  const clean = cleanText(raw);
  names.set(raw, clean);
  return clean;
}

export function createPresent(options: PresentOptions): Present {
  const pseudonym = (kind: string, text: string) =>
    createHmac('sha256', options.pseudonymKey)
      .update(`${kind}\0${text.trim().toLowerCase()}`)
      .digest('hex')
      .slice(0, 10);
  // A pseudonym is not masked again (rows of a file), so it stays the same person.
  const personEmail = (text: string) =>
    OUR_PSEUDONYM.test(text) ? text : `person-${pseudonym('email', text)}@${PSEUDONYM_DOMAIN}`;
  const plain = (text: string) =>
    options.maskPii ? text.replace(EMAILS_IN_TEXT, (found) => personEmail(found.replace(/%40/i, '@'))) : text;

  function leaf(name: string, text: string, personal: boolean): string {
    const clean = cleanText(text);
    if (!options.maskPii || clean === '') return clean;
    if (EMAIL_FIELDS.has(name)) return personEmail(clean);
    if (personal || PERSONAL_FIELDS.has(name)) return `masked-${pseudonym('text', clean)}`;
    return plain(clean);
  }

  /** @param left how much may still be processed; counted down */
  function walk(
    name: string,
    value: unknown,
    personal: boolean,
    reveals: readonly string[],
    depth: number,
    left: Left,
  ): unknown {
    left.values -= 1;
    if (left.values < 0) return TOO_MUCH;
    if (typeof value === 'string') {
      const text = value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}… [cut: ${value.length} characters]` : value;
      if (!PLAIN.test(text)) left.characters -= text.length + PIECE_COST;
      return left.characters < 0 ? TOO_MUCH : leaf(name, text, personal);
    }
    if (typeof value !== 'object' || value === null) {
      return personal && options.maskPii && typeof value === 'number' ? '[masked]' : value;
    }
    if (depth >= MAX_DEPTH) return '[nested too deeply to show]';
    if (Array.isArray(value)) {
      const shown = value.length > left.values ? value.slice(0, Math.max(0, left.values)) : value;
      const items = shown.map((item) => walk(name, item, personal, reveals, depth + 1, left));
      return shown.length < value.length ? [...items, TOO_MUCH] : items;
    }
    const inside = personal || PERSONAL_OBJECTS.has(name);
    const entries = new Map<string, unknown>();
    const taken = new Map<string, number>();
    const fields = Object.entries(value as JsonObject);
    for (const [raw, item] of fields.slice(0, MAX_FIELDS)) {
      // Fields are judged by their clean name: an invisible character must not hide what a field is.
      const key = cleanName(raw, left);
      if (key === undefined) {
        entries.set('[cut]', TOO_MUCH);
        continue;
      }
      const secret = isSecret(key) && !reveals.includes(key) && item !== null && item !== '';
      const shown = secret ? MASKED : walk(key, item, inside, reveals, depth + 1, left);
      entries.set(freeKey(plain(key), entries, taken), shown);
    }
    if (fields.length > MAX_FIELDS) entries.set('[cut]', `${fields.length - MAX_FIELDS} more fields left off`);
    return Object.fromEntries(entries);
  }

  // A dashboard link logs in as the affiliate, so it would reveal a person whose name is masked.
  const showsLinks = options.showDashboardLinks && !options.maskPii;
  const isSecret = (key: string) => key === SIGN_IN_LINK || (key === DASHBOARD_LINK && !showsLinks);

  return {
    value: (value, reveals = []) =>
      walk('', value, false, reveals, 0, { values: MAX_VALUES, characters: MAX_CLEANED, names: new Map() }),
    text: (text) => plain(cleanText(text)),
    masksPeople: options.maskPii,
  };
}

/**
 * Keeps both of two keys that become equal when they are cleaned, by numbering the second.
 * @param taken the last number that each key was given: counting from 1 each time would be slow with many alike
 */
function freeKey(key: string, entries: ReadonlyMap<string, unknown>, taken: Map<string, number>): string {
  if (!entries.has(key)) return key;
  for (let number = (taken.get(key) ?? 1) + 1; ; number += 1) {
    taken.set(key, number);
    if (!entries.has(`${key} (${number})`)) return `${key} (${number})`;
  }
}
