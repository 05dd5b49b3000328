/*
 * Formats figures and dates, always in English, like the text around them. Decimal text stays exact: what is shown was
 * never a float.
 */

const LOCALE = 'en-US';
const DAY_MS = 86_400_000;

const plain = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });
const oneDecimal = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1, minimumFractionDigits: 1 });

export const count = (value: number | undefined): string => (value === undefined ? '–' : plain.format(value));
export const short = (value: number): string => compact.format(value);
export const decimal = (value: number | undefined): string => (value === undefined ? '–' : oneDecimal.format(value));

/** `1 affiliate`, `2 affiliates`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${plain.format(value)} ${value === 1 ? one : many}`;

/** `1234.50`, `USD` as money with all its decimals; unchanged if the currency is not known. */
export function money(amount: unknown, currency: unknown): string {
  if (typeof amount !== 'string' && typeof amount !== 'number') return '–';
  const text = String(amount);
  try {
    const usual = new Intl.NumberFormat(LOCALE, { style: 'currency', currency: String(currency) });
    const most = Math.max(usual.resolvedOptions().maximumFractionDigits ?? 0, decimalsIn(text));
    const exact = new Intl.NumberFormat(LOCALE, {
      style: 'currency',
      currency: String(currency),
      minimumFractionDigits: Math.min(
        20,
        Math.max(usual.resolvedOptions().minimumFractionDigits ?? 0, decimalsIn(text)),
      ),
      maximumFractionDigits: Math.min(20, most),
    });
    return exact.format(text as `${number}`).replaceAll(' ', '\u00a0');
  } catch {
    return `${text} ${typeof currency === 'string' ? currency : ''}`.trim();
  }
}

const decimalsIn = (text: string): number => (/^-?\d+\.(\d+)$/.exec(text)?.[1] ?? '').length;

/** The exact sum of decimal texts, with as many decimals as the longest has. */
export function sumOf(amounts: readonly string[]): string {
  const known = amounts.filter((text) => /^-?\d+(\.\d+)?$/.test(text));
  const places = Math.max(0, ...known.map(decimalsIn));
  const units = known.reduce((sum, text) => {
    const [whole = '0', part = ''] = text.split('.');
    return sum + BigInt(whole + part.padEnd(places, '0'));
  }, 0n);
  const digits = String(units < 0n ? -units : units).padStart(places + 1, '0');
  const cut = digits.length - places;
  return `${units < 0n ? '-' : ''}${digits.slice(0, cut)}${places > 0 ? `.${digits.slice(cut)}` : ''}`;
}

/** A number for drawing: heights may be rounded, text may not. */
export function drawn(amount: unknown): number {
  const value = Number(amount ?? 0);
  return Number.isFinite(value) ? value : 0;
}

/** The change as a fraction of the earlier value; undefined if that was zero or less, or is not known. */
export const changeOf = (now: number | undefined, before: number | undefined): number | undefined =>
  now === undefined || before === undefined || before <= 0 ? undefined : (now - before) / before;

/** `+12.3%`, `−4.0%`, `no change`. */
export function percentChange(change: number): string {
  const percent = Math.round(change * 1_000) / 10;
  if (percent === 0) return 'no change';
  return `${percent > 0 ? '+' : '−'}${oneDecimal.format(Math.abs(percent))}%`;
}

/** The difference of two shares in percentage points: `+3.8 points`. */
export function pointsChange(now: number, before: number): string {
  const points = Math.round((now - before) * 1_000) / 10;
  if (points === 0) return 'no change';
  return `${points > 0 ? '+' : '−'}${oneDecimal.format(Math.abs(points))} points`;
}

/** A share as `12.3%`; a dash if the whole is zero or unknown. */
export const percentOf = (part: number | undefined, whole: number | undefined): string =>
  part === undefined || whole === undefined || whole <= 0 ? '–' : `${oneDecimal.format((part / whole) * 100)}%`;

const inFull = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
const monthInFull = new Intl.DateTimeFormat(LOCALE, { month: 'long', year: 'numeric', timeZone: 'UTC' });
const timeOfDay = new Intl.DateTimeFormat(LOCALE, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: 'UTC',
});

const isTime = (time: number) => !Number.isNaN(time);

/** `2026-11-27` or a timestamp as "November 27, 2026"; unchanged if it is neither. */
export function day(text: string): string {
  const time = Date.parse(text);
  return isTime(time) ? inFull.format(time) : text;
}

/** A timestamp as "November 27, 2026, 12:00 UTC". */
export function moment(text: string): string {
  const time = Date.parse(text);
  return isTime(time) ? `${inFull.format(time)}, ${timeOfDay.format(time)} UTC` : text;
}

/** `2026-11` as "November 2026", `2026-11-02` as "November 2, 2026". */
export function bucket(text: string): string {
  const time = Date.parse(/^\d{4}-\d{2}$/.test(text) ? `${text}-01` : text);
  if (!isTime(time)) return text;
  return /^\d{4}-\d{2}$/.test(text) ? monthInFull.format(time) : inFull.format(time);
}

/** A range of days, both ends included: "November 1–27, 2026". */
export function days(since: string, until: string): string {
  const [from, to] = [Date.parse(since), Date.parse(until)];
  if (!isTime(from) || !isTime(to) || to < from) return '';
  // "November 1–27", but "August 1 – November 27".
  return inFull
    .formatRange(from, to)
    .replace(/\s–\s/g, ' – ')
    .replace(/(\d) – (\d)/, '$1–$2');
}

/** The days from `since` to `before` (timestamps); `before` itself is not part of the period. */
export function period(since: string, before: string): string {
  const to = Date.parse(before);
  return isTime(to) ? days(since, new Date(Math.max(Date.parse(since), to - 1)).toISOString().slice(0, 10)) : '';
}

/** The day `by` days later. */
export const addDays = (date: string, by: number): string =>
  new Date(Date.parse(date) + by * DAY_MS).toISOString().slice(0, 10);

/** Number of days from `since` to `until`, both included. */
export const daysBetween = (since: string, until: string): number =>
  Math.round((Date.parse(until) - Date.parse(since)) / DAY_MS) + 1;
