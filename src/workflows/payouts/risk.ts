import type { JsonObject } from '../../json.ts';
import type { Change } from '../../ports/change-log.ts';
import { type Decimal, isCurrencyCode, written, ZERO } from '../../records/money.ts';
import { type Affiliate, type Commission, cameToNothing, type Purchase } from '../../records/parse.ts';
import { mailboxOf } from '../../records/people.ts';
import { DAY_MS } from '../../records/period.ts';
import { groupBy, numericIdOf } from '../../records/values.ts';
import {
  affiliatesById,
  type Evidence,
  findShared,
  isMailProvider,
  MOST_COLLEAGUES,
  type Sign,
} from '../duplicates/evidence.ts';
import { decimalsOf, type Line, type People } from './owed.ts';

/** One reason to look closer. Signs with a total weight of 2 or more ask whether to hold the payment. */
export interface RiskSign {
  readonly weight: 1 | 2;
  /** Short, in our own words and figures: no text that a stranger typed. */
  readonly words: string;
}

/** What the signs are looked for in. */
export interface RiskFacts {
  readonly line: Line;
  /** All commissions of the affiliate that were read, in any state. */
  readonly theirs: readonly Commission[];
  readonly now: number;
}

/** What a line is compared with. */
export interface RiskBackground {
  readonly lines: readonly Line[];
  readonly commissions: readonly Commission[];
  readonly affiliates: readonly Affiliate[];
  readonly people: People;
  /** Writes made through this server; some may have changed a payout address. */
  readonly changes: readonly Change[];
  readonly now: number;
}

/* Signs in figures: sums that are unusual for the affiliate, new accounts with large sums, cancelled orders. */

/** How many values (paid commissions, months with some, other lines) show what is normal. */
const ENOUGH = 3;
/** Multiples of the usual amount: above the first the weight is 1, above the second 2. */
const ABOVE = { commission: [5, 15], month: [3, 10] } as const;
const YOUNG_DAYS = 30;
/**
 * A large sum: at least `LARGE` (times 100 where the currency has no decimals), or, with enough other lines, more than
 * `LARGE_TIMES` their median.
 */
const LARGE_TIMES = 3;
const LARGE = 500;
/**
 * Thresholds: the fewest orders and cancelled ones, the shares (and number) for weight 1 and 2, and how many times the
 * other affiliates' share it must be.
 */
const CANCELLED = { orders: 4, cancelled: 2, some: 0.3, many: 0.5, many_cancelled: 3, times: 1.5 };

export function findAmountSigns({ lines, commissions, now }: RiskBackground): (facts: RiskFacts) => RiskSign[] {
  const byCurrency = groupBy(lines, ({ currency }) => currency);
  const everybody = countOrders(commissions, now);
  return (facts) => {
    const { line, theirs } = facts;
    const others = (byCurrency.get(line.currency) ?? []).filter((one) => one !== line);
    return [
      aboveNormal(line, theirs, now),
      youngWithMuch(line, others, now),
      oftenCancelled(countOrders(theirs, now), everybody),
    ].filter((sign) => sign !== undefined);
  };
}

function median(values: readonly Decimal[]): Decimal {
  const sorted = values.toSorted((a, b) => a.cmp(b));
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? ZERO;
}

/** Sums by the month earned (UTC); commissions without a readable day are left out. */
function monthly(commissions: readonly Commission[]): Decimal[] {
  const dated = commissions.filter(({ earnedAt }) => !Number.isNaN(earnedAt));
  const months = groupBy(dated, ({ earnedAt }) => new Date(earnedAt).toISOString().slice(0, 7));
  return [...months.values()].map((some) => some.reduce((sum, { amount }) => sum.plus(amount ?? ZERO), ZERO));
}

const largest = (values: readonly Decimal[]) => values.reduce((most, one) => (one.gt(most) ? one : most), ZERO);

/** Far more in one commission, or in one month, than this affiliate is usually paid. */
function aboveNormal(
  { commissions, currency }: Line,
  theirs: readonly Commission[],
  now: number,
): RiskSign | undefined {
  const paid = theirs.filter((one) => one.currency === currency && one.paid === true && one.isMoney);
  const before = paid.filter((one) => !cameToNothing(one, now));
  const amounts = (some: readonly Commission[]) => some.flatMap(({ amount }) => (amount?.gt(0) ? [amount] : []));
  const single = compare(largest(amounts(commissions)), amounts(before), ABOVE.commission);
  const month = compare(largest(monthly(commissions)), monthly(before), ABOVE.month);
  const found = single && (!month || single.weight >= month.weight) ? { ...single, what: 'one commission of' } : month;
  if (!found) return undefined;
  const what = 'what' in found ? found.what : 'earned in one month:';
  const code = isCurrencyCode(currency) ? ` ${currency}` : '';
  return {
    weight: found.weight,
    words: `${what} ${written(found.now, currency)}${code}, usually ${written(found.usual, currency)}`,
  };
}

function compare(now: Decimal, before: readonly Decimal[], [some, much]: readonly [number, number]) {
  const usual = median(before);
  if (before.length < ENOUGH || !usual.gt(0) || now.lte(usual.times(some))) return undefined;
  const weight: 1 | 2 = now.gt(usual.times(much)) ? 2 : 1;
  return { weight, now, usual };
}

function youngWithMuch(line: Line, others: readonly Line[], now: number): RiskSign | undefined {
  const { affiliate, amount, currency } = line;
  const days = affiliate ? Math.floor((now - affiliate.createdAt) / DAY_MS) : Number.NaN;
  if (!(days >= 0 && days < YOUNG_DAYS)) return undefined;
  const enough = others.length >= ENOUGH;
  const least = enough ? median(others.map((one) => one.amount)).times(LARGE_TIMES) : ZERO;
  const fixed = LARGE * (decimalsOf(currency) === 0 ? 100 : 1);
  if (!amount.gt(0) || !(amount.gte(fixed) || (enough && amount.gt(least)))) return undefined;
  const code = isCurrencyCode(currency) ? ` ${currency}` : '';
  return { weight: 1, words: `account ${days} days old with ${written(amount, currency)}${code}` };
}

interface Orders {
  readonly orders: number;
  readonly cancelled: number;
}

/** Each purchase once, however many commissions it has. */
function countOrders(commissions: readonly Commission[], now: number): Orders {
  const bought = commissions.filter((one) => one.purchase && one.purchase.cancelled !== undefined);
  const byPurchase = groupBy(bought, ({ purchase }) => purchase?.id || purchase?.code || '');
  const all = [...byPurchase.values()];
  return { orders: all.length, cancelled: all.filter((some) => some.every((one) => cameToNothing(one, now))).length };
}

function oftenCancelled({ orders, cancelled }: Orders, everybody: Orders): RiskSign | undefined {
  const share = cancelled / orders;
  if (orders < CANCELLED.orders || cancelled < CANCELLED.cancelled || share < CANCELLED.some) return undefined;
  // If cancellations are common with the others too, they are no sign.
  const others = everybody.orders - orders;
  if (others > 0 && share < ((everybody.cancelled - cancelled) / others) * CANCELLED.times) return undefined;
  const isMuch = share >= CANCELLED.many && cancelled >= CANCELLED.many_cancelled;
  const words = `${cancelled} of ${orders} orders cancelled (${Math.round(share * 100)} %)`;
  return { weight: isMuch ? 2 : 1, words };
}

/* Signs in addresses: who buys, who else is paid at the same address, and whether that address is new. */

/** Thresholds: orders of one customer within some days, and their share of the line's orders, for weights 1 and 2. */
const ONE_CUSTOMER = { days: 30, orders: 4, share: 0.5, many_orders: 10, many_share: 0.8 };
/** Days for which a changed payout address is new, and for which it is so new that its weight is 2. */
export const NEW_DAYS = 30;
const VERY_NEW_DAYS = 7;
const NAMED = 5;

/** What duplicates have in common, in words. Names are left out: alone they say too little about a payment. */
const SHARED: Readonly<Partial<Record<Sign, string>>> = {
  same_mailbox: 'same mailbox as affiliate',
  shared_payout_address: 'same payout address as affiliate',
  payout_to_another: 'one is paid at the address of the other: affiliate',
};

export function findMailSigns({ affiliates, changes, lines }: RiskBackground): (facts: RiskFacts) => RiskSign[] {
  const shared = findShared(affiliatesById(affiliates)).filter(({ sign }) => SHARED[sign] !== undefined);
  const sharedBy = new Map<number, Evidence[]>();
  for (const one of shared) for (const id of one.ids) sharedBy.set(id, [...(sharedBy.get(id) ?? []), one]);
  const usersOf = countDomains(affiliates.length > 0 ? affiliates : lines.flatMap(({ affiliate }) => affiliate ?? []));
  return ({ line, now }) => {
    const { affiliate, commissions } = line;
    const id = numericIdOf(line.owner);
    const bought = purchasesIn(commissions);
    const customers = bought.map(({ customer }) => mailboxOf(customer.email));
    return [
      ...(affiliate ? [ownOrders(affiliate, customers, usersOf)] : []),
      oneCustomer(bought),
      doubles(bought),
      ...(id === undefined ? [] : (sharedBy.get(id) ?? []).map((one) => describeShared(one, id))),
      ...(affiliate && id !== undefined ? [newAddress(affiliate, id, changes, now)] : []),
    ].filter((sign) => sign !== undefined);
  };
}

/** How many affiliates have an address at each domain. */
function countDomains(affiliates: readonly Affiliate[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { email } of affiliates) {
    const domain = domainOf(email);
    counts.set(domain, (counts.get(domain) ?? 0) + 1);
  }
  return counts;
}

const domainOf = (address: string): string => mailboxOf(address).split('@')[1] ?? '';

/** Each purchase once, however many commissions it has. */
function purchasesIn(commissions: readonly Commission[]): Purchase[] {
  const purchases = commissions.flatMap(({ purchase }) => purchase ?? []);
  return [...groupBy(purchases, ({ id, code }) => id || code).values()].flatMap(([purchase]) => purchase ?? []);
}

/** Orders that may be one order counted twice: same customer, amount and day. */
function doubles(bought: readonly Purchase[]): RiskSign | undefined {
  const groups = groupBy(bought, ({ customer, amount, currency, createdAt }) => {
    const mailbox = mailboxOf(customer.email);
    if (mailbox === '' || !amount || Number.isNaN(createdAt)) return '';
    return JSON.stringify([mailbox, amount.toFixed(), currency, new Date(createdAt).toISOString().slice(0, 10)]);
  });
  const twice = [...groups.values()].filter((some) => some.length > 1).flat().length;
  if (twice === 0) return undefined;
  return { weight: 1, words: `${twice} of ${bought.length} orders alike: same customer, amount and day` };
}

/**
 * Orders bought with the affiliate's own address, or one at their own domain. A mail provider's domain is nobody's own,
 * nor is one that many affiliates share.
 */
function ownOrders(
  { email, payoutAddress }: Affiliate,
  customers: readonly string[],
  usersOf: ReadonlyMap<string, number>,
): RiskSign | undefined {
  const own = new Set([email, payoutAddress].map(mailboxOf).filter(Boolean));
  const mine = customers.filter((customer) => own.has(customer)).length;
  const of = `of ${customers.length} order${customers.length === 1 ? '' : 's'}`;
  if (mine > 0) return { weight: 2, words: `${mine} ${of} bought with the affiliate's own address` };
  const isTheirs = (domain: string) =>
    domain !== '' && !isMailProvider(domain) && (usersOf.get(domain) ?? 0) <= MOST_COLLEAGUES;
  const domains = new Set([email, payoutAddress].map(domainOf).filter(isTheirs));
  const isNear = (domain: string) => [...domains].some((own) => domain === own || domain.endsWith(`.${own}`));
  const near = customers.filter((customer) => isNear(domainOf(customer))).length;
  return near > 0 ? { weight: 1, words: `${near} ${of} from the affiliate's own e-mail domain` } : undefined;
}

/** Many orders by one customer: a subscription makes one a month, so many in one month are something else. */
function oneCustomer(bought: readonly Purchase[]): RiskSign | undefined {
  const byCustomer = groupBy(bought, ({ customer }) => mailboxOf(customer.email));
  const most = Math.max(0, ...[...byCustomer.values()].map(mostAtOnce));
  const share = most / bought.length;
  if (most < ONE_CUSTOMER.orders || share < ONE_CUSTOMER.share) return undefined;
  const isMuch = most >= ONE_CUSTOMER.many_orders && share >= ONE_CUSTOMER.many_share;
  const words = `${most} of ${bought.length} orders by one customer in ${ONE_CUSTOMER.days} days`;
  return { weight: isMuch ? 2 : 1, words };
}

/** The most orders in any span of `ONE_CUSTOMER.days`; orders without a time count as in every span. */
function mostAtOnce(orders: readonly Purchase[]): number {
  const times = orders.flatMap(({ createdAt }) => (Number.isNaN(createdAt) ? [] : [createdAt])).sort((a, b) => a - b);
  let [from, most] = [0, 0];
  times.forEach((time, to) => {
    while (time - (times[from] ?? time) > ONE_CUSTOMER.days * DAY_MS) from += 1;
    most = Math.max(most, to - from + 1);
  });
  return most + orders.length - times.length;
}

function describeShared({ sign, ids, confidence }: Evidence, id: number): RiskSign {
  const others = ids.filter((one) => one !== id);
  const more = others.length > NAMED ? ` and ${others.length - NAMED} more` : '';
  return {
    weight: confidence === 'high' ? 2 : 1,
    words: `${SHARED[sign]} ${others.slice(0, NAMED).join(', ')}${more}`,
  };
}

/** The latest change of an affiliate's payout address, or of their e-mail if they have none. */
function newAddress(
  { payoutAddress }: Affiliate,
  id: number,
  changes: readonly Change[],
  now: number,
): RiskSign | undefined {
  const at = changes
    .filter(
      ({ operation, outcome }) => operation === 'update_affiliate' && (outcome === 'done' || outcome === 'unknown'),
    )
    .filter(({ arguments: args }) => numericIdOf({ id: args.affiliate_id }) === id)
    .filter(({ arguments: args }) => 'paypal_email' in args || (payoutAddress === '' && 'email' in args))
    .map((change) => Date.parse(change.at));
  if (at.length === 0) return undefined;
  const days = Math.max(0, Math.floor((now - Math.max(...at)) / DAY_MS));
  if (days >= NEW_DAYS) return undefined;
  const when = days === 0 ? 'today' : days === 1 ? 'yesterday' : `${days} days ago`;
  return { weight: days < VERY_NEW_DAYS ? 2 : 1, words: `payout address changed ${when}` };
}

/*
 * What a person should look at before a line is paid: hints, never a verdict, and nothing is held because of them. They
 * use only what the report has read anyway.
 */

export const RISKS = ['clear', 'watch', 'hold?'] as const;

export interface RiskHint extends JsonObject {
  readonly risk: (typeof RISKS)[number];
  /** Absent if the risk is clear. */
  readonly risk_evidence?: readonly string[];
}

/** Judges lines one by one. */
export function createRiskHints(background: RiskBackground): (line: Line) => RiskHint {
  const { commissions, people, now } = background;
  const byOwner = groupBy(commissions, ({ affiliate }) => (affiliate ? people.keyOf(affiliate) : ''));
  const amountSigns = findAmountSigns(background);
  const mailSigns = findMailSigns(background);
  return (line) => {
    const facts: RiskFacts = { line, theirs: byOwner.get(people.keyOf(line.owner)) ?? line.commissions, now };
    const signs = [...mailSigns(facts), ...amountSigns(facts)].sort((a, b) => b.weight - a.weight);
    const weight = signs.reduce((sum, one) => sum + one.weight, 0);
    if (weight === 0) return { risk: 'clear' };
    return { risk: weight > 1 ? 'hold?' : 'watch', risk_evidence: signs.map(({ words }) => words) };
  };
}
