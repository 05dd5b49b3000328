import type { JsonObject } from '../../json.ts';
import type { LeadDynoError } from '../../leaddyno/errors.ts';
import { isPseudonym } from '../../operations/shapes.ts';
import { describeAffiliate } from '../../records/describe.ts';
import type { Affiliate } from '../../records/parse.ts';
import { DAY_MS, iso } from '../../records/period.ts';
import { findAffiliate, type Wanted } from '../profile/find-affiliate.ts';
import { whyOf } from '../reading/attempt.ts';
import type { Work } from '../workflow.ts';
import { affiliateIdOf, type Chain, foundIn } from './chain.ts';
import { RECORD, type Reason, RULES, say } from './reasons.ts';

/** Who should have been credited, as far as LeadDyno knows them. */
export type Claim =
  | { readonly state: 'found'; readonly id: number; readonly affiliate: Affiliate; readonly by: keyof Wanted }
  | { readonly state: 'several'; readonly candidates: readonly Affiliate[] }
  | { readonly state: 'missing'; readonly note: string }
  | { readonly state: 'not_read'; readonly error: LeadDynoError };

const CANDIDATES = 10;
const NOBODY = 'LeadDyno has no affiliate with this id, e-mail, code or name.';
const PSEUDONYM = 'The address is a pseudonym of this server, which LeadDyno does not know: give the id.';

/** Looks the affiliate up in each way that the words may be meant, the surest first. */
export async function readClaim(claimed: string, work: Work): Promise<Claim> {
  if (isPseudonym(claimed)) return { state: 'missing', note: PSEUDONYM };
  let failed: LeadDynoError | undefined;
  for (const wanted of meantBy(claimed.trim())) {
    const tried = await work.attempt(() => findAffiliate(wanted, work));
    if (!tried.read) {
      if (tried.error.reason !== 'not_found') failed = tried.error;
      continue;
    }
    const found = tried.value;
    const [by] = Object.keys(wanted) as (keyof Wanted)[];
    if ('candidates' in found) return { state: 'several', candidates: found.candidates };
    return { state: 'found', ...found, by: by ?? 'name' };
  }
  return failed ? { state: 'not_read', error: failed } : { state: 'missing', note: NOBODY };
}

function meantBy(claimed: string): Wanted[] {
  if (claimed.includes('@')) return [{ email: claimed }];
  if (/^[1-9]\d{0,14}$/.test(claimed)) return [{ affiliate_id: Number(claimed) }, { affiliate_code: claimed }];
  return [...(/\s/.test(claimed) ? [] : [{ affiliate_code: claimed }]), { name: claimed }];
}

/** A claim as a result shows it. */
export function describeClaim(claim: Claim): JsonObject {
  switch (claim.state) {
    case 'found':
      return {
        state: claim.state,
        found_by: claim.by,
        ...describeAffiliate(claim.affiliate, 'affiliate_code', 'status', 'created_at', 'compensation_tier_code'),
      };
    case 'several':
      return {
        state: claim.state,
        candidates: claim.candidates
          .slice(0, CANDIDATES)
          .map((one) => describeAffiliate(one, 'affiliate_code', 'status')),
        note: 'Several may be meant: ask which one, then give the id.',
      };
    case 'missing':
      return { ...claim };
    case 'not_read':
      return { state: claim.state, why: whyOf(claim.error) };
  }
}

const about = 'claimed_affiliate';

/** What speaks for and against the claim: standing and dates, visit, lead, purchase, commission. */
export function explainClaim(id: number, affiliate: Affiliate, chain: Chain): Reason[] {
  return [...aboutStanding(affiliate, chain), ...aboutVisit(id, chain), ...aboutCredit(id, chain)];
}

/** For so long after joining, an affiliate may still have been waiting for approval. */
const APPROVAL_MS = 30 * DAY_MS;

/** LeadDyno shows the present standing, but not the day of approval or archiving. */
function aboutStanding({ standing, createdAt: joined }: Affiliate, chain: Chain): Reason[] {
  const sold = foundIn(chain.purchase)?.createdAt ?? Number.NaN;
  const met = foundIn(chain.lead)?.createdAt ?? Number.NaN;
  const since = 'LeadDyno does not show since when';
  const reasons: Reason[] = [];
  if (joined > sold) {
    reasons.push(
      say(about, `They joined on ${iso(joined)}, after the sale on ${iso(sold)}.`, 'certain', `${RECORD}: their dates`),
    );
  } else if (joined > met) {
    const text = `They joined on ${iso(joined)}, after the customer became a lead on ${iso(met)}: a lead with a first source or another affiliate stays there.`;
    reasons.push(say(about, text, 'likely', `${RECORD}: their dates`));
  }
  if (standing === 'pending') {
    const text = 'They still wait for approval, so they did at the time of the sale, and earn nothing until then.';
    reasons.push(say(about, text, 'likely', 'LeadDyno help; the record'));
  } else if (standing === 'archived') {
    const text = `They are archived now and earn nothing; ${since}, so they may have been active at the time of the sale.`;
    reasons.push(say(about, text, 'possible', 'LeadDyno help; the record'));
  } else if (standing === 'active' && joined <= sold && sold - joined < APPROVAL_MS) {
    const text = `They are active now. They joined on ${iso(joined)}, so at the sale on ${iso(sold)} they may have waited for approval; LeadDyno does not show the day of approval.`;
    reasons.push(say(about, text, 'possible', `${RECORD}: their dates`));
  } else if (standing === 'unknown') {
    reasons.push(say(about, 'LeadDyno does not say whether they are active.', 'possible', RECORD));
  }
  return reasons;
}

function aboutVisit(id: number, { visitor, lead, purchase }: Chain): Reason[] {
  if (visitor.state === 'found') {
    const visited = affiliateIdOf(visitor.value);
    if (visited === id) {
      const late = visitor.value.createdAt > (foundIn(purchase)?.createdAt ?? Number.NaN);
      const text = late
        ? 'The latest visit came through their link, but after the sale.'
        : 'The latest visit came through their link: this speaks for them.';
      return [say(about, text, 'certain', `${RECORD}: the visit names them`)];
    }
    const text =
      visited === undefined
        ? 'The latest visit names no affiliate: nothing shows that the customer used their link. Earlier visits are not shown.'
        : `The latest visit came through the link of affiliate ${visited}. Earlier visits are not shown.`;
    return [say(about, text, 'likely', `${RECORD}: the visit`)];
  }
  if (lead.state !== 'found') return [];
  const why = {
    missing: 'LeadDyno does not find the visit by the tracking code of the lead',
    not_looked_for: 'the lead has no tracking code to find a visit by',
    not_read: 'the visit could not be read',
  }[visitor.state];
  return [say(about, `Whether the customer used their link is not known: ${why}.`, 'possible', RECORD)];
}

function aboutCredit(id: number, { lead, purchase, commissions }: Chain): Reason[] {
  const [owner, credited] = [affiliateIdOf(foundIn(lead)), affiliateIdOf(foundIn(purchase))];
  const own = (foundIn(commissions) ?? []).filter((one) => affiliateIdOf(one) === id);
  const fact = (reason: string) => say(about, reason, 'certain', RECORD);
  const named = (what: string, who: number | undefined) =>
    who === id
      ? fact(`The ${what} is credited to them.`)
      : fact(who === undefined ? `The ${what} is credited to nobody.` : `The ${what} is credited to affiliate ${who}.`);
  return [
    ...(lead.state === 'found' ? [named('lead', owner)] : []),
    ...(purchase.state === 'found' ? [named('purchase', credited)] : []),
    ...(credited === undefined && owner !== undefined && owner !== id
      ? [say(about, 'The customer belongs to another affiliate: first affiliate wins may be on.', 'likely', RULES)]
      : []),
    ...(own.some(({ cancelled }) => cancelled !== true) ? [fact('They have a commission on this purchase.')] : []),
    ...(own.length > 0 && own.every(({ cancelled }) => cancelled === true)
      ? [fact('They had a commission on this purchase, and it is cancelled.')]
      : []),
  ];
}
