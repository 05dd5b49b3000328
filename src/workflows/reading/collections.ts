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

/** One of LeadDyno's lists, and how to read all of it. */
export interface Collection<Record extends Parsed = Parsed> {
  readonly name: 'affiliates' | 'purchases' | 'commissions' | 'leads' | 'visitors';
  readonly list: Operation;
  /** Reads how many records there are; absent if the list itself says so (commissions come in an envelope). */
  readonly count?: Operation;
  /** Page sizes to ask for, largest first; absent if none is documented or claimed (API reference 4.6). */
  readonly sizes?: readonly number[];
  /** Which fields of a row are kept in memory. */
  readonly kept: readonly Kept[];
  /** Known fields; if given, a row also keeps the others, their values as short text. */
  readonly known?: ReadonlySet<string>;
  readonly parse: (row: JsonObject) => Record;
}

/** 200 is what one client claims, 100 is LeadDyno's documented size. */
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
  sizes: SIZES,
  kept: keptAt('commission', 'scan'),
  // LeadDyno's help mentions commissions with a payment under way, but no documented field shows that.
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
