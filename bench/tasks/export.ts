import type { JsonObject } from '../../src/json.ts';
import type { Programme } from '../../src/sandbox/index.ts';
import { centsOf, writeCents } from './amounts.ts';
import { DAY, dayOf, LAST_MONTH, stampOf, THIS_MONTH } from './clock.ts';
import { parseCsv } from './csv.ts';
import { emailOf, purchasesBetween } from './lists.ts';
import { question } from './question.ts';

/** One line of the file, as far as every way to it must agree. */
type Line = readonly [
  code: string,
  amount: string,
  currency: string,
  cancelled: boolean,
  createdAt: string,
  customer: string,
  affiliate: string,
];

const inLineOrder = (lines: readonly Line[]) => [...lines].sort(([a], [b]) => (a < b ? -1 : 1));

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

const lineOf = (row: JsonObject): Line => [
  String(row.purchase_code),
  writeCents(centsOf(row.purchase_amount)),
  String(row.currency),
  row.cancelled === true,
  String(row.created_at),
  emailOf(row, 'lead') ?? '',
  emailOf(row, 'affiliate') ?? '',
];

export const exportPurchases = question({
  number: 13,
  asked: 'Export all purchases of last month as CSV.',
  needs: ['export_records'],
  given: () => ({ since: dayOf(LAST_MONTH), until: dayOf(THIS_MONTH - DAY) }),
  truth: (programme) => inLineOrder(linesOf(programme)),
  plain: [
    {
      how: 'read the purchases of the month; the model then writes the file itself, which is not counted',
      solve: async (agent) => inLineOrder((await purchasesBetween(agent, LAST_MONTH, THIS_MONTH)).map(lineOf)),
    },
  ],
  async workflows(agent, { since, until }) {
    const { files } = await agent.finish('export_records', { records: 'purchases', since, until });
    const [file] = files as JsonObject[];
    return inLineOrder(parseCsv(await agent.file(String(file?.uri))).map(lineInFile));
  },
  note: 'The file is read from its resource by the host for the user; it does not pass through the model.',
});

const lineInFile = (row: Readonly<Record<string, string>>): Line => [
  row.purchase_code ?? '',
  writeCents(centsOf(row.purchase_amount)),
  row.currency ?? '',
  row.cancelled === 'true',
  row.created_at ?? '',
  row.lead_email ?? '',
  row.affiliate_email ?? '',
];
