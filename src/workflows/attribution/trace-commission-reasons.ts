import type { JsonObject } from '../../json.ts';
import { amountOf } from '../../records/money.ts';
import { flagOf, numberOf, timeOf } from '../../records/values.ts';
import { affiliateIdOf, type Chain, found } from './trace-chain.ts';
import { API, notEarning, RECORD, type Reason, RULES, say } from './trace-reason.ts';

/** Why there is a commission, or why there is none. */
export function aboutCommissions(chain: Chain, now: number): Reason[] {
  const { commissions, purchase, affiliates } = chain;
  const row = found(purchase);
  const rows = found(commissions);
  if (!row || !rows) return [];
  const credited = affiliateIdOf(row);
  if (rows.length > 0) return rows.flatMap((one) => aboutCommission(one, row, affiliates, now)).filter(once());
  if (credited === undefined) {
    return [
      say('commission', 'Nobody is credited with the purchase, so nobody earns a commission.', 'certain', RECORD),
    ];
  }
  if (flagOf(row.cancelled)) return [];
  const override = amountOf(row.commission_amount_override);
  return [
    ...notEarning(affiliates.get(credited), 'commission'),
    ...(override?.isZero()
      ? [say('commission', 'commission_amount_override is 0 and replaces the plan.', 'likely', API)]
      : []),
    ...(override === undefined && amountOf(row.purchase_amount)?.isZero()
      ? [say('commission', 'The purchase amount is 0: a percentage of it is nothing.', 'likely', API)]
      : []),
    ...(row.plan === null
      ? [say('commission', 'The purchase has no commission plan.', 'likely', `${RECORD}: plan is null`)]
      : []),
    say(
      'commission',
      'The purchase waits for approval: no field shows that; those reported by the browser script wait unless AutoApprove is on.',
      'possible',
      `${API} and LeadDyno help`,
    ),
    say('commission', 'The plan of the affiliate gives no commission for this purchase.', 'possible', 'LeadDyno help'),
  ];
}

function aboutCommission(
  one: JsonObject,
  purchase: JsonObject,
  affiliates: Chain['affiliates'],
  now: number,
): Reason[] {
  const [earner, credited] = [affiliateIdOf(one), affiliateIdOf(purchase)];
  const recruiter = numberOf(found(affiliates.get(credited ?? -1) ?? { state: 'missing' })?.referring_affiliate_id);
  const [override, amount] = [amountOf(purchase.commission_amount_override), amountOf(one.amount)];
  const due = timeOf(one.due_at);
  const open = flagOf(one.cancelled) === false && flagOf(one.paid) === false;
  return [
    ...(one.purchase === null
      ? [say('commission', 'A commission was added by hand.', 'certain', `${RECORD}: it names no purchase`)]
      : []),
    ...(flagOf(one.cancelled) && !flagOf(purchase.cancelled)
      ? [
          say(
            'commission',
            'The commission was cancelled by itself, by the merchant.',
            'likely',
            'LeadDyno help, commission states',
          ),
        ]
      : []),
    ...(flagOf(one.paid) && flagOf(purchase.cancelled)
      ? [say('commission', 'The commission was paid before the purchase was cancelled.', 'likely', RECORD)]
      : []),
    ...(open && due > now
      ? [
          say(
            'commission',
            'The commission is not payable yet: its waiting time runs.',
            'certain',
            `${RECORD}: due_at lies ahead`,
          ),
        ]
      : []),
    ...(earner !== undefined && credited !== undefined && earner !== credited
      ? [
          earner === recruiter
            ? say(
                'commission',
                'The recruiter of the credited affiliate earns on the second level.',
                'likely',
                `${RECORD}: referring_affiliate_id`,
              )
            : say(
                'commission',
                'The commission was added or moved by hand, or the purchase was credited anew afterwards.',
                'possible',
                RULES,
              ),
        ]
      : []),
    ...(override && amount?.equals(override)
      ? [
          say(
            'commission',
            'commission_amount_override set the amount in place of the plan.',
            'likely',
            `${RECORD}: the amounts are equal`,
          ),
        ]
      : []),
  ];
}

/** The same reason holds for several commissions. */
function once() {
  const said = new Set<string>();
  return ({ reason }: Reason) => !said.has(reason) && said.add(reason) !== undefined;
}
