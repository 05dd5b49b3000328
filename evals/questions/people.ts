import type { Programme } from '../../src/sandbox/index.ts';
import type { Sums } from '../amounts.ts';
import type { Fact } from '../fact.ts';

/** What an answer may call an affiliate: the address, the id, or the name if nobody else has it. */
export function callOf(programme: Programme, email: string): string[] {
  const affiliate = programme.affiliateByEmail(email);
  if (!affiliate) throw new Error(`no affiliate ${email}`);
  const { firstName, lastName, id } = affiliate;
  const name = [firstName, lastName].filter(Boolean).join(' ');
  const namesakes = programme.affiliates.rows.filter((row) => row.firstName === firstName && row.lastName === lastName);
  return [email, String(id), ...(name !== '' && namesakes.length === 1 ? [name] : [])];
}

export const emailOfId = (programme: Programme, id: number): string => programme.affiliates.get(id)?.email ?? '';

export const named = (programme: Programme, email: string): Fact => ({
  what: `names ${email}`,
  anyOf: callOf(programme, email),
});

/** One fact for each currency of the sums. */
export function sumFacts(what: string, sums: Sums, near?: readonly string[]): Fact[] {
  return Object.entries(sums).map(([currency, amount]) => ({
    what: `${what}: ${amount} ${currency}`,
    amount,
    currency,
    ...(near && { near }),
  }));
}

export const countFact = (what: string, count: number, near?: readonly string[]): Fact => ({
  what: `${what}: ${count}`,
  count,
  ...(near && { near }),
});
