import { DAY_MS } from '../records/period.ts';
import { cleanText, quote } from '../text.ts';

/*
 * Checks what a person fills into a prompt and writes it for the brief: a value that could pass for a part of the brief
 * is refused, and free text is put in quotation marks.
 */

interface Form {
  /** The value as written in the brief; undefined if it does not have this form. */
  readonly write: (value: string) => string | undefined;
  /** Completes "must be …". */
  readonly wanted: string;
}

/** The text in quotation marks; undefined if it is empty, longer than `max` characters, or `quote` would change it. */
function quoted(value: string, max: number): string | undefined {
  const whole = quote(value, max);
  return value !== '' && Array.from(value).length <= max && whole === `"${value}"` ? whole : undefined;
}

function isDay(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

const MOST_DAYS = 365;
const plainText = (max: number): Form => ({
  write: (value) => quoted(value, max),
  wanted: `one line of at most ${max} characters without quotation marks or invisible characters`,
});

export const forms = {
  day: { write: (value) => (isDay(value) ? value : undefined), wanted: 'an existing day (YYYY-MM-DD)' },
  days: {
    write: (value) => (/^[1-9]\d{0,2}$/.test(value) && Number(value) <= MOST_DAYS ? value : undefined),
    wanted: `a whole number of days from 1 to ${MOST_DAYS}`,
  },
  amount: {
    write: (value) => (/^\d{1,12}(\.\d{1,2})?$/.test(value) ? value : undefined),
    wanted: 'an amount such as 50 or 50.00',
  },
  email: {
    write: (value) => (/^[^\s@]+@[^\s@]+$/u.test(value) ? quoted(value, 200) : undefined),
    wanted: 'one e-mail address: one @, no spaces, at most 200 characters',
  },
  code: plainText(120),
  words: plainText(80),
} satisfies Record<string, Form>;

export type FormName = keyof typeof forms;

/** Suggestions while a value is typed: never records, never people. */
export const suggestions = {
  days: () => ['30', '60', '90'],
  /** The last four Mondays, newest first; today counts if it is a Monday. */
  mondays: (now: number) => [0, 1, 2, 3].map((weeks) => dayOf(mondayOf(now) - weeks * 7 * DAY_MS)),
  /** Today, and the last day of the month. */
  'due days': (now: number) => {
    const date = new Date(now);
    const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0);
    return [...new Set([dayOf(now), dayOf(end)])];
  },
} satisfies Record<string, (now: number) => string[]>;

export type SuggestionName = keyof typeof suggestions;

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

/** The week that a day is in, from Monday to Sunday (both included, UTC); without a day, the last whole week. */
export function weekOf(day: string | undefined, now: number): { readonly since: string; readonly until: string } {
  const inside = day === undefined ? now - 7 * DAY_MS : Date.parse(day);
  const monday = mondayOf(inside);
  return { since: dayOf(monday), until: dayOf(monday + 6 * DAY_MS) };
}

/** A moment on the Monday of the same week. */
const mondayOf = (time: number) => time - ((new Date(time).getUTCDay() + 6) % 7) * DAY_MS;

/** Hosts send an empty text for a field that was left empty: that counts as not given. */
export const isGiven = (value: unknown): boolean => !(typeof value === 'string' && cleanText(value).trim() === '');
