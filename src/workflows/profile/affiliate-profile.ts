import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { code, email, id, words } from '../../operations/inputs.ts';
import { describeAffiliate } from '../../records/describe.ts';
import type { Affiliate } from '../../records/parse.ts';
import { numericIdOf, shownIdOf } from '../../records/values.ts';
import { createRedFlags } from '../approvals/red-flags.ts';
import { object, rows } from '../output.ts';
import { REWARDS_REMARK } from '../overview/account-totals.ts';
import type { Attempt } from '../reading/attempt.ts';
import { affiliates } from '../reading/collections.ts';
import type { Work } from '../workflow.ts';
import { findAffiliate, type Wanted } from './find-affiliate.ts';
import {
  readLeads,
  readOtherTotals,
  readOwnTotals,
  readPurchases,
  readSubIds,
  readUnpaid,
  withoutNo,
} from './sections.ts';

export const input = () => ({
  affiliate_id: id("LeadDyno's id; or one of the next three").optional(),
  email: email('Full address').optional(),
  affiliate_code: code('Affiliate or coupon code').optional(),
  name: words('Words of their name or e-mail').optional(),
  newest: z.int().min(0).max(10).default(2).describe('Newest rows per list'),
});

export const output = {
  affiliate: object('The record: the fields that matter'),
  commission_totals: object(
    "Lifetime due, pending, paid, total: decimal strings in the account's currency only; other_currencies: currency, due, paid for each other one seen in purchases and unpaid commissions",
  ),
  commissions: object(
    'Not paid yet: unpaid (how many), due and pending (money per currency, by due_at), rewards (not money: name, amount, count), newest, not_shown (count and sums of the others); if not everything was read (complete false) each name ends in _so_far',
  ),
  purchases: object(
    'read, of which not_cancelled and cancelled (counts), revenue of not_cancelled per currency, newest (cancelled only if so), not_shown (count, not_cancelled, revenue of the others); _so_far as above',
  ),
  leads: object('read, newest, not_shown; _so_far as above'),
  sub_ids: object('read, sub_ids'),
  rank: object('By lifetime purchases among those not archived: rank, of, tied_with, without_count'),
  recruiting: object('recruited_by, recruited (count), recruited_affiliate_ids'),
  red_flags: rows('flag, reason, affiliate_ids'),
  could_not_read: object('Sections that could not be read, and why'),
  candidates: rows('If several fit: affiliate_id, name, email, affiliate_code, status, and no profile'),
};

const CANDIDATES = 10;
const RECRUITED_SHOWN = 10;

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const { newest: most, ...wanted } = args as unknown as Wanted & { readonly newest: number };
  const found = await findAffiliate(wanted, work);
  if ('candidates' in found) return describeCandidates(found.candidates, found.complete);
  const { id: affiliateId, affiliate } = found;
  const [unpaid, bought] = [
    work.attempt(() => readUnpaid(affiliateId, most, work)),
    work.attempt(() => readPurchases(affiliateId, most, work)),
  ];
  /** The currencies in both lists; none from a list that could not be read. */
  const met = async () =>
    (await Promise.all([unpaid, bought])).flatMap((one) => (one.read ? one.value.currencies : []));
  const parts: [names: readonly string[], part: Promise<Attempt<JsonObject>>][] = [
    [
      ['commission_totals'],
      work.attempt(async () => {
        const own = await readOwnTotals(affiliateId, work);
        const others = await readOtherTotals(affiliateId, own, await met(), work);
        const rewarded = await unpaid.then((one) => one.read && one.value.hasRewards);
        return { commission_totals: { ...own, ...others, ...(rewarded && { not_only_money: REWARDS_REMARK }) } };
      }),
    ],
    [['commissions'], mapRead(unpaid, ({ shown }) => ({ commissions: shown }))],
    [['purchases'], mapRead(bought, ({ shown }) => ({ purchases: shown }))],
    [['leads'], work.attempt(async () => ({ leads: await readLeads(affiliateId, most, work) }))],
    [['sub_ids'], work.attempt(async () => ({ sub_ids: await readSubIds(affiliateId, work) }))],
    [['rank', 'recruiting', 'red_flags'], work.attempt(() => readAmongOthers(affiliate, work))],
  ];
  // All parts end before the call does, even if one of them makes it fail.
  await Promise.allSettled(parts.map(([, part]) => part));
  const read: JsonObject = {};
  const failures: Record<string, string> = {};
  for (const [names, part] of parts) {
    const one = await part;
    if (one.read) Object.assign(read, one.value);
    else for (const name of names) failures[name] = one.error.message;
  }
  return {
    affiliate: describeWhole(affiliate),
    ...read,
    ...(Object.keys(failures).length > 0 && { could_not_read: failures }),
  };
}

async function mapRead<From, To>(attempt: Promise<Attempt<From>>, map: (value: From) => To): Promise<Attempt<To>> {
  const one = await attempt;
  return one.read ? { read: true, value: map(one.value) } : one;
}

/** The sections that take all affiliates. @throws LeadDynoError if not all of them were read */
async function readAmongOthers(affiliate: Affiliate, work: Work): Promise<JsonObject> {
  const { records: all, complete } = await work.scan(affiliates);
  if (!complete) throw new LeadDynoError('timeout', 'Not all affiliates were read', { fate: 'not_sent' });
  return {
    rank: rankOf(affiliate, all),
    recruiting: recruitingOf(affiliate, all),
    red_flags: createRedFlags(all)(affiliate),
  };
}

function describeWhole(affiliate: Affiliate): JsonObject {
  const whole = describeAffiliate(
    affiliate,
    'paypal_email',
    'affiliate_code',
    'status',
    'archived',
    'pending_approval',
    'compensation_tier_code',
    'unsubscribed',
    'affiliate_url',
    'referrer_domain',
    'created_at',
    'total_visitors',
    'total_leads',
    'total_purchases',
    'custom_fields',
  );
  // The status says the same.
  return typeof whole.status === 'string' ? withoutNo(whole, 'archived', 'pending_approval') : whole;
}

/** Enough to tell one affiliate from another. */
const describeBriefly = (affiliate: Affiliate) => describeAffiliate(affiliate, 'affiliate_code', 'status');

function describeCandidates(candidates: readonly Affiliate[], complete: boolean): JsonObject {
  const left = candidates.length - CANDIDATES;
  const usable = candidates.some((one) => numericIdOf(one) !== undefined);
  return {
    candidates: candidates.slice(0, CANDIDATES).map(describeBriefly),
    ...(left > 0 && { left_off: left }),
    ...(!complete && { more_candidates_possible: true }),
    ...(usable && { note: 'Several affiliates fit: ask which one is meant, then call with affiliate_id.' }),
  };
}

/** Rank by lifetime purchases among affiliates who are not archived. A missing count does not mean zero. */
function rankOf({ id: own, standing, purchases }: Affiliate, all: readonly Affiliate[]): JsonObject {
  if (standing === 'archived') return { rank: null, reason: 'archived affiliates are not ranked' };
  const counts = all.filter((one) => one.standing !== 'archived' && one.id !== own).map((one) => one.purchases);
  const of = counts.length + 1;
  if (purchases === undefined) return { rank: null, reason: 'LeadDyno gives no lifetime count for them', of };
  const without = counts.filter((count) => count === undefined).length;
  return {
    rank: 1 + counts.filter((count) => count !== undefined && count > purchases).length,
    of,
    tied_with: counts.filter((count) => count === purchases).length,
    ...(without > 0 && { without_count: without }),
  };
}

/** Who recruited this affiliate, as far as LeadDyno says, and whom they recruited. */
function recruitingOf({ id: own, recruiterId, raw }: Affiliate, all: readonly Affiliate[]): JsonObject {
  const recruiter = recruiterId === '' ? undefined : all.find((one) => one.id === recruiterId);
  const recruited = all.filter((one) => one.recruiterId === own);
  const { referring_affiliate } = raw;
  return {
    recruited_by: recruiter
      ? describeBriefly(recruiter)
      : recruiterId !== ''
        ? { affiliate_id: shownIdOf({ id: recruiterId }) }
        : // Without an id the field is shown as is: what else it may hold is not established (API reference, Affiliate).
          referring_affiliate
          ? { referring_affiliate }
          : null,
    recruited: recruited.length,
    ...(recruited.length > 0 && { recruited_affiliate_ids: recruited.slice(0, RECRUITED_SHOWN).map(shownIdOf) }),
  };
}
