/* The sandbox stores money as integer cents and times as milliseconds; this converts them to and from the wire. */

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** As Rails prints a decimal: no fixed scale, but at least one digit after the point ("8.0", "123.5", "3956.67"). */
export function formatCents(cents: number): string {
  const absolute = Math.abs(cents);
  const rest = absolute % 100;
  const whole = (absolute - rest) / 100;
  const fraction = rest % 10 === 0 ? String(rest / 10) : String(rest).padStart(2, '0');
  return `${cents < 0 ? '-' : ''}${whole}.${fraction}`;
}

const DECIMAL = /^([+-]?)(\d{1,12})(?:\.(\d+))?$/;

/** Cents of a JSON number or a decimal string, rounding half a cent away from zero; null for anything else. */
export function parseCents(value: unknown): number | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const match = DECIMAL.exec(String(value).trim());
  if (match === null) return null;
  const [, sign, whole = '0', fraction = ''] = match;
  const digits = fraction.padEnd(3, '0');
  const roundUp = digits.charAt(2) >= '5' ? 1 : 0;
  const cents = Number(whole) * 100 + Number(digits.slice(0, 2)) + roundUp;
  // `0 - cents`, not `-cents`: a negative zero would leak into comparisons.
  return sign === '-' ? 0 - cents : cents;
}

/** `YYYY-MM-DD` */
export function formatDay(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

export function floorToSecond(milliseconds: number): number {
  return milliseconds - (milliseconds % SECOND);
}

const DAY_ONLY = /^\d{4}-\d{2}-\d{2}$/;
const FULL = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** JavaScript parses 30 February as 2 March; a server would not. */
function isCalendarDay(day: string): boolean {
  const parsed = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed) && formatDay(parsed) === day;
}

/**
 * Milliseconds of an ISO date or timestamp; without a zone it is UTC. A plain date means its first moment, or its
 * last with `edge: 'end'`.
 */
export function parseMoment(text: string, edge: 'start' | 'end' = 'start'): number | null {
  if (DAY_ONLY.test(text)) {
    if (!isCalendarDay(text)) return null;
    const start = Date.parse(`${text}T00:00:00Z`);
    return edge === 'start' ? start : start + DAY - 1;
  }
  const match = FULL.exec(text);
  if (match === null || !isCalendarDay(match[1] ?? '')) return null;
  const parsed = Date.parse(match[2] === undefined ? `${text}Z` : text);
  return Number.isNaN(parsed) ? null : parsed;
}
