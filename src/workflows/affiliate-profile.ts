import type { JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { code, email, id, words } from '../operations/inputs.ts';
import { numberOf } from '../records/values.ts';
import { answersOf, namesOf } from './affiliates/applicant-texts.ts';
import { findAffiliate, type Wanted } from './affiliates/find-affiliate.ts';
import { readLeads, readPurchases, readSubIds, readUnpaid, type Section } from './affiliates/profile-sections.ts';
import { describeBriefly, rankOf, recruitingOf } from './affiliates/profile-standing.ts';
import { readOtherTotals, readOwnTotals } from './affiliates/profile-totals.ts';
import { createRedFlags } from './affiliates/red-flags.ts';
import { object, rows } from './output.ts';
import { affiliates } from './reading/collections.ts';
import type { Work } from './workflow.ts';

export const input = () => ({
  affiliate_id: id("LeadDyno's id; or one of the three others").optional(),
  email: email('Whole address').optional(),
  affiliate_code: code('Affiliate or coupon code').optional(),
  name: words('Words of their name or e-mail').optional(),
});

export const output = {
  affiliate: object('The record: the fields that matter'),
  commission_totals: object(
    "Lifetime due, pending, paid, total: decimal strings in the account's currency alone; other_currencies: currency, due, paid of each other one met in purchases and unpaid commissions",
  ),
  commissions: object(
    'Not paid yet: unpaid (count), due and pending (sums per currency, by due_at), newest; complete false: note says how to read on',
  ),
  purchases: object('read, complete, cancelled, revenue (not cancelled, per currency), newest of those read'),
  leads: object('read, complete, newest of those read'),
  sub_ids: object('read, sub_ids'),
  rank: object('By lifetime purchases among those not archived: rank, of, tied_with, without_count'),
  recruiting: object('recruited_by, recruited (count), recruited_affiliate_ids'),
  red_flags: rows('flag, reason, affiliate_ids'),
  could_not_read: object('Section to reason'),
  candidates: rows('Where several fit: affiliate_id, name, email, affiliate_code, status; no profile then'),
};

const CANDIDATES = 10;

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const found = await findAffiliate(args as Wanted, work);
  if ('candidates' in found) return describeCandidates(found.candidates, found.complete);
  const { id, affiliate } = found;
  const failures: Record<string, string> = {};
  const isBearable = (error: unknown): error is LeadDynoError =>
    !work.signal.aborted && error instanceof LeadDynoError && error.reason !== 'auth';

  /** A section that fails says so in its place; what none would survive is thrown. */
  async function attempt(names: readonly string[], read: () => Promise<JsonObject>): Promise<JsonObject> {
    try {
      return await read();
    } catch (error) {
      if (!isBearable(error)) throw error;
      for (const name of names) failures[name] = error.message;
      return {};
    }
  }

  const NONE: Section = { shown: {}, currencies: [] };
  /** Which currencies a list shows; none where it could not be read. */
  const currenciesIn = async (list: Promise<Section>) =>
    (await list.catch((error: unknown) => (isBearable(error) ? NONE : Promise.reject(error)))).currencies;
  const [unpaid, bought] = [readUnpaid(id, work), readPurchases(id, work)];
  const settled = await Promise.allSettled([
    attempt(['commission_totals'], async () => {
      const own = await readOwnTotals(id, work);
      const met = [...(await currenciesIn(unpaid)), ...(await currenciesIn(bought))];
      return { commission_totals: { ...own, ...(await readOtherTotals(id, own, met, work)) } };
    }),
    attempt(['commissions'], async () => ({ commissions: (await unpaid).shown })),
    attempt(['purchases'], async () => ({ purchases: (await bought).shown })),
    attempt(['leads'], async () => ({ leads: await readLeads(id, work) })),
    attempt(['sub_ids'], async () => ({ sub_ids: await readSubIds(id, work) })),
    attempt(['rank', 'recruiting', 'red_flags'], () => readAmongOthers(id, affiliate, work)),
  ]);
  const thrown = settled.find((one) => one.status === 'rejected');
  if (thrown) throw thrown.reason;
  const parts = settled.map((one) => (one.status === 'fulfilled' ? one.value : {}));
  return {
    affiliate: describe(id, affiliate),
    ...Object.assign({}, ...parts),
    ...(Object.keys(failures).length > 0 && { could_not_read: failures }),
  };
}

/** What follows from all affiliates together; of a list that was not read to its end nothing follows. */
async function readAmongOthers(id: number, affiliate: JsonObject, work: Work): Promise<JsonObject> {
  const { rows: all, complete } = await work.scan(affiliates);
  if (!complete) throw new LeadDynoError('timeout', 'Not all affiliates were read', { fate: 'not_sent' });
  return {
    rank: rankOf(id, affiliate, all),
    recruiting: recruitingOf(id, affiliate, all),
    red_flags: createRedFlags(all)({ ...affiliate, id }),
  };
}

function describe(id: number, affiliate: JsonObject): JsonObject {
  const { email, paypal_email, affiliate_code, status } = affiliate;
  return {
    affiliate_id: id,
    ...namesOf(affiliate),
    email,
    paypal_email,
    affiliate_code,
    status,
    archived: affiliate.archived,
    pending_approval: affiliate.pending_approval,
    group: affiliate.compensation_tier_code,
    unsubscribed: affiliate.unsubscribed,
    affiliate_url: affiliate.affiliate_url,
    ...(affiliate.referrer_domain ? { referrer_domain: affiliate.referrer_domain } : {}),
    created_at: affiliate.created_at,
    total_visitors: affiliate.total_visitors,
    total_leads: affiliate.total_leads,
    total_purchases: affiliate.total_purchases,
    ...answersOf(affiliate),
  };
}

function describeCandidates(candidates: readonly JsonObject[], complete: boolean): JsonObject {
  const left = candidates.length - CANDIDATES;
  const shown = candidates.slice(0, CANDIDATES).map(describeBriefly);
  const usable = candidates.some(({ id }) => numberOf(id) !== undefined);
  return {
    candidates: shown,
    ...(left > 0 && { left_off: left }),
    ...(!complete && { more_candidates_possible: true }),
    ...(usable && { note: 'Several may be meant: ask which one, then call with affiliate_id.' }),
  };
}
