import type { JsonObject } from '../json.ts';
import { keyForm } from '../records/keys.ts';
import { amountOf, money } from '../records/money.ts';
import { idTextOf, textOf } from '../records/values.ts';
import { type Found, lookUp } from './look-up.ts';
import type { Operation, Read } from './operation.ts';
import { nameAffiliate } from './questions.ts';

/* The question before payouts go to another address: whose address it is, and how much is due. */

/** What a question about a payout address needs besides the affiliate. */
export interface Redirect {
  readonly address: string;
  /** The affiliate who has this e-mail. */
  readonly holder: Found;
  /** The affiliate's totals; absent for a new one. */
  readonly totals?: Found;
}

/** The operations to read with, passed in by the file that defines them. */
export interface RedirectReads {
  readonly byEmail: Operation;
  readonly totals: Operation;
}

interface Given {
  readonly email?: string | undefined;
  readonly paypal_email?: string | undefined;
}

/** The new address of an affiliate's payouts; undefined if it does not change. */
function newTarget(given: Given, before: JsonObject): string | undefined {
  const targetOf = (paypal: unknown, email: unknown) => textOf(paypal) || textOf(email);
  const [was, will] = [
    targetOf(before.paypal_email, before.email),
    targetOf(given.paypal_email ?? before.paypal_email, given.email ?? before.email),
  ];
  return will === was || will === '' ? undefined : will;
}

/** Up to two reads; none if payouts keep their address. @param before the record; absent for a new affiliate */
export async function readRedirect(
  given: Given,
  before: JsonObject | undefined,
  { byEmail, totals }: RedirectReads,
  read: Read,
): Promise<Redirect | undefined> {
  const target = before ? newTarget(given, before) : given.paypal_email;
  if (target === undefined || (!before && target === given.email)) return undefined;
  return {
    address: target,
    holder: await lookUp(read, byEmail, { email: target }),
    ...(before && { totals: await lookUp(read, totals, { affiliate_id: before.id }) }),
  };
}

/**
 * Sentences for the question; none if payouts keep their address and nothing was read.
 * @param own the id of the affiliate; absent for a new one
 */
export function describeRedirect(record: unknown, own?: number): string[] {
  const { redirect } = record as { readonly redirect?: Redirect | undefined };
  if (!redirect) return [];
  const { address, holder, totals } = redirect;
  return [describeHolder(address, holder, own), ...(totals === undefined ? [] : [describeDue(totals)])];
}

/** Affiliates cannot be searched by payout address (API reference, A2). */
const OTHERS = 'Whether other affiliates are paid at it cannot be checked here: see find_duplicate_affiliates.';

function describeHolder(address: string, holder: Found, own: unknown): string {
  if (holder === 'failed')
    return `Whether the payout address is another affiliate's e-mail could not be read. ${OTHERS}`;
  if (holder === 'none') return `The payout address is no affiliate's e-mail. ${OTHERS}`;
  // LeadDyno may find a person by another of their addresses.
  const isIts = keyForm(textOf(holder.email)) === keyForm(address);
  if (own !== undefined && idTextOf(holder) === idTextOf({ id: own }))
    return `The payout address is their own. ${OTHERS}`;
  return `The payout address is ${isIts ? 'the e-mail of' : 'known to LeadDyno as that of'} the ${nameAffiliate(holder)}: another affiliate. ${OTHERS}`;
}

function describeDue(totals: Found): string {
  if (typeof totals === 'string' || amountOf(totals.due) === undefined)
    return 'The amount due to them now could not be read.';
  return `Due to them now (LeadDyno's total, in the account's currency only): ${money(totals.due, totals.currency)}.`;
}
