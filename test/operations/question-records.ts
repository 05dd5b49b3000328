import type { JsonObject } from '../../src/json.ts';
import type { Operation, Read } from '../../src/operations/operation.ts';
import { entries, entryOf, fullestInput } from './table/index.ts';

/* Records for questions, and ways to spoil them. */

const affiliate = {
  id: 17_175,
  email: 'affiliate@email.com',
  first_name: 'Johnny',
  last_name: 'Doe',
  affiliate_code: '1h',
  referring_affiliate_id: null,
  status: 'Pending Approval',
  paypal_email: 'affiliate_payment@email.com',
  archived: false,
  pending_approval: true,
  compensation_tier_code: 'V.I.P.',
  referring_affiliate: 'Carla Mendes',
};

const purchase = {
  id: 1104,
  cancelled: false,
  currency: 'USD',
  purchase_code: 'ord-77',
  purchase_amount: '123.5',
  lead: { id: 2152, email: 'lead@email.com' },
  affiliate: { id: 17_175, email: 'affiliate@email.com' },
};

const commission = {
  id: 71,
  amount: '12.5',
  currency: 'USD',
  paid: false,
  cancelled: false,
  due_at: '2022-05-19T18:01:24Z',
  purchase: { ...purchase, affiliate: null },
};

const lead = { id: 2152, email: 'lead@email.com', status: 'Customer', affiliate: { id: 501, email: 'bob@email.com' } };

/** What each read of a question gives, shaped. */
export const NORMAL: Readonly<Record<string, JsonObject>> = {
  get_affiliate: { affiliate },
  find_affiliate_by_email: { affiliate },
  find_affiliate_by_code: { affiliate },
  get_affiliate_commission_totals: { totals: { currency: 'USD', due: '40.0', pending: '0.0', paid: '1', total: '41' } },
  get_purchase: { purchase },
  find_purchase_by_code: { purchase },
  find_lead_by_email: { lead },
  get_lead: { lead },
  find_visitor_by_tracking_code: { visitor: { id: 9, affiliate: { id: 502, email: 'eve@email.com' } } },
  list_lead_purchases: {
    purchases: [purchase, { ...purchase, id: 1105, purchase_code: 'ord-78', purchase_amount: '0.1' }],
    next_page: null,
  },
  list_affiliate_commissions: { commissions: [commission, { ...commission, id: 72 }], page: 1, next_page: null },
};

/** The tools that ask. */
export const asking = Object.keys(entries).filter((name) => entryOf(name).asks !== undefined);

/** Arguments that fit those records. */
const ARGUMENTS: Readonly<Record<string, JsonObject>> = {
  create_visitor: { url: 'https://shop.example.com/?afmc=1h', tracking_code: 'visit-1' },
  create_lead: { email: 'new@email.com', code: '1h', first_name: 'Lea' },
  update_lead: { lead_id: 2152, email: 'lead@email.com', code: '1h', last_name: 'Berg' },
  approve_affiliate: { affiliate_id: 17_175 },
  unarchive_affiliate: { affiliate_id: 17_175 },
  approve_purchase: { purchase_id: 1104 },
  archive_affiliate: { affiliate_id: 17_175 },
  reject_affiliate: { affiliate_id: 17_175 },
  create_affiliate_sign_in_link: { affiliate_id: 17_175 },
  update_affiliate: {
    affiliate_id: 17_175,
    email: 'new@email.com',
    paypal_email: 'payout@email.com',
    affiliate_code: '2k',
    affiliate_type: 'Partners',
    referring_affiliate: 'ben@email.com',
  },
  create_commission: { affiliate_id: 17_175, amount: 25, currency: 'EUR', note: 'bonus', due_at: '2026-04-30' },
  mark_commissions_paid: { affiliate_email: 'affiliate@email.com', purchase_code: 'ord-77' },
  create_purchase: {
    email: 'lead@email.com',
    purchase_code: 'ord-79',
    purchase_amount: 49.9,
    currency: 'USD',
    code: '1h',
    commission_amount_override: 5,
  },
  update_purchase: { purchase_id: 1104, purchase_amount: 99.5, currency: 'EUR' },
  reject_purchase: { purchase_id: 1104 },
  cancel_purchase: { purchase_code: 'ord-77' },
  cancel_customer_purchases: { email: 'lead@email.com' },
  delete_custom_field: { name: 'Shoe size' },
};

/** Arguments that make a tool ask: all that it takes, if not others that fit the records better. */
export const argumentsOf = (name: string): JsonObject => ARGUMENTS[name] ?? fullestInput(name);

/** Every text of a record replaced; keys and, if asked, amounts stay. */
export function withTexts(value: unknown, replace: (text: string, field: string) => unknown, field = ''): unknown {
  if (typeof value === 'string') return replace(value, field);
  if (Array.isArray(value)) return value.map((item) => withTexts(item, replace, field));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withTexts(item, replace, name)]));
}

/** Every field of every record emptied, the lists and records themselves left. */
export function withoutFields(answer: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(() => ({})) : typeof value === 'object' && value !== null ? {} : value,
    ]),
  );
}

/** The question of an operation, its record read through `answer`. */
export async function ask(
  operation: Operation,
  args: JsonObject,
  answer: (read: string, args: JsonObject) => JsonObject | undefined,
  now = Date.parse('2026-06-15T12:00:00Z'),
): Promise<string | undefined> {
  const read: Read = async ({ name }, given) => answer(name, given);
  const record = await operation.confirm?.read?.(args, read);
  return operation.confirm?.question(args, record, now);
}
