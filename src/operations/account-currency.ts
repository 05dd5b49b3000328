import { recordIn } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { amountOf, currencyOf, isCurrencyCode, money } from '../records/money.ts';
import { getAffiliateCommissionTotals } from './affiliates.ts';
import type { Read } from './operation.ts';

/* Amounts in a question: with the currency that is sent, or with the account's own where none is. */

/** The account's default currency, as the totals of an affiliate name it (API reference, A14); null where they do not. */
export async function readAccountCurrency(affiliateId: unknown, read: Read): Promise<string | null> {
  try {
    const totals = recordIn(await read(getAffiliateCommissionTotals, { affiliate_id: affiliateId }), 'totals');
    const code = currencyOf(totals);
    return isCurrencyCode(code) ? code : null;
  } catch (error) {
    // The question works without it; a caller without access cannot create anything either.
    if (error instanceof LeadDynoError && error.reason !== 'auth') return null;
    throw error;
  }
}

/** An amount that was given: with the decimals of its currency, or to the letter if it has more than any amount. */
export function asSent(amount: number, currency: string): string {
  if (amountOf(amount)) return money(amount, currency);
  // What a record names as currency may be any text.
  return isCurrencyCode(currency) ? `${amount} ${currency}` : String(amount);
}

/**
 * An amount that was given with or without a currency.
 * @param account the account's currency, as far as it is known
 */
export function amountToSend(amount: number, given: string | undefined, account: unknown): string {
  if (given !== undefined) return asSent(amount, given);
  return typeof account === 'string'
    ? `${asSent(amount, account)} (the account's currency)`
    : `${amount} in the account's currency (which could not be read)`;
}
