import type { JsonObject } from '../json.ts';
import {
  countAffiliates,
  getAffiliate,
  listAffiliateLeads,
  listAffiliatePurchases,
  listAffiliates,
} from './affiliates.ts';
import { getCommissionTotals, listAffiliateCommissions } from './commissions.ts';
import { countLeads } from './leads.ts';
import type { Operation } from './operation.ts';
import { countPurchases } from './purchases.ts';
import { countVisitors } from './visitors.ts';

/*
 * What is offered as a resource besides the tools, as data: affiliate records, lists of one affiliate, the list of
 * affiliates and the numbers of the programme.
 */

/** A record or list addressed by an affiliate's id. */
export interface RecordResource {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly uriTemplate: string;
  readonly operation: Operation;
  readonly args: (affiliateId: number) => JsonObject;
}

const page = { page: 1, detail: 'concise', skip: 0 };

export const recordResources: readonly RecordResource[] = [
  {
    name: 'affiliate',
    title: 'Affiliate',
    description: 'The record of one affiliate',
    uriTemplate: 'leaddyno://affiliates/{affiliate_id}',
    operation: getAffiliate,
    args: (affiliate_id) => ({ affiliate_id }),
  },
  {
    name: 'affiliate-commissions',
    title: 'Commissions of an affiliate',
    description: 'First page of the commissions of one affiliate',
    uriTemplate: 'leaddyno://affiliates/{affiliate_id}/commissions',
    operation: listAffiliateCommissions,
    args: (affiliate_id) => ({ affiliate_id, per_page: 100, ...page }),
  },
  {
    name: 'affiliate-purchases',
    title: 'Purchases of an affiliate',
    description: 'First page of the purchases credited to one affiliate',
    uriTemplate: 'leaddyno://affiliates/{affiliate_id}/purchases',
    operation: listAffiliatePurchases,
    args: (affiliate_id) => ({ affiliate_id, ...page }),
  },
  {
    name: 'affiliate-leads',
    title: 'Leads of an affiliate',
    description: 'First page of the leads one affiliate referred',
    uriTemplate: 'leaddyno://affiliates/{affiliate_id}/leads',
    operation: listAffiliateLeads,
    args: (affiliate_id) => ({ affiliate_id, ...page }),
  },
];

/** The list of affiliates: its first page, each row with the address of its record. */
export const affiliateIndex = {
  uri: 'leaddyno://affiliates',
  title: 'Affiliates',
  description: 'First page of the affiliates by name, each with the address of its record',
  operation: listAffiliates,
  args: (size: number): JsonObject => ({ page: 1, per_page: size }),
  /** Search for completion, by name or e-mail. */
  search: (query: string): JsonObject => ({ query, page: 1, per_page: 100 }),
  recordUri: (id: number) => `leaddyno://affiliates/${id}`,
  /** The row of the index: who it is and where the record is. */
  row: ({ id, first_name, last_name, email, status }: JsonObject): JsonObject => ({
    id,
    first_name,
    last_name,
    email,
    status,
  }),
  /** A readable name; e-mail where there is no name. */
  label: ({ first_name, last_name, email }: JsonObject): string =>
    [first_name, last_name].filter((part) => typeof part === 'string' && part.trim() !== '').join(' ') ||
    String(email ?? ''),
} as const;

/** The numbers of the programme. */
export const program = {
  uri: 'leaddyno://program',
  title: 'Programme',
  description:
    'Counts of affiliates, leads, purchases (most likely with cancelled ones) and visitors; commission totals by currency',
  parts: [
    { key: 'affiliates', operation: countAffiliates },
    { key: 'leads', operation: countLeads },
    { key: 'purchases', operation: countPurchases },
    { key: 'visitors', operation: countVisitors },
  ],
  /** Read one currency at a time: LeadDyno's totals without one add all of them together. */
  sums: { key: 'commissions', operation: getCommissionTotals },
} as const;
