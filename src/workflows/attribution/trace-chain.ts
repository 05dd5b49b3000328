import { isObject, type JsonObject, recordIn, rowsIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { getAffiliate } from '../../operations/affiliates.ts';
import { findLeadByEmail, getLead, listLeadPurchases } from '../../operations/leads.ts';
import type { Operation } from '../../operations/operation.ts';
import { findPurchaseByCode, listPurchaseCommissions } from '../../operations/purchases.ts';
import { isPseudonym } from '../../operations/shapes.ts';
import { findVisitorByTrackingCode } from '../../operations/visitors.ts';
import { codeOf, createdAt, numberOf, numericIdOf, textOf } from '../../records/values.ts';
import type { Work } from '../workflow.ts';

/** One link of the chain: there, not there, not looked for because what leads to it is missing, or not readable. */
export type Link<Value = JsonObject> =
  | { readonly state: 'found'; readonly value: Value }
  | { readonly state: 'missing' | 'not_looked_for' }
  | { readonly state: 'not_read'; readonly error: LeadDynoError };

export interface Chain {
  readonly visitor: Link;
  readonly lead: Link;
  /** All of the customer's. */
  readonly purchases: Link<readonly JsonObject[]>;
  readonly purchase: Link;
  readonly commissions: Link<readonly JsonObject[]>;
  /** Everybody who is named anywhere in the chain, by id. */
  readonly affiliates: ReadonlyMap<number, Link>;
}

/** A chain names few affiliates; more are a sign of odd data, and a call each. */
const MOST_AFFILIATES = 6;

const NOT_LOOKED_FOR = { state: 'not_looked_for' } as const;

/** The value of a link that is there. */
export function found<Value>(link: Link<Value>): Value | undefined {
  return link.state === 'found' ? link.value : undefined;
}

/** The id of the affiliate that a record is credited to; undefined where it names none. */
export function affiliateIdOf(row: JsonObject | undefined): number | undefined {
  return row && isObject(row.affiliate) ? numericIdOf(row.affiliate) : undefined;
}

/** Reads the links from the purchase or the customer on, as far as they lead. */
export async function readChain(code: string | undefined, email: string | undefined, work: Work): Promise<Chain> {
  const given =
    code === undefined ? undefined : await link(() => readOne(work, findPurchaseByCode, { purchase_code: code }));
  const lead = await findLead(email, given && found(given), work);
  const leadId = numberOf(found(lead)?.id);
  const purchases: Link<readonly JsonObject[]> =
    leadId === undefined
      ? NOT_LOOKED_FOR
      : await link(async () => newestFirst(await readMany(work, listLeadPurchases, { lead_id: leadId })));
  const purchase = given ?? newestOf(purchases);
  const purchaseId = numberOf(found(purchase)?.id);
  const [commissions, visitor] = await Promise.all([
    purchaseId === undefined
      ? NOT_LOOKED_FOR
      : link(() => readMany(work, listPurchaseCommissions, { purchase_id: purchaseId })),
    findVisitor(found(lead), work),
  ]);
  const named = [found(purchase), found(lead), found(visitor), ...(found(commissions) ?? [])];
  const affiliates = await readAffiliates(named.map(affiliateIdOf), work);
  return { visitor, lead, purchases, purchase, commissions, affiliates };
}

/** A customer without purchases has no newest one. */
function newestOf(purchases: Link<readonly JsonObject[]>): Link {
  if (purchases.state !== 'found') return purchases;
  const [newest] = purchases.value;
  return newest ? { state: 'found', value: newest } : { state: 'missing' };
}

/** By address where one was asked for (no pseudonym: LeadDyno knows none), otherwise the customer that the purchase names. */
async function findLead(asked: string | undefined, purchase: JsonObject | undefined, work: Work): Promise<Link> {
  const email = asked !== undefined && isPseudonym(asked) ? undefined : asked;
  const customer = isObject(purchase?.lead) ? purchase.lead : {};
  const id = numberOf(customer.id);
  const address = email ?? textOf(customer.email);
  if (email === undefined && id !== undefined) return await link(() => readOne(work, getLead, { lead_id: id }));
  return address === '' ? NOT_LOOKED_FOR : await link(() => readOne(work, findLeadByEmail, { email: address }));
}

async function findVisitor(lead: JsonObject | undefined, work: Work): Promise<Link> {
  const latest = isObject(lead?.latest_visitor) ? lead.latest_visitor : {};
  const code = codeOf(latest.tracking_code).trim() || codeOf(lead?.tracking_code).trim();
  if (code === '') return NOT_LOOKED_FOR;
  return await link(() => readOne(work, findVisitorByTrackingCode, { tracking_code: code }));
}

async function readAffiliates(ids: readonly (number | undefined)[], work: Work): Promise<Map<number, Link>> {
  const distinct = [...new Set(ids)].filter((id) => id !== undefined).slice(0, MOST_AFFILIATES);
  return new Map(
    await Promise.all(
      distinct.map(async (id) => [id, await link(() => readOne(work, getAffiliate, { affiliate_id: id }))] as const),
    ),
  );
}

async function readOne(work: Work, operation: Operation, args: JsonObject): Promise<JsonObject> {
  const { singular } = operation.returns.record;
  const shaped = await work.read(operation, args);
  if (!isObject(shaped[singular])) throw unexpected();
  return recordIn(shaped, singular);
}

async function readMany(work: Work, operation: Operation, args: JsonObject): Promise<JsonObject[]> {
  const { plural } = operation.returns.record;
  const shaped = await work.read(operation, { ...args, detail: 'full' });
  if (!Array.isArray(shaped[plural])) throw unexpected();
  return rowsIn(shaped, plural);
}

const unexpected = () => new LeadDynoError('unexpected', 'LeadDyno answered in an unknown shape', { fate: 'refused' });

/** A miss is an answer; a key that does not work fails the call. */
async function link<Value>(read: () => Promise<Value>): Promise<Link<Value>> {
  try {
    return { state: 'found', value: await read() };
  } catch (error) {
    if (!(error instanceof LeadDynoError) || error.reason === 'auth' || error.reason === 'forbidden') throw error;
    return error.reason === 'not_found' ? { state: 'missing' } : { state: 'not_read', error };
  }
}

function newestFirst(rows: readonly JsonObject[]): JsonObject[] {
  return [...rows].sort((a, b) => (createdAt(b) || 0) - (createdAt(a) || 0));
}
