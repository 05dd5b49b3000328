import type { JsonObject } from '../../json.ts';
import { isOfCurrency } from '../../records/money.ts';
import { DAY_MS } from '../../records/period.ts';
import { type Collection, commissions, leads, purchases, visitors } from '../reading/collections.ts';
import type { Window } from '../reading/scan.ts';
import type { Work } from '../workflow.ts';
import {
  addMoney,
  conversions,
  counters,
  countRows,
  type Figures,
  type KeyOf,
  type Metric,
} from './affiliate-figures.ts';
import { byCancellation } from './cancellations.ts';
import { earnedAt } from './month-figures.ts';

/** Figures to rank by; money comes once per currency. */
export interface Measured {
  readonly figures: readonly { readonly currency?: string; readonly figures: Figures }[];
  readonly basis: string;
  /** Whether an affiliate without a figure has none, or it is not known. */
  readonly absentIs: 'zero' | 'unknown';
  readonly below?: number;
  /** Rows that may be of the currency asked for. */
  readonly nameless?: number;
  /** Rows that may be cancelled: they count for nobody. */
  readonly unclear?: number;
  /** Whether everything that the figures come from was read. */
  readonly complete: boolean;
}

/** What each metric is read from. */
const SOURCES: Readonly<Record<Metric, readonly Collection[]>> = {
  purchases: [purchases],
  revenue: [purchases],
  commission: [commissions],
  leads: [leads],
  visitors: [visitors],
  conversion: [purchases, visitors],
};
const COUNTERS: Readonly<Partial<Record<Metric, string>>> = {
  purchases: 'total_purchases',
  leads: 'total_leads',
  visitors: 'total_visitors',
};
const usesCounters = (by: Metric, window: Window | undefined) => !window && by !== 'revenue' && by !== 'commission';

/** Commissions name a day of the account's time zone: read a little more, choose by that day. */
const MARGIN_MS = 2 * DAY_MS;

async function readRows(collection: Collection, window: Window | undefined, work: Work) {
  if (!window) return await work.scan(collection);
  if (collection !== commissions) return await work.scanWindow(collection, window);
  const { since, until = Number.POSITIVE_INFINITY } = window;
  const scan = await work.scanWindow(collection, { since: since - MARGIN_MS });
  return { ...scan, rows: scan.rows.filter((row) => earnedAt(row) >= since && earnedAt(row) < until) };
}

export interface MeasureOptions {
  readonly window: Window | undefined;
  readonly minimumVisitors: number;
  readonly currency: string | undefined;
  readonly keyOf: KeyOf;
}

/** The figures of a metric; reads what that takes. */
export async function measure(
  by: Metric,
  everybody: readonly JsonObject[],
  { window, minimumVisitors: minimum, currency: asked, keyOf }: MeasureOptions,
  work: Work,
): Promise<Measured> {
  if (usesCounters(by, window)) {
    const basis = "LeadDyno's own lifetime counters; null is unknown, not zero.";
    if (by !== 'conversion') {
      return {
        figures: [{ figures: counters(everybody, COUNTERS[by] ?? '', keyOf) }],
        basis,
        absentIs: 'unknown',
        complete: true,
      };
    }
    const bought = counters(everybody, 'total_purchases', keyOf);
    const visited = counters(everybody, 'total_visitors', keyOf);
    const { figures, below } = conversions(bought, visited, false, minimum);
    return {
      figures: [{ figures }],
      basis: `Purchases per visitor by ${basis}`,
      absentIs: 'unknown',
      below,
      complete: true,
    };
  }
  const scans = await Promise.all(SOURCES[by].map((collection) => readRows(collection, window, work)));
  const complete = scans.every((scan) => scan.complete);
  const [first, second] = scans;
  const { live: counted, unclear: doubtful } = byCancellation(first?.rows ?? []);
  const unclear = doubtful.length;
  if (by === 'revenue' || by === 'commission') {
    const sums = [...addMoney(counted, by === 'revenue' ? 'purchase_amount' : 'amount', keyOf)];
    const wanted = asked === undefined ? sums : sums.filter(([one]) => one === asked);
    return {
      nameless: asked === undefined ? 0 : counted.filter((row) => isOfCurrency(row, asked) === undefined).length,
      figures: wanted.map(([unit, figures]) => ({ currency: unit || 'unknown', figures })),
      basis:
        by === 'revenue'
          ? 'purchase_amount of purchases that are not cancelled.'
          : 'amount of commissions that are not cancelled, by the day they were earned.',
      absentIs: 'zero',
      unclear,
      complete,
    };
  }
  const figures = countRows(counted, keyOf);
  if (by !== 'conversion')
    return { figures: [{ figures }], basis: PERIOD_BASIS[by], absentIs: 'zero', unclear, complete };
  const ratio = conversions(figures, countRows(second?.rows ?? [], keyOf), true, minimum);
  return {
    figures: [{ figures: ratio.figures }],
    basis: 'Purchases (not cancelled) per visitor, both created in the period.',
    absentIs: 'unknown',
    below: ratio.below,
    unclear,
    complete,
  };
}

const PERIOD_BASIS: Readonly<Record<'purchases' | 'leads' | 'visitors', string>> = {
  purchases: 'Purchases of the period that are not cancelled.',
  leads: 'Leads created in the period.',
  visitors: 'Visitors created in the period.',
};
