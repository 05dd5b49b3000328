import type { JsonObject } from '../../json.ts';
import { Decimal, isOfCurrency, noteOnCurrency, type Priced, type Reward, sumsOf, ZERO } from '../../records/money.ts';
import { type Affiliate, type Commission, type Credited, isCancelled, type Purchase } from '../../records/parse.ts';
import type { Identities, Named } from '../../records/people.ts';
import { DAY_MS } from '../../records/period.ts';
import { type Collection, commissions, leads, purchases, visitors } from '../reading/collections.ts';
import type { Window } from '../reading/scans.ts';
import { leaddynoNow, type Work } from '../workflow.ts';

/** What affiliates are ranked by. */
export const METRICS = ['purchases', 'revenue', 'commission', 'leads', 'visitors', 'conversion'] as const;
export type Metric = (typeof METRICS)[number];

/** Gives the key that tells an affiliate from others. */
export type KeyOf = Identities<Affiliate>['keyOf'];

/** A figure per affiliate, by key; records that are credited to nobody are counted separately. */
export interface Figures {
  readonly of: ReadonlyMap<string, Decimal>;
  /** By key of each affiliate, a record that is credited to them. */
  readonly seen: ReadonlyMap<string, Credited>;
  readonly uncredited: Decimal;
  readonly uncreditedRecords: number;
}

const ONE = new Decimal(1);

const NOBODY: Named = { id: '', email: '' };

/** Adds up records by the affiliate they are credited to. */
function addUp<Record extends Credited>(
  records: readonly Record[],
  measure: (record: Record) => Decimal,
  keyOf: KeyOf,
): Figures {
  const of = new Map<string, Decimal>();
  const seen = new Map<string, Credited>();
  let [uncredited, uncreditedRecords] = [ZERO, 0];
  for (const record of records) {
    const value = measure(record);
    const key = keyOf(record.affiliate ?? NOBODY);
    if (key === '') {
      uncredited = uncredited.plus(value);
      uncreditedRecords += 1;
    } else {
      of.set(key, (of.get(key) ?? ZERO).plus(value));
      seen.set(key, record);
    }
  }
  return { of, seen, uncredited, uncreditedRecords };
}

/** How many records an affiliate is credited with. */
export const countCredited = (records: readonly Credited[], keyOf: KeyOf): Figures => addUp(records, () => ONE, keyOf);

/** The sums of what affiliates are credited with, one set of figures for each currency. */
export function addMoney(records: readonly (Credited & Priced)[], keyOf: KeyOf): Map<string, Figures> {
  const currencies = [...new Set(records.map(({ currency }) => currency))].sort();
  return new Map(
    currencies.map((currency) => [
      currency,
      addUp(
        records.filter((record) => record.currency === currency),
        ({ amount }) => amount ?? ZERO,
        keyOf,
      ),
    ]),
  );
}

type Counter = 'purchases' | 'leads' | 'visitors';

/** LeadDyno's lifetime counters. A counter that is null is unknown, not zero (API reference, Affiliate). */
function counters(
  affiliates: readonly Affiliate[],
  counter: Counter,
  { keyOf, bought }: Pick<MeasureOptions, 'keyOf' | 'bought'>,
): Figures {
  const of = new Map<string, Decimal>();
  for (const affiliate of affiliates) {
    const key = keyOf(affiliate);
    const value = affiliate[counter] ?? (counter === 'purchases' && bought ? (bought.get(key) ?? 0) : undefined);
    if (value !== undefined) of.set(key, new Decimal(value));
  }
  return { of, seen: new Map(), uncredited: ZERO, uncreditedRecords: 0 };
}

/** Purchases per visitor, for affiliates with enough visitors to say anything. */
function conversions(bought: Figures, visited: Figures, zeroIfAbsent: boolean, minimum: number) {
  const of = new Map<string, Decimal>();
  const below = new Set<string>();
  for (const [key, visits] of visited.of) {
    const purchases = bought.of.get(key) ?? (zeroIfAbsent ? ZERO : undefined);
    if (visits.lessThan(Math.max(1, minimum))) below.add(key);
    else if (purchases !== undefined) of.set(key, purchases.div(visits));
  }
  const partsOf = (key: string) => ({
    purchases: (bought.of.get(key) ?? ZERO).toNumber(),
    visitors: (visited.of.get(key) ?? ZERO).toNumber(),
  });
  return { figures: { ...visited, of, uncredited: ZERO, uncreditedRecords: 0 } satisfies Figures, below, partsOf };
}

/** What all affiliates together are credited with. */
export const creditedOf = ({ of }: Figures): Decimal =>
  [...of.values()].reduce((sum: Decimal, value) => sum.plus(value), ZERO);

/** Figures to rank by; money comes once per currency. */
export interface Measured {
  readonly figures: readonly { readonly currency?: string; readonly figures: Figures }[];
  readonly basis: string;
  /** What a missing figure means: zero, or not known. */
  readonly absentIs: 'zero' | 'unknown';
  /** Affiliates with too few visitors, by key. */
  readonly below?: ReadonlySet<string>;
  /** What a ratio is made of, by key of the affiliate. */
  readonly partsOf?: (key: string) => JsonObject;
  /** Records without a readable currency, which may be in the one asked for. */
  readonly nameless?: number;
  /** Commissions that are not money: shown next to the rankings, in none of them. */
  readonly rewards?: readonly Reward[];
  /** Says so if nothing is in the currency asked for. */
  readonly currency_note?: string;
  /** Whether the figures are counters of affiliates, which leave out what is credited to nobody. */
  readonly areCounters?: boolean;
  /** Whether all lists that the figures come from were read to their end. */
  readonly complete: boolean;
}

export interface MeasureOptions {
  readonly window: Window | undefined;
  readonly minimumVisitors: number;
  readonly currency: string | undefined;
  readonly keyOf: KeyOf;
  /** Number of purchases credited to each affiliate, if all were read: used in place of a counter that is null. */
  readonly bought?: ReadonlyMap<string, number> | undefined;
}

/** The figures of a metric; reads the lists that it needs. */
export async function measure(
  by: Metric,
  everybody: readonly Affiliate[],
  options: MeasureOptions,
  work: Work,
): Promise<Measured> {
  if (by === 'revenue' || by === 'commission') return await measureMoney(by, options, work);
  return options.window
    ? await measureWindow(by, options, options.window, work)
    : measureLifetime(by, everybody, options);
}

function measureLifetime(
  by: Counter | 'conversion',
  everybody: readonly Affiliate[],
  options: MeasureOptions,
): Measured {
  const { bought: inList, minimumVisitors } = options;
  const stead = inList ? ' (purchases: counted from their list instead)' : '';
  const basis = `LeadDyno's own lifetime counters (purchases most likely include cancelled ones); null means unknown, not zero${stead}.`;
  const known = { absentIs: 'unknown', areCounters: true, complete: true } as const;
  if (by !== 'conversion') return { figures: [{ figures: counters(everybody, by, options) }], basis, ...known };
  const [bought, visited] = [counters(everybody, 'purchases', options), counters(everybody, 'visitors', options)];
  const { figures, ...parts } = conversions(bought, visited, false, minimumVisitors);
  return { figures: [{ figures }], basis: `Purchases per visitor by ${basis}`, ...parts, ...known };
}

async function measureWindow(
  by: Counter | 'conversion',
  { keyOf, minimumVisitors }: MeasureOptions,
  window: Window,
  work: Work,
): Promise<Measured> {
  const count = async (collection: Collection<Credited>) => {
    const { records, complete } = await work.scanWindow(collection, window);
    return { figures: countCredited(records, keyOf), complete };
  };
  const bought = async () => {
    const { records, complete } = await work.scanWindow(purchases, window);
    const live = notCancelled(work.readable('purchases', records, 'cancelled'), work);
    return { figures: countCredited(live, keyOf), complete };
  };
  if (by !== 'conversion') {
    const counted = await (by === 'purchases' ? bought() : count(by === 'leads' ? leads : visitors));
    return {
      figures: [{ figures: counted.figures }],
      basis: WINDOW_BASIS[by],
      absentIs: 'zero',
      complete: counted.complete,
    };
  }
  const [sold, visited] = await Promise.all([bought(), count(visitors)]);
  const { figures, ...parts } = conversions(sold.figures, visited.figures, true, minimumVisitors);
  return {
    figures: [{ figures }],
    basis: 'Purchases (not cancelled) per visitor, both created in the period.',
    absentIs: 'unknown',
    ...parts,
    complete: sold.complete && visited.complete,
  };
}

/** The one rule for what counts as sold. */
export const notCancelled = (all: readonly Purchase[], work: Work) =>
  all.filter((one) => !isCancelled(one, leaddynoNow(work)));

const WINDOW_BASIS: Readonly<Record<Counter, string>> = {
  purchases: 'Purchases in the period that are not cancelled.',
  leads: 'Leads created in the period.',
  visitors: 'Visitors created in the period.',
};

async function measureMoney(
  by: 'revenue' | 'commission',
  { window, currency: asked, keyOf }: MeasureOptions,
  work: Work,
): Promise<Measured> {
  const { records, complete, rewards } =
    by === 'revenue' ? await readRevenue(window, work) : await readEarned(window, work);
  const sums = [...addMoney(records, keyOf)];
  const wanted = asked === undefined ? sums : sums.filter(([currency]) => currency === asked);
  return {
    figures: wanted.map(([currency, figures]) => ({ currency: currency || 'unknown', figures })),
    basis:
      by === 'revenue'
        ? 'purchase_amount of purchases that are not cancelled.'
        : 'amount of commissions that are money and not cancelled, by day earned.',
    absentIs: 'zero',
    rewards,
    ...noteOnCurrency(by === 'revenue' ? 'purchase' : 'commission', records, asked),
    nameless: asked === undefined ? 0 : records.filter((one) => isOfCurrency(one, asked) === undefined).length,
    complete,
  };
}

async function readRevenue(window: Window | undefined, work: Work) {
  const { records, complete } = await (window ? work.scanWindow(purchases, window) : work.scan(purchases));
  const readable = work.readable('purchases', records, 'cancelled', 'purchase_amount');
  return { records: notCancelled(readable, work), complete, rewards: [] };
}

/** Commissions have a day in the account's time zone: read from some days earlier, then choose by that day. */
const MARGIN_MS = 2 * DAY_MS;

async function readEarned(window: Window | undefined, work: Work) {
  const scan = window
    ? await work.scanWindow(commissions, { since: window.since - MARGIN_MS })
    : await work.scan(commissions);
  const { since, until = Number.POSITIVE_INFINITY } = window ?? { since: Number.NEGATIVE_INFINITY };
  const isInside = ({ earnedAt }: Commission) => !window || (earnedAt >= since && earnedAt < until);
  const readable = work.readable('commissions', scan.records.filter(isInside), 'cancelled', 'amount');
  const { money, rewards } = sumsOf(readable.filter(({ cancelled }) => !cancelled));
  return { records: money, complete: scan.complete, rewards };
}
