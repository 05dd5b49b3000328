import type { JsonObject } from '../../json.ts';
import { Refusal } from '../../operations/operation.ts';
import { describeAffiliate } from '../../records/describe.ts';
import { keyForm } from '../../records/keys.ts';
import {
  type Affiliate,
  type Commission,
  type Credited,
  isCancelled,
  type Lead,
  type Parsed,
  type Purchase,
  type Visitor,
} from '../../records/parse.ts';
import type { Identities, Named } from '../../records/people.ts';
import type { Collection } from '../reading/collections.ts';
import { nameOfBucket, UNITS } from './buckets.ts';

/*
 * What records are grouped by. Each dimension gives a record a place: a key, and how it is shown. If a record has no
 * value in a dimension, null is shown with the reason.
 */

export const DIMENSIONS = [
  'affiliate',
  'group',
  'recruiter',
  'campaign',
  'plan',
  'currency',
  'month',
  'week',
  'day',
  'status',
  'attribution',
  'customer',
  'country',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

type ListName = Collection['name'];

/** A record's place in one dimension. */
export interface Place {
  readonly key: string;
  readonly shown: JsonObject;
}

/** Other data that places depend on. */
export interface Known {
  readonly name: ListName;
  readonly people: Identities<Affiliate>;
  readonly byId: ReadonlyMap<string, Affiliate>;
  readonly leads: ReadonlyMap<string, Lead>;
  /** By id. */
  readonly purchases: ReadonlyMap<string, Purchase>;
  /** Whether a purchase is its customer's first; undefined if not known. */
  readonly isFirst: (purchase: Purchase) => boolean | undefined;
  readonly now: number;
}

const MONEY: readonly ListName[] = ['purchases', 'commissions'];
const CREDITED: readonly ListName[] = ['purchases', 'commissions', 'leads', 'visitors'];

/** The lists that have a dimension, if not all lists have it. */
const ONLY: Readonly<Partial<Record<Dimension, readonly ListName[]>>> = {
  campaign: CREDITED,
  plan: MONEY,
  currency: MONEY,
  status: ['purchases', 'commissions', 'leads', 'affiliates'],
  attribution: CREDITED,
  customer: MONEY,
  country: ['purchases', 'commissions', 'leads'],
};

/** @throws Refusal if the list has no such dimension */
export function checkDimension(by: Dimension, name: ListName): void {
  const lists = ONLY[by];
  if (lists && !lists.includes(name)) throw new Refusal(`by ${by} is for ${lists.join(', ')}: ${name} have none`);
}

type OtherList = 'affiliates' | 'leads' | 'purchases';

const NEEDS: Readonly<Partial<Record<Dimension, readonly OtherList[]>>> = {
  affiliate: ['affiliates'],
  group: ['affiliates'],
  recruiter: ['affiliates'],
  campaign: ['leads', 'purchases'],
  country: ['leads', 'purchases'],
  customer: ['purchases'],
  plan: ['purchases'],
};

/** Which lists the dimensions need besides the list that is summed. */
export function neededFor(by: readonly Dimension[], name: ListName): ReadonlySet<OtherList> {
  const needed = by.flatMap((one) => NEEDS[one] ?? []);
  // Leads and visitors hold the values themselves that purchases and commissions get from other lists.
  return new Set(MONEY.includes(name) ? needed : needed.filter((list) => list === 'affiliates'));
}

export const isUnit = (by: Dimension): by is (typeof UNITS)[number] => UNITS.some((unit) => unit === by);

/** The place of a bucket of time. */
export const placeInTime = (unit: (typeof UNITS)[number], start: number): Place => ({
  key: String(start),
  shown: { [unit]: nameOfBucket(unit, start) },
});

const nobody: Named = { id: '', email: '' };

/** The affiliate a record is credited to, as the record names them; for the record of an affiliate, that affiliate. */
export const namedBy = (record: Parsed, name: ListName): Named =>
  name === 'affiliates' ? (record as Affiliate) : ((record as Credited).affiliate ?? nobody);

const none = (name: string, why: string): Place => ({
  key: `- ${why}`,
  shown: { [name]: null, [`no_${name}_because`]: why },
});
const text = (name: string, value: string, why: string): Place =>
  value === '' ? none(name, why) : { key: `= ${keyForm(value)}`, shown: { [name]: value } };

function affiliatePlace(record: Parsed, known: Known): Place {
  const named = namedBy(record, known.name);
  const key = known.people.keyOf(named);
  if (key === '') return none('affiliate', 'not credited');
  const found = known.people.find(named);
  const raw = found?.raw ?? { id: named.id, email: named.email };
  const group = found && found.group !== '' ? { group: found.group } : {};
  return { key, shown: { affiliate: { ...describeAffiliate({ raw }), ...group } } };
}

/** A place that depends on the affiliate's record, or the reason why there is none. */
function ofAffiliate(record: Parsed, known: Known, name: string, place: (one: Affiliate) => Place): Place {
  const named = namedBy(record, known.name);
  if (known.people.keyOf(named) === '') return none(name, 'not credited');
  const found = known.people.find(named);
  return found ? place(found) : none(name, 'affiliate not in the list');
}

function recruiterPlace(record: Parsed, known: Known): Place {
  return ofAffiliate(record, known, 'recruiter', ({ recruiterId: id }) => {
    if (id === '') return none('recruiter', 'recruited by nobody');
    const found = known.byId.get(id);
    const shown = { ...describeAffiliate(found ?? { raw: { id } }), ...(found && lineOf(found, known)) };
    return { key: `id ${id}`, shown: { recruiter: shown } };
  });
}

/**
 * Who recruited a recruiter, and how many recruiters are above them: 0 if nobody recruited them, null if the line goes
 * in a circle or leads out of the list.
 */
function lineOf(recruiter: Affiliate, { byId }: Known): JsonObject {
  if (recruiter.recruiterId === '') return { depth: 0 };
  const above = new Set<Affiliate>();
  let top = recruiter;
  for (let next = byId.get(top.recruiterId); next && !above.has(next); next = byId.get(top.recruiterId)) {
    above.add(next);
    top = next;
  }
  return { recruited_by: recruiter.recruiterId, depth: top.recruiterId === '' ? above.size : null };
}

/** The purchase itself, or that of a commission, from the list of purchases if possible: the one inside says less. */
function purchaseOf(record: Parsed, { name, purchases }: Known): Purchase | undefined {
  if (name === 'purchases') return record as Purchase;
  const { purchase } = record as Commission;
  return purchase && (purchases.get(purchase.id) ?? purchase);
}

/** The lead behind a record. */
function leadOf(record: Parsed, known: Known): Lead | undefined {
  if (known.name === 'leads') return record as Lead;
  const { id, email } = purchaseOf(record, known)?.customer ?? nobody;
  return known.leads.get(id === '' ? keyForm(email) : `id ${id}`);
}

export function leadsByKey(leads: readonly Lead[]): ReadonlyMap<string, Lead> {
  return new Map(leads.flatMap((lead) => [[`id ${lead.id}`, lead] as const, [keyForm(lead.email), lead] as const]));
}

function statusOf(record: Parsed, { name, now }: Known): string {
  if (name === 'affiliates') return (record as Affiliate).standing;
  if (name === 'leads') return (record as Lead).status;
  if (name === 'purchases') {
    const cancelled = isCancelled(record as Purchase, now);
    return cancelled === undefined ? '' : cancelled ? 'cancelled' : 'live';
  }
  const { cancelled, paid, dueAt } = record as Commission;
  if (cancelled) return 'cancelled';
  if (cancelled === undefined || paid === undefined) return '';
  if (paid) return 'paid';
  return Number.isNaN(dueAt) ? '' : dueAt <= now ? 'due' : 'pending';
}

function customerPlace(record: Parsed, known: Known): Place {
  const purchase = purchaseOf(record, known);
  const first = purchase && known.isFirst(purchase);
  if (first === undefined) return none('customer', purchase ? 'customer not known' : 'no purchase');
  return text('customer', first ? 'new' : 'returning', '');
}

/** The place of a record in each dimension. Buckets of time are placed by their start (`placeInTime`). */
export const PLACES: Readonly<
  Record<Exclude<Dimension, (typeof UNITS)[number]>, (record: Parsed, known: Known) => Place>
> = {
  affiliate: affiliatePlace,
  group: (record, known) => ofAffiliate(record, known, 'group', ({ group }) => text('group', group, 'no group')),
  recruiter: recruiterPlace,
  campaign: (record, known) => {
    const lead = known.name === 'visitors' ? (record as Visitor) : leadOf(record, known);
    return text('campaign', lead?.campaign ?? '', lead ? 'no campaign' : 'no lead in the list');
  },
  plan: (record, known) => text('plan', purchaseOf(record, known)?.plan ?? '', 'no plan'),
  // Each row has only one currency anyway.
  currency: () => ({ key: '', shown: {} }),
  status: (record, known) => text('status', statusOf(record, known), 'not said, or not readable'),
  attribution: (record, { name, people }) =>
    text('attribution', people.keyOf(namedBy(record, name)) === '' ? 'not_credited' : 'credited', ''),
  customer: customerPlace,
  country: (record, known) => {
    const lead = leadOf(record, known);
    return text('country', lead?.country ?? '', lead ? 'no country' : 'no lead in the list');
  },
};

/**
 * Tells a customer's first purchase that is not cancelled from later ones; undefined if a purchase names no customer or
 * has no readable date.
 */
export function firstPurchases(all: readonly Purchase[], now: number): Known['isFirst'] {
  const keyOf = ({ customer: { id, email } }: Purchase) => (id === '' ? email && `e ${keyForm(email)}` : `i ${id}`);
  const first = new Map<string, Purchase>();
  for (const one of all) {
    const key = keyOf(one);
    if (key === '' || Number.isNaN(one.createdAt) || isCancelled(one, now)) continue;
    const known = first.get(key);
    if (!known || one.createdAt < known.createdAt || (one.createdAt === known.createdAt && one.id < known.id)) {
      first.set(key, one);
    }
  }
  return (one) => {
    const key = keyOf(one);
    if (key === '' || Number.isNaN(one.createdAt)) return undefined;
    const earliest = first.get(key);
    // A cancelled purchase counts as new if none that is not cancelled came before it.
    return !earliest || earliest.id === one.id || one.createdAt < earliest.createdAt;
  };
}
