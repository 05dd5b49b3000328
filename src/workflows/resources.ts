import { isObject, type JsonObject } from '../json.ts';
import {
  countAffiliates,
  getAffiliate,
  listAffiliateLeads,
  listAffiliatePurchases,
  listAffiliates,
} from '../operations/affiliates.ts';
import { getCommissionTotals, listAffiliateCommissions } from '../operations/commissions.ts';
import { countLeads } from '../operations/leads.ts';
import type { Operation } from '../operations/operation.ts';
import { countPurchases } from '../operations/purchases.ts';
import { countVisitors } from '../operations/visitors.ts';
import { addMonths, monthOf } from '../records/period.ts';
import { numberOf } from '../records/values.ts';
import { cutText } from '../text.ts';
import type { ListedAddress, Resource, ResourceReader, Variables } from './resource.ts';

/** The first page of affiliates, each row with the address of its record. */
const affiliateIndex: Resource = {
  name: 'affiliates',
  title: 'Affiliates',
  description: 'First page of affiliates by name, each with the address of its record',
  uri: 'leaddyno://affiliates',
  isOffered: (isOn) => isOn(listAffiliates),
  rows: 'affiliates',
  async read(_, reader) {
    const shaped = await reader.read(listAffiliates, { page: 1, per_page: 100 });
    const found = withId(shaped);
    // An answer that is not a list is shown as is: it must not look like an empty programme.
    if (!found) return shaped;
    const affiliates = found.map(({ id, first_name, last_name, email, status }) => ({
      uri: reader.addressOf(recordUri(id)),
      id,
      first_name,
      last_name,
      email,
      status,
    }));
    return { affiliates, next_page: shaped.next_page ?? null };
  },
};

const COUNTS: readonly (readonly [key: string, operation: Operation])[] = [
  ['affiliates', countAffiliates],
  ['leads', countLeads],
  ['purchases', countPurchases],
  ['visitors', countVisitors],
];

/** Counts and totals of the programme, if their tools are on. */
const program: Resource = {
  name: 'program',
  title: 'Programme',
  description:
    'Counts of affiliates, leads, purchases (most likely including cancelled ones) and visitors; commission totals by currency',
  uri: 'leaddyno://program',
  isOffered: (isOn) => isOn(getCommissionTotals) || COUNTS.some(([, operation]) => isOn(operation)),
  async read(_, reader) {
    const counts = COUNTS.filter(([, operation]) => reader.isOn(operation)).map(
      async ([key, operation]) => [key, await reader.read(operation, {})] as const,
    );
    const [counted, commissions] = await Promise.all([
      Promise.all(counts),
      reader.isOn(getCommissionTotals) ? readTotals(reader) : undefined,
    ]);
    return { ...Object.fromEntries(counted), ...(commissions && { commissions }) };
  },
};

/**
 * Commission totals by currency, as the workflows show them. One currency at a time, because without a currency
 * LeadDyno most likely adds all of them together. Loaded on first use, as workflows are.
 */
async function readTotals(reader: ResourceReader): Promise<JsonObject> {
  const { commissionTotals } = await import('./overview/account-totals.ts');
  // As with the counts, a part that cannot be read makes the resource fail.
  const attempt = async <Value>(one: () => Promise<Value>) => ({ read: true, value: await one() }) as const;
  return await commissionTotals([], { read: reader.read, attempt });
}

/** A record or list addressed by an affiliate's id. */
function ofAffiliate(
  operation: Operation,
  about: Pick<Resource, 'name' | 'title' | 'description' | 'uri' | 'rows' | 'list'>,
  args: JsonObject,
): Resource {
  return {
    ...about,
    isOffered: (isOn) => isOn(operation),
    async read({ affiliate_id: id = '' }, reader) {
      if (!/^[1-9]\d{0,15}$/.test(id)) return undefined;
      return await reader.read(operation, { affiliate_id: Number(id), ...args });
    },
    complete: { affiliate_id: findIds },
  };
}

const PAGE = { page: 1, detail: 'concise', skip: 0 };

/** Resources that are read from LeadDyno, in the order in which they are listed. */
export const recordResources: readonly Resource[] = [
  affiliateIndex,
  program,
  ofAffiliate(
    getAffiliate,
    {
      name: 'affiliate',
      title: 'Affiliate',
      description: 'The record of one affiliate',
      uri: 'leaddyno://affiliates/{affiliate_id}',
      list: listFirst,
    },
    {},
  ),
  ofAffiliate(
    listAffiliateCommissions,
    {
      name: 'affiliate-commissions',
      title: 'Commissions of an affiliate',
      description: 'First page of the commissions of one affiliate',
      uri: 'leaddyno://affiliates/{affiliate_id}/commissions',
      rows: 'commissions',
    },
    { per_page: 100, ...PAGE },
  ),
  ofAffiliate(
    listAffiliatePurchases,
    {
      name: 'affiliate-purchases',
      title: 'Purchases of an affiliate',
      description: 'First page of the purchases credited to one affiliate',
      uri: 'leaddyno://affiliates/{affiliate_id}/purchases',
      rows: 'purchases',
    },
    PAGE,
  ),
  ofAffiliate(
    listAffiliateLeads,
    {
      name: 'affiliate-leads',
      title: 'Leads of an affiliate',
      description: 'First page of the leads one affiliate referred',
      uri: 'leaddyno://affiliates/{affiliate_id}/leads',
      rows: 'leads',
    },
    PAGE,
  ),
];

const recordUri = (id: number) => `leaddyno://affiliates/${id}`;

type Row = JsonObject & { readonly id: number };

/** Rows that have an id to address them by; undefined if the answer is not a list. */
function withId({ affiliates: rows }: JsonObject): Row[] | undefined {
  if (!Array.isArray(rows)) return undefined;
  return rows.filter(isObject).flatMap((row) => {
    const id = numberOf(row.id);
    return id === undefined ? [] : [{ ...row, id }];
  });
}

/** How many affiliates `resources/list` names. */
const LISTED = 25;
const LABEL_LENGTH = 60;

/** The first affiliates, by name. If there are more, the last entry is the list itself, with their number. */
async function listFirst(reader: ResourceReader): Promise<ListedAddress[]> {
  if (!reader.isOn(listAffiliates)) return [];
  const { affiliates, ...page } = await reader.read(listAffiliates, { page: 1, per_page: LISTED });
  const found = withId({ affiliates }) ?? [];
  const shown = found.slice(0, LISTED).map((row) => ({ id: row.id, name: labelOf(row, reader) }));
  const isAlone = (name: string) => shown.filter((one) => one.name === name).length === 1;
  const listed = shown.map(({ id, name }) => {
    const title = isAlone(name) ? name : `${name} (affiliate ${id})`;
    return { uri: recordUri(id), name, title };
  });
  const isAll = found.length <= LISTED && typeof page.next_page !== 'number';
  return isAll ? listed : [...listed, ...(await describeRest(listed.length, reader))];
}

/** An entry for the list, with the number in its title, because pickers show titles. Empty if there are no more. */
async function describeRest(listed: number, reader: ResourceReader): Promise<ListedAddress[]> {
  const counted = reader.isOn(countAffiliates)
    ? await reader.read(countAffiliates, {}).catch(() => undefined)
    : undefined;
  const total = numberOf(counted?.count);
  if (total === listed) return [];
  const part = total !== undefined && total > listed ? `${listed} of ${total}` : `the first ${listed}`;
  const { uri, name, title } = affiliateIndex;
  return [{ uri, name, title: `${title} (${part} listed)` }];
}

/** A readable name; the e-mail if there is no name. */
function labelOf({ id, first_name, last_name, email }: Row, { masksPeople, presentText }: ResourceReader): string {
  const names = [first_name, last_name].filter((part) => typeof part === 'string' && part.trim() !== '').join(' ');
  const label = masksPeople ? '' : presentText(names || String(email ?? ''));
  return cutText(label.replace(/\s+/g, ' ').trim(), LABEL_LENGTH) || `Affiliate ${id}`;
}

/** Completion searches from this many characters on, so that one letter does not list everybody. */
const SEARCH_FROM = 3;

/** Ids of the affiliates whose name or e-mail contains all words typed; only ids, so that nothing else leaks. */
async function findIds(typed: string, reader: ResourceReader): Promise<string[]> {
  const query = typed.trim();
  if (Array.from(query).length < SEARCH_FROM || reader.masksPeople || !reader.isOn(listAffiliates)) return [];
  const words = query.split(/\s+/);
  const { findable, holds } = await import('./profile/find-affiliate.ts');
  const found = withId(await reader.read(listAffiliates, { query: findable(words), page: 1, per_page: 100 })) ?? [];
  // For a single word LeadDyno's answer counts, because it may match other spellings.
  return found.filter((row) => words.length === 1 || holds(row, words)).map(({ id }) => String(id));
}

const MONTH = /^20\d\d-(0[1-9]|1[0-2])$/;
const COMPLETED_MONTHS = 12;

/** The changes on this account in one month. */
export const changesOfMonth: Resource = {
  name: 'audit',
  title: 'Changes of a month',
  description: 'Changes made through this server in one month (UTC), such as 2026-11, newest first',
  uri: 'leaddyno://audit/{month}',
  rows: 'changes',
  cutNote: 'The oldest were left off for size: use list_recent_changes with since and skip.',
  async read({ month = '' }: Variables, reader) {
    if (!MONTH.test(month)) return undefined;
    const [{ changes, source }, { describeChange }] = await Promise.all([
      reader.changes({ month }),
      import('./history/describe-change.ts'),
    ]);
    const described = changes.map((change) => describeChange(change, 'concise'));
    return { month, found: changes.length, changes: described, source };
  },
  complete: {
    month: async (typed, reader) => {
      const last = Array.from({ length: COMPLETED_MONTHS }, (_, ago) => addMonths(monthOf(reader.now()), -ago));
      return last.filter((month) => month.startsWith(typed.trim()));
    },
  },
};
