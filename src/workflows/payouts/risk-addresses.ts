import type { Change } from '../../ports/change-log.ts';
import type { Affiliate, Commission, Purchase } from '../../records/parse.ts';
import { mailboxOf } from '../../records/people.ts';
import { groupBy, numericIdOf } from '../../records/values.ts';
import { byId, type Evidence, findShared, isMailProvider, MOST_COLLEAGUES, type Sign } from '../duplicates/evidence.ts';
import type { RiskBackground, RiskFacts, RiskSign } from './risk-facts.ts';

/* Signs in addresses: who buys, who is paid at the same place, and whether that place is new. */

const DAY_MS = 86_400_000;

/** Orders of one customer within some days, and their share of the line's, that say little and a lot. */
const ONE_CUSTOMER = { days: 30, orders: 4, share: 0.5, many_orders: 10, many_share: 0.8 };
/** A payout address is new for so long; so new that it says a lot. */
export const NEW_DAYS = 30;
const VERY_NEW_DAYS = 7;
const NAMED = 5;

/** What duplicates have in common, in words; a name alone says too little about a payment. */
const SHARED: Readonly<Partial<Record<Sign, string>>> = {
  same_mailbox: 'same mailbox as affiliate',
  shared_payout_address: 'same payout address as affiliate',
  payout_to_another: 'one is paid at the address of the other: affiliate',
};

export function findMailSigns({ affiliates, changes, lines }: RiskBackground): (facts: RiskFacts) => RiskSign[] {
  const shared = findShared(byId(affiliates)).filter(({ sign }) => SHARED[sign] !== undefined);
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

/** How many affiliates have an address at a domain. */
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

/** Orders that may be one, counted twice: the same customer, amount and day. */
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

/** Orders at the affiliate's own address, or at their own domain; a provider's domain is nobody's own. */
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

/** A subscription makes an order a month: many in one month are something else. */
function oneCustomer(bought: readonly Purchase[]): RiskSign | undefined {
  const byCustomer = groupBy(bought, ({ customer }) => mailboxOf(customer.email));
  const most = Math.max(0, ...[...byCustomer.values()].map(mostAtOnce));
  const share = most / bought.length;
  if (most < ONE_CUSTOMER.orders || share < ONE_CUSTOMER.share) return undefined;
  const isMuch = most >= ONE_CUSTOMER.many_orders && share >= ONE_CUSTOMER.many_share;
  const words = `${most} of ${bought.length} orders by one customer in ${ONE_CUSTOMER.days} days`;
  return { weight: isMuch ? 2 : 1, words };
}

/** The most orders in any such span of days; one without a time may be of any. */
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

/** The newest change of where an affiliate is paid; without a payout address that is their e-mail. */
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
