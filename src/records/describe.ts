import { isObject, type JsonObject } from '../json.ts';
import { cutText } from '../text.ts';
import type { RecordName } from './fields.ts';
import { amountOf, currencyOf, isMoney, rewardName, written } from './money.ts';
import type { Parsed } from './parse.ts';
import { shownIdOf } from './values.ts';

/*
 * The one way in which a record is shown in short: its id under the name that tools take, then the fields that matter
 * here. Amounts have the decimals of their currency; everything else is as LeadDyno wrote it.
 */

/** Longer than any name, and than what an answer needs to be judged; the whole record is in get_affiliate. */
const LONGEST_NAME = 120;
const LONGEST_ANSWER = 300;

const cut = (value: unknown, max: number) => (typeof value === 'string' ? cutText(value, max) : value);

/** A person inside another record. */
const person = (value: unknown) => (isObject(value) ? { id: value.id, email: value.email } : null);
const codeIn = (value: unknown, name = 'code') => (isObject(value) ? value[name] : null);

/** What applicants answered, each answer shortened; nothing if there are none. */
function answers(value: unknown): JsonObject {
  if (!isObject(value)) return value ? { custom_fields: value } : {};
  const all = Object.entries(value).map(([name, answer]) => [name, cut(answer, LONGEST_ANSWER)]);
  return all.length === 0 ? {} : { custom_fields: Object.fromEntries(all) };
}

/** An amount with the decimals of the record's currency; what is none stays as it came. */
function price(name: string, value: unknown, raw: JsonObject): JsonObject {
  const amount = amountOf(value);
  return { [name]: amount === undefined ? value : written(amount, currencyOf(raw)) };
}

/** Of a commission; what is not money has no currency, whatever the record says beside it. */
function earning(value: unknown, raw: JsonObject): JsonObject {
  if (isMoney(raw)) return price('amount', value, raw);
  return { reward: { name: rewardName(raw), amount: amountOf(value)?.toFixed() ?? value } };
}

/** Fields that are shown in another form than LeadDyno writes them in. */
const FORMS: Readonly<Record<string, (value: unknown, raw: JsonObject) => JsonObject>> = {
  amount: earning,
  currency: (value, raw) => (isMoney(raw) ? { currency: value } : {}),
  purchase_amount: (value, raw) => price('purchase_amount', value, raw),
  commission_amount_override: (value, raw) => price('commission_amount_override', value, raw),
  first_name: (value) => ({ first_name: cut(value, LONGEST_NAME) }),
  last_name: (value) => ({ last_name: cut(value, LONGEST_NAME) }),
  affiliate: (value) => ({ affiliate: person(value) }),
  lead: (value) => ({ lead: person(value) }),
  plan: (value) => ({ plan_code: codeIn(value) }),
  campaign: (value) => ({ campaign_code: codeIn(value) }),
  purchase: (value) => ({ purchase_code: codeIn(value, 'purchase_code') }),
  cancellation: (value) => (isObject(value) ? { cancelled_at: value.effective_date } : {}),
  compensation_tier_code: (value) => ({ group: value }),
  custom_fields: answers,
};

/** Fields that are left out if they are empty. */
const OPTIONAL: ReadonlySet<string> = new Set([
  'referring_affiliate_id',
  'referrer_domain',
  'commission_amount_override',
]);

/** A record in short. @param fields by their names in LeadDyno's answers, in the order in which they are shown */
export function describe(kind: RecordName, { raw }: Pick<Parsed, 'raw'>, fields: readonly string[]): JsonObject {
  const shown = fields.map((name) => {
    const value = raw[name];
    if (OPTIONAL.has(name) && (value === null || value === undefined || value === '')) return {};
    return FORMS[name]?.(value, raw) ?? { [name]: value };
  });
  return Object.assign({ [`${kind}_id`]: shownIdOf(raw) }, ...shown);
}

/** Who an affiliate is, and what else matters of them. */
export const describeAffiliate = (affiliate: Pick<Parsed, 'raw'>, ...more: readonly string[]): JsonObject =>
  describe('affiliate', affiliate, ['first_name', 'last_name', 'email', ...more]);

/** A customer or other lead. */
export const describeLead = (lead: Pick<Parsed, 'raw'>, ...more: readonly string[]): JsonObject =>
  describe('lead', lead, ['first_name', 'last_name', 'email', 'created_at', 'affiliate', ...more]);

const PURCHASE = ['purchase_code', 'purchase_amount', 'currency', 'cancelled', 'cancellation', 'created_at'] as const;

export const describePurchase = (purchase: Pick<Parsed, 'raw'>, ...more: readonly string[]): JsonObject =>
  describe('purchase', purchase, [...PURCHASE, 'affiliate', ...more]);

export const describeCommission = (commission: Pick<Parsed, 'raw'>, ...more: readonly string[]): JsonObject =>
  describe('commission', commission, ['amount', 'currency', 'date', 'cancelled', 'affiliate', ...more]);
