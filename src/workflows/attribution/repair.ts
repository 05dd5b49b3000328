import type { JsonObject } from '../../json.ts';
import { keyForm } from '../../records/keys.ts';
import { amountOf, type Decimal, rounded, written, ZERO } from '../../records/money.ts';
import { type Affiliate, isCancelled, type Purchase } from '../../records/parse.ts';
import { identitiesIn } from '../../records/people.ts';
import { codeOf, groupBy, numericIdOf } from '../../records/values.ts';
import { cutText } from '../../text.ts';
import { percent, ratesOf } from '../groups/observed-rates.ts';
import { affiliates, commissions, purchases } from '../reading/collections.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { affiliateIdOf, type Chain, foundIn } from './chain.ts';

/** One way to correct the credit: a tool with its arguments. Nothing is carried out here. */
interface Repair extends JsonObject {
  readonly when: 'first' | 'this_sale' | 'future_sales';
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly remark: string;
}

/** What the plan would have paid, if that can be worked out. */
type Worth = { readonly amount: string; readonly from: JsonObject } | { readonly unknown: string };

/** How to correct what the claim is about: the tools to call, in order, and why nothing can be done about this sale. */
export async function describeRepair(id: number, affiliate: Affiliate, chain: Chain, work: Work): Promise<JsonObject> {
  const ways = [
    ...standingRepair(id, affiliate),
    ...(await saleRepair(id, affiliate, chain, work)),
    ...leadRepair(id, affiliate, chain),
  ].map((way) => (work.isSwitchedOff(way.tool) ? { ...way, switched_off: true } : way));
  const why = whyNoSale(id, chain, leaddynoNow(work));
  return { repair: ways, ...(why !== undefined && { not_this_sale: why }) };
}

function standingRepair(id: number, { standing }: Affiliate): Repair[] {
  const remark = 'Without it they earn nothing on new sales.';
  const args = { affiliate_id: id };
  if (standing === 'pending') return [{ when: 'first', tool: 'approve_affiliate', arguments: args, remark }];
  return standing === 'archived' ? [{ when: 'first', tool: 'unarchive_affiliate', arguments: args, remark }] : [];
}

/** Moves the customer, for future sales only: what they have bought stays as it is. */
function leadRepair(id: number, affiliate: Affiliate, { lead }: Chain): Repair[] {
  const row = foundIn(lead);
  const owner = affiliateIdOf(row);
  const leadId = row && numericIdOf(row);
  const code = codeOf(affiliate.raw.affiliate_code);
  if (!row || leadId === undefined || owner === id || code === '' || row.email === '') return [];
  const moved = owner === undefined ? '' : ` Affiliate ${owner} loses the customer.`;
  return [
    {
      when: 'future_sales',
      tool: 'update_lead',
      arguments: { lead_id: leadId, email: row.email, code },
      remark: `Credits what the customer buys from now on; this sale stays as it is. Whether LeadDyno moves the lead is unverified: read it afterwards.${moved}`,
    },
  ];
}

/** Why no commission should be added for this sale; undefined if one may be. */
function whyNoSale(id: number, { purchase, commissions: earned }: Chain, now: number): string | undefined {
  const row = foundIn(purchase);
  if (!row) return 'The purchase was not found, so nothing is known of its amount: see reasons.';
  if (isCancelled(row, now)) return 'The purchase is cancelled: it earns nothing.';
  const rows = foundIn(earned);
  if (!rows) return 'The commissions of the purchase could not be read: they may have one already.';
  return rows.some((one) => affiliateIdOf(one) === id && one.cancelled !== true)
    ? 'They have a commission on this purchase already.'
    : undefined;
}

/** A warning about the others' commissions, because no call cancels a single one (API reference, section 2). */
const besides = (others: number): string =>
  others === 0
    ? ''
    : `Commissions of others on this sale stay (${others}): it is paid twice unless you cancel them in LeadDyno.`;

async function saleRepair(id: number, affiliate: Affiliate, chain: Chain, work: Work): Promise<Repair[]> {
  const row = foundIn(chain.purchase);
  if (!row || whyNoSale(id, chain, leaddynoNow(work)) !== undefined) return [];
  const worth = await worthOf(affiliate, row, work);
  const others = (foundIn(chain.commissions) ?? []).filter(({ cancelled }) => cancelled !== true);
  const purchaseId = numericIdOf(row);
  const isCredited = affiliateIdOf(row) === id;
  return [
    ...(isCredited && others.length === 0 && purchaseId !== undefined
      ? [
          {
            when: 'this_sale',
            tool: 'approve_purchase',
            arguments: { purchase_id: purchaseId },
            remark: 'Try this first: if the purchase waits for approval, its own commission is released.',
          } as const,
        ]
      : []),
    {
      when: 'this_sale',
      tool: 'create_commission',
      arguments: {
        affiliate_id: id,
        ...('amount' in worth && { amount: Number(worth.amount) }),
        ...(row.currency !== '' && { currency: row.currency }),
        ...(row.code !== '' && { note: cutText(row.code, 60) }),
      },
      ...('amount' in worth ? { amount_from: worth.from } : { amount_unknown: worth.unknown }),
      remark: `Adds a debt by hand, without undo. ${besides(others.length)}`.trim(),
    },
  ];
}

/** The fixed commission, or the amount at the rate that the affiliate's group was seen to earn most often. */
async function worthOf(affiliate: Affiliate, sale: Purchase, work: Work): Promise<Worth> {
  const { amount, currency, raw } = sale;
  const fixed = amountOf(raw.commission_amount_override);
  if (fixed?.greaterThan(0)) {
    return { amount: written(fixed, currency), from: { commission_amount_override: written(fixed, currency) } };
  }
  if (fixed) return { unknown: 'commission_amount_override is 0, so the sale was to earn nothing.' };
  if (!amount?.greaterThan(0)) return { unknown: 'The purchase has no amount to take a rate of.' };
  const read = await work.attempt(() =>
    Promise.all([work.scan(affiliates), work.scan(purchases), work.scan(commissions)]),
  );
  if (!read.read) return { unknown: `The rate of the group is not known. ${read.why}.` };
  const [people, bought, earned] = read.value;
  const { find } = identitiesIn(people.records);
  const isOfGroup = (one: Purchase) => {
    const who = one.affiliate && find(one.affiliate);
    return who !== undefined && keyForm(who.group) === keyForm(affiliate.group);
  };
  const now = leaddynoNow(work);
  const sold = work
    .readable('purchases', bought.records, 'cancelled', 'purchase_amount')
    .filter((one) => one.currency === currency && !isCancelled(one, now) && isOfGroup(one));
  const all = ratesOf(sold, work.readable('commissions', earned.records, 'cancelled', 'amount'), find);
  const samePlan = all.filter(({ purchase }) => purchase.plan === sale.plan);
  const rates = samePlan.length > 0 ? samePlan : all;
  const common = [...groupBy(rates, ({ rate }) => percent(rate))].sort((a, b) => b[1].length - a[1].length)[0];
  const group = affiliate.group || null;
  if (!common) return { unknown: `No purchase of their group (${currency || 'no currency'}) shows a rate.` };
  const [rate, seen] = common;
  const sum = (of: 'sum' | 'amount') => seen.reduce((total: Decimal, one) => total.plus(one[of]), ZERO);
  const due = rounded(amount.times(sum('sum')).div(sum('amount')), currency);
  if (Number(due) <= 0) return { unknown: `At the rate of their group, ${rate}, this sale gives nothing.` };
  return {
    amount: due,
    from: {
      ...(read.value.some(({ complete }) => !complete) && { read_in_part: true }),
      purchase_amount: written(amount, currency),
      rate,
      group,
      ...(samePlan.length > 0 && sale.plan !== '' && { plan_code: sale.plan }),
      purchases_with_this_rate: seen.length,
      purchases_seen: rates.length,
    },
  };
}
