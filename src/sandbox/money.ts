/** Money is integer cents inside the sandbox; only these functions know how it looks on the wire. */

/** Like Rails prints a decimal: no fixed scale, but always one digit after the point ("8.0", "123.5", "3956.67"). */
export function formatCents(cents: number): string {
  const absolute = Math.abs(cents);
  const rest = absolute % 100;
  const whole = (absolute - rest) / 100;
  const fraction = rest % 10 === 0 ? String(rest / 10) : String(rest).padStart(2, '0');
  return `${cents < 0 ? '-' : ''}${whole}.${fraction}`;
}

const DECIMAL = /^([+-]?)(\d{1,12})(?:\.(\d+))?$/;

/** Cents of a JSON number or a decimal string, half a cent rounded away from zero; null for anything else. */
export function parseCents(value: unknown): number | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const match = DECIMAL.exec(String(value).trim());
  if (match === null) return null;
  const [, sign, whole = '0', fraction = ''] = match;
  const digits = fraction.padEnd(3, '0');
  const roundUp = digits.charAt(2) >= '5' ? 1 : 0;
  const cents = Number(whole) * 100 + Number(digits.slice(0, 2)) + roundUp;
  // `0 - cents` and not `-cents`: a minus zero would leak into comparisons.
  return sign === '-' ? 0 - cents : cents;
}

/** A share in basis points (1000 = 10 %), half a cent rounded up, without leaving the integers. */
export function shareOf(cents: number, basisPoints: number): number {
  const scaled = cents * basisPoints + 5_000;
  return (scaled - (scaled % 10_000)) / 10_000;
}
