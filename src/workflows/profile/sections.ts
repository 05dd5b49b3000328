import { hasRows, type JsonObject, recordIn, rowsIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import {
  getAffiliateCommissionTotals,
  listAffiliateLeads,
  listAffiliatePurchases,
} from '../../operations/affiliates.ts';
import { listAffiliateSubIds } from '../../operations/campaigns-and-sub-ids.ts';
import { listAffiliateCommissions } from '../../operations/commissions.ts';
import type { Operation } from '../../operations/operation.ts';
import type { PageAnswer } from '../../operations/paging.ts';
import { concise } from '../../operations/returns.ts';
import { describe } from '../../records/describe.ts';
import { amountOf, currencyOf, isCurrencyCode, rewardsIn, sumsOf, totalsOf, written } from '../../records/money.ts';
import { isCancelled, type Parsed, parseCommission, parseLead, parsePurchase } from '../../records/parse.ts';
import { numberOf } from '../../records/values.ts';
import { ignoresCurrency, readTotals, readTotalsBy } from '../overview/account-totals.ts';
import type { Attempt } from '../reading/attempt.ts';
import { UNASKED_ROWS } from '../reading/page-source.ts';
import { readWholeList, type WholeList, wordsOfDoubt } from '../reading/whole-list.ts';
import { leaddynoNow, type Work } from '../workflow.ts';

/** Pages of each list of one affiliate; more would cost more calls than a profile is worth. */
const MOST_PAGES = 3;
/** Pages of a list that LeadDyno does not filter: the rows that are wanted may be on its last page. */
const MOST_UNFILTERED = 50;
/** The part of the call's time that the rest of a profile needs. */
const ENOUGH_MS = 10_000;
const SUB_IDS_SHOWN = 10;
/** The name of a sub ID, and where it leads. */
const SUB_ID_FIELDS = ['name', 'url'] as const;

/** A record without those of these fields that are false. */
export function withoutNo(record: JsonObject, ...fields: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(record).filter(([name, value]) => value !== false || !fields.includes(name)),
  );
}

/** One list of an affiliate, as a profile shows it. */
interface Section {
  readonly shown: JsonObject;
  /** The currencies in it. */
  readonly currencies: readonly string[];
  /** Whether it holds commissions that are not money. */
  readonly hasRewards?: boolean;
}

/**
 * The first pages of a list, each record once. A later page that cannot be read ends the list.
 * @throws LeadDynoError if the first page cannot be read
 */
export async function readPages(operation: Operation, args: JsonObject, work: Work): Promise<WholeList> {
  const { plural } = operation.returns.record;
  const size = numberOf(args.per_page) ?? UNASKED_ROWS;
  let unfiltered = false;
  let first = 0;
  let last = 0;
  const ask = async (page: number): Promise<PageAnswer> => {
    // A shorter page looks like the last one: one more request shows whether it is.
    const looksLast = page === MOST_PAGES + 1 && last < first;
    if (page > MOST_PAGES && !looksLast && (!unfiltered || work.timeLeft() < ENOUGH_MS)) return 'failed';
    const read = () => work.read(operation, { ...args, page, skip: 0, detail: 'full' });
    const tried = page === 1 ? { read: true as const, value: await read() } : await work.attempt(read);
    // LeadDyno may refuse a page past the last one.
    if (!tried.read) return tried.error.reason === 'not_found' ? 'missing' : 'failed';
    // A page that was to be filtered has a note if LeadDyno did not filter it.
    unfiltered ||= args.status !== undefined && tried.value.note !== undefined;
    last = rowsIn(tried.value, plural).length;
    if (page === 1) first = last;
    return page === MOST_PAGES + 1 && !unfiltered && last > 0 ? 'failed' : tried.value;
  };
  const list = await readWholeList(ask, { plural, size, mostPages: MOST_UNFILTERED, isPaid: false });
  return list ?? notList(plural);
}

function notList(plural: string): never {
  throw new LeadDynoError('unexpected', `LeadDyno answered with something that is not a list of ${plural}`, {
    fate: 'refused',
  });
}

/** Whether a list was read whole; if not, which tools have the rest. */
function extentOf(list: WholeList, listTool: string, exported: string): JsonObject {
  const { complete, nextPage, doubt } = list;
  if (complete) return { complete };
  if (doubt) {
    const note = `Figures ending in _so_far may lack some: LeadDyno ${wordsOfDoubt(doubt, list)}. Ask again later, or compare with export_records with ${exported} and this affiliate_id.`;
    return { complete, note };
  }
  return {
    complete,
    next_page: nextPage,
    note: `Figures ending in _so_far cover only the pages before next_page: there may be more. For the rest: ${listTool} from that page on, or export_records with ${exported} and this affiliate_id.`,
  };
}

/** Figures of a list. If it was not read to its end, the name of each ends in `_so_far`. */
function figures({ complete }: WholeList, all: JsonObject): JsonObject {
  return complete ? all : Object.fromEntries(Object.entries(all).map(([name, value]) => [`${name}_so_far`, value]));
}

const currenciesIn = (records: readonly { readonly currency: string }[]) =>
  [...new Set(records.map(({ currency }) => currency))].filter(Boolean);

/** The newest of the records read; one without a readable date counts as the oldest. */
const newest = <Record extends Parsed>(records: readonly Record[], most: number): readonly Record[] =>
  [...records].sort((a, b) => (b.createdAt || 0) - (a.createdAt || 0)).slice(0, most);

/** The records of a list that are not among the newest shown: their number and sums. */
const others = <Record>(
  all: readonly Record[],
  shown: readonly Record[],
  sum: (rest: readonly Record[]) => JsonObject,
) =>
  all.length > shown.length
    ? { not_shown: { count: all.length - shown.length, ...sum(all.filter((one) => !shown.includes(one))) } }
    : {};

/** A13. */
export async function readPurchases(affiliate_id: number, most: number, work: Work): Promise<Section> {
  const read = await readPages(listAffiliatePurchases, { affiliate_id }, work);
  const all = read.rows.map(parsePurchase);
  const readable = work.readable('purchases', all, 'cancelled', 'purchase_amount');
  const live = readable.filter((one) => !isCancelled(one, leaddynoNow(work)));
  const top = newest(all, most);
  const fields = ['purchase_code', 'purchase_amount', 'currency', 'cancelled', 'cancellation', 'created_at', 'lead'];
  const shown = {
    read: all.length,
    ...extentOf(read, 'list_affiliate_purchases', 'records purchases'),
    ...figures(read, {
      not_cancelled: live.length,
      cancelled: readable.length - live.length,
      revenue: totalsOf(live).list(),
      newest: top.map((one) => withoutNo(describe('purchase', one, fields), 'cancelled')),
      ...others(all, top, () => {
        const standing = live.filter((one) => !top.includes(one));
        return { not_cancelled: standing.length, revenue: totalsOf(standing).list() };
      }),
    }),
  };
  return { shown, currencies: currenciesIn(all) };
}

/** A12. */
export async function readLeads(affiliate_id: number, most: number, work: Work): Promise<JsonObject> {
  const read = await readPages(listAffiliateLeads, { affiliate_id }, work);
  const all = read.rows.map(parseLead);
  const top = newest(all, most);
  return {
    read: all.length,
    ...extentOf(read, 'list_affiliate_leads', 'records leads'),
    ...figures(read, {
      newest: top.map((one) => describe('lead', one, ['email', 'status', 'created_at'])),
      ...others(all, top, () => ({})),
    }),
  };
}

/** A15: commissions not paid yet. `due_at` tells due from pending (API reference, Commission). */
export async function readUnpaid(affiliate_id: number, most: number, work: Work): Promise<Section> {
  const args = { affiliate_id, status: 'unpaid', per_page: 200 };
  const read = await readPages(listAffiliateCommissions, args, work);
  const all = read.rows.map(parseCommission);
  const open = all.filter(({ paid, cancelled }) => !paid && !cancelled);
  const unpaid = work.readable('commissions', open, 'paid', 'cancelled', 'amount');
  const now = work.now();
  const tool = `list_affiliate_commissions (status unpaid, per_page ${args.per_page})`;
  const { money, rewards } = sumsOf(unpaid);
  const [due, pending] = [money.filter(({ dueAt }) => dueAt <= now), money.filter(({ dueAt }) => dueAt > now)];
  const undated = money.filter(({ dueAt }) => Number.isNaN(dueAt));
  const sums = (some: typeof money) => totalsOf(some).list();
  const top = newest(unpaid, most);
  const fields = ['amount', 'currency', 'date', 'due_at', 'purchase'];
  const shown = {
    ...extentOf(read, tool, 'records commissions, status unpaid'),
    ...figures(read, {
      unpaid: unpaid.length,
      due: sums(due),
      pending: sums(pending),
      ...(undated.length > 0 && { without_due_date: sums(undated) }),
      ...rewardsIn(rewards),
      newest: top.map((one) => describe('commission', one, fields)),
      ...others(unpaid, top, (rest) => {
        const { sums: amounts, rewards: other } = sumsOf(rest);
        return { sums: amounts, ...rewardsIn(other) };
      }),
    }),
  };
  return { shown, currencies: currenciesIn(all), hasRewards: all.some((one) => !one.isMoney) };
}

/** B1; neither its fields nor its paging are established. */
export async function readSubIds(affiliate_id: number, work: Work): Promise<JsonObject> {
  const list = await work.read(listAffiliateSubIds, { affiliate_id, skip: 0, detail: 'full' });
  if (!hasRows(list, 'sub_ids')) notList('sub IDs');
  const rows = rowsIn(list, 'sub_ids');
  return {
    read: rows.length,
    sub_ids: rows.slice(0, SUB_IDS_SHOWN).map((row) => concise(row, 'name' in row ? SUB_ID_FIELDS : undefined)),
    ...(rows.length > SUB_IDS_SHOWN && { left_off: rows.length - SUB_IDS_SHOWN }),
  };
}

/** More than anybody sells in: more currencies would mean odd data, and each costs a call. */
const MOST = 10;

/** A14: only in the account's default currency. */
export async function readOwnTotals(affiliate_id: number, work: Work): Promise<JsonObject> {
  const totals = recordIn(await work.read(getAffiliateCommissionTotals, { affiliate_id }), 'totals');
  const { currency, due, pending, paid, total } = totals;
  const parts = Object.entries({ due, pending, paid, total });
  return { currency, ...Object.fromEntries(parts.map(([name, value]) => [name, inOwn(value, totals)])) };
}

function inOwn(value: unknown, totals: JsonObject): unknown {
  const [amount, currency] = [amountOf(value), currencyOf(totals)];
  return amount && isCurrencyCode(currency) ? written(amount, currency) : value;
}

/**
 * C4, for each other currency in the affiliate's records; one that cannot be read says so in its place. The count of
 * all currencies together only serves to check that LeadDyno heeds the currency (not established).
 */
export async function readOtherTotals(
  affiliate_id: number,
  own: JsonObject,
  met: readonly string[],
  work: Work,
): Promise<JsonObject> {
  // Only currency codes: nothing else is sent to LeadDyno as one.
  const others = [...new Set(met)].filter((one) => one !== currencyOf(own) && isCurrencyCode(one)).sort();
  if (others.length === 0) return {};
  const whose = { affiliate_id };
  const [all, by] = await Promise.all([readTotals(work, whose), readTotalsBy(others.slice(0, MOST), work, whose)]);
  const counts = [...by.values()].map((one) => (one.read ? (numberOf(one.value.total_count) ?? 0) : 0));
  const count = all.read ? numberOf(all.value.total_count) : undefined;
  const inOwnCurrency = amountOf(own.total)?.isZero() === false ? 1 : 0;
  const tooMany = count !== undefined && counts.reduce((sum, one) => sum + one, inOwnCurrency) > count;
  if (tooMany || (await ignoresCurrency(by, work, whose, all.read ? all.value : undefined))) {
    return { other_currencies: [], other_currencies_met: others, remark: IGNORED };
  }
  return {
    other_currencies: [...by].map(([currency, one]) => ({ currency, ...describeTotals(one, currency) })),
    ...(others.length > MOST && { other_currencies_left_off: others.length - MOST }),
    ...(typeof own.currency !== 'string' && { remark: UNNAMED }),
  };
}

const IGNORED =
  'LeadDyno seems to ignore the currency: it counts more by currency than in total, or the same for each; its figures for other currencies are not shown.';
const UNNAMED = 'LeadDyno does not say which currency due, pending, paid and total are in: it may be among the others.';

function describeTotals(totals: Attempt<JsonObject>, currency: string): JsonObject {
  if (!totals.read) return { not_read: totals.why };
  const { total_due_cost, total_paid_cost } = totals.value;
  const own = { currency };
  return { due: inOwn(total_due_cost, own) ?? null, paid: inOwn(total_paid_cost, own) ?? null };
}
