import type { JsonObject } from '../../json.ts';
import { countAffiliates, listAffiliates } from '../../operations/affiliates.ts';
import { listCommissions } from '../../operations/commissions.ts';
import { countLeads, listLeads } from '../../operations/leads.ts';
import type { Operation } from '../../operations/operation.ts';
import { countPurchases, listPurchases } from '../../operations/purchases.ts';
import { countVisitors, listVisitors } from '../../operations/visitors.ts';
import { FIELDS, type Kept, keptAt } from '../../records/fields.ts';
import {
  type Affiliate,
  type Commission,
  type Lead,
  type Parsed,
  type Purchase,
  parseAffiliate,
  parseCommission,
  parseLead,
  parsePurchase,
  parseVisitor,
  type Visitor,
} from '../../records/parse.ts';

/** One of LeadDyno's lists, to be read whole. */
export interface Collection<Record extends Parsed = Parsed> {
  readonly name: 'affiliates' | 'purchases' | 'commissions' | 'leads' | 'visitors';
  readonly list: Operation;
  /** How many there are; absent where the list itself says so (commissions come in an envelope). */
  readonly count?: Operation;
  /** Whether people are paid by it: nothing of it may be missing. */
  readonly isPaid?: true;
  /** Rows a page to ask for, the largest first; absent where LeadDyno documents no size (API reference 4.6). */
  readonly sizes?: readonly number[];
  /** What of a row is kept in memory. */
  readonly kept: readonly Kept[];
  /** Fields that are known; if given, a row also keeps single values under other names. */
  readonly known?: ReadonlySet<string>;
  readonly parse: (row: JsonObject) => Record;
}

/** 200 is a client's claim, 100 LeadDyno's documented size. */
const SIZES = [200, 100] as const;

export const affiliates: Collection<Affiliate> = {
  name: 'affiliates',
  list: listAffiliates,
  count: countAffiliates,
  sizes: SIZES,
  kept: keptAt('affiliate', 'scan'),
  parse: parseAffiliate,
};

export const purchases: Collection<Purchase> = {
  name: 'purchases',
  list: listPurchases,
  count: countPurchases,
  sizes: SIZES,
  kept: keptAt('purchase', 'scan'),
  parse: parsePurchase,
};

export const commissions: Collection<Commission> = {
  name: 'commissions',
  list: listCommissions,
  isPaid: true,
  sizes: SIZES,
  kept: keptAt('commission', 'scan'),
  // LeadDyno's help knows commissions with a payment under way, and no documented field shows them.
  known: new Set(FIELDS.commission.map(({ name }) => name)),
  parse: parseCommission,
};

export const leads: Collection<Lead> = {
  name: 'leads',
  list: listLeads,
  count: countLeads,
  kept: keptAt('lead', 'scan'),
  parse: parseLead,
};

export const visitors: Collection<Visitor> = {
  name: 'visitors',
  list: listVisitors,
  count: countVisitors,
  kept: keptAt('visitor', 'scan'),
  parse: parseVisitor,
};

export const collections = { affiliates, purchases, commissions, leads, visitors } as const;
