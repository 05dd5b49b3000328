import { type JsonObject, recordIn } from '../../json.ts';
import { currencyOf, Totals } from '../../records/money.ts';
import { mailboxOf } from '../../records/people.ts';
import { idTextOf, numericIdOf, textOf } from '../../records/values.ts';
import { byCancellation } from '../figures/cancellations.ts';
import { type ById, type Evidence, evidence } from './duplicate-evidence.ts';

const IDS_SHOWN = 5;

/** Purchases or leads credited to an affiliate whose customer has the affiliate's own mailbox. */
export interface OwnRecords {
  readonly purchases: readonly JsonObject[];
  readonly leads: readonly JsonObject[];
}

interface Own {
  readonly purchases: JsonObject[];
  readonly leads: JsonObject[];
  readonly fields: Set<string>;
}

/** Affiliates who are their own customer, by e-mail or payout address. */
export function findOwnCustomers(all: ById, { purchases, leads }: OwnRecords): Evidence[] {
  const mailboxes = new Map(
    [...all].map(([id, { email, paypal_email }]) => [id, [mailboxOf(email), mailboxOf(paypal_email)] as const]),
  );
  const byEmail = new Map([...all].map(([id, { email }]) => [textOf(email).toLowerCase(), id]));
  const own = new Map<number, Own>();

  function judge(record: JsonObject, customer: unknown, kind: 'purchases' | 'leads', field: string): void {
    const credited = recordIn(record, 'affiliate');
    const id = idTextOf(credited) === '' ? byEmail.get(textOf(credited.email).toLowerCase()) : numericIdOf(credited);
    const mailbox = mailboxOf(customer);
    if (id === undefined || mailbox === '') return;
    const place = mailboxes.get(id)?.indexOf(mailbox) ?? -1;
    if (place < 0) return;
    const known = own.get(id) ?? { purchases: [], leads: [], fields: new Set() };
    own.set(id, known);
    known[kind].push(record);
    known.fields.add(field).add(place === 0 ? 'email' : 'paypal_email');
  }

  for (const purchase of purchases)
    judge(purchase, recordIn(purchase, 'lead').email, 'purchases', 'purchase.lead.email');
  for (const lead of leads) judge(lead, lead.email, 'leads', 'lead.email');
  return [...own].map(([id, found]) => evidence('own_customer', [...found.fields], [id], all, describe(found)));
}

function describe({ purchases, leads }: Own): JsonObject {
  const { live, cancelled, unclear } = byCancellation(purchases);
  const revenue = new Totals();
  for (const purchase of live) revenue.add(purchase.purchase_amount, currencyOf(purchase));
  const emails = [...purchases.map((purchase) => recordIn(purchase, 'lead').email), ...leads.map(({ email }) => email)];
  const idsOf = (rows: readonly JsonObject[]) => rows.slice(0, IDS_SHOWN).map(({ id }) => id);
  return {
    ...(purchases.length > 0 && {
      purchases: purchases.length,
      cancelled: cancelled.length,
      ...(unclear.length > 0 && { not_known_whether_cancelled: unclear.length }),
      revenue: revenue.list(),
      purchase_ids: idsOf(purchases),
    }),
    ...(leads.length > 0 && { leads: leads.length, lead_ids: idsOf(leads) }),
    customers: [...new Set(emails)].slice(0, IDS_SHOWN).map((email) => ({ email })),
  };
}
