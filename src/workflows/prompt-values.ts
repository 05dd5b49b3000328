import { DAY_MS } from '../records/period.ts';
import { cleanText, quote } from '../text.ts';

/*
 * What a person fills into a prompt, checked and written for the brief: a value that could pose as a part of the brief
 * is refused, and free text stands there in quotation marks.
 */

interface Form {
  /** How the value stands in the brief; undefined if it is none of this kind. */
  readonly write: (value: string) => string | undefined;
  /** Completes "must be …". */
  readonly wanted: string;
}

/** Text on one line of at most `max` characters that `quote` leaves as it is. */
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

/** What can be proposed while a value is typed: never records, never people. */
export const suggestions = {
  days: () => ['30', '60', '90'],
  /** The last four Mondays, the newest first; a Monday is one of them. */
  mondays: (now: number) => [0, 1, 2, 3].map((weeks) => dayOf(mondayOf(now) - weeks * 7 * DAY_MS)),
  /** Today, and the end of the month. */
  'due days': (now: number) => {
    const date = new Date(now);
    const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0);
    return [...new Set([dayOf(now), dayOf(end)])];
  },
} satisfies Record<string, (now: number) => string[]>;

export type SuggestionName = keyof typeof suggestions;

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

/** The week (Monday to Sunday, both whole, UTC) that holds a day; without one, the last whole week. */
export function weekOf(day: string | undefined, now: number): { readonly since: string; readonly until: string } {
  const inside = day === undefined ? now - 7 * DAY_MS : Date.parse(day);
  const monday = mondayOf(inside);
  return { since: dayOf(monday), until: dayOf(monday + 6 * DAY_MS) };
}

/** Some moment of the Monday of the same week. */
const mondayOf = (time: number) => time - ((new Date(time).getUTCDay() + 6) % 7) * DAY_MS;

/** Hosts hand over a field that was left empty as an empty text: the same as none. */
export const isGiven = (value: unknown): boolean => !(typeof value === 'string' && cleanText(value).trim() === '');
