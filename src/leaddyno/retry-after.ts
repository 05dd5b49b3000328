/** Waits of more than a day are taken for a mistake. */
const LONGEST_SECONDS = 86_400;

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Whole seconds that a `Retry-After` header asks to wait, given as seconds or as an HTTP date. Absent, past, absurd or
 * unreadable ones give `undefined` (API reference 4.5: whether LeadDyno sends any is not established).
 * @param nowMs the time of day in milliseconds since 1970
 */
export function readRetryAfter(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? '';
  const seconds = /^\d+$/.test(text)
    ? Number(text)
    : HTTP_DATE.test(text)
      ? Math.ceil((Date.parse(text) - nowMs) / 1000)
      : Number.NaN;
  return seconds > 0 && seconds <= LONGEST_SECONDS ? seconds : undefined;
}
