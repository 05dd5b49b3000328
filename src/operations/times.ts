/** ISO 8601: a day, or a day and a time (with a space for the T as well) with or without a zone. */
const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:\s*(?:Z|UTC|GMT|([+-])(\d{2})(?::?(\d{2}))?))?)?$/i;

const MINUTE_MS = 60_000;

/**
 * A time that LeadDyno sent, in epoch milliseconds; NaN where it is none, or none that leaves no doubt (`03/12/2026`).
 * What names no zone is UTC, wherever this server runs; a plain day counts as its start.
 */
export function timeOf(value: unknown): number {
  const found = typeof value === 'string' ? ISO.exec(value.trim()) : null;
  if (!found) return Number.NaN;
  const [, day = '', time = '00:00', seconds = '00', fraction = '', sign, hours = '00', minutes = '00'] = found;
  const at = Date.parse(`${day}T${time}:${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}Z`);
  // A day or an hour that does not exist would become another one.
  const exists = !Number.isNaN(at) && new Date(at).toISOString().startsWith(`${day}T${time}:${seconds}`);
  if (!exists || Number(hours) > 23 || Number(minutes) > 59) return Number.NaN;
  const offset = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  return sign === '-' ? at + offset : at - offset;
}
