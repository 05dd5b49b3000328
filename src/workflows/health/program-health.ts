import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { currency, moment } from '../../operations/inputs.ts';
import { isCurrencyCode, noteOnCurrency, rewardsIn, sumsOf, totalsOf, written } from '../../records/money.ts';
import { addMonths, boundsOf, DAY_MS, isWithin, monthOf, writtenWindow } from '../../records/period.ts';
import { groupBy } from '../../records/values.ts';
import { flag, names, object, rows } from '../output.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { type Compared, describeFigure, periodsFor, verdictOn } from './comparison.ts';
import { type Facts, isActivated, readFacts, sellersIn, TIME_TO_SELL } from './facts.ts';
import { DEFINITIONS, earnedIn, moneyFigures, peopleFigures } from './figures.ts';

export const input = () => ({
  since: moment('Default: the last 30 days').optional(),
  until: moment('A day: its end').optional(),
  currency: currency('').optional(),
  long_lists: z.boolean().optional().describe('true: read even over 10,000 visitors'),
});

export const output = {
  period: object('From (included) and before (excluded), UTC'),
  compared_with: object(
    'The period of `before`: for whole months the same number of months before, otherwise the same length before',
  ),
  better: names('Figures that improved by 5% or more, with a sample of at least five'),
  worse: names('Figures that worsened as much'),
  figures: rows(
    'figure, currency if it involves money, value, before, difference (of rates in percentage points), percent (null: nothing before); of: what a rate is made from; preliminary: from a list read only in part',
  ),
  definitions: object('What each figure means'),
  cohorts: rows(
    'By month of joining: joined, approved (Active now, or sold), activated (sold in their first 30 days) and that as a rate, sold (ever), still_active (sold in the last 30 days of the period), revenue since joining per currency; so_far: not all have had their 30 days',
  ),
  preliminary: flag('true: not everything was read'),
  currencies_left_off: names('Give currency to see one of them'),
  rewards: rows('Commissions of the period that are not money, not in any figure: name, amount, count'),
  not_read: rows('Lists that could not be read: what, why'),
};

/** The most currencies shown if none is asked for. */
const CURRENCIES = 3;
const NAMED = 10;

interface Args {
  readonly since?: string;
  readonly until?: string;
  readonly currency?: string;
  readonly long_lists?: boolean;
}

export async function run(given: JsonObject, work: Work): Promise<JsonObject> {
  const args = given as Args;
  const periods = periodsFor(args.since, args.until, work.now());
  const facts = await readFacts(args.long_lists === true, work);
  const all = moneyFigures(facts, periods, work);
  const asked = all.filter((one) => args.currency === undefined || one.currency === args.currency);
  const shown = asked.slice(0, CURRENCIES);
  const left = asked.slice(CURRENCIES).map((one) => one.currency || 'unknown');
  const figures = [...peopleFigures(facts, periods), ...shown.flatMap((one) => one.figures)];
  const told = new Set(figures.map(({ name }) => name));
  const undated = facts.people.records.filter(({ createdAt }) => Number.isNaN(createdAt)).length;
  return {
    period: writtenWindow(periods.now),
    compared_with: writtenWindow(periods.before),
    ...(isPreliminary(facts) && { preliminary: true }),
    better: named(figures, 'better'),
    worse: named(figures, 'worse'),
    figures: figures.map(describeFigure),
    definitions: Object.fromEntries(Object.entries(DEFINITIONS).filter(([name]) => told.has(name))),
    cohorts: cohortsUntil(
      Math.min(periods.now.until, leaddynoNow(work)),
      facts,
      shown.map((one) => one.currency),
    ),
    ...noteOnCurrency('purchase or commission', all, args.currency),
    ...(left.length > 0 && { currencies_left_off: left.slice(0, NAMED) }),
    ...(undated > 0 && { affiliates_without_readable_date: undated }),
    ...rewardsOf(facts, periods.now, work),
    ...notRead(facts),
  };
}

const isPreliminary = ({ people, bought, earned, visited }: Facts) =>
  [people, bought].some(({ complete }) => !complete) ||
  [earned, visited].some((part) => part.read && !part.value.complete);

/** Names of the figures, with their currency if they have one. */
const named = (figures: readonly Compared[], verdict: 'better' | 'worse'): string[] =>
  figures
    .filter((one) => verdictOn(one) === verdict)
    .map(({ name, currency: of }) => (of === undefined ? name : `${name} ${isCurrencyCode(of) ? of : 'unknown'}`));

function rewardsOf({ earned }: Facts, period: Parameters<typeof earnedIn>[1], work: Work): JsonObject {
  if (!earned.read) return {};
  return rewardsIn(sumsOf(earnedIn(earned.value.records, period, work)).rewards.slice(0, NAMED));
}

function notRead({ earned, visited }: Facts): JsonObject {
  const missing = Object.entries({ commissions: earned, visitors: visited }).flatMap(([what, part]) =>
    part.read ? [] : [{ what, why: part.why }],
  );
  return missing.length > 0 ? { not_read: missing } : {};
}

const MONTHS = 6;
const RECENT_MS = 30 * DAY_MS;

/**
 * Affiliates by the month in which they joined, the newest last. Joining and sales count up to a moment; `standing` is
 * as of now.
 * @param until epoch milliseconds of that moment
 * @param currencies of the revenue that is shown
 */
function cohortsUntil(until: number, facts: Facts, currencies: readonly string[]): JsonObject[] {
  const last = monthOf(until - 1);
  const recent = sellersIn(facts, { since: until - RECENT_MS, until });
  const sales = groupBy(
    facts.sold.filter(({ createdAt }) => createdAt < until),
    facts.creditedTo,
  );
  const preliminary = !facts.people.complete || !facts.bought.complete;
  return Array.from({ length: MONTHS }, (_, index) => addMonths(last, index + 1 - MONTHS)).map((month) => {
    const bounds = boundsOf(month);
    const joined = facts.people.records.filter(({ createdAt }) => isWithin(createdAt, bounds) && createdAt < until);
    const keys = joined.map(facts.keyOf);
    const activated = joined.filter((one) => one.standing !== 'pending' && isActivated(one, facts, until)).length;
    const totals = totalsOf(keys.flatMap((key) => sales.get(key) ?? []));
    const revenue = currencies.map((currency) => ({
      currency: currency || 'unknown',
      amount: written(totals.in(currency), currency),
    }));
    return {
      month,
      joined: joined.length,
      approved: joined.filter((one, index) => one.standing === 'active' || sales.has(keys[index] ?? '')).length,
      activated,
      activation: joined.length === 0 ? null : `${((100 * activated) / joined.length).toFixed(1)}%`,
      sold: keys.filter((key) => sales.has(key)).length,
      still_active: keys.filter((key) => recent.has(key)).length,
      revenue,
      ...(bounds.until + TIME_TO_SELL > until && { so_far: true }),
      ...(preliminary && { preliminary: true }),
    };
  });
}
