import { recordIn } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { amountOf, currencyOf, isCurrencyCode, money } from '../records/money.ts';
import { getAffiliateCommissionTotals } from './affiliates.ts';
import type { Read } from './operation.ts';

/* Amounts in a question: in the currency that is sent, or in the account's own if none is. */

/** The account's default currency, read from an affiliate's totals (API reference, A14); null if it cannot be read. */
export async function readAccountCurrency(affiliateId: unknown, read: Read): Promise<string | null> {
  try {
    const totals = recordIn(await read(getAffiliateCommissionTotals, { affiliate_id: affiliateId }), 'totals');
    const code = currencyOf(totals);
    return isCurrencyCode(code) ? code : null;
  } catch (error) {
    // The question works without it. An `auth` error is passed on, because the write would fail as well.
    if (error instanceof LeadDynoError && error.reason !== 'auth') return null;
    throw error;
  }
}

/** An amount as it is sent: with the decimals of its currency, or as given if it has more than any amount has. */
export function asSent(amount: number, currency: string): string {
  if (amountOf(amount)) return money(amount, currency);
  // A record's currency field may hold any text.
  return isCurrencyCode(currency) ? `${amount} ${currency}` : String(amount);
}

/**
 * An amount to send, given with or without a currency.
 * @param account the account's currency, if known
 */
export function amountToSend(amount: number, given: string | undefined, account: unknown): string {
  if (given !== undefined) return asSent(amount, given);
  return typeof account === 'string'
    ? `${asSent(amount, account)} (the account's currency)`
    : `${amount} in the account's currency (which could not be read)`;
}
