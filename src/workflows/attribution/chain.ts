import { hasRows, isObject, type JsonObject, recordIn, rowsIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { getAffiliate } from '../../operations/affiliates.ts';
import { findLeadByEmail, getLead, listLeadPurchases } from '../../operations/leads.ts';
import type { Operation } from '../../operations/operation.ts';
import { findPurchaseByCode, listPurchaseCommissions } from '../../operations/purchases.ts';
import { isPseudonym } from '../../operations/shapes.ts';
import { findVisitorByTrackingCode } from '../../operations/visitors.ts';
import {
  type Affiliate,
  type Commission,
  type Credited,
  type Lead,
  type Parsed,
  type Purchase,
  parseAffiliate,
  parseCommission,
  parseLead,
  parsePurchase,
  parseVisitor,
  type Visitor,
} from '../../records/parse.ts';
import { codeOf, numericIdOf } from '../../records/values.ts';
import type { Work } from '../workflow.ts';

/** One link of the chain: found, missing, not looked for because nothing leads to it, or not readable. */
export type Link<Value> =
  | { readonly state: 'found'; readonly value: Value }
  | { readonly state: 'missing' | 'not_looked_for' }
  | { readonly state: 'not_read'; readonly error: LeadDynoError };

export interface Chain {
  readonly visitor: Link<Visitor>;
  readonly lead: Link<Lead>;
  /** All purchases of the customer. */
  readonly purchases: Link<readonly Purchase[]>;
  readonly purchase: Link<Purchase>;
  readonly commissions: Link<readonly Commission[]>;
  /** Affiliates named anywhere in the chain, by id; at most `MOST_AFFILIATES`. */
  readonly affiliates: ReadonlyMap<number, Link<Affiliate>>;
}

/** A chain names few affiliates. More are a sign of odd data, and each costs a call. */
const MOST_AFFILIATES = 6;

const NOT_LOOKED_FOR = { state: 'not_looked_for' } as const;

/** The value of a link, if it was found. */
export function foundIn<Value>(link: Link<Value>): Value | undefined {
  return link.state === 'found' ? link.value : undefined;
}

/** The id of the affiliate that a record is credited to; undefined if it names none. */
export function affiliateIdOf(record: Credited | undefined): number | undefined {
  return record?.affiliate && numericIdOf(record.affiliate);
}

/** Reads the links from the purchase or the customer onwards, as far as they lead. */
export async function readChain(code: string | undefined, email: string | undefined, work: Work): Promise<Chain> {
  const given = code === undefined ? undefined : await findPurchase(code, work);
  const lead = await findLead(email, given && foundIn(given), work);
  const leadId = idOf(foundIn(lead));
  const purchases: Link<readonly Purchase[]> =
    leadId === undefined
      ? NOT_LOOKED_FOR
      : await link(
          async () => newestFirst(await readMany(work, listLeadPurchases, { lead_id: leadId }, parsePurchase)),
          work,
        );
  const purchase = given ?? newestOf(purchases);
  const purchaseId = idOf(foundIn(purchase));
  const [commissions, visitor] = await Promise.all([
    purchaseId === undefined
      ? NOT_LOOKED_FOR
      : link(() => readMany(work, listPurchaseCommissions, { purchase_id: purchaseId }, parseCommission), work),
    findVisitor(foundIn(lead), work),
  ]);
  const named = [foundIn(purchase), foundIn(lead), foundIn(visitor), ...(foundIn(commissions) ?? [])];
  const affiliates = await readAffiliates(named.map(affiliateIdOf), work);
  return { visitor, lead, purchases, purchase, commissions, affiliates };
}

/** Shops show order 1043 as #1043, and report it either way. */
async function findPurchase(code: string, work: Work): Promise<Link<Purchase>> {
  const find = (purchase_code: string) =>
    link(() => readOne(work, findPurchaseByCode, { purchase_code }, parsePurchase), work);
  const given = await find(code);
  return given.state === 'missing' ? await find(code.startsWith('#') ? code.slice(1) : `#${code}`) : given;
}

/** The newest purchase; `missing` if the customer has none. */
function newestOf(purchases: Link<readonly Purchase[]>): Link<Purchase> {
  if (purchases.state !== 'found') return purchases;
  const [newest] = purchases.value;
  return newest ? { state: 'found', value: newest } : { state: 'missing' };
}

/**
 * Finds the lead by the address that was asked for, unless it is a pseudonym, which LeadDyno does not know; otherwise
 * the customer that the purchase names.
 */
async function findLead(asked: string | undefined, purchase: Purchase | undefined, work: Work): Promise<Link<Lead>> {
  const email = asked !== undefined && isPseudonym(asked) ? undefined : asked;
  const id = purchase && numericIdOf(purchase.customer);
  const address = email ?? purchase?.customer.email ?? '';
  if (email === undefined && id !== undefined)
    return await link(() => readOne(work, getLead, { lead_id: id }, parseLead), work);
  if (address === '') return NOT_LOOKED_FOR;
  return await link(() => readOne(work, findLeadByEmail, { email: address }, parseLead), work);
}

/**
 * Finds the visitor by the lead's tracking codes: its latest visit's, then its own if LeadDyno does not know the first.
 */
async function findVisitor(lead: Lead | undefined, work: Work): Promise<Link<Visitor>> {
  const raw = lead?.raw ?? {};
  const codes = [recordIn(raw, 'latest_visitor').tracking_code, raw.tracking_code].map((code) => codeOf(code).trim());
  let found: Link<Visitor> = NOT_LOOKED_FOR;
  for (const code of new Set(codes.filter((one) => one !== ''))) {
    found = await link(() => readOne(work, findVisitorByTrackingCode, { tracking_code: code }, parseVisitor), work);
    if (found.state !== 'missing') return found;
  }
  return found;
}

async function readAffiliates(ids: readonly (number | undefined)[], work: Work): Promise<Map<number, Link<Affiliate>>> {
  const distinct = [...new Set(ids)].filter((id) => id !== undefined).slice(0, MOST_AFFILIATES);
  return new Map(
    await Promise.all(
      distinct.map(async (id) => {
        const read = () => readOne(work, getAffiliate, { affiliate_id: id }, parseAffiliate);
        return [id, await link(read, work)] as const;
      }),
    ),
  );
}

type Parse<Record> = (row: JsonObject) => Record;

async function readOne<Record>(
  work: Work,
  operation: Operation,
  args: JsonObject,
  parse: Parse<Record>,
): Promise<Record> {
  const { singular } = operation.returns.record;
  const shaped = await work.read(operation, args);
  if (!isObject(shaped[singular])) throw unexpected();
  return parse(shaped[singular]);
}

async function readMany<Record>(
  work: Work,
  operation: Operation,
  args: JsonObject,
  parse: Parse<Record>,
): Promise<Record[]> {
  const { plural } = operation.returns.record;
  const shaped = await work.read(operation, { ...args, detail: 'full' });
  if (!hasRows(shaped, plural)) throw unexpected();
  return rowsIn(shaped, plural).map(parse);
}

const unexpected = () => new LeadDynoError('unexpected', 'LeadDyno answered in an unknown format', { fate: 'refused' });

/** Reads one link. Not found is an answer, not a failure. */
async function link<Value>(read: () => Promise<Value>, work: Work): Promise<Link<Value>> {
  const tried = await work.attempt(read);
  if (tried.read) return { state: 'found', value: tried.value };
  return tried.error.reason === 'not_found' ? { state: 'missing' } : { state: 'not_read', error: tried.error };
}

const idOf = (record: Parsed | undefined) => record && numericIdOf(record);

const newestFirst = (purchases: readonly Purchase[]) =>
  [...purchases].sort((a, b) => (b.createdAt || 0) - (a.createdAt || 0));
