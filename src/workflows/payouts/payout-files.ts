import { type JsonObject, recordIn } from '../../json.ts';
import { currencyOf, Decimal, written } from '../../records/money.ts';
import { idTextOf, textOf } from '../../records/values.ts';
import { csvLines, csvTable } from '../files/csv.ts';
import { type FileLink, keepFile } from '../files/files.ts';
import type { Work } from '../workflow.ts';
import { decimalsOf, describeLine, idOf, type Line, paymentOf, type Report, UNCLEAR, unmarkable } from './payouts.ts';

const COLUMNS = [
  'state',
  'reasons',
  'affiliate_id',
  'first_name',
  'last_name',
  'email',
  'paypal_email',
  'currency',
  'amount',
  'commissions',
  'commission_ids',
  'commission_ids_to_mark_by_hand',
] as const;

/** Payments that PayPal takes in one file (docs.paypal.ai, Send payouts with the web UI). */
const PAYPAL_ROWS = 5_000;
/** Keeps the full report and, per currency, the file to pay from. @throws Unavailable */
export async function keepPayoutFiles(report: Report, work: Work): Promise<{ files: FileLink[]; notes: string[] }> {
  const day = new Date(report.dueBy).toISOString().slice(0, 10);
  const rows = reportRows(report).map((row) => work.present(row) as JsonObject);
  const full = { name: `payout-report-${day}.csv`, mimeType: 'text/csv', text: csvTable(COLUMNS, rows) };
  const files = [await keepFile(work, full, { content: 'the full report', rows: rows.length })];
  if (work.masksPeople) {
    const note = 'People are masked (--mask-pii): there is no file to pay from, because it would hold pseudonyms.';
    return { files, notes: [note] };
  }
  const ready = report.lines.filter(({ reasons }) => reasons.length === 0);
  const byHand = unmarkable(ready.flatMap(({ commissions }) => commissions)).length;
  for (const currency of [...new Set(ready.map((line) => line.currency))].sort()) {
    files.push(
      ...(await keepPayments(
        ready.filter((line) => line.currency === currency),
        currency,
        report.dueBy,
        work,
      )),
    );
  }
  return { files, notes: byHand > 0 ? [markByHand(byHand)] : [] };
}

const markByHand = (count: number) =>
  `${count} commission${count === 1 ? '' : 's'} of ready lines without a purchase code (commission_ids_to_mark_by_hand): settle_payouts cannot mark such. Once paid, mark them in LeadDyno, or the next report has them as ready again.`;

/** An id that leaves the reference short enough; whoever has none that does goes by the place in the file. */
const referenceTo = ({ affiliate }: Line) => /^\d{1,12}$/.exec(idTextOf(affiliate))?.[0];

/** Every line, then every commission that is in none of them. */
function reportRows({ lines, purchase_cancelled, unclear }: Report): JsonObject[] {
  const single =
    (state: string, reason: string) =>
    (row: JsonObject): JsonObject => ({
      state,
      reasons: reason,
      affiliate_id: recordIn(row, 'affiliate').id,
      email: recordIn(row, 'affiliate').email,
      currency: currencyOf(row) || 'unknown',
      amount: row.amount,
      commissions: 1,
      commission_ids: idOf(row),
    });
  return [
    ...lines.map((line) => ({
      ...describeLine(line),
      reasons: line.reasons.join('; '),
      commission_ids: line.commissions.map(idOf).join(' '),
      commission_ids_to_mark_by_hand: unmarkable(line.commissions).map(idOf).join(' '),
    })),
    ...purchase_cancelled.map(single('held', 'purchase cancelled')),
    ...[...unclear].flatMap(([reason, rows]) => rows.map(single('not counted', UNCLEAR[reason]))),
  ];
}

/**
 * PayPal's columns: recipient, amount, currency, an id of ours (no spaces, at most 30 characters), a note; no header,
 * one currency a file.
 */
async function keepPayments(ready: readonly Line[], currency: string, dueBy: number, work: Work): Promise<FileLink[]> {
  const until = new Date(dueBy).toISOString();
  const day = until.slice(0, 10);
  const run = until.slice(2, 16).replace(/\D/g, '');
  const payments = ready.flatMap((line) => {
    const amount = paymentOf(line);
    return amount.gt(0) ? [{ line, amount }] : [];
  });
  const files: FileLink[] = [];
  for (let from = 0; from < payments.length; from += PAYPAL_ROWS) {
    const some = payments.slice(from, from + PAYPAL_ROWS);
    const rows = some.map(({ line, amount }, index) => [
      textOf(line.affiliate.paypal_email),
      amount.toFixed(decimalsOf(currency)),
      currency,
      `LD-${referenceTo(line) ?? `row${from + index + 1}`}-${currency}-${run}`,
      `Affiliate commissions due by ${day}`,
    ]);
    const part = payments.length > PAYPAL_ROWS ? `-part-${from / PAYPAL_ROWS + 1}` : '';
    const file = {
      name: `paypal-payout-${currency}-${day}${part}.csv`,
      mimeType: 'text/csv',
      text: csvLines(
        rows.map((row) => work.present(row) as string[]),
        new Set([1]),
      ),
    };
    const sum = some.reduce((total, { amount }) => total.plus(amount), new Decimal(0));
    const rounded = some.filter(({ line, amount }) => !amount.eq(line.amount)).length;
    files.push(
      await keepFile(work, file, {
        content: 'PayPal mass payment of the ready lines: recipient, amount, currency, reference, note',
        rows: rows.length,
        currency,
        amount: written(sum),
        ...(rounded > 0 && { rounded_to_the_cent: rounded }),
      }),
    );
  }
  return files;
}
