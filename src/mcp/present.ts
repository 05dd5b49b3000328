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
import { cleanText } from '../text.ts';

export interface PresentOptions {
  readonly showDashboardLinks: boolean;
  readonly maskPii: boolean;
  /** Makes pseudonyms the same for one account at every start, and different between accounts. */
  readonly pseudonymKey: string;
}

/** Makes any answer fit to leave: cleaned, its secrets masked, its people replaced if the operator wants that. */
export interface Present {
  /** @param reveals secret fields that this answer exists to show */
  value(value: unknown, reveals?: readonly string[]): unknown;
  /** One piece of text outside a record: LeadDyno's words in an error. */
  text(text: string): string;
  readonly masksPeople: boolean;
}

/** Deeper than any record; past it JSON serialisers run out of stack. */
const MAX_DEPTH = 64;

const MASKED = '[masked: this link logs its bearer in]';
const EMAILS_IN_TEXT = /[^\s@<>"'(),;:/?&=]{1,64}(?:@|%40)[^\s@<>"'(),;:/?&=]{1,255}/giu;

const OUR_PSEUDONYM = new RegExp(`^person-[0-9a-f]{10}@${PSEUDONYM_DOMAIN.replace('.', '\\.')}$`);

export function createPresent(options: PresentOptions): Present {
  const pseudonym = (kind: string, text: string) =>
    createHmac('sha256', options.pseudonymKey)
      .update(`${kind}\0${text.trim().toLowerCase()}`)
      .digest('hex')
      .slice(0, 10);
  // What was masked once (rows of a file) stays the same person.
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

  function walk(name: string, value: unknown, personal: boolean, reveals: readonly string[], depth: number): unknown {
    if (typeof value === 'string') return leaf(name, value, personal);
    if (typeof value !== 'object' || value === null) {
      return personal && options.maskPii && typeof value === 'number' ? '[masked]' : value;
    }
    if (depth >= MAX_DEPTH) return '[nested too deeply to show]';
    if (Array.isArray(value)) return value.map((item) => walk(name, item, personal, reveals, depth + 1));
    const inside = personal || PERSONAL_OBJECTS.has(name);
    const entries = new Map<string, unknown>();
    for (const [raw, item] of Object.entries(value as JsonObject)) {
      // Judged by the clean name: an invisible character must not hide what a field is.
      const key = cleanText(raw);
      const secret = isSecret(key) && !reveals.includes(key) && item !== null && item !== '';
      entries.set(freeKey(plain(key), entries), secret ? MASKED : walk(key, item, inside, reveals, depth + 1));
    }
    return Object.fromEntries(entries);
  }

  // A login of somebody whose name is masked would tell who it is.
  const showsLinks = options.showDashboardLinks && !options.maskPii;
  const isSecret = (key: string) => key === SIGN_IN_LINK || (key === DASHBOARD_LINK && !showsLinks);

  return {
    value: (value, reveals = []) => walk('', value, false, reveals, 0),
    text: (text) => plain(cleanText(text)),
    masksPeople: options.maskPii,
  };
}

/** Two keys that differ in invisible characters alone both stay. */
function freeKey(key: string, taken: ReadonlyMap<string, unknown>): string {
  if (!taken.has(key)) return key;
  for (let number = 2; ; number += 1) {
    if (!taken.has(`${key} (${number})`)) return `${key} (${number})`;
  }
}
