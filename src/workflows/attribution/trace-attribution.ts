import type { JsonObject } from '../../json.ts';
import { code, email } from '../../operations/inputs.ts';
import { Refusal } from '../../operations/operation.ts';
import { isPseudonym } from '../../operations/shapes.ts';
import { describe, describeCommission, describeLead, describePurchase } from '../../records/describe.ts';
import type { Parsed } from '../../records/parse.ts';
import { object, rows, text } from '../output.ts';
import { whyOf } from '../reading/attempt.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { foundIn, type Link, readChain } from './chain.ts';
import { describeClaim, explainClaim, readClaim } from './claim.ts';
import { contradictions, explainChain } from './reasons.ts';
import { describeRepair } from './repair.ts';

export const input = () => ({
  purchase_code: code("The merchant's order code").optional(),
  email: email("The customer's; without purchase_code, their newest purchase").optional(),
  claimed_affiliate: code('Who should have been credited: id, e-mail, code or name').optional(),
});

export const output = {
  chain: object(
    'visitor, lead, purchase, commissions, affiliates: state (found, missing, not_looked_for, not_read) and the key fields; a commission that is not money has reward (name, amount) in place of amount and currency',
  ),
  contradictions: rows('Where two records name different affiliates: what, affiliate_ids'),
  reasons: rows('Hypotheses: about, reason, confidence (certain, likely, possible), basis'),
  claimed_affiliate: object('state (found, several: candidates, missing, not_read) and who it is'),
  repair: rows(
    'Ways to set it right, none of them done: when (first, this_sale, future_sales), tool, arguments, remark; amount_from: what the amount was figured from; switched_off: not on this server',
  ),
  not_this_sale: text('Why no commission is to be added for this sale'),
  purchases: rows("The customer's newest five, if an e-mail was given"),
};

const PURCHASES = 5;

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const given = args as { purchase_code?: string; email?: string; claimed_affiliate?: string };
  const { purchase_code, email: address, claimed_affiliate: claimed } = given;
  if (purchase_code === undefined && address === undefined) throw new Refusal('Give purchase_code, email or both');
  const [chain, claim] = await Promise.all([
    readChain(purchase_code, address, work),
    claimed === undefined ? undefined : readClaim(claimed, work),
  ]);
  const { visitor, lead, purchase, commissions, affiliates, purchases } = chain;
  const start = purchase_code === undefined ? lead : purchase;
  // What the whole chain hangs on could not be read: there is nothing to tell.
  if (start.state === 'not_read' && lead.state !== 'found') throw start.error;
  const all = foundIn(purchases) ?? [];
  const customer = foundIn(purchase)?.customer.id ?? '';
  const belongs = customer === '' || !foundIn(lead) || customer === foundIn(lead)?.id;
  return {
    chain: {
      visitor: shown(visitor, describeVisitor),
      lead: shown(lead, (one) => describeLead(one, 'status', 'campaign')),
      purchase: shown(purchase, describeOrder),
      // Without them it cannot be told whether a later order moved the customer.
      ...(purchases.state === 'not_read' && { purchases: shown(purchases, () => ({})) }),
      commissions: shown(commissions, (list) => ({
        count: list.length,
        rows: list.map((one) => describeCommission(one, 'due_at', 'paid')),
      })),
      affiliates: [...affiliates].map(([id, one]) => ({ affiliate_id: id, ...shown(one, describeNamed) })),
    },
    contradictions: [
      ...contradictions(chain),
      ...(belongs ? [] : [{ what: 'The purchase belongs to a customer with another e-mail', affiliate_ids: [] }]),
    ],
    reasons: [
      ...explainChain(chain, leaddynoNow(work), address),
      ...(claim?.state === 'found' ? explainClaim(claim.id, claim.affiliate, chain) : []),
    ],
    ...(claim && { claimed_affiliate: describeClaim(claim) }),
    ...(claim?.state === 'found' && (await describeRepair(claim.id, claim.affiliate, chain, work))),
    ...(address !== undefined &&
      (purchases.state === 'found' || !isPseudonym(address)) && {
        purchases: all.slice(0, PURCHASES).map(describeOrder),
        ...(all.length > PURCHASES && { purchases_left_off: all.length - PURCHASES }),
      }),
  };
}

/** A link as it leaves. */
function shown<Value>(link: Link<Value>, short: (value: Value) => JsonObject): JsonObject {
  if (link.state === 'found') return { state: 'found', ...short(link.value) };
  return link.state === 'not_read' ? { state: link.state, why: whyOf(link.error) } : { state: link.state };
}

const describeOrder = (one: Parsed) => describePurchase(one, 'plan', 'commission_amount_override');

const describeVisitor = (visitor: Parsed) =>
  describe('visitor', visitor, ['created_at', 'latest_click', 'affiliate', 'campaign']);

/** Its id stands beside the state already. */
const describeNamed = (affiliate: Parsed) =>
  describe('affiliate', affiliate, ['first_name', 'last_name', 'email', 'affiliate_code', 'status', 'created_at']);
