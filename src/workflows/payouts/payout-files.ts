import { type JsonObject, recordIn } from '../../json.ts';
import { written, ZERO } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { UNCLEAR } from '../../records/payable.ts';
import { shownIdOf } from '../../records/values.ts';
import { csvLines, csvTable } from '../exports/csv.ts';
import { type FileLink, keepFile } from '../output.ts';
import type { Work } from '../workflow.ts';
import { nameDebt } from './debt-reference.ts';
import {
  decimalsOf,
  describeOwner,
  describePayTo,
  handIn,
  idsOf,
  type Line,
  type Owed,
  paymentOf,
  sumOf,
} from './owed.ts';

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
  'purchase_code',
  'pay_to',
  'pay_to_is_default',
] as const;

/** Payments that PayPal takes in one file (docs.paypal.ai, Send payouts with the web UI). */
const PAYPAL_ROWS = 5_000;

/**
 * Keeps the full report and, per currency, the file to pay from; what `settle_payouts` cannot mark has a file of its
 * own. @throws Unavailable
 */
export async function keepPayoutFiles(owed: Owed, work: Work): Promise<{ files: FileLink[]; notes: string[] }> {
  const day = new Date(owed.dueBy).toISOString().slice(0, 10);
  const rows = reportRows(owed).map((row) => work.present(row) as JsonObject);
  const full = { name: `payout-report-${day}.csv`, mimeType: 'text/csv', text: csvTable(COLUMNS, rows) };
  const files = [await keepFile(work, full, { content: 'the full report', rows: rows.length })];
  if (work.masksPeople) {
    const note = 'People are masked (--mask-pii): there is no file to pay from, because it would hold pseudonyms.';
    return { files, notes: [note] };
  }
  const payable = owed.lines.filter(({ reasons }) => reasons.length === 0);
  for (const currency of [...new Set(payable.map((line) => line.currency))].sort()) {
    const ours = payable.filter((line) => line.currency === currency);
    files.push(...(await keepPayments(ours, READY, currency, owed.dueBy, work)));
    files.push(...(await keepPayments(ours, BY_HAND, currency, owed.dueBy, work)));
  }
  const byHand = payable.flatMap(handIn).length;
  return { files, notes: byHand > 0 ? [markByHand(byHand)] : [] };
}

const markByHand = (count: number) =>
  `${count} commission${count === 1 ? '' : 's'} in the files named by-hand: see by_hand.`;

/** Every line, its parts to be marked by hand, then every commission that is in none of them. */
function reportRows({ lines, purchaseCancelled, unclear }: Owed): JsonObject[] {
  const single =
    (state: string, reasons: string) =>
    ({ raw, currency, affiliate }: Commission): JsonObject => ({
      state,
      reasons,
      affiliate_id: shownIdOf(recordIn(raw, 'affiliate')),
      email: affiliate?.email,
      currency: currency || 'unknown',
      amount: raw.amount,
      commissions: 1,
      commission_ids: shownIdOf(raw),
    });
  return [
    ...lines.flatMap(rowsOfLine),
    ...purchaseCancelled.map(single('held', 'purchase cancelled')),
    ...[...unclear].flatMap(([reason, found]) => found.map(single('not counted', UNCLEAR[reason]))),
  ];
}

function rowsOfLine(line: Line): JsonObject[] {
  const { currency, commissions, reasons, ready, byHand } = line;
  const part = (state: string, why: string, some: readonly Commission[], purchase_code?: string): JsonObject => ({
    ...describeOwner(line),
    ...describePayTo(line),
    state,
    reasons: why,
    currency: currency || 'unknown',
    amount: written(sumOf(some, currency)),
    commissions: some.length,
    commission_ids: idsOf(some).join(' '),
    ...(purchase_code && { purchase_code }),
  });
  return [
    ...(reasons.length > 0 ? [part('held', reasons.join('; '), commissions)] : []),
    ...(ready.length > 0 ? [part('ready', '', ready)] : []),
    ...byHand.map(({ commissions: some, reason, purchaseCode }) =>
      part('by hand', `${reason}; pay it apart and mark it in LeadDyno`, some, purchaseCode),
    ),
  ];
}

/** One of the files to pay from. */
interface Payments {
  readonly of: (line: Line) => readonly Commission[];
  /** In the file's name. */
  readonly mark: string;
  readonly content: string;
}

const READY: Payments = {
  of: ({ ready }) => ready,
  mark: '',
  content: 'PayPal mass payment of the ready lines: recipient, amount, currency, reference, note',
};
const BY_HAND: Payments = {
  of: handIn,
  mark: '-by-hand',
  content: 'PayPal mass payment of what has to be marked by hand afterwards, in the same columns',
};

/**
 * PayPal's columns: recipient, amount, currency, an id of ours (no spaces, at most 30 characters), a note; no header,
 * one currency a file.
 */
async function keepPayments(
  lines: readonly Line[],
  { of, mark, content }: Payments,
  currency: string,
  dueBy: number,
  work: Work,
): Promise<FileLink[]> {
  const day = new Date(dueBy).toISOString().slice(0, 10);
  const payments = lines.flatMap((line) => {
    const amount = paymentOf(of(line), currency);
    return amount.gt(0) ? [{ line, amount }] : [];
  });
  const files: FileLink[] = [];
  for (let from = 0; from < payments.length; from += PAYPAL_ROWS) {
    const some = payments.slice(from, from + PAYPAL_ROWS);
    const rows = await Promise.all(
      some.map(async ({ line, amount }) => [
        line.payTo.address,
        amount.toFixed(decimalsOf(currency)),
        currency,
        ...(await nameDebt(line.owner, currency, of(line))),
      ]),
    );
    const part = payments.length > PAYPAL_ROWS ? `-part-${from / PAYPAL_ROWS + 1}` : '';
    const file = {
      name: `paypal-payout-${currency}-${day}${mark}${part}.csv`,
      mimeType: 'text/csv',
      text: csvLines(
        rows.map((row) => work.present(row) as string[]),
        new Set([1]),
      ),
    };
    const sum = some.reduce((total, { amount }) => total.plus(amount), ZERO);
    const rounded = some.filter(({ line, amount }) => !amount.eq(sumOf(of(line), currency))).length;
    files.push(
      await keepFile(work, file, {
        content,
        rows: rows.length,
        currency,
        amount: written(sum),
        ...(rounded > 0 && { rounded_to_the_cent: rounded }),
      }),
    );
  }
  return files;
}
