export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** `YYYY-MM-DDTHH:MM:SSZ` */
export function formatTimestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
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

/** JavaScript turns 30 February into 2 March; a server would not. */
function isCalendarDay(day: string): boolean {
  const parsed = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed) && formatDay(parsed) === day;
}

/**
 * Milliseconds of an ISO date or timestamp; one without a zone is UTC. A plain date stands for its first
 * moment, or for its last one when it closes a window.
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
