import type { JsonObject } from '../../json.ts';
import { Refusal } from '../../operations/operation.ts';
import { listed } from '../../operations/questions.ts';
import { isOfCurrency } from '../../records/money.ts';
import {
  type Affiliate,
  type Commission,
  type Credited,
  isCancelled,
  type Lead,
  type Parsed,
  type Purchase,
} from '../../records/parse.ts';
import type { Standing } from '../../records/people.ts';
import { quote } from '../../text.ts';
import type { Collection } from '../reading/collections.ts';

/** Whether a record fits; undefined if the record does not show it. Each filter takes only records of its own list. */
type Fits<Record extends Parsed = Parsed> = (record: Record) => boolean | undefined;

const every = (answers: readonly (boolean | undefined)[]): boolean | undefined =>
  answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;

const not = (answer: boolean | undefined) => (answer === undefined ? undefined : !answer);

/** Status words per list, decided by the record's own flags, because LeadDyno's lists have no filter. */
function statuses(now: number) {
  const stands =
    (wanted: Standing): Fits<Affiliate> =>
    ({ standing }) =>
      standing === 'unknown' ? undefined : standing === wanted;
  const cancelled = (one: Purchase | Commission) => ('cancelledAt' in one ? isCancelled(one, now) : one.cancelled);
  const live = (one: Purchase | Commission) => not(cancelled(one));
  const unpaid: Fits<Commission> = (one) => every([not(one.paid), live(one)]);
  const due: Fits<Commission> = ({ dueAt }) => (Number.isNaN(dueAt) ? undefined : dueAt <= now);
  return {
    affiliates: { active: stands('active'), pending: stands('pending'), archived: stands('archived') },
    purchases: { live, cancelled },
    commissions: {
      unpaid,
      due: (one: Commission) => every([unpaid(one), due(one)]),
      pending: (one: Commission) => every([unpaid(one), not(due(one))]),
      paid: (one: Commission) => every([one.paid, live(one)]),
      cancelled,
      live,
    },
    visitors: {},
  } satisfies Partial<Record<Collection['name'], Readonly<Record<string, unknown>>>>;
}

/**
 * Whether a record belongs in an export. Records that do not show it are left out, and the answer says so.
 * @throws Refusal if a filter makes no sense for the list
 */
export function filterOf(args: JsonObject, name: Collection['name'], now: number): Fits {
  const { status, affiliate_id: affiliateId, currency } = args;
  if (currency !== undefined && name !== 'purchases' && name !== 'commissions') {
    throw new Refusal(`currency does not apply to ${name}: only purchases and commissions have one`);
  }
  const filters: Fits[] = [
    ...(typeof status === 'string' ? [statusFilter(status, name, now)] : []),
    ...(typeof affiliateId === 'number' ? [affiliateFilter(affiliateId, name)] : []),
    ...(typeof currency === 'string' ? [(one: Parsed) => isInCurrency(one as Purchase | Commission, currency)] : []),
  ];
  return (record) => every(filters.map((fits) => fits(record)));
}

/** A reward that is not money is in no currency, whatever its record says. */
const isInCurrency = (one: Purchase | Commission, currency: string) =>
  'isMoney' in one && !one.isMoney ? false : isOfCurrency(one, currency);

function statusFilter(status: string, name: Collection['name'], now: number): Fits {
  const word = status.trim().toLowerCase();
  // LeadDyno's status words for leads are not known.
  if (name === 'leads') return (lead) => saysWord((lead as Lead).status, word);
  const known: Readonly<Record<string, unknown>> = statuses(now)[name];
  if (Object.hasOwn(known, word)) return known[word] as Fits;
  const words = Object.keys(known);
  if (words.length === 0) throw new Refusal(`${name} have no status`);
  if (word === 'all') return () => true;
  throw new Refusal(`status of ${name} is one of ${words.join(', ')}, all`);
}

const saysWord = (own: string, word: string) => (own === '' ? undefined : own.toLowerCase() === word);

/** The most values named in a note. */
const NAMED = 10;

/**
 * Why a file is empty, if no record at all has a value that was asked for: it is probably misspelt.
 * @param records all that were read
 */
export function noteOnNothing(args: JsonObject, name: Collection['name'], records: readonly Parsed[]): string[] {
  const { status, affiliate_id: affiliateId, currency } = args;
  const among = `of the ${records.length} ${name} read`;
  const unmet = (what: string, wanted: string, read: (record: Parsed) => string): string[] => {
    const met = new Map<string, number>();
    for (const record of records) met.set(read(record), (met.get(read(record)) ?? 0) + 1);
    const isMet = [...met.keys()].some((value) => value.toLowerCase() === wanted.toLowerCase());
    if (records.length === 0 || isMet) return [];
    const counts = [...met].map(([value, count]) => `${quote(value, 40)} (${count})`);
    return [`None ${among} has the ${what} ${quote(wanted)}; found: ${listed(counts, NAMED)}.`];
  };
  const credits = typeof affiliateId === 'number' && affiliateFilter(affiliateId, name);
  return [
    // The words of the other lists are our own, and were checked already.
    ...(name === 'leads' && typeof status === 'string'
      ? unmet('status', status.trim(), (lead) => (lead as Lead).status)
      : []),
    ...(typeof currency === 'string' ? unmet('currency', currency, (one) => (one as Purchase).currency) : []),
    ...(credits && records.length > 0 && records.every((one) => credits(one) === false)
      ? [
          name === 'affiliates'
            ? `None ${among} has the id ${affiliateId}.`
            : `None ${among} names the affiliate ${affiliateId}.`,
        ]
      : []),
  ];
}

function affiliateFilter(affiliateId: number, name: Collection['name']): Fits {
  return (record) => {
    const named = name === 'affiliates' ? (record as Affiliate) : (record as Credited).affiliate;
    // An affiliate named only by e-mail may be the one.
    if (named?.id === '' && named.email !== '') return undefined;
    return named?.id === String(affiliateId);
  };
}
