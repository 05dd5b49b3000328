import { type JsonObject, recordIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { getAffiliate } from '../../operations/affiliates.ts';
import { listAffiliateCommissions } from '../../operations/commissions.ts';
import type { PageAnswer } from '../../operations/paging.ts';
import { addressForm } from '../../records/keys.ts';
import { type Affiliate, type Commission, parseAffiliate, parseCommission } from '../../records/parse.ts';
import { affiliates } from '../reading/collections.ts';
import { mapParallel } from '../reading/parallel.ts';
import { readWholeList, wordsOfDoubt } from '../reading/whole-list.ts';
import type { Work } from '../workflow.ts';

/** No affiliate has so many pages: a list that goes on past this is treated as endless. */
const MOST_PAGES = 200;

/** An affiliate with their unpaid commissions. */
export interface AffiliateRead {
  readonly affiliate: Affiliate;
  readonly unpaid: readonly Commission[];
}

export interface NotRead extends JsonObject {
  readonly affiliate_id: number;
  /** LeadDyno's reason; `time` if the call ran out of time before their turn; a sentence if their list is not whole. */
  readonly reason: string;
}

/** The largest page that is documented for the list (API reference, A15). */
const PER_PAGE = 200;

/** A list that LeadDyno sent with holes, or that it says is longer: its affiliate is not read, and nobody is paid by it. */
class IncompleteList extends LeadDynoError {}

/**
 * All commissions of an affiliate, each once; with a status, those in that state. LeadDyno may ignore the filter and may
 * use its own page size (API reference, A15 and C2), so the caller must drop commissions in other states.
 * @throws LeadDynoError if the list cannot be read to its end; IncompleteList if it was, and may not be whole
 */
async function readInState(
  affiliateId: number,
  status: 'unpaid' | undefined,
  work: Work,
): Promise<readonly JsonObject[]> {
  const ask = async (page: number): Promise<PageAnswer> => {
    const args = {
      affiliate_id: affiliateId,
      ...(status && { status }),
      page,
      per_page: PER_PAGE,
      detail: 'full',
      skip: 0,
    };
    try {
      return await work.read(listAffiliateCommissions, args);
    } catch (error) {
      if (page > 1 && error instanceof LeadDynoError && error.reason === 'not_found') return 'missing';
      throw error;
    }
  };
  const options = { plural: 'commissions', size: PER_PAGE, mostPages: MOST_PAGES, isPaid: true };
  const list = await readWholeList(ask, options);
  if (!list) throw unreadable('something that is not a list of commissions');
  if (list.doubt) {
    const which = status === undefined ? 'commissions' : `${status} commissions`;
    const why = `LeadDyno's list of the ${which} of affiliate ${affiliateId} is not whole: it ${wordsOfDoubt(list.doubt, list)}`;
    throw new IncompleteList('unexpected', why, { fate: 'refused' });
  }
  if (!list.complete) throw unreadable('a list of commissions that does not end');
  return list.rows;
}

const unreadable = (what: string) =>
  new LeadDynoError('unexpected', `LeadDyno answered with ${what}`, { fate: 'refused' });

/** Whether a commission is this affiliate's: by id, else by e-mail; if it names nobody, because it is on their list. */
function isOf({ id, email }: Affiliate, { affiliate: named }: Commission): boolean {
  if (!named) return true;
  if (named.id !== '') return named.id === id;
  return email === '' || named.email === '' || addressForm(email) === addressForm(named.email);
}

/** All affiliates: two of them may have e-mails that LeadDyno treats as the same. */
export async function readEverybody(work: Work): Promise<{ records: readonly Affiliate[]; complete: boolean }> {
  const found = await work.attempt(() => work.scan(affiliates));
  return found.read ? found.value : { records: [], complete: false };
}

/** Affiliates read in parallel; the request pace sets the actual speed. */
const WIDTH = 4;

/**
 * Affiliates with their unpaid commissions, in the order of `ids`. Those that cannot be read are in `notRead`.
 * @param keepMs time to leave for the rest of the call
 * @throws LeadDynoError the first failure, if no affiliate could be read
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
    return { affiliate_id, reason: found ? reasonOf(found.error) : 'time' };
  });
  const read = all.filter((one): one is AffiliateRead => 'affiliate' in one);
  if (failure && read.length === 0) throw failure;
  return {
    read,
    notRead: all.filter((one): one is NotRead => 'reason' in one),
  };
}

const reasonOf = (error: LeadDynoError): string => (error instanceof IncompleteList ? error.message : error.reason);

async function readOne(affiliate_id: number, work: Work): Promise<AffiliateRead> {
  const rows = await readInState(affiliate_id, 'unpaid', work);
  const record = recordIn(await work.read(getAffiliate, { affiliate_id }), 'affiliate');
  const affiliate = parseAffiliate({ ...record, id: affiliate_id });
  const mine = rows.map(parseCommission).filter((one) => isOf(affiliate, one));
  // The list is this affiliate's, whatever a row's own short record says.
  return { affiliate, unpaid: mine.map((one) => ({ ...one, affiliate })) };
}

/**
 * All commissions of these affiliates, in any state: those paid and cancelled since would be missing from the paid ones.
 * @throws LeadDynoError if any list cannot be read
 */
export async function readAllOf(read: readonly AffiliateRead[], work: Work): Promise<Commission[]> {
  const lists = await mapParallel(read, WIDTH, async ({ affiliate }) => {
    const rows = await readInState(Number(affiliate.id), undefined, work);
    const mine = rows.map(parseCommission).filter((one) => isOf(affiliate, one));
    return mine.map((one) => ({ ...one, affiliate }));
  });
  return lists.flat();
}
