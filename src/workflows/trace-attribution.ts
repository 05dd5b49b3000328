import { isObject, type JsonObject } from '../json.ts';
import { code, email } from '../operations/inputs.ts';
import { isPseudonym } from '../operations/shapes.ts';
import { found, type Link, readChain } from './attribution/trace-chain.ts';
import { contradictions, explain } from './attribution/trace-reasons.ts';
import { object, rows } from './output.ts';
import { whyOf } from './reading/attempts.ts';
import type { Work } from './workflow.ts';

export const input = () => ({
  purchase_code: code("The merchant's order code").optional(),
  email: email('Address of the customer; their newest purchase where no purchase_code is given').optional(),
});

export const output = {
  chain: object(
    'visitor, lead, purchase, commissions, affiliates: state (found, missing, not_looked_for, not_read) and the record in short',
  ),
  contradictions: rows('Where two records name different affiliates: what, affiliate_ids'),
  reasons: rows('Hypotheses: about, reason, confidence (certain, likely, possible), basis'),
  purchases: rows("The customer's newest five, where an address was given"),
};

const PURCHASES = 5;

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const { purchase_code, email: address } = args as { purchase_code?: string; email?: string };
  if (purchase_code === undefined && address === undefined) throw new RangeError('Give purchase_code, email or both');
  const chain = await readChain(purchase_code, address, work);
  const { visitor, lead, purchase, commissions, affiliates, purchases } = chain;
  const start = purchase_code === undefined ? lead : purchase;
  // What the whole chain hangs on could not be read: there is nothing to tell.
  if (start.state === 'not_read' && lead.state !== 'found') throw start.error;
  const all = found(purchases) ?? [];
  const customer = found(purchase)?.lead;
  const belongs = !isObject(customer) || !found(lead) || String(customer.id) === String(found(lead)?.id);
  return {
    chain: {
      visitor: shown(visitor, shortVisitor),
      lead: shown(lead, shortLead),
      purchase: shown(purchase, shortPurchase),
      commissions: shown(commissions, (list) => ({ count: list.length, rows: list.map(shortCommission) })),
      affiliates: [...affiliates].map(([id, one]) => ({ affiliate_id: id, ...shown(one, shortAffiliate) })),
    },
    contradictions: [
      ...contradictions(chain),
      ...(belongs ? [] : [{ what: 'The purchase belongs to another customer than the address', affiliate_ids: [] }]),
    ],
    reasons: explain(chain, work.now(), address),
    ...(address !== undefined &&
      (purchases.state === 'found' || !isPseudonym(address)) && {
        purchases: all.slice(0, PURCHASES).map(shortPurchase),
        ...(all.length > PURCHASES && { purchases_left_off: all.length - PURCHASES }),
      }),
  };
}

/** A link as it leaves. */
function shown<Value>(link: Link<Value>, short: (value: Value) => JsonObject): JsonObject {
  if (link.state === 'found') return { state: 'found', ...short(link.value) };
  return link.state === 'not_read' ? { state: link.state, why: whyOf(link.error) } : { state: link.state };
}

const person = (value: unknown): unknown => (isObject(value) ? { id: value.id, email: value.email } : null);
const keyOf = (value: unknown): unknown => (isObject(value) ? value.code : null);

function shortVisitor({ id, created_at, latest_click, affiliate, campaign }: JsonObject): JsonObject {
  return { visitor_id: id, created_at, latest_click, affiliate: person(affiliate), campaign_code: keyOf(campaign) };
}

function shortLead({ id, email: address, first_name, last_name, status, created_at, affiliate, campaign }: JsonObject) {
  const names = { first_name, last_name };
  return {
    lead_id: id,
    email: address,
    ...names,
    status,
    created_at,
    affiliate: person(affiliate),
    campaign_code: keyOf(campaign),
  };
}

function shortPurchase(row: JsonObject): JsonObject {
  const { id, purchase_code, purchase_amount, currency, cancelled, created_at, affiliate, plan } = row;
  const { commission_amount_override: override, cancellation } = row;
  return {
    purchase_id: id,
    purchase_code,
    purchase_amount,
    currency,
    cancelled,
    ...(isObject(cancellation) && { cancelled_at: cancellation.effective_date }),
    created_at,
    affiliate: person(affiliate),
    plan_code: keyOf(plan),
    ...(override !== null && override !== undefined && { commission_amount_override: override }),
  };
}

function shortCommission({ id, amount, currency, date, due_at, paid, cancelled, affiliate }: JsonObject): JsonObject {
  return { commission_id: id, amount, currency, date, due_at, paid, cancelled, affiliate: person(affiliate) };
}

function shortAffiliate({ first_name, last_name, email: address, affiliate_code, status, created_at }: JsonObject) {
  return { first_name, last_name, email: address, affiliate_code, status, created_at };
}
