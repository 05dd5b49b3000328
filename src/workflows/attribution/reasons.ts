import { isPseudonym, PSEUDONYM_DOMAIN } from '../../operations/shapes.ts';
import { amountOf } from '../../records/money.ts';
import { type Affiliate, type Commission, isCancelled, isStillToCome, type Purchase } from '../../records/parse.ts';
import { numberOf } from '../../records/values.ts';
import { affiliateIdOf, type Chain, foundIn, type Link } from './chain.ts';

/** A hypothesis why the chain is as it is, and its basis. */
export interface Reason {
  readonly about: 'visitor' | 'lead' | 'purchase' | 'commission' | 'claimed_affiliate';
  readonly reason: string;
  readonly confidence: 'certain' | 'likely' | 'possible';
  readonly basis: string;
}

/** Common bases of reasons. */
export const RULES = 'LeadDyno help, attribution settings (the account settings themselves cannot be read)';
export const RECORD = 'the records themselves';
const API = "LeadDyno's API documentation";

/** Why an affiliate earns nothing: their record is gone, or they are pending or archived. */
function notEarning(affiliate: Link<Affiliate> | undefined, about: Reason['about']): Reason[] {
  if (affiliate?.state === 'missing')
    return [say(about, 'LeadDyno no longer has a record of the affiliate.', 'likely', RECORD)];
  const standing = affiliate && foundIn(affiliate)?.standing;
  if (standing === 'pending')
    return [
      say(
        about,
        'The affiliate waits for approval and earns nothing until then.',
        'likely',
        'LeadDyno help; the record',
      ),
    ];
  return standing === 'archived'
    ? [
        say(
          about,
          'The affiliate is archived; archived affiliates are inactive.',
          'likely',
          'LeadDyno help; the record',
        ),
      ]
    : [];
}

export function say(about: Reason['about'], reason: string, confidence: Reason['confidence'], basis: string): Reason {
  return { about, reason, confidence, basis };
}

/** Two records that name different affiliates. */
export interface Contradiction {
  readonly what: string;
  readonly affiliate_ids: readonly number[];
}

/**
 * The likely reasons, in the order of the chain. None contains text of a record.
 * @param address of the customer, if one was asked for
 */
export function explainChain(chain: Chain, now: number, address?: string): Reason[] {
  return [
    ...aboutVisitor(chain),
    ...aboutLead(chain, address),
    ...aboutPurchase(chain, now),
    ...aboutCommissions(chain, now),
  ];
}

export function contradictions(chain: Chain): Contradiction[] {
  const owners = {
    visitor: affiliateIdOf(foundIn(chain.visitor)),
    lead: affiliateIdOf(foundIn(chain.lead)),
    purchase: affiliateIdOf(foundIn(chain.purchase)),
  };
  const earners = [...new Set((foundIn(chain.commissions) ?? []).map(affiliateIdOf))].filter((id) => id !== undefined);
  const differ = (what: string, a: number | undefined, b: number | undefined): Contradiction[] =>
    a === undefined || b === undefined || a === b ? [] : [{ what, affiliate_ids: [a, b] }];
  return [
    ...differ('The purchase credits an affiliate other than the one the lead belongs to', owners.purchase, owners.lead),
    ...differ(
      'The latest visit came through an affiliate other than the one the lead belongs to',
      owners.visitor,
      owners.lead,
    ),
    ...(owners.lead === undefined
      ? differ(
          'The latest visit came through an affiliate other than the one the purchase credits',
          owners.visitor,
          owners.purchase,
        )
      : []),
    ...earners.flatMap((earner) =>
      differ('A commission goes to an affiliate other than the one the purchase credits', earner, owners.purchase),
    ),
  ];
}

function aboutVisitor({ visitor, lead }: Chain): Reason[] {
  const owner = affiliateIdOf(foundIn(lead));
  const visited = affiliateIdOf(foundIn(visitor));
  if (visitor.state === 'missing') {
    return [
      say(
        'visitor',
        'LeadDyno knows no visitor with the tracking code of the lead.',
        'possible',
        `${API}; the address of this look-up is unverified`,
      ),
    ];
  }
  if (visitor.state === 'not_looked_for' && lead.state === 'found' && owner !== undefined) {
    const text = 'No visit is tied to the lead: it was credited by a coupon code, by the API, or by hand.';
    return [say('visitor', text, 'likely', `${RECORD}: the lead has an affiliate and no tracking code`)];
  }
  if (visited !== undefined && owner !== undefined && visited !== owner) {
    const text = 'A later click on another affiliate\'s link did not move the lead: "first affiliate wins" is on.';
    return [say('visitor', text, 'likely', RULES)];
  }
  if (visited !== undefined && owner === undefined && lead.state === 'found') {
    const text = 'The lead first came from a direct source and stays there: "first source wins" is on.';
    return [say('visitor', text, 'possible', RULES)];
  }
  return [];
}

function aboutLead({ lead, purchase, visitor }: Chain, address: string | undefined): Reason[] {
  if (address !== undefined && isPseudonym(address)) {
    const text =
      'The address is a pseudonym shown by a server with --mask-pii: LeadDyno does not know it, so it was not looked up. Give purchase_code instead, or read the lead by id (get_lead).';
    return [say('lead', text, 'certain', `the address ends in @${PSEUDONYM_DOMAIN}`)];
  }
  if (lead.state === 'missing') {
    return [say('lead', 'LeadDyno has no lead with this address or id.', 'certain', RECORD)];
  }
  const nobody = affiliateIdOf(foundIn(lead)) === undefined && affiliateIdOf(foundIn(purchase)) === undefined;
  if (lead.state !== 'found' || !nobody || affiliateIdOf(foundIn(visitor)) !== undefined) return [];
  return [nobodyNamed(visitor.state)];
}

/** The reason where neither lead nor purchase names an affiliate, with what is known about the visit. */
function nobodyNamed(visit: Chain['visitor']['state']): Reason {
  const records = 'neither lead nor purchase names an affiliate';
  if (visit === 'found') {
    const text = 'The customer came without an affiliate link or code that LeadDyno recorded, so nobody is credited.';
    return say('lead', text, 'likely', `${RECORD}: neither visit, lead nor purchase names an affiliate`);
  }
  const unseen = {
    missing: 'LeadDyno does not find the visit by the tracking code of the lead, so it may name one',
    not_looked_for: 'the lead has no tracking code, so no visit could be looked for',
    not_read: 'the visit could not be read, so it may name one',
  }[visit];
  return say(
    'lead',
    `Neither the lead nor the purchase names an affiliate, so nobody is credited; ${unseen}.`,
    'possible',
    `${RECORD}: ${records}`,
  );
}

function aboutPurchase(chain: Chain, now: number): Reason[] {
  const { purchase, lead } = chain;
  if (purchase.state === 'missing') {
    const text = 'LeadDyno has no such purchase: it was not reported, or was reported under another code.';
    return [say('purchase', text, 'certain', RECORD)];
  }
  const row = foundIn(purchase);
  if (!row) return [];
  const [credited, owner] = [affiliateIdOf(row), affiliateIdOf(foundIn(lead))];
  return [
    ...aboutCancellation(row, now),
    ...(credited === undefined && owner !== undefined ? uncredited(chain, owner) : []),
    ...(credited !== undefined && owner !== undefined && credited !== owner ? moved(chain, credited, owner) : []),
    ...(credited !== undefined && owner === undefined && lead.state === 'found'
      ? [say('purchase', 'An affiliate code on the order (coupon) credited this purchase only.', 'possible', RULES)]
      : []),
  ];
}

function aboutCancellation(purchase: Purchase, now: number): Reason[] {
  if (isStillToCome(purchase, now)) {
    const text = 'The purchase is to be cancelled at a later date (cancelled_at); until then it counts.';
    return [say('purchase', text, 'certain', `${RECORD}: the cancellation takes effect in the future`)];
  }
  const { cancelled, raw } = purchase;
  if (cancelled) {
    const text = 'The purchase is cancelled, and its unpaid commissions with it.';
    return [say('purchase', text, 'certain', `${RECORD}: cancelled is true`)];
  }
  if (typeof raw.cancellation !== 'object' || raw.cancellation === null) return [];
  const text =
    'The purchase has a cancellation but is not marked as cancelled: it may be partly cancelled or about to be.';
  return [say('purchase', text, 'possible', `${API}: the two may differ`)];
}

/** Reasons where the lead belongs to an affiliate but the purchase credits nobody. */
function uncredited({ affiliates, purchase, visitor }: Chain, owner: number): Reason[] {
  const one = affiliates.get(owner);
  const inactive = notEarning(one, 'purchase');
  const [bought, visited] = [foundIn(purchase), foundIn(visitor)].map((one) => one?.createdAt ?? Number.NaN);
  return [
    ...inactive,
    ...((visited ?? 0) > (bought ?? 0)
      ? [
          say(
            'purchase',
            'The visit that ties the customer to the affiliate came after the purchase.',
            'likely',
            `${RECORD}: their dates`,
          ),
        ]
      : []),
    ...(inactive.length === 0
      ? [
          say(
            'purchase',
            'The lead was given to the affiliate after the purchase (another order, reassign_affiliate, or by hand); earlier purchases stay as they were.',
            'possible',
            RULES,
          ),
        ]
      : []),
  ];
}

/** Reasons where the purchase credits one affiliate and the lead belongs to another. */
function moved({ purchases, purchase }: Chain, credited: number, owner: number): Reason[] {
  const bought = foundIn(purchase)?.createdAt ?? Number.NaN;
  const later = (foundIn(purchases) ?? []).some(
    (one) => one.createdAt > bought && affiliateIdOf(one) === owner && owner !== credited,
  );
  return [
    say(
      'purchase',
      'A coupon code used on the order credited its owner: a coupon overrides first affiliate and first source.',
      'possible',
      RULES,
    ),
    say(
      'purchase',
      'A later order moved the lead to the other affiliate (reassign_affiliate, on by default); this purchase stays with the one it was credited to.',
      later ? 'likely' : 'possible',
      later ? `${RECORD}: a later purchase credits the affiliate of the lead` : API,
    ),
    say(
      'purchase',
      '"First affiliate wins" is off, so a new link moved the lead before or after this order.',
      'possible',
      RULES,
    ),
  ];
}

/** What explains the commissions, or why there is none. */
function aboutCommissions(chain: Chain, now: number): Reason[] {
  const { commissions, purchase, affiliates } = chain;
  const row = foundIn(purchase);
  const rows = foundIn(commissions);
  if (!row || !rows) return [];
  const credited = affiliateIdOf(row);
  if (rows.length > 0) return rows.flatMap((one) => aboutCommission(one, row, affiliates, now)).filter(once());
  if (credited === undefined) {
    return [
      say('commission', 'Nobody is credited with the purchase, so nobody earns a commission.', 'certain', RECORD),
    ];
  }
  if (isCancelled(row, now)) return [];
  const override = amountOf(row.raw.commission_amount_override);
  return [
    ...notEarning(affiliates.get(credited), 'commission'),
    ...(override?.isZero()
      ? [say('commission', 'commission_amount_override is 0 and replaces the plan.', 'likely', API)]
      : []),
    ...(override === undefined && row.amount?.isZero()
      ? [say('commission', 'The purchase amount is 0: a percentage of it is nothing.', 'likely', API)]
      : []),
    ...(row.raw.plan === null
      ? [say('commission', 'The purchase has no commission plan.', 'likely', `${RECORD}: plan is null`)]
      : []),
    say(
      'commission',
      'The purchase is waiting for approval. No field shows that; purchases reported by the browser script wait unless AutoApprove is on.',
      'possible',
      `${API} and LeadDyno help`,
    ),
    say('commission', 'The plan of the affiliate gives no commission for this purchase.', 'possible', 'LeadDyno help'),
  ];
}

function aboutCommission(one: Commission, purchase: Purchase, affiliates: Chain['affiliates'], now: number): Reason[] {
  const [earner, credited] = [affiliateIdOf(one), affiliateIdOf(purchase)];
  const recruiter = numberOf(foundIn(affiliates.get(credited ?? -1) ?? { state: 'missing' })?.recruiterId);
  const override = amountOf(purchase.raw.commission_amount_override);
  const open = one.cancelled === false && one.paid === false;
  return [
    ...(one.raw.purchase === null
      ? [say('commission', 'A commission was added by hand.', 'certain', `${RECORD}: it names no purchase`)]
      : []),
    ...(one.cancelled && !isCancelled(purchase, now)
      ? [
          say(
            'commission',
            'The merchant cancelled the commission alone.',
            'likely',
            'LeadDyno help, commission states',
          ),
        ]
      : []),
    ...(one.paid && isCancelled(purchase, now)
      ? [say('commission', 'The commission was paid before the purchase was cancelled.', 'likely', RECORD)]
      : []),
    ...(one.isMoney
      ? []
      : [say('commission', 'A commission is a reward that is not money (points, credit).', 'certain', RECORD)]),
    ...(open && one.dueAt > now
      ? [
          say(
            'commission',
            'The commission is not payable yet: its waiting period is still running.',
            'certain',
            `${RECORD}: due_at is in the future`,
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
                'The commission was added or moved by hand, or the purchase was re-credited afterwards.',
                'possible',
                RULES,
              ),
        ]
      : []),
    ...(override && one.amount?.equals(override)
      ? [
          say(
            'commission',
            'commission_amount_override set the amount instead of the plan.',
            'likely',
            `${RECORD}: the amounts are equal`,
          ),
        ]
      : []),
  ];
}

/** Keeps each reason once: it may hold for several commissions. */
function once() {
  const said = new Set<string>();
  return ({ reason }: Reason) => !said.has(reason) && said.add(reason) !== undefined;
}
