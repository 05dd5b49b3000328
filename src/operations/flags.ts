const TRUE: ReadonlySet<unknown> = new Set(['true', '1', 'yes', 't']);
const FALSE: ReadonlySet<unknown> = new Set(['false', '0', 'no', 'f']);

/** A flag as LeadDyno, or something between it and here, may write it; undefined where it is none. */
export function flagOf(value: unknown): boolean | undefined {
  if (typeof value !== 'boolean' && typeof value !== 'number' && typeof value !== 'string') return undefined;
  const text = String(value).trim().toLowerCase();
  return TRUE.has(text) ? true : FALSE.has(text) ? false : undefined;
}
