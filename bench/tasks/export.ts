import { centsOf, writeCents } from '../../evals/amounts.ts';
import { LAST_MONTH, THIS_MONTH } from '../../evals/clock.ts';
import { exportPurchases as asked, inLineOrder, type Line } from '../../evals/questions/export.ts';
import type { JsonObject } from '../../src/json.ts';
import { parseCsv } from './csv.ts';
import { emailOf, purchasesBetween } from './lists.ts';
import { solved } from './solved.ts';

const lineOf = (row: JsonObject): Line => [
  String(row.purchase_code),
  writeCents(centsOf(row.purchase_amount)),
  String(row.currency),
  row.cancelled === true,
  String(row.created_at),
  emailOf(row, 'lead') ?? '',
  emailOf(row, 'affiliate') ?? '',
];

export const exportPurchases = solved(asked, {
  needs: ['export_records'],
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
