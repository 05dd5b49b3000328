import type { Programme } from '../../src/sandbox/index.ts';
import { type Sums, sumCents } from '../amounts.ts';
import { DAY, LAST_MONTH, MONDAY, NOW, THIS_MONTH } from '../clock.ts';
import type { Fact } from '../fact.ts';
import type { Question } from '../question.ts';
import { countFact, sumFacts } from './people.ts';

/** What was new in a period. */
export interface Period {
  readonly affiliates: number;
  readonly leads: number;
  /** Cancelled purchases do not count, here or in the revenue. */
  readonly purchases: number;
  readonly revenue: Sums;
  /** Earned and not cancelled. The whole last day counts, because a commission has a date and no time. */
  readonly commissions: Sums;
}

export const wholeDays = (until: number) => Math.ceil(until / DAY) * DAY;

function periodOf(programme: Programme, since: number, until: number): Period {
  const inside = <Row extends { readonly createdAt: number }>(rows: readonly Row[]) =>
    rows.filter(({ createdAt }) => createdAt >= since && createdAt < until);
  const sold = inside(programme.purchases.rows).filter(({ cancelled }) => !cancelled);
  const earned = programme.commissions.rows.filter(({ earnedAt }) => earnedAt >= since && earnedAt < wholeDays(until));
  return {
    affiliates: inside(programme.affiliates.rows).length,
    leads: inside(programme.leads.rows).length,
    purchases: sold.length,
    revenue: sumCents(sold),
    commissions: sumCents(earned.filter(({ cancelled }) => !cancelled)),
  };
}

const periodFacts = (name: string, { affiliates, leads, purchases, revenue, commissions }: Period): Fact[] => [
  countFact(`${name}, new affiliates`, affiliates),
  countFact(`${name}, new leads`, leads),
  countFact(`${name}, purchases`, purchases),
  ...sumFacts(`${name}, revenue`, revenue),
  ...sumFacts(`${name}, commissions`, commissions),
];

const ELAPSED = NOW - THIS_MONTH;
const PERIODS = {
  this: [THIS_MONTH, NOW],
  same_days_before: [LAST_MONTH, LAST_MONTH + ELAPSED],
  whole_month_before: [LAST_MONTH, THIS_MONTH],
} as const;

export type PeriodName = keyof typeof PERIODS;
export const periodNames = ['this', 'same_days_before', 'whole_month_before'] as const;

export const ofEach = (work: (since: number, until: number) => Period): Record<PeriodName, Period> => ({
  this: work(...PERIODS.this),
  same_days_before: work(...PERIODS.same_days_before),
  whole_month_before: work(...PERIODS.whole_month_before),
});

const WITHOUT_CANCELLED =
  'New affiliates, new leads, purchases, revenue and commissions, all without what was cancelled.';

export const thisMonth: Question<object, Record<PeriodName, Period>> = {
  number: 1,
  title: 'How is the programme doing this month, compared with last month and with the same days of it?',
  ask: () =>
    `How is the programme doing this month, compared with the whole of last month and with the same days of it? ${WITHOUT_CANCELLED}`,
  given: () => ({}),
  truth: (programme) => ofEach((since, until) => periodOf(programme, since, until)),
  facts: (truth) => periodNames.flatMap((name) => periodFacts(name, truth[name])),
};

export const sinceMonday: Question<object, Period> = {
  number: 12,
  title: 'What is new since Monday?',
  ask: () => `What is new since Monday? ${WITHOUT_CANCELLED}`,
  given: () => ({}),
  truth: (programme) => periodOf(programme, MONDAY, NOW),
  facts: (truth) => periodFacts('since Monday', truth),
};
