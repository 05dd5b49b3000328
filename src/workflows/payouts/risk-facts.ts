import type { Change } from '../../ports/change-log.ts';
import type { Affiliate, Commission } from '../../records/parse.ts';
import type { Line, People } from './owed.ts';

/** One reason to look; two that say little, or one that says a lot, are a question whether to hold the payment. */
export interface RiskSign {
  readonly weight: 1 | 2;
  /** Short, in our own words and figures: nothing that a stranger typed. */
  readonly words: string;
}

/** What the signs are found in. */
export interface RiskFacts {
  readonly line: Line;
  /** All commissions of the affiliate that were read, whatever their state. */
  readonly theirs: readonly Commission[];
  readonly now: number;
}

/** What is compared with. */
export interface RiskBackground {
  readonly lines: readonly Line[];
  readonly commissions: readonly Commission[];
  readonly affiliates: readonly Affiliate[];
  readonly people: People;
  /** Writes through this server that may have changed a payout address. */
  readonly changes: readonly Change[];
  readonly now: number;
}
