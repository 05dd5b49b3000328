import { hasRows, type JsonObject, recordIn, rowsIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { getAffiliate } from '../../operations/affiliates.ts';
import { listAffiliateCommissions } from '../../operations/commissions.ts';
import { pageAfter } from '../../operations/paging.ts';
import { idTextOf, numberOf, textOf } from '../../records/values.ts';
import { identityOf } from '../reading/pages.ts';
import { mapParallel } from '../reading/parallel.ts';
import type { Work } from '../workflow.ts';

/** More than any affiliate has: a list that goes on past it never ends. */
const MOST_PAGES = 200;

/**
 * All commissions of an affiliate that are not paid, each once. LeadDyno may ignore the filter, and may show the list
 * in pages of its own size (API reference, A15 and C2): what is settled is for the caller to leave out.
 * @throws LeadDynoError where the list cannot be read to its end
 */
export async function readUnpaid(affiliateId: number, work: Work): Promise<JsonObject[]> {
  const known = new Map<string, JsonObject>();
  const total = await readPages(affiliateId, work, known);
  // Fewer than LeadDyno counts: one may have slipped onto a page that was read already.
  if (total !== undefined && known.size < total) await readPages(affiliateId, work, known);
  return [...known.values()];
}

/** Whether a commission is of an affiliate: by id, by e-mail where it has none, and by the list where it has neither. */
function isOf(affiliate: JsonObject, row: JsonObject): boolean {
  const named = recordIn(row, 'affiliate');
  if (idTextOf(named) !== '') return idTextOf(named) === idTextOf(affiliate);
  const [own, other] = [affiliate, named].map(({ email }) => textOf(email).toLowerCase());
  return own === '' || other === '' || own === other;
}

async function readPages(affiliateId: number, work: Work, known: Map<string, JsonObject>): Promise<number | undefined> {
  const seen = new Set<string>();
  let total: number | undefined;
  let next: number | undefined = 1;
  for (let pages = 0; next !== undefined && pages < MOST_PAGES; pages += 1) {
    const args = { affiliate_id: affiliateId, status: 'unpaid', page: next, per_page: 200, detail: 'full', skip: 0 };
    const list = await readPage(args, pages > 0, work);
    if (!list) return total;
    if (!hasRows(list, 'commissions')) throw unreadable('something that is no list of commissions');
    const rows = rowsIn(list, 'commissions');
    total ??= numberOf(list.total);
    const before = seen.size;
    for (const row of rows) {
      seen.add(identityOf(row));
      known.set(identityOf(row), row);
    }
    // Rows, but none of them new: LeadDyno sends the same page for every number.
    if (rows.length > 0 && seen.size === before) return total;
    next = pageAfter(list, next, 'commissions');
  }
  if (next === undefined) return total;
  throw unreadable('a list of commissions that does not end');
}

/** A page past the last one may be refused instead of being empty. */
async function readPage(args: JsonObject, mayBeMissing: boolean, work: Work): Promise<JsonObject | undefined> {
  try {
    return await work.read(listAffiliateCommissions, args);
  } catch (error) {
    if (mayBeMissing && error instanceof LeadDynoError && error.reason === 'not_found') return undefined;
    throw error;
  }
}

function unreadable(what: string): LeadDynoError {
  return new LeadDynoError('unexpected', `LeadDyno answered with ${what}`, { fate: 'refused' });
}

/** An affiliate with what is unpaid. */
export interface AffiliateRead {
  readonly affiliate: JsonObject;
  readonly unpaid: readonly JsonObject[];
}

export interface NotRead extends JsonObject {
  readonly affiliate_id: number;
  /** LeadDyno's reason; `time` where the call's time did not reach for them. */
  readonly reason: string;
}

/** Affiliates read at the same time: the pace decides the rest. */
const WIDTH = 4;

/**
 * Affiliates with their unpaid commissions, in the order of `ids`. Who cannot be read is named; where nobody can, that
 * is the call's failure.
 * @param keepMs time to be left over
 */
export async function readAffiliates(
  ids: readonly number[],
  work: Work,
  keepMs = 0,
): Promise<{ read: AffiliateRead[]; notRead: NotRead[] }> {
  const read = new Map<number, AffiliateRead>();
  const notRead = new Map<number, NotRead>();
  let failure: LeadDynoError | undefined;

  async function readOne(id: number): Promise<void> {
    if (work.timeLeft() <= keepMs) {
      notRead.set(id, { affiliate_id: id, reason: 'time' });
      return;
    }
    try {
      const unpaid = await readUnpaid(id, work);
      const found = recordIn(await work.read(getAffiliate, { affiliate_id: id }), 'affiliate');
      const affiliate = { ...found, id };
      read.set(id, { affiliate, unpaid: unpaid.filter((row) => isOf(affiliate, row)) });
    } catch (error) {
      work.signal.throwIfAborted();
      if (!(error instanceof LeadDynoError) || error.reason === 'auth' || error.reason === 'forbidden') throw error;
      failure ??= error;
      notRead.set(id, { affiliate_id: id, reason: error.reason });
    }
  }

  await mapParallel(ids, WIDTH, async (id) => {
    work.signal.throwIfAborted();
    await readOne(id);
    const done = read.size + notRead.size;
    work.progress(done, ids.length, `${done} of ${ids.length} affiliates read`);
  });
  if (failure && read.size === 0) throw failure;
  const inOrder = <Value>(found: ReadonlyMap<number, Value>) => ids.flatMap((id) => found.get(id) ?? []);
  return { read: inOrder(read), notRead: inOrder(notRead) };
}
