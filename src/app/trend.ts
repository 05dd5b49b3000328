import type { Parts } from './calls.ts';
import { at, type Data, dataAt, inCurrency, numberAt, rowsAt, textAt } from './data.ts';
import {
  bucket,
  changeOf,
  count,
  decimal,
  drawn,
  money,
  percentChange,
  percentOf,
  pointsChange,
  period as writtenDays,
} from './figures.ts';
import { daysBefore, type Period, titleOf, unitOf } from './period.ts';

/** One point of a line or bar of a chart. */
export interface Point {
  readonly label: string;
  /** For drawing. */
  readonly value: number;
  /** The exact value as text. */
  readonly text: string;
  /** Its time is not over yet. */
  readonly soFar: boolean;
}

/** A figure of the period, its earlier value, and its course over time. */
export interface Indicator {
  readonly name: string;
  readonly value: string;
  readonly before: string;
  /** The change in words; undefined if the earlier value was zero or is not known. */
  readonly change: string | undefined;
  /** Positive: more than before; negative: less; 0: the same, or not known. */
  readonly direction: number;
  /** Whether more is good or bad; undefined: neither. */
  readonly more: 'good' | 'bad' | undefined;
  readonly points: readonly Point[];
  /** Also drawn as a large chart. */
  readonly chart?: boolean;
  readonly explained?: string;
}

export interface Trend {
  readonly days: string;
  readonly before: string;
  readonly unit: 'day' | 'week' | 'month';
  readonly indicators: readonly Indicator[];
  /** What could not be read. */
  readonly missing: readonly string[];
}

/** The figures of a period, in one currency; undefined: not known. */
interface Figures {
  readonly revenue: string | undefined;
  readonly commissions: string | undefined;
  readonly orders: number | undefined;
  readonly cancelled: number | undefined;
  readonly affiliates: number | undefined;
  readonly leads: number | undefined;
  readonly rewards: string;
}

interface Stretch extends Figures {
  readonly label: string;
  readonly soFar: boolean;
}

/** The figures of the period and of the time before, unformatted, for a table. */
export function figuresOf(
  parts: Parts,
  period: Period,
  currency: string,
): { now: Figures; before: Figures } | undefined {
  return period.kind === 'month' ? fromOverview(parts, currency) : fromSummaries(parts, currency);
}

/** How the programme is doing, in one currency; undefined until it has been read. */
export function trendOf(parts: Parts, period: Period, today: string, currency: string): Trend | undefined {
  const read = period.kind === 'month' ? fromOverview(parts, currency) : fromSummaries(parts, currency);
  if (!read) return undefined;
  const { now, before, stretches, days, compared, missing } = read;
  const prior = daysBefore(period, today);
  return {
    days: days || titleOf(period, today),
    before: compared || writtenDays(prior.since, `${prior.until}T23:59:59Z`),
    unit: period.kind === 'month' ? 'month' : unitOf(period, today),
    indicators: indicatorsOf(now, before, stretches, currency),
    missing,
  };
}

interface Read {
  readonly now: Figures;
  readonly before: Figures;
  readonly stretches: readonly Stretch[];
  readonly days: string;
  readonly compared: string;
  readonly missing: readonly string[];
}

function indicatorsOf(now: Figures, before: Figures, stretches: readonly Stretch[], currency: string): Indicator[] {
  const series = (pick: (one: Figures) => unknown, show: (value: unknown) => string): Point[] =>
    stretches
      .filter((one) => pick(one) !== undefined)
      .map((one) => ({ label: one.label, value: drawn(pick(one)), text: show(pick(one)), soFar: one.soFar }));
  const amount = (value: unknown) => money(value ?? undefined, currency);
  const whole = (value: unknown) => count(value as number | undefined);
  const refunds = (one: Figures) => partOf(one.cancelled, total(one));
  const perLeads = (one: Figures) => {
    const part = partOf(one.orders, one.leads);
    return part === undefined ? undefined : part * 100;
  };
  const changed = (pick: (one: Figures) => unknown) => {
    const [value, past] = [pick(now), pick(before)];
    const part = value === undefined || past === undefined ? undefined : changeOf(drawn(value), drawn(past));
    return { change: part === undefined ? undefined : percentChange(part), direction: part ?? 0 };
  };
  const [refunded, refundedBefore] = [refunds(now), refunds(before)];
  const refundsChanged =
    refunded === undefined || refundedBefore === undefined
      ? { change: undefined, direction: 0 }
      : { change: pointsChange(refunded, refundedBefore), direction: refunded - refundedBefore };
  return [
    {
      name: 'Revenue',
      value: amount(now.revenue),
      before: amount(before.revenue),
      ...changed(({ revenue }) => revenue),
      more: 'good',
      points: series(({ revenue }) => revenue, amount),
      chart: true,
    },
    {
      name: 'Commissions earned',
      value: amount(now.commissions),
      before: amount(before.commissions),
      ...changed(({ commissions }) => commissions),
      more: undefined,
      points: series(({ commissions }) => commissions, amount),
      chart: true,
    },
    {
      name: 'Orders',
      value: whole(now.orders),
      before: whole(before.orders),
      ...changed(({ orders }) => orders),
      more: 'good',
      points: series(({ orders }) => orders, whole),
      explained: 'not cancelled',
    },
    {
      name: 'New affiliates',
      value: whole(now.affiliates),
      before: whole(before.affiliates),
      ...changed(({ affiliates }) => affiliates),
      more: 'good',
      points: series(({ affiliates }) => affiliates, whole),
    },
    {
      name: 'Refund rate',
      value: percentOf(now.cancelled, total(now)),
      before: percentOf(before.cancelled, total(before)),
      ...refundsChanged,
      more: 'bad',
      points: series(refunds, (value) => percentOf(value as number | undefined, 1)),
      explained: 'cancelled orders, of all orders',
    },
    {
      name: 'Orders per 100 leads',
      value: decimal(perLeads(now)),
      before: decimal(perLeads(before)),
      ...changed(perLeads),
      more: 'good',
      points: series(perLeads, (value) => decimal(value as number | undefined)),
      explained: 'new leads and orders of these days',
    },
    ...(now.rewards + before.rewards === ''
      ? []
      : [
          {
            name: 'Rewards that are not money',
            value: now.rewards || '–',
            before: before.rewards || '–',
            change: undefined,
            direction: 0,
            more: undefined,
            points: [],
          },
        ]),
  ];
}

const partOf = (part: number | undefined, whole: number | undefined): number | undefined =>
  part === undefined || whole === undefined || whole <= 0 ? undefined : part / whole;

const total = ({ orders, cancelled }: Figures): number | undefined =>
  orders === undefined || cancelled === undefined ? undefined : orders + cancelled;

/** A sum in a currency: zero if the list has none in it, undefined if the list was not read. */
const sumIn = (data: Data, key: string, currency: string): string | undefined =>
  Array.isArray(data[key]) ? textAt(inCurrency(rowsAt(data, key), currency), 'amount') || '0' : undefined;

function fromOverview({ overview, leadsOverTime }: Parts, currency: string): Read | undefined {
  const now = dataAt(overview, 'month', 'this');
  if (!overview || Object.keys(now).length === 0) return undefined;
  // Absent if the same days are the whole month before.
  const same = 'same_days_before' in dataAt(overview, 'month');
  const before = dataAt(overview, 'month', same ? 'same_days_before' : 'whole_month_before');
  const leads = leadsOverTime && at(leadsOverTime, 'preliminary') !== true ? leadsOverTime : undefined;
  return {
    now: figuresIn(now, currency),
    before: figuresIn(before, currency),
    stretches: rowsAt(overview, 'series', 'months').map((row) => ({
      ...figuresIn(row, currency),
      leads: countsIn(leads, textAt(row, 'month')),
      label: bucket(textAt(row, 'month')),
      soFar: row.so_far === true,
    })),
    days: writtenDays(textAt(now, 'since'), textAt(now, 'until')),
    compared: writtenDays(textAt(before, 'since'), textAt(before, 'until')),
    missing: rowsAt(now, 'not_read').map((row) => textAt(row, 'what')),
  };
}

function figuresIn(data: Data, currency: string): Figures {
  return {
    revenue: sumIn(data, 'revenue', currency),
    commissions: sumIn(data, 'commissions_earned', currency),
    orders: numberAt(data, 'purchases_not_cancelled'),
    cancelled: numberAt(data, 'purchases_cancelled'),
    affiliates: numberAt(data, 'new_affiliates'),
    leads: numberAt(data, 'new_leads'),
    rewards: rowsAt(data, 'rewards_earned')
      .map((reward) => `${textAt(reward, 'amount')} ${textAt(reward, 'name')}`)
      .join(', '),
  };
}

function fromSummaries(parts: Parts, currency: string): Read | undefined {
  const { orders, cancelled, commissions, joined, leads } = parts;
  if (!orders) return undefined;
  const everything = (data: Data | undefined) => rowsAt(data, 'totals').map((row) => dataAt(row, 'everything'));
  const amountOf = (data: Data | undefined, key: string) => {
    const line = dataAt(inCurrency(rowsAt(data, 'totals'), currency), 'everything');
    return data && (textAt(line, key) || '0');
  };
  const counts = (data: Data | undefined, key: string) =>
    data && everything(data).reduce((sum, row) => sum + (numberAt(row, key) ?? 0), 0);
  const compared = dataAt(orders, 'compared_with');
  const rewards = rowsAt(commissions, 'rewards').map((one) => `${textAt(one, 'amount')} ${textAt(one, 'name')}`);
  return {
    now: {
      revenue: amountOf(orders, 'amount'),
      commissions: amountOf(commissions, 'amount'),
      orders: counts(orders, 'count'),
      cancelled: counts(cancelled, 'count'),
      affiliates: counts(joined, 'count'),
      leads: counts(leads, 'count'),
      rewards: rewards.join(', '),
    },
    before: {
      revenue: amountOf(orders, 'before'),
      commissions: amountOf(commissions, 'before'),
      orders: counts(orders, 'count_before'),
      cancelled: counts(cancelled, 'count_before'),
      affiliates: counts(joined, 'before'),
      leads: counts(leads, 'before'),
      rewards: '',
    },
    stretches: stretchesIn(parts, currency),
    days: '',
    compared: writtenDays(String(compared.from), String(compared.before)),
    missing: [orders, cancelled, commissions, joined, leads].some((one) => one && at(one, 'preliminary') === true)
      ? ['a part of the records']
      : [],
  };
}

const keyOf = (row: Data) => textAt(row, 'month') || textAt(row, 'week') || textAt(row, 'day');

const bucketsIn = (data: Data, key: string) => rowsAt(data, 'rows').filter((row) => keyOf(row) === key);

/** The count of a bucket, in all currencies; undefined if it was not read. */
const countsIn = (data: Data | undefined, key: string): number | undefined =>
  data && bucketsIn(data, key).reduce((sum, row) => sum + (numberAt(row, 'count') ?? 0), 0);

/** One entry per bucket, oldest first. */
function stretchesIn(parts: Parts, currency: string): Stretch[] {
  const { ordersOverTime, cancelledOverTime, leadsOverTime, commissionsOverTime, joinedOverTime } = parts;
  const read = [ordersOverTime, cancelledOverTime, leadsOverTime, commissionsOverTime, joinedOverTime];
  const keys = new Set(read.flatMap((data) => rowsAt(data, 'rows').map(keyOf)));
  const soFar = new Set(rowsAt(ordersOverTime, 'rows').flatMap((row) => (row.so_far === true ? [keyOf(row)] : [])));
  const amounts = (data: Data | undefined, key: string) =>
    data && (textAt(inCurrency(bucketsIn(data, key), currency), 'amount') || '0');
  return [...keys]
    .filter((key) => key !== '')
    .sort()
    .map((key) => ({
      label: bucket(key),
      soFar: soFar.has(key),
      revenue: amounts(ordersOverTime, key),
      commissions: amounts(commissionsOverTime, key),
      orders: countsIn(ordersOverTime, key),
      cancelled: countsIn(cancelledOverTime, key),
      affiliates: countsIn(joinedOverTime, key),
      leads: countsIn(leadsOverTime, key),
      rewards: '',
    }));
}
