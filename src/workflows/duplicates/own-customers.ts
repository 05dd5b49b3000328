import type { JsonObject } from '../../json.ts';
import { addressForm } from '../../records/keys.ts';
import { totalsOf } from '../../records/money.ts';
import { type Credited, isCancelled, type Lead, type Purchase } from '../../records/parse.ts';
import { mailboxOf } from '../../records/people.ts';
import { numericIdOf, shownIdOf } from '../../records/values.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { type ById, type Evidence, evidence } from './evidence.ts';

const IDS_SHOWN = 5;

/** Purchases and leads that are credited to an affiliate and whose customer has that affiliate's mailbox. */
interface Own {
  readonly purchases: Purchase[];
  readonly leads: Lead[];
  readonly fields: Set<string>;
}

/** Affiliates who are their own customer, by e-mail or payout address. */
export function findOwnCustomers(
  all: ById,
  { purchases, leads }: { readonly purchases: readonly Purchase[]; readonly leads: readonly Lead[] },
  work: Work,
): Evidence[] {
  const mailboxes = new Map(
    [...all].map(([id, { email, payoutAddress }]) => [id, [mailboxOf(email), mailboxOf(payoutAddress)] as const]),
  );
  const byEmail = new Map([...all].map(([id, { email }]) => [addressForm(email), id]));
  const own = new Map<number, Own>();

  /**
   * The entry of the affiliate whom a record is credited to, if they are its customer themselves; undefined otherwise.
   */
  function ownOf({ affiliate }: Credited, customer: string, field: string): Own | undefined {
    if (!affiliate) return undefined;
    const id = affiliate.id === '' ? byEmail.get(addressForm(affiliate.email)) : numericIdOf(affiliate);
    const mailbox = mailboxOf(customer);
    if (id === undefined || mailbox === '') return undefined;
    const place = mailboxes.get(id)?.indexOf(mailbox) ?? -1;
    if (place < 0) return undefined;
    const known = own.get(id) ?? { purchases: [], leads: [], fields: new Set() };
    own.set(id, known);
    known.fields.add(field).add(place === 0 ? 'email' : 'paypal_email');
    return known;
  }

  for (const purchase of purchases)
    ownOf(purchase, purchase.customer.email, 'purchase.lead.email')?.purchases.push(purchase);
  for (const lead of leads) ownOf(lead, lead.email, 'lead.email')?.leads.push(lead);
  return [...own].map(([id, found]) => evidence('own_customer', [...found.fields], [id], all, details(found, work)));
}

function details({ purchases, leads }: Own, work: Work): JsonObject {
  const readable = work.readable('purchases', purchases, 'cancelled', 'purchase_amount');
  const live = readable.filter((one) => !isCancelled(one, leaddynoNow(work)));
  const emails = [...purchases.map(({ customer }) => customer.email), ...leads.map(({ email }) => email)];
  return {
    ...(purchases.length > 0 && {
      purchases_not_cancelled: live.length,
      purchases_cancelled: readable.length - live.length,
      revenue: totalsOf(live).list(),
      purchase_ids: purchases.slice(0, IDS_SHOWN).map(shownIdOf),
    }),
    ...(leads.length > 0 && { leads: leads.length, lead_ids: leads.slice(0, IDS_SHOWN).map(shownIdOf) }),
    customers: [...new Set(emails)].slice(0, IDS_SHOWN).map((email) => ({ email })),
  };
}
