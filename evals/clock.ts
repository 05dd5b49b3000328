/** A Thursday, well inside its month and its quarter: the moment at which every question is asked. */
export const NOW = Date.UTC(2026, 2, 19, 15);

export const DAY = 24 * 60 * 60_000;

export const daysAgo = (days: number): number => NOW - days * DAY;
export const THIS_MONTH = Date.UTC(2026, 2, 1);
export const LAST_MONTH = Date.UTC(2026, 1, 1);
export const THIS_QUARTER = Date.UTC(2026, 0, 1);
export const MONDAY = Date.UTC(2026, 2, 16);

/** `YYYY-MM-DD` of a moment, in UTC. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** A moment as LeadDyno writes it. */
export const stampOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/**
 * Sets this process's clock to `NOW` while `work` runs. The sandbox has the same time: both sides must agree on what is
 * due.
 */
export async function atNow<Value>(work: () => Promise<Value>): Promise<Value> {
  const real = Date.now;
  Date.now = () => NOW;
  try {
    return await work();
  } finally {
    Date.now = real;
  }
}
