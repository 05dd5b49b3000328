import type { JsonObject } from '../../json.ts';
import type { Purchase } from '../../records/parse.ts';
import { affiliateIdOf, foundIn, type Link, readChain } from '../attribution/chain.ts';
import { contradictions, explainChain } from '../attribution/reasons.ts';
import { whyOf } from '../reading/attempt.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { shortPurchase } from './findings.ts';

const TRACED = 3;
const REASONS = 1;

/** Traces the newest purchases, one line each: a short form of `trace_attribution`. */
export async function traceNewest(all: readonly Purchase[], now: number, work: Work): Promise<JsonObject[]> {
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
