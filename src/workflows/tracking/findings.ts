import type { JsonObject } from '../../json.ts';
import { amountOf, rewardsIn, type Sum, sumsOf, totalsOf, written } from '../../records/money.ts';
import { type Affiliate, type Commission, isCancelled, type Purchase } from '../../records/parse.ts';
import type { Identities } from '../../records/people.ts';
import { groupBy, numericIdOf, shownIdOf } from '../../records/values.ts';
import { cutText } from '../../text.ts';

/** What one check found. */
export interface Finding {
  readonly check: string;
  readonly count: number;
  /** Sums per currency. */
  readonly worth: readonly Sum[];
  /** The part that is not money. */
  readonly rewards?: JsonObject;
  readonly examples: readonly JsonObject[];
}

/** The records that are checked. */
export interface Audited {
  /** Created in the period, including cancelled ones. */
  readonly purchases: readonly Purchase[];
  /** Of all time, if readable; including cancelled ones. */
  readonly everyCommission: readonly Commission[];
  /** Earned in the period and not cancelled. */
  readonly commissions: readonly Commission[];
  /** Number of purchases and commissions without a readable date. */
  readonly undated: number;
  /** Ids of all purchases. */
  readonly known: ReadonlySet<string>;
  /** Ids and codes of the purchases that any commission names, whether the commission is readable or not. */
  readonly earning: { readonly ids: ReadonlySet<string>; readonly codes: ReadonlySet<string> };
  readonly people: Identities<Affiliate>;
  readonly byId: ReadonlyMap<string, Affiliate>;
  readonly now: number;
}

const LONGEST_CODE = 60;

/** A purchase in short form, so that there is room for several. */
export const shortPurchase = ({ raw, code, amount, currency }: Purchase): JsonObject => ({
  purchase_id: shownIdOf(raw),
  ...(code !== '' && { purchase_code: cutText(code, LONGEST_CODE) }),
  purchase_amount: amount === undefined ? null : written(amount, currency),
  currency: currency || 'unknown',
});

export const shortCommission = ({ raw, amount, currency, isMoney, affiliate }: Commission): JsonObject => ({
  commission_id: shownIdOf(raw),
  amount: amount === undefined ? null : isMoney ? written(amount, currency) : amount.toFixed(),
  ...(isMoney ? { currency: currency || 'unknown' } : { not_money: true }),
  affiliate_id: affiliate ? (numericIdOf(affiliate) ?? (affiliate.id || null)) : null,
});

const idOf = ({ affiliate }: Purchase | Commission) =>
  affiliate === undefined ? null : (numericIdOf(affiliate) ?? (affiliate.id || null));

/**
 * Credited purchases that no commission names, not even a cancelled one. Leaves out cancelled purchases, those without
 * an amount, and those whose commission was set to zero.
 */
export function withoutCommission({ purchases, earning, people, now }: Audited, limit: number): Finding {
  const found = purchases.filter(
    (one) =>
      one.affiliate !== undefined &&
      people.keyOf(one.affiliate) !== '' &&
      !isCancelled(one, now) &&
      (one.amount?.greaterThan(0) ?? false) &&
      !amountOf(one.raw.commission_amount_override)?.isZero() &&
      !(earning.ids.has(one.id) || earning.codes.has(one.code)),
  );
  return {
    check: 'credited_purchase_without_commission',
    count: found.length,
    worth: totalsOf(found).list(),
    examples: newest(found, limit).map((one) => ({ ...shortPurchase(one), ...standingOf(one, people) })),
  };
}

/** The standing is shown only if it is not active. */
function standingOf({ affiliate }: Purchase, people: Identities<Affiliate>): JsonObject {
  const who = affiliate && people.find(affiliate);
  const id = affiliate ? (numericIdOf(affiliate) ?? (affiliate.id || null)) : null;
  const standing = who === undefined ? 'not in the list' : who.standing;
  return { affiliate_id: id, ...(standing !== 'active' && { affiliate_status: standing }) };
}

function ofCommissions(check: string, found: readonly Commission[], limit: number): Finding {
  const { sums, rewards } = sumsOf(found);
  return {
    check,
    count: found.length,
    worth: sums,
    rewards: rewardsIn(rewards.slice(0, 5)),
    examples: newest(found, limit).map((one) => ({
      ...shortCommission(one),
      ...(one.purchase && { purchase_id: shownIdOf(one.purchase.raw) }),
    })),
  };
}

/** Commissions that name no purchase: added by hand, or for leads and visitors. */
export const withoutPurchase = ({ commissions }: Audited, limit: number): Finding =>
  ofCommissions(
    'commission_without_purchase',
    commissions.filter((one) => one.purchase === undefined),
    limit,
  );

/** Commissions that name a purchase LeadDyno does not list. */
export const ofUnknownPurchase = ({ commissions, known }: Audited, limit: number): Finding =>
  ofCommissions(
    'commission_of_a_purchase_that_is_not_listed',
    commissions.filter(({ purchase }) => purchase !== undefined && purchase.id !== '' && !known.has(purchase.id)),
    limit,
  );

/** The deepest programmes have this many levels; a longer line is a circle. */
const MOST_LEVELS = 20;

/** Keys of an affiliate's recruiter, of that recruiter's recruiter, and so on to the top. */
function recruitersOf(key: string, byKey: ReadonlyMap<string, Affiliate>, { byId, people }: Audited): Set<string> {
  const above = new Set<string>();
  let one = byKey.get(key);
  while (one && one.recruiterId !== '' && above.size < MOST_LEVELS) {
    const recruiter = byId.get(one.recruiterId);
    const next = people.keyOf(recruiter ?? { id: one.recruiterId, email: '' });
    if (above.has(next)) break;
    above.add(next);
    one = recruiter;
  }
  return above;
}

/**
 * Purchases with first-level commissions for affiliates who are not credited.
 * @returns `several`: more than one affiliate earns on the first level; `other`: one earns, but not the credited one
 */
export function credits(audited: Audited, limit: number): readonly [several: Finding, other: Finding] {
  const { purchases, everyCommission, people, byId, now } = audited;
  const byKey = new Map([...byId.values()].map((one) => [people.keyOf(one), one]));
  const live = groupBy(
    everyCommission.filter(({ cancelled, purchase }) => !cancelled && purchase !== undefined),
    ({ purchase }) => purchase?.id ?? '',
  );
  const several: Doubled[] = [];
  const other: Doubled[] = [];
  for (const purchase of purchases) {
    const own = live.get(purchase.id) ?? [];
    if (own.length === 0 || isCancelled(purchase, now)) continue;
    const credited = purchase.affiliate ? people.keyOf(purchase.affiliate) : '';
    const earners = new Set(own.map(({ affiliate }) => (affiliate ? people.keyOf(affiliate) : '')));
    earners.delete('');
    // Recruiters of other earners, or of the credited affiliate, earn on a level of their own.
    const above = new Set([...earners, credited].flatMap((key) => [...recruitersOf(key, byKey, audited)]));
    above.delete(credited);
    const first = new Set([...earners].filter((key) => !above.has(key)));
    const ofOthers = own.filter(({ affiliate }) => {
      const key = affiliate ? people.keyOf(affiliate) : '';
      return key !== credited && first.has(key);
    });
    if (first.size > 1) several.push({ purchase, commissions: ofOthers });
    else if (credited !== '' && first.size === 1 && !first.has(credited)) {
      other.push({ purchase, commissions: ofOthers });
    }
  }
  return [doubled('double_credit', several, limit), doubled('commission_of_another_affiliate', other, limit)];
}

interface Doubled {
  readonly purchase: Purchase;
  /** First-level commissions of affiliates who are not credited. */
  readonly commissions: readonly Commission[];
}

function doubled(check: string, found: readonly Doubled[], limit: number): Finding {
  const { sums, rewards } = sumsOf(found.flatMap((one) => one.commissions));
  const shown = [...found].sort((a, b) => latest(b.purchase) - latest(a.purchase)).slice(0, limit);
  return {
    check,
    count: found.length,
    worth: sums,
    rewards: rewardsIn(rewards.slice(0, 5)),
    examples: shown.map(({ purchase, commissions }) => ({
      ...shortPurchase(purchase),
      credited_affiliate_id: idOf(purchase),
      commissions_of_others: commissions.slice(0, limit).map(shortCommission),
    })),
  };
}

const latest = ({ createdAt }: Purchase | Commission) => createdAt || 0;

const newest = <One extends Purchase | Commission>(found: readonly One[], limit: number): One[] =>
  [...found].sort((a, b) => latest(b) - latest(a)).slice(0, limit);
