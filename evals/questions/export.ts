import type { Programme } from '../../src/sandbox/index.ts';
import { writeCents } from '../amounts.ts';
import { DAY, dayOf, LAST_MONTH, stampOf, THIS_MONTH } from '../clock.ts';
import type { Question } from '../question.ts';
import { countFact } from './people.ts';

/** The columns of a line that must be the same however the file is made. */
export type Line = readonly [
  code: string,
  amount: string,
  currency: string,
  cancelled: boolean,
  createdAt: string,
  customer: string,
  affiliate: string,
];

export const inLineOrder = (lines: readonly Line[]) => [...lines].sort(([a], [b]) => (a < b ? -1 : 1));

function linesOf(programme: Programme): Line[] {
  return programme.purchases.rows
    .filter(({ createdAt }) => createdAt >= LAST_MONTH && createdAt < THIS_MONTH)
    .map((row) => [
      row.code,
      writeCents(row.amount),
      row.currency,
      row.cancelled,
      stampOf(row.createdAt),
      programme.leads.get(row.leadId)?.email ?? '',
      (row.affiliateId === null ? undefined : programme.affiliates.get(row.affiliateId)?.email) ?? '',
    ]);
}

export const exportPurchases: Question<{ readonly since: string; readonly until: string }, readonly Line[]> = {
  number: 13,
  title: 'Export all purchases of last month as CSV.',
  ask: () => 'Export all purchases of last month as a CSV file. How many are in it, and what is the file called?',
  given: () => ({ since: dayOf(LAST_MONTH), until: dayOf(THIS_MONTH - DAY) }),
  truth: (programme) => inLineOrder(linesOf(programme)),
  facts: (lines) => [countFact('purchases in the file', lines.length), { what: 'names the file', says: ['\\.csv\\b'] }],
};
