/** LeadDyno's clock, estimated from its answers: its records carry that time, not this machine's. */
export interface LeadDynoClock {
  /** Takes note of the headers of an answer. */
  hear(headers: Readonly<Record<string, unknown>>): void;
  /** Minimum milliseconds it is ahead of this machine's clock; below 0 if it is behind, undefined if unknown. */
  ahead(): number | undefined;
}

/** Two clocks that lie further apart than this are not two clocks: something in between answered, or kept an answer. */
export const MOST_APART_MS = 24 * 60 * 60_000;
/** Of so many answers the earliest counts: each date was true before it arrived, and has no fractions of a second. */
const ANSWERS = 20;

export function createLeadDynoClock(now: () => number = Date.now): LeadDynoClock {
  const heard: number[] = [];
  return {
    hear({ date }) {
      const ahead = typeof date === 'string' ? Date.parse(date) - now() : Number.NaN;
      if (!(Math.abs(ahead) <= MOST_APART_MS)) return;
      heard.push(ahead);
      if (heard.length > ANSWERS) heard.shift();
    },
    ahead: () => (heard.length === 0 ? undefined : Math.min(...heard)),
  };
}
