import { hasRows, isObject, type JsonObject, recordIn, rowsIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { listAffiliateLeads, listAffiliatePurchases } from '../../operations/affiliates.ts';
import { listAffiliateSubIds } from '../../operations/campaigns-and-sub-ids.ts';
import { listAffiliateCommissions } from '../../operations/commissions.ts';
import type { Operation } from '../../operations/operation.ts';
import { concise } from '../../operations/returns.ts';
import { currencyOf, totalsOf } from '../../records/money.ts';
import { createdAt, flagOf, isSaid, timeOf } from '../../records/values.ts';
import { byCancellation } from '../figures/cancellations.ts';
import { identityOf } from '../reading/pages.ts';
import type { Work } from '../workflow.ts';

/** Of each list of one affiliate; more would cost more calls than a profile is worth. */
const MOST_PAGES = 3;
const NEWEST = 5;
const SUB_IDS_SHOWN = 10;

interface PagesRead {
  readonly rows: readonly JsonObject[];
  /** Whether the list was read to its end. */
  readonly complete: boolean;
  /** The first page that was not read. */
  readonly nextPage?: number;
}

/** A list of one affiliate, as a profile shows it. */
export interface Section {
  readonly shown: JsonObject;
  /** The currencies met in it. */
  readonly currencies: readonly string[];
}

/** The first pages of a list, each record once. A page that cannot be read ends it; the first one fails. */
export async function readPages(operation: Operation, args: JsonObject, work: Work): Promise<PagesRead> {
  const { plural } = operation.returns.record;
  const seen = new Map<string, JsonObject>();
  let next: unknown = 1;
  for (let pages = 0; typeof next === 'number' && pages < MOST_PAGES; pages += 1) {
    const list = await readPage(operation, { ...args, page: next, skip: 0, detail: 'full' }, pages > 0, work);
    if (!list) break;
    if (!hasRows(list, plural)) {
      throw new LeadDynoError('unexpected', `LeadDyno answered with something that is no list of ${plural}`, {
        fate: 'refused',
      });
    }
    const before = seen.size;
    for (const row of rowsIn(list, plural)) seen.set(identityOf(row), row);
    // Nothing new: LeadDyno sends the same page for every number.
    next = seen.size === before ? undefined : list.next_page;
  }
  const rest = typeof next === 'number' ? { complete: false, nextPage: next } : { complete: true };
  return { rows: [...seen.values()], ...rest };
}

/** Whether a list was read to its end; where not, which tools have the rest. */
function extentOf({ complete, nextPage }: PagesRead, listTool: string, exported: string): JsonObject {
  if (complete) return { complete };
  return {
    complete,
    next_page: nextPage,
    note: `This covers the pages before next_page. The rest: ${listTool} from that page on, or export_records with ${exported} and this affiliate_id.`,
  };
}

const currenciesIn = (rows: readonly JsonObject[]) => [...new Set(rows.map(currencyOf))].filter(Boolean);

async function readPage(operation: Operation, args: JsonObject, optional: boolean, work: Work) {
  try {
    return await work.read(operation, args);
  } catch (error) {
    if (work.signal.aborted || !optional || !(error instanceof LeadDynoError) || error.reason === 'auth') throw error;
    return undefined;
  }
}

/** The newest rows of those read; what does not say when it came to be is the oldest. */
function newest(rows: readonly JsonObject[]): readonly JsonObject[] {
  const time = (row: JsonObject) => createdAt(row) || 0;
  return [...rows].sort((a, b) => time(b) - time(a)).slice(0, NEWEST);
}

/** A13. */
export async function readPurchases(affiliate_id: number, work: Work): Promise<Section> {
  const read = await readPages(listAffiliatePurchases, { affiliate_id }, work);
  const { rows } = read;
  const { live, cancelled, unclear } = byCancellation(rows);
  const revenue = totalsOf(live, 'purchase_amount');
  const shown = {
    read: rows.length,
    ...extentOf(read, 'list_affiliate_purchases', 'records purchases'),
    cancelled: cancelled.length,
    ...(unclear.length > 0 && { not_known_whether_cancelled: unclear.length }),
    revenue: revenue.list(),
    ...(revenue.unreadable > 0 && { unreadable_amounts: revenue.unreadable }),
    newest: newest(rows).map((row) => ({
      purchase_id: row.id,
      purchase_code: row.purchase_code,
      purchase_amount: row.purchase_amount,
      currency: row.currency,
      cancelled: row.cancelled,
      created_at: row.created_at,
      ...(isObject(row.lead) && { lead: concise(row.lead, ['id', 'email']) }),
    })),
  };
  return { shown, currencies: currenciesIn(rows) };
}

/** A12. */
export async function readLeads(affiliate_id: number, work: Work): Promise<JsonObject> {
  const read = await readPages(listAffiliateLeads, { affiliate_id }, work);
  return {
    read: read.rows.length,
    ...extentOf(read, 'list_affiliate_leads', 'records leads'),
    newest: newest(read.rows).map(({ id, email, status, created_at }) => ({ lead_id: id, email, status, created_at })),
  };
}

/** A flag that says something, and not what. */
const isUnreadable = (flag: unknown) => isSaid(flag) && flagOf(flag) === undefined;

/** A15: what is not paid yet. Due and pending follow from `due_at` (API reference, Commission). */
export async function readUnpaid(affiliate_id: number, work: Work): Promise<Section> {
  const args = { affiliate_id, status: 'unpaid', per_page: 200 };
  const read = await readPages(listAffiliateCommissions, args, work);
  const { rows } = read;
  const open = rows.filter(({ paid, cancelled }) => !flagOf(paid) && !flagOf(cancelled));
  const unpaid = open.filter(({ paid, cancelled }) => ![paid, cancelled].some(isUnreadable));
  const now = work.now();
  const dueAt = ({ due_at }: JsonObject) => timeOf(due_at);
  const undated = unpaid.filter((row) => Number.isNaN(dueAt(row)));
  const sums = (list: readonly JsonObject[]) => totalsOf(list, 'amount').list();
  const { unreadable } = totalsOf(unpaid, 'amount');
  const tool = `list_affiliate_commissions (status unpaid, per_page ${args.per_page})`;
  const shown = {
    unpaid: unpaid.length,
    ...extentOf(read, tool, 'records commissions, status unpaid'),
    due: sums(unpaid.filter((row) => dueAt(row) <= now)),
    pending: sums(unpaid.filter((row) => dueAt(row) > now)),
    ...(open.length > unpaid.length && { not_known_whether_unpaid: open.length - unpaid.length }),
    ...(undated.length > 0 && { without_due_date: sums(undated) }),
    ...(unreadable > 0 && { unreadable_amounts: unreadable }),
    newest: newest(unpaid).map((row) => ({
      commission_id: row.id,
      amount: row.amount,
      currency: row.currency,
      date: row.date,
      due_at: row.due_at,
      purchase_code: recordIn(row, 'purchase').purchase_code,
    })),
  };
  return { shown, currencies: currenciesIn(rows) };
}

/** B1; neither its fields nor whether it is paged are established. */
export async function readSubIds(affiliate_id: number, work: Work): Promise<JsonObject> {
  const list = await work.read(listAffiliateSubIds, { affiliate_id, skip: 0, detail: 'full' });
  if (!hasRows(list, 'sub_ids')) {
    throw new LeadDynoError('unexpected', 'LeadDyno answered with something that is no list of Sub IDs', {
      fate: 'refused',
    });
  }
  const rows = rowsIn(list, 'sub_ids');
  return {
    read: rows.length,
    sub_ids: rows.slice(0, SUB_IDS_SHOWN).map((row) => concise(row, undefined)),
    ...(rows.length > SUB_IDS_SHOWN && { left_off: rows.length - SUB_IDS_SHOWN }),
  };
}
