import * as z from 'zod';
import { type JsonObject, rowsIn } from '../json.ts';
import { isCurrencyCode, whyNotOf } from '../records/money.ts';
import { cleanText } from '../text.ts';
import { Refusal } from './operation.ts';

/*
 * Input fields used by more than one operation, with the words the model reads. They are functions, because a field is
 * built when its tool is first called. Checks are refinements, to keep patterns and bounds out of the JSON Schema.
 */

const notBlank = (value: string) => value.trim() !== '';

/** A key that differs from another only in invisible characters is a mistake or a trick. */
const visible = [(value: string) => cleanText(value) === value, 'must not contain invisible characters'] as const;

/** Longer values are a mistake and do not fit into a URL. A refinement, because bounds take room in the tool list. */
const atMost = (max: number) => [(value: string) => value.length <= max, `must be at most ${max} characters`] as const;

/** Free text; may be empty. An update empties the fields that its `clear` names (`mcp/schemas.ts`). */
export const text = (description: string) =>
  z
    .string()
    .refine(...atMost(5000))
    .describe(description);

/** A code or key. Never blank: a blank one would address something else. */
export const code = (description: string) =>
  z
    .string()
    .refine(notBlank, 'must not be blank')
    .refine(...visible)
    .refine(...atMost(1000))
    .describe(description);

/** Search words, or a name that a person chose. Not blank; may have invisible characters, which some emoji need. */
export const words = (description: string) =>
  z
    .string()
    .refine(notBlank, 'must not be blank')
    .refine(...atMost(1000))
    .describe(description);

/** Checks only for one `@` and no spaces, because international addresses exist. */
export const email = (description: string) =>
  z
    .string()
    .refine((value) => /^[^\s@]+@[^\s@]+$/u.test(value), 'must be one e-mail address: one @ and no spaces')
    .refine(...visible)
    .refine(...atMost(320))
    .describe(description);

/** More than any order. A larger number is a typing error, or one that JSON writes with an exponent. */
const MOST = 1e12;

/** An amount in units of its currency, not cents. */
export const amount = (least: number, description: string) =>
  z
    .number()
    .min(least)
    .refine((value) => value <= MOST, `must be at most ${MOST}`)
    .describe(description);

/**
 * Refuses an amount with more decimals than the currency given with it: it is money, and LeadDyno may round it. Without
 * a currency there is nothing to check.
 * @param paths of the amounts; `items.amount` is the amount of every item
 */
export const amountsOfCurrency =
  (...paths: readonly string[]) =>
  (args: JsonObject): string | undefined => {
    const { currency } = args;
    if (typeof currency !== 'string' || !isCurrencyCode(currency)) return undefined;
    for (const path of paths) {
      const [list = '', field] = path.split('.');
      const found = field === undefined ? [args[path]] : rowsIn(args, list).map((row) => row[field]);
      for (const value of found) {
        const why = whyNotOf(value, currency);
        if (why !== undefined) return `${path}: ${why}`;
      }
    }
    return undefined;
  };

/**
 * Before a question is asked: refuses amounts that the currency LeadDyno names does not allow.
 * @param flaw what `amountsOfCurrency` finds with that currency among the arguments
 * @throws Refusal
 */
export function refuseAmounts(flaw: string | undefined): void {
  if (flaw !== undefined) throw new Refusal(flaw);
}

/** LeadDyno's own integer id. */
export const id = (description: string) => z.int().min(1).describe(description);

export const affiliateId = () => id('Affiliate id');
export const purchaseId = () => id('Not the purchase_code');
export const leadId = () => id('Lead id');

export const page = () => z.int().min(1).default(1).describe('From 1');

export const perPage = (size: number) => z.int().min(1).max(200).default(size).describe('Rows per page');

const currencies = () => new Set(Intl.supportedValuesOf('currency'));

export const currency = (description: string) =>
  z
    .string()
    .overwrite((value) => (/^[A-Za-z]{3}$/.test(value) ? value.toUpperCase() : value))
    .refine((value) => currencies().has(value), 'must be an ISO 4217 code, such as USD')
    .describe(description);

/** A day that exists: `2026-02-30` does not. */
function isDay(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

const TIME = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)$/;

export const day = (description: string) =>
  z.string().refine(isDay, 'must be an existing day (YYYY-MM-DD)').meta({ description, format: 'date' });

/** A day, or a day and a time with its zone. */
export function isMoment(value: string): boolean {
  const [date = '', time, rest] = value.split('T');
  return rest === undefined && isDay(date) && (time === undefined || TIME.test(time));
}

/**
 * Has no `format`: none in JSON Schema takes both a day and a time, and a host that checks it would refuse the other.
 * The description says what is accepted. What a bare day means is decided by `startOfDay`, `endOfDay` or `afterDay`
 * (records/period.ts); the description says which.
 */
export const moment = (description: string) =>
  z
    .string()
    .refine(isMoment, 'must be an existing day (YYYY-MM-DD) or a UTC timestamp such as 2026-01-31T00:00:00Z')
    .describe(`YYYY-MM-DD or UTC time. ${description}`.trim());

/** The bounds of a filter that LeadDyno applies. How it reads a bare day is not established, so a full time is sent. */
export const fromMoment = (description: string) =>
  moment(`${description}; a day: its start`).overwrite((value) => (isDay(value) ? `${value}T00:00:00Z` : value));
export const untilMoment = (description: string) =>
  moment(`${description}; a day: its end`).overwrite((value) => (isDay(value) ? `${value}T23:59:59Z` : value));

export const includeLineItems = () => z.boolean().optional().describe('Add the line items');

export const detail = () => z.enum(['concise', 'full']).default('concise').describe('full: every field');

export const skip = (description = 'From next_skip') => z.int().min(0).default(0).describe(description);

export const fresh = () => z.boolean().optional().describe('true: no cache');

export const cursor = () => z.string().optional().describe('From the last answer');

export const confirmationToken = () => z.string().optional().describe("Only after the user's yes");
