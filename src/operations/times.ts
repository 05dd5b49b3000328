/** A day and a time without a zone. */
const ISO_ZONELESS = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;
const ZONED = /(Z|UTC|GMT)$|:\d{2}(\.\d+)?\s*[+-]\d{2}:?\d{2}$/i;

/**
 * A time that LeadDyno sent, in epoch milliseconds; NaN where it is none. What names no zone is UTC, wherever this
 * server runs; a plain day counts as its start.
 */
export function timeOf(value: unknown): number {
  if (typeof value !== 'string') return Number.NaN;
  const text = value.trim();
  if (ISO_ZONELESS.test(text)) return Date.parse(`${text.replace(' ', 'T')}Z`);
  return Date.parse(ISO_DAY.test(text) || ZONED.test(text) ? text : `${text} UTC`);
}
