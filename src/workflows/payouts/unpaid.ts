import { type JsonObject, recordIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { getAffiliate } from '../../operations/affiliates.ts';
import { listAffiliateCommissions } from '../../operations/commissions.ts';
import { identityOf, type PageAnswer, readList } from '../../operations/read-list.ts';
import { addressForm } from '../../records/keys.ts';
import { type Affiliate, type Commission, parseAffiliate, parseCommission } from '../../records/parse.ts';
import { affiliates } from '../reading/collections.ts';
import { mapParallel } from '../reading/parallel.ts';
import type { Work } from '../workflow.ts';

/** More than any affiliate has: a list that continues past it never ends. */
const MOST_PAGES = 200;

/** An affiliate with what is not paid. */
export interface AffiliateRead {
  readonly affiliate: Affiliate;
  readonly unpaid: readonly Commission[];
}

export interface NotRead extends JsonObject {
  readonly affiliate_id: number;
  /** LeadDyno's reason; `time` if the call's time did not reach for them. */
  readonly reason: string;
}

/**
 * All commissions of an affiliate in a state, each once. LeadDyno may ignore the filter, and may show the list
 * in pages of its own size (API reference, A15 and C2): what is in another state is for the caller to leave out.
 * @throws LeadDynoError if the list cannot be read to its end
 */
async function readInState(affiliateId: number, status: 'unpaid' | 'paid', work: Work): Promise<JsonObject[]> {
  const first = await readOnce(affiliateId, status, work);
  const known = new Map(first.rows.map((row) => [identityOf(row), row]));
  // Nothing at all may be a failure that looks like an answer; fewer than LeadDyno counts: one may have slipped onto a
  // page that was read already.
  if (known.size === 0 || (first.total !== undefined && known.size < first.total)) {
    for (const row of (await readOnce(affiliateId, status, work)).rows) known.set(identityOf(row), row);
  }
  return [...known.values()];
}

async function readOnce(affiliateId: number, status: string, work: Work) {
  const ask = async (page: number): Promise<PageAnswer> => {
    const args = { affiliate_id: affiliateId, status, page, per_page: 200, detail: 'full', skip: 0 };
    try {
      return await work.read(listAffiliateCommissions, args);
    } catch (error) {
      if (page > 1 && error instanceof LeadDynoError && error.reason === 'not_found') return 'missing';
      throw error;
    }
  };
  const list = await readList(ask, { plural: 'commissions', mostPages: MOST_PAGES });
  if (!list) throw unreadable('something that is not a list of commissions');
  if (!list.complete) throw unreadable('a list of commissions that does not end');
  return list;
}

const unreadable = (what: string) =>
  new LeadDynoError('unexpected', `LeadDyno answered with ${what}`, { fate: 'refused' });

/** Whether a commission is of an affiliate: by id, by e-mail if it has none, and by the list if it has neither. */
function isOf({ id, email }: Affiliate, { affiliate: named }: Commission): boolean {
  if (!named) return true;
  if (named.id !== '') return named.id === id;
  return email === '' || named.email === '' || addressForm(email) === addressForm(named.email);
}

/** Everybody there is, because two may have an e-mail that LeadDyno takes for one. */
export async function readEverybody(work: Work): Promise<{ records: readonly Affiliate[]; complete: boolean }> {
  const found = await work.attempt(() => work.scan(affiliates));
  return found.read ? found.value : { records: [], complete: false };
}

/** Affiliates read at the same time: the pace decides the rest. */
const WIDTH = 4;

/**
 * Affiliates with their unpaid commissions, in the order of `ids`. Who cannot be read is named; if nobody can, that is
 * the call's failure.
 * @param keepMs time to be left over
 */
export async function readAffiliates(
  ids: readonly number[],
  work: Work,
  keepMs = 0,
): Promise<{ read: AffiliateRead[]; notRead: NotRead[] }> {
  let done = 0;
  let failure: LeadDynoError | undefined;
  const all = await mapParallel(ids, WIDTH, async (affiliate_id): Promise<AffiliateRead | NotRead> => {
    work.signal.throwIfAborted();
    const found = work.timeLeft() <= keepMs ? undefined : await work.attempt(() => readOne(affiliate_id, work));
    done += 1;
    work.progress(done, ids.length, `${done} of ${ids.length} affiliates read`);
    if (found?.read) return found.value;
    failure ??= found?.error;
    return { affiliate_id, reason: found ? found.error.reason : 'time' };
  });
  const read = all.filter((one): one is AffiliateRead => 'affiliate' in one);
  if (failure && read.length === 0) throw failure;
  return {
    read,
    notRead: all.filter((one): one is NotRead => 'reason' in one),
  };
}

async function readOne(affiliate_id: number, work: Work): Promise<AffiliateRead> {
  const rows = await readInState(affiliate_id, 'unpaid', work);
  const record = recordIn(await work.read(getAffiliate, { affiliate_id }), 'affiliate');
  const affiliate = parseAffiliate({ ...record, id: affiliate_id });
  const mine = rows.map(parseCommission).filter((one) => isOf(affiliate, one));
  // Whatever short record they hold, they are this affiliate's: the list says so.
  return { affiliate, unpaid: mine.map((one) => ({ ...one, affiliate })) };
}

/** What these affiliates were paid before. @throws LeadDynoError if any of it cannot be read */
export async function readPaid(read: readonly AffiliateRead[], work: Work): Promise<Commission[]> {
  const lists = await mapParallel(read, WIDTH, async ({ affiliate }) => {
    const rows = await readInState(Number(affiliate.id), 'paid', work);
    const mine = rows.map(parseCommission).filter((one) => isOf(affiliate, one));
    return mine.map((one) => ({ ...one, affiliate }));
  });
  return lists.flat();
}
