import type { JsonObject } from '../../json.ts';
import type { Purchase } from '../../records/parse.ts';
import { affiliateIdOf, foundIn, type Link, readChain } from '../attribution/chain.ts';
import { contradictions, explainChain } from '../attribution/reasons.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { shortPurchase } from './findings.ts';

const TRACED = 3;
const REASONS = 2;

/** The newest purchases with their chain, each in a line: the short form of `trace_attribution`. */
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
    return { ...base, not_traced: 'It has no code, and its customer no address' };
  const chain = await readChain(code || undefined, code === '' ? customer.email : undefined, work);
  const { visitor, lead, commissions } = chain;
  return {
    ...base,
    visitor: stateOf(visitor),
    lead: stateOf(lead),
    credited_affiliate_id: affiliateIdOf(foundIn(chain.purchase)) ?? null,
    commissions: foundIn(commissions)?.length ?? stateOf(commissions),
    contradictions: contradictions(chain).length,
    reasons: explainChain(chain, leaddynoNow(work))
      .slice(0, REASONS)
      .map(({ reason }) => reason),
  };
}

const stateOf = ({ state }: Link<unknown>) => state;
