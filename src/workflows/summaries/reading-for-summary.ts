import type { JsonObject } from '../../json.ts';
import { Refusal } from '../../operations/operation.ts';
import { listed } from '../../operations/questions.ts';
import { keyForm } from '../../records/keys.ts';
import { Decimal, type Reward, sumsOf, ZERO } from '../../records/money.ts';
import { type Affiliate, type Commission, isCancelled, type Parsed, type Purchase } from '../../records/parse.ts';
import { type Identities, identitiesIn } from '../../records/people.ts';
import { isWithin, type Period } from '../../records/period.ts';
import { groupBy } from '../../records/values.ts';
import { filterOf } from '../exports/filters.ts';
import { checkGroup } from '../groups/check-group.ts';
import { affiliates, type Collection, collections, commissions, leads, purchases } from '../reading/collections.ts';
import type { Scan, Window } from '../reading/scans.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { type Comparison, comparedBucket, partOf, shiftBy, startIn, type Unit } from './buckets.ts';
import {
  type Dimension,
  firstPurchases,
  type Known,
  leadsByKey,
  namedBy,
  neededFor,
  PLACES,
  placeInTime,
} from './dimensions.ts';
import { type Counted, Row, type Table } from './pivot.ts';

export const SORTS = ['newest', 'amount', 'count', 'average', 'rise', 'fall'] as const;
export type Sort = (typeof SORTS)[number];

export interface Args extends Wanted {
  readonly records: keyof typeof collections;
  readonly by?: readonly Dimension[];
  readonly since?: string;
  readonly until?: string;
  readonly date_field?: DateField;
  readonly minimum?: number;
  readonly compare?: Comparison;
  readonly more?: boolean;
  readonly sort?: Sort;
  readonly limit?: number;
  readonly skip: number;
  readonly file?: boolean;
}

/** What a summary is asked for, after the checks. */
export interface Reading {
  readonly unit: Unit | undefined;
  readonly window: Window | undefined;
  /** The period that the whole window is compared with. */
  readonly before: Period | undefined;
  readonly status: string;
  readonly at: (record: Parsed) => number;
  readonly includes: JsonObject;
}

/** Everything that a summary is computed from, record by record. */
interface CountedRecords {
  readonly records: readonly Counted[];
  readonly complete: boolean;
  readonly rewards: readonly Reward[];
  readonly unclear: number;
  readonly undated: number;
  /** What an argument names and the lists do not have, in sentences. */
  readonly remarks: readonly string[];
  /** Recruited affiliates to whom none of the records is credited. */
  readonly withNone: readonly Affiliate[];
  /** Adds rows for buckets of time without any record. */
  fill(tables: readonly Table[]): void;
  isSoFar(row: Row): boolean;
}

const NOTHING: Scan<never> = { records: [], complete: true, readAt: 0 };
/** With more buckets than this, empty ones are not added: so many come from odd dates. */
const MOST_BUCKETS = 2_000;

export async function countRecords(args: Args, asked: Reading, work: Work): Promise<CountedRecords> {
  const { records: name, by = [] } = args;
  const now = leaddynoNow(work);
  const needed = neededFor(by, name);
  const wantsPeople =
    needed.has('affiliates') ||
    args.group !== undefined ||
    args.recruiter_id !== undefined ||
    args.affiliate_ids !== undefined;
  const wantsSales = args.more === true && name === 'affiliates';
  const read = <Record extends Parsed>(collection: Collection<Record>, wanted: boolean): Promise<Scan<Record>> =>
    wanted ? work.scan(collection) : Promise.resolve(NOTHING);
  const [main, people, prospects, bought, earned] = await Promise.all([
    work.scan(collections[name] as Collection),
    read(affiliates, wantsPeople || name === 'affiliates'),
    read(leads, needed.has('leads')),
    read(purchases, needed.has('purchases') || wantsSales),
    read(commissions, args.more === true && name === 'purchases'),
  ]);
  if (args.group !== undefined) checkGroup(args.group, people, work);
  const identities = identitiesIn(people.records);
  const known: Known = {
    name,
    people: identities,
    byId: new Map(people.records.map((one) => [one.id, one])),
    leads: leadsByKey(prospects.records),
    purchases: new Map(bought.records.map((one) => [one.id, one])),
    isFirst: firstPurchases(bought.records, now),
    now,
  };
  const fits = choose({ ...args, status: asked.status }, name, identities, now);
  const readable = readableOf(name, main.records, work);
  const judged = readable.map(fits);
  const fitting = readable.filter((_, index) => judged[index] === true);
  const dated = !asked.unit && !asked.window ? fitting : fitting.filter((one) => !Number.isNaN(asked.at(one)));
  const window: Period = {
    since: asked.window?.since ?? Number.NEGATIVE_INFINITY,
    until: asked.window?.until ?? (asked.unit ? Math.max(now, 1) : Number.POSITIVE_INFINITY),
  };
  const { cash, rewards } = moneyOf(name, dated, (one) => !asked.window || isWithin(asked.at(one), window));
  const more = moreOf(args, { bought, earned, identities, now });
  const place = placing(args, asked, known, window);
  const records = cash.flatMap((record) =>
    place(record).map(({ places, isBefore }) => ({ places, isBefore, ...moneyIn(name, record, now), ...more(record) })),
  );
  return {
    records,
    remarks: remarksOn(args, main, people, identities),
    rewards,
    complete: [main, people, prospects, bought, earned].every(({ complete }) => complete),
    unclear: judged.filter((fit) => fit === undefined).length,
    undated: fitting.length - dated.length,
    withNone: withNoneOf(
      args,
      cash.filter((one) => !asked.window || isWithin(asked.at(one), window)),
      known,
      people,
    ),
    fill: (tables) => fillIn(tables, args, asked.unit, window),
    isSoFar: (row) => {
      const index = asked.unit ? by.indexOf(asked.unit) : -1;
      const start = Number(row.places[index]?.key);
      return asked.unit !== undefined && index >= 0 && shiftBy(asked.unit, start, 1) > now;
    },
  };
}

/** An empty answer would look like "sold nothing" where there is no such affiliate, recruit or currency. */
function remarksOn(
  { affiliate_ids: ids = [], recruiter_id: recruiter, currency, records: name }: Args,
  main: Scan<Parsed>,
  people: Scan<Affiliate>,
  identities: Identities<Affiliate>,
): string[] {
  const asked = [...ids, ...(recruiter === undefined ? [] : [recruiter])];
  const unknown = asked.filter((id) => !identities.find({ id: String(id), email: '' }));
  const recruits = people.records.some(({ recruiterId }) => recruiterId === String(recruiter));
  const currencies = new Set(main.records.flatMap((one) => ('currency' in one ? [String(one.currency)] : [])));
  return [
    ...(people.complete && unknown.length > 0
      ? [
          `No affiliate has the id ${listed([...new Set(unknown)].map(String), 20)}: list_affiliates with query finds ids.`,
        ]
      : []),
    ...(people.complete && recruiter !== undefined && !unknown.includes(recruiter) && !recruits
      ? [`The affiliate ${recruiter} recruited nobody.`]
      : []),
    ...(main.complete && currency !== undefined && currencies.size > 0 && !currencies.has(currency)
      ? [`No ${name} are in ${currency}; there are ${listed([...currencies].filter(Boolean).sort(), 20)}.`]
      : []),
  ];
}

const NEEDED_FIELDS: Readonly<Partial<Record<Collection['name'], readonly string[]>>> = {
  purchases: ['cancelled', 'purchase_amount'],
  commissions: ['cancelled', 'amount'],
};

const readableOf = (name: Collection['name'], records: readonly Parsed[], work: Work): Parsed[] =>
  work.readable(name, records, ...(NEEDED_FIELDS[name] ?? []));

/** Separates money from rewards that are not money. */
function moneyOf(name: Collection['name'], records: readonly Parsed[], isInside: (record: Parsed) => boolean) {
  if (name !== 'commissions') return { cash: records, rewards: [] };
  const all = records as readonly Commission[];
  return { cash: sumsOf(all).money, rewards: sumsOf(all.filter(isInside)).rewards };
}

function moneyIn(
  name: Collection['name'],
  record: Parsed,
  now: number,
): Pick<Counted, 'amount' | 'currency' | 'isCancelled'> {
  if (name !== 'purchases' && name !== 'commissions') return { amount: undefined, currency: undefined };
  const { amount, currency, cancelled } = record as Purchase | Commission;
  return {
    amount,
    currency,
    isCancelled: name === 'purchases' ? isCancelled(record as Purchase, now) : cancelled === true,
  };
}

/** The places of a record: in a row, in what a row is compared with, in both or in neither. */
function placing({ by = [], compare }: Args, asked: Reading, known: Known, window: Period) {
  const { unit, before, at } = asked;
  const placesOf = (record: Parsed, start: number) =>
    by.map((one) => (one === unit ? placeInTime(one, start) : PLACES[one as keyof typeof PLACES](record, known)));
  return (record: Parsed) => {
    const time = at(record);
    const inside = !(unit || asked.window) || isWithin(time, window);
    const start = unit ? startIn(unit, time) : 0;
    const later = unit && compare ? comparedBucket(unit, time, compare, window) : undefined;
    return [
      ...(inside ? [{ places: placesOf(record, start), isBefore: false }] : []),
      ...(later !== undefined ? [{ places: placesOf(record, later), isBefore: true }] : []),
      ...(!unit && before && isWithin(time, before) ? [{ places: placesOf(record, 0), isBefore: true }] : []),
    ];
  };
}

interface Others {
  readonly bought: Scan<Purchase>;
  readonly earned: Scan<Commission>;
  readonly identities: Identities<Affiliate>;
  readonly now: number;
}

/** The commission on each purchase, in the purchase's currency; or the sales of each affiliate. */
function moreOf(args: Args, { bought, earned, identities, now }: Others) {
  if (args.more && args.records === 'affiliates') {
    const live = bought.records.filter((one) => !isCancelled(one, now) && !Number.isNaN(one.createdAt));
    const sales = groupBy(live, (one) => (one.affiliate ? identities.keyOf(one.affiliate) : ''));
    return (record: Parsed) => ({
      sales: (sales.get(identities.keyOf(record as Affiliate)) ?? []).map(({ createdAt }) => createdAt),
    });
  }
  if (!args.more) return () => ({});
  const live = sumsOf(earned.records.filter(({ cancelled }) => cancelled === false)).money;
  const byPurchase = groupBy(live, ({ purchase }) => purchase?.id ?? '');
  return (record: Parsed) => {
    const { id, currency } = record as Purchase;
    const own = (byPurchase.get(id) ?? []).filter((one) => one.currency === currency);
    return { commission: own.reduce((sum: Decimal, { amount }) => sum.plus(amount ?? ZERO), new Decimal(0)) };
  };
}

function withNoneOf(args: Args, records: readonly Parsed[], known: Known, people: Scan<Affiliate>): Affiliate[] {
  if (args.records === 'affiliates' || !args.by?.includes('recruiter')) return [];
  const met = new Set(records.map((one) => known.people.keyOf(namedBy(one, args.records))));
  const { group, recruiter_id: recruiter, affiliate_ids: ids } = args;
  return people.records.filter(
    (one) =>
      one.recruiterId !== '' &&
      !met.has(known.people.keyOf(one)) &&
      (group === undefined || keyForm(one.group) === keyForm(group)) &&
      (recruiter === undefined || one.recruiterId === String(recruiter)) &&
      (ids === undefined || ids.map(String).includes(one.id)),
  );
}

/** If rows are buckets of time and nothing else, a bucket without records is a row, too. */
function fillIn(tables: readonly Table[], { by = [] }: Args, unit: Unit | undefined, window: Period): void {
  if (!unit || by.length !== 1) return;
  const starts = tables.flatMap(({ rows }) => [...rows.values()].map(({ places }) => Number(places[0]?.key)));
  if (starts.length === 0) return;
  const first = Number.isFinite(window.since) && window.since > 0 ? startIn(unit, window.since) : Math.min(...starts);
  const last = startIn(unit, window.until - 1);
  const missing: number[] = [];
  for (let start = first; start <= last && missing.length <= MOST_BUCKETS; start = shiftBy(unit, start, 1)) {
    if (partOf(unit, start, window).until > partOf(unit, start, window).since) missing.push(start);
  }
  if (missing.length > MOST_BUCKETS) return;
  for (const { rows } of tables) {
    for (const start of missing) {
      const place = placeInTime(unit, start);
      const key = JSON.stringify([place.key]);
      if (!rows.has(key)) (rows as Map<string, Row>).set(key, new Row([place]));
    }
  }
}

/* Chooses the records that a summary counts. */

/** The date of a record that decides its period and its bucket of time. */
type DateField = 'created_at' | 'date' | 'due_at';

/** @throws Refusal if the list has no such date */
export function dateOf(name: Collection['name'], field: DateField): (record: Parsed) => number {
  if (field === 'created_at') return ({ createdAt }) => createdAt;
  if (name !== 'commissions') throw new Refusal(`date_field ${field} is for commissions: ${name} have created_at`);
  return field === 'date' ? (one) => (one as Commission).earnedAt : (one) => (one as Commission).dueAt;
}

interface Wanted {
  readonly status?: string;
  readonly currency?: string;
  readonly group?: string;
  readonly affiliate_ids?: readonly number[];
  readonly recruiter_id?: number;
  readonly credited?: boolean;
}

/** Tells whether a record was asked for; undefined if the record does not say. @throws Refusal for wrong arguments */
function choose(
  { status, currency, group, affiliate_ids: ids, recruiter_id: recruiter, credited }: Wanted,
  name: Collection['name'],
  people: Identities<Affiliate>,
  now: number,
): (record: Parsed) => boolean | undefined {
  if (credited !== undefined && name === 'affiliates') {
    throw new Refusal('credited does not apply to affiliates');
  }
  const plain: JsonObject = { ...(status !== 'all' && { status }), currency };
  const fits = filterOf(plain, name, now);
  const wanted = ids && new Set(ids.map(String));
  return (record) => {
    const named = namedBy(record, name);
    const isCredited = people.keyOf(named) !== '';
    if (credited !== undefined && credited !== isCredited) return false;
    const who = people.find(named);
    if (wanted && !wanted.has(who?.id ?? named.id)) return false;
    if (group !== undefined && (!who || keyForm(who.group) !== keyForm(group))) return false;
    if (recruiter !== undefined && who?.recruiterId !== String(recruiter)) return false;
    return fits(record);
  };
}
