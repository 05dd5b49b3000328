import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import type { LeadDynoError } from '../../leaddyno/errors.ts';
import { code, email } from '../../operations/inputs.ts';
import { Refusal } from '../../operations/operation.ts';
import { isPseudonym } from '../../operations/shapes.ts';
import { describe, describeCommission, describeLead, describePurchase } from '../../records/describe.ts';
import type { Parsed } from '../../records/parse.ts';
import { object, rows, text } from '../output.ts';
import { whyOf } from '../reading/attempt.ts';
import { mapParallel } from '../reading/parallel.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { type Chain, foundIn, type Link, readChain } from './chain.ts';
import { describeClaim, explainClaim, readClaim } from './claim.ts';
import { contradictions, explainChain } from './reasons.ts';
import { describeRepair } from './repair.ts';

export const input = () => ({
  purchase_code: code("The merchant's order code").optional(),
  purchase_codes: z.array(code('')).min(1).max(10).optional().describe('Several orders; alone'),
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
  traces: rows(
    'For purchase_codes, one per order: purchase_code, chain (key fields), contradictions, reasons, or not_read',
  ),
};

const PURCHASES = 5;
const AT_ONCE = 3;

interface Given {
  readonly purchase_code?: string;
  readonly purchase_codes?: readonly string[];
  readonly email?: string;
  readonly claimed_affiliate?: string;
}

export async function run(args: JsonObject, work: Work): Promise<JsonObject> {
  const { purchase_code, purchase_codes: codes, email: address, claimed_affiliate: claimed } = args as Given;
  if (codes) {
    if ([purchase_code, address, claimed].some((value) => value !== undefined)) {
      throw new Refusal('purchase_codes goes alone; for an e-mail or a claim give one purchase_code');
    }
    return { traces: await traceSeveral([...new Set(codes)], work) };
  }
  if (purchase_code === undefined && address === undefined)
    throw new Refusal('Give purchase_code, email or both; or purchase_codes');
  const [chain, claim] = await Promise.all([
    readChain(purchase_code, address, work),
    claimed === undefined ? undefined : readClaim(claimed, work),
  ]);
  const { purchases } = chain;
  const unread = unreadIn(chain, purchase_code !== undefined);
  if (unread) throw unread;
  const all = foundIn(purchases) ?? [];
  return {
    chain: describeChain(chain, WHOLE),
    contradictions: contradictionsIn(chain),
    reasons: [
      ...explainChain(chain, leaddynoNow(work), address),
      ...(claim?.state === 'found' ? explainClaim(claim.id, claim.affiliate, chain) : []),
    ],
    ...(claim && { claimed_affiliate: describeClaim(claim) }),
    ...(claim?.state === 'found' && (await describeRepair(claim.id, claim.affiliate, chain, work))),
    ...(address !== undefined &&
      (purchases.state === 'found' || !isPseudonym(address)) && {
        purchases: all.slice(0, PURCHASES).map(WHOLE.purchase),
        ...(all.length > PURCHASES && { purchases_left_off: all.length - PURCHASES }),
      }),
  };
}

/** Traces several orders in short, `AT_ONCE` at a time. One that cannot be read says so; the others are still shown. */
async function traceSeveral(codes: readonly string[], work: Work): Promise<JsonObject[]> {
  return await mapParallel(codes, AT_ONCE, async (purchase_code) => {
    const chain = await readChain(purchase_code, undefined, work);
    const unread = unreadIn(chain, true);
    if (unread) return { purchase_code, not_read: whyOf(unread) };
    const found = contradictionsIn(chain);
    return {
      purchase_code,
      chain: describeChain(chain, SHORT),
      ...(found.length > 0 && { contradictions: found }),
      reasons: explainChain(chain, leaddynoNow(work), undefined),
    };
  });
}

/** The failure of the whole trace: the record that the chain starts from could not be read. */
function unreadIn({ lead, purchase }: Chain, byCode: boolean): LeadDynoError | undefined {
  const start = byCode ? purchase : lead;
  return start.state === 'not_read' && lead.state !== 'found' ? start.error : undefined;
}

function contradictionsIn(chain: Chain): readonly object[] {
  const customer = foundIn(chain.purchase)?.customer.id ?? '';
  const belongs = customer === '' || !foundIn(chain.lead) || customer === foundIn(chain.lead)?.id;
  return [
    ...contradictions(chain),
    ...(belongs ? [] : [{ what: 'The purchase belongs to a customer with another e-mail', affiliate_ids: [] }]),
  ];
}

/** How each kind of record in a chain is shown. */
type Forms = Readonly<Record<'visitor' | 'lead' | 'purchase' | 'affiliate', (record: Parsed) => JsonObject>>;

const WHOLE: Forms = {
  visitor: (one) => describe('visitor', one, ['created_at', 'latest_click', 'affiliate', 'campaign']),
  lead: (one) => describeLead(one, 'status', 'campaign'),
  purchase: (one) => describePurchase(one, 'plan', 'commission_amount_override'),
  affiliate: (one) =>
    describe('affiliate', one, ['first_name', 'last_name', 'email', 'affiliate_code', 'status', 'created_at']),
};

const SHORT: Forms = {
  visitor: (one) => describe('visitor', one, ['created_at', 'affiliate']),
  lead: (one) => describe('lead', one, ['email', 'created_at', 'affiliate']),
  purchase: ({ raw }) => {
    // The row names the code already.
    const { purchase_code, ...others } = describePurchase({ raw }, 'commission_amount_override');
    return others;
  },
  affiliate: (one) => describe('affiliate', one, ['email', 'affiliate_code', 'status']),
};

function describeChain(chain: Chain, forms: Forms): JsonObject {
  const { visitor, lead, purchase, commissions, affiliates, purchases } = chain;
  return {
    visitor: shown(visitor, forms.visitor),
    lead: shown(lead, forms.lead),
    purchase: shown(purchase, forms.purchase),
    // Shown because without them nobody can tell whether a later order moved the customer.
    ...(purchases.state === 'not_read' && { purchases: shown(purchases, () => ({})) }),
    commissions: shown(commissions, (list) => ({
      count: list.length,
      rows: list.map((one) => describeCommission(one, 'due_at', 'paid')),
    })),
    // Each has its id, even if its record was not found.
    affiliates: [...affiliates].map(([id, one]) => ({ affiliate_id: id, ...shown(one, forms.affiliate) })),
  };
}

/** A link as a result shows it. */
function shown<Value>(link: Link<Value>, short: (value: Value) => JsonObject): JsonObject {
  if (link.state === 'found') return { state: 'found', ...short(link.value) };
  return link.state === 'not_read' ? { state: link.state, why: whyOf(link.error) } : { state: link.state };
}
