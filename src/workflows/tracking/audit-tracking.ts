import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { moment } from '../../operations/inputs.ts';
import { Refusal } from '../../operations/operation.ts';
import { type Affiliate, type Commission, isCancelled, type Purchase } from '../../records/parse.ts';
import { identitiesIn } from '../../records/people.ts';
import { DAY_MS, startOfDay, writtenWindow } from '../../records/period.ts';
import { affiliateIdOf, foundIn, type Link, readChain } from '../attribution/chain.ts';
import { contradictions, explainChain } from '../attribution/reasons.ts';
import { flag, names, number, object, rows, text } from '../output.ts';
import { whyOf } from '../reading/attempt.ts';
import { affiliates, commissions, leads, purchases, visitors } from '../reading/collections.ts';
import { scanUnlessLong } from '../reading/long-lists.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import {
  type Audited,
  credits,
  type Finding,
  ofUnknownPurchase,
  shortPurchase,
  withoutCommission,
  withoutPurchase,
} from './findings.ts';
import { describeUsual, outlierFinding, RATE_RULE, usualRates } from './rates.ts';
import { judgeFlow, SILENCE_RULE } from './silence.ts';

export const input = () => ({
  since: moment('Default: 90 days ago').optional(),
  limit: z.int().min(0).max(20).default(2).describe('Examples per finding'),
  long_lists: z.boolean().optional().describe('true: read even over 10,000 visitors or leads'),
});

export const output = {
  alarm: flag('true: something that should come in every day has stopped'),
  flows: rows(
    'visitors, leads, purchases: alarm (silent, low, none; null: cannot be told, and why), last_at, quiet_hours, longest_pause_hours (of the 28 days before last_at), last_7_days, usual_7_days, normal_a_day',
  ),
  period: object('What the findings cover: purchases created and commissions earned in it (UTC)'),
  findings: rows('check, count, worth (per currency), means, next (what to do), examples; preliminary'),
  clear: names('Checks that found nothing'),
  not_checked: rows('check, why'),
  not_read: rows('Lists that could not be read: what, why'),
  without_readable_date: number('Purchases and commissions that fall in no period'),
  rates: rows(
    'Per group and currency: usual (null: none), purchases, purchases_with_it, lowest, highest, outliers; most purchases first',
  ),
  last_conversions: rows(
    'The newest three purchases: visitor and lead (found, missing, not_looked_for, not_read), credited_affiliate_id, commissions, contradictions, the most likely reason. More about one: trace_attribution',
  ),
  rules: object('What counts as an alarm, and as an unusual rate'),
  preliminary: text('Lists read only in part: figures from them are partial'),
};

const DAYS = 90;
const RATES = 4;
const CURRENCIES = 5;

interface Args {
  readonly since?: string;
  readonly limit: number;
  readonly long_lists?: boolean;
}

/** What a finding means, and what to do about it. */
const WORDS: Readonly<Record<string, { readonly means: string; readonly next: string }>> = {
  credited_purchase_without_commission: {
    means:
      'An affiliate is credited but has no commission, not even a cancelled one: the purchase is waiting for approval, or the plan gives none.',
    next: 'trace_attribution with purchase_code; approve_purchase if it is waiting, create_commission if it is owed',
  },
  commission_without_purchase: {
    means: 'Names no purchase: added by hand, or for a lead or visitor. Expected if you added them.',
    next: 'list_affiliate_commissions with affiliate_id',
  },
  commission_of_a_purchase_that_is_not_listed: {
    means: 'Names a purchase that LeadDyno does not list, such as one that was deleted.',
    next: 'get_purchase with purchase_id; look in LeadDyno before you pay it',
  },
  double_credit: {
    means:
      'Several affiliates earn on one purchase, not counting recruiters of the seller. worth: what those not credited earn.',
    next: 'trace_attribution with purchase_code; cancel the wrong commission in LeadDyno',
  },
  commission_of_another_affiliate: {
    means: 'The credited affiliate does not earn on it; another does, who did not recruit them.',
    next: 'trace_attribution with purchase_code',
  },
  unusual_commission_rate: {
    means: "Far from what is usual in the affiliate's group (see rules). worth: these commissions.",
    next: 'list_purchase_commissions with purchase_id; compare with list_groups',
  },
};

export async function run(given: JsonObject, work: Work): Promise<JsonObject> {
  const args = given as unknown as Args;
  const start = args.since === undefined ? undefined : startOfDay(args.since);
  if (start !== undefined && start >= work.now()) throw new Refusal('since must be in the past');
  const [bought, people, earned, led, visited] = await Promise.all([
    work.attempt(() => work.scan(purchases)),
    work.attempt(() => work.scan(affiliates)),
    work.attempt(() => work.scan(commissions)),
    scanUnlessLong(leads, args.long_lists === true, work),
    scanUnlessLong(visitors, args.long_lists === true, work),
  ]);
  const now = leaddynoNow(work);
  const since = start ?? Math.floor(now / DAY_MS) * DAY_MS - DAYS * DAY_MS;
  const lists = { purchases: bought, affiliates: people, commissions: earned };
  const flows = [
    judgeFlow('visitors', visited, now),
    judgeFlow('leads', led, now),
    judgeFlow('purchases', bought, now),
  ];
  const partly = Object.entries({ ...lists, leads: led, visitors: visited }).flatMap(([name, part]) =>
    part.read && !part.value.complete ? [name] : [],
  );
  const notRead = Object.entries({ ...lists, leads: led, visitors: visited }).flatMap(([what, part]) =>
    part.read ? [] : [{ what, why: part.why }],
  );
  const judged =
    bought.read && people.read && earned.read
      ? judge(
          auditedOf(bought.value.records, earned.value.records, people.value.records, { since, now }, work),
          args.limit,
        )
      : undefined;
  const partOf = (names: readonly string[]) => names.filter((name) => partly.includes(name));
  const found = judged?.findings ?? [];
  // If a list was read only in part, records missing from it would look like faults.
  const open = found.filter(({ check }) => partOf(NEEDS_WHOLE[check] ?? []).length > 0);
  const findings = found.filter((one) => !open.includes(one));
  const isPart = partOf(Object.keys(lists)).length > 0;
  const notChecked = [
    ...open.map(({ check }) => ({ check, why: `${partOf(NEEDS_WHOLE[check] ?? []).join(', ')}: not fully read` })),
    ...(judged ? [] : [{ check: 'all', why: 'Needs purchases, affiliates and commissions (see not_read)' }]),
  ];
  return {
    alarm: flows.some(({ alarm }) => alarm === 'silent' || alarm === 'low'),
    flows,
    period: writtenWindow({ since }),
    ...(partly.length > 0 && { preliminary: partly.join(', ') }),
    findings: findings
      .filter(({ count }) => count > 0)
      .map((one) => ({ ...describeFinding(one), ...(isPart && { preliminary: true }) })),
    clear: isPart ? [] : findings.filter(({ count }) => count === 0).map(({ check }) => check),
    ...(notRead.length > 0 && { not_read: notRead }),
    ...(notChecked.length > 0 && { not_checked: notChecked }),
    ...judged?.rates,
    ...judged?.undated,
    ...(bought.read && { last_conversions: await traceNewest(bought.value.records, now, work) }),
    rules: { flows: SILENCE_RULE, rates: RATE_RULE },
  };
}

/** Lists that a check needs whole, because it concludes from what is not in them. */
const NEEDS_WHOLE: Readonly<Record<string, readonly string[]>> = {
  credited_purchase_without_commission: ['commissions'],
  commission_of_a_purchase_that_is_not_listed: ['purchases'],
  double_credit: ['affiliates'],
  commission_of_another_affiliate: ['affiliates', 'commissions'],
};

function auditedOf(
  bought: readonly Purchase[],
  earned: readonly Commission[],
  people: readonly Affiliate[],
  { since, now }: { readonly since: number; readonly now: number },
  work: Work,
): Audited {
  const orders = work.readable('purchases', bought, 'cancelled', 'purchase_amount', 'created_at');
  const named = earned.flatMap(({ purchase }) => purchase ?? []);
  const everyCommission = work.readable('commissions', earned, 'cancelled', 'amount');
  return {
    purchases: orders.filter(({ createdAt }) => createdAt >= since),
    everyCommission,
    undated:
      orders.filter(({ createdAt }) => Number.isNaN(createdAt)).length +
      everyCommission.filter(({ earnedAt }) => Number.isNaN(earnedAt)).length,
    commissions: everyCommission.filter((one) => !one.cancelled && one.earnedAt >= since),
    known: new Set(bought.map(({ id }) => id)),
    earning: {
      ids: new Set(named.map(({ id }) => id).filter(Boolean)),
      codes: new Set(named.map(({ code }) => code).filter(Boolean)),
    },
    people: identitiesIn(people),
    byId: new Map(people.map((one) => [one.id, one])),
    now,
  };
}

function judge(audited: Audited, limit: number) {
  const sold = audited.purchases.filter((one) => !isCancelled(one, audited.now));
  const usual = usualRates(sold, audited);
  const findings: readonly Finding[] = [
    withoutCommission(audited, limit),
    ...credits(audited, limit),
    outlierFinding(usual, limit),
    ofUnknownPurchase(audited, limit),
    withoutPurchase(audited, limit),
  ];
  const left = usual.length - RATES;
  return {
    findings,
    undated: audited.undated > 0 ? { without_readable_date: audited.undated } : {},
    rates: { rates: usual.slice(0, RATES).map(describeUsual), ...(left > 0 && { rates_left_off: left }) },
  };
}

function describeFinding({ check, count, worth, rewards, examples }: Finding): JsonObject {
  return {
    check,
    count,
    worth: worth.slice(0, CURRENCIES),
    ...rewards,
    ...WORDS[check],
    ...(examples.length > 0 && { examples }),
  };
}

const TRACED = 3;
const REASONS = 1;

/** Traces the newest purchases, one line each: a short form of `trace_attribution`. */
async function traceNewest(all: readonly Purchase[], now: number, work: Work): Promise<JsonObject[]> {
  const newest = [...all]
    .filter(({ createdAt }) => createdAt <= now)
    .sort((a, b) => b.createdAt - a.createdAt)
    .slice(0, TRACED);
  return await Promise.all(newest.map((one) => traceOne(one, work)));
}

async function traceOne(purchase: Purchase, work: Work): Promise<JsonObject> {
  const { code, customer } = purchase;
  const base = { ...shortPurchase(purchase), created_at: purchase.raw.created_at };
  if (code === '' && customer.email === '')
    return { ...base, not_traced: 'It has no code, and its customer has no e-mail' };
  const chain = await readChain(code || undefined, code === '' ? customer.email : undefined, work);
  const { visitor, lead, commissions } = chain;
  const { purchase: order, purchases, affiliates } = chain;
  const links = { purchase: order, purchases, lead, visitor, commissions, ...Object.fromEntries(affiliates) };
  const failed = Object.entries(links).flatMap(([what, one]) =>
    one.state === 'not_read' ? [`${/^\d/.test(what) ? 'affiliate ' : ''}${what}: ${whyOf(one.error)}`] : [],
  );
  return {
    ...base,
    visitor: stateOf(visitor),
    lead: stateOf(lead),
    credited_affiliate_id: affiliateIdOf(purchase) ?? null,
    commissions: foundIn(commissions)?.length ?? stateOf(commissions),
    ...(failed.length > 0 && { not_read: failed.join('; ') }),
    contradictions: contradictions(chain).length,
    reasons: explainChain(chain, leaddynoNow(work))
      .slice(0, REASONS)
      .map(({ reason }) => reason),
  };
}

const stateOf = ({ state }: Link<unknown>) => state;
