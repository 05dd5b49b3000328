import { type JsonObject, recordIn } from '../../json.ts';
import { keyForm } from '../../records/keys.ts';
import { type Decimal, rewardName, written, ZERO } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { UNCLEAR } from '../../records/payable.ts';
import { fullName, type Named } from '../../records/people.ts';
import { numericIdOf, shownIdOf } from '../../records/values.ts';
import { csvTable, forPeople, paymentLines } from '../exports/csv.ts';
import { type FileLink, keepFile } from '../output.ts';
import type { Work } from '../workflow.ts';
import type { Clawback, Netted, Netting } from './clawbacks.ts';
import { decimalsOf, idsOf, type Line, type Owed, paymentOf, sumOf, unmarkableIn } from './owed.ts';
import { type DecimalSign, type PaymentService, paypal, wise } from './payment-service.ts';
import { describeOwner, describePayTo } from './payout-lines.ts';
import type { RiskHint } from './risk.ts';

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
  'clawback_amount',
  'amount_after_clawback',
  'risk',
  'risk_evidence',
] as const;

const SERVICES = { paypal, wise } as const satisfies Record<string, PaymentService>;

/** What goes into the files. */
export interface FileOptions {
  readonly service: keyof typeof SERVICES;
  readonly sign: DecimalSign;
  readonly clawbacks: readonly Clawback[];
  readonly netting: Netting;
  /** What earlier payments subtracted. */
  readonly before: Netted;
  /** Whether claw-backs are subtracted from the payments. */
  readonly nets: boolean;
  readonly hintOf: (line: Line) => RiskHint;
}

/**
 * Keeps the full report and, per currency, a payment file; what `settle_payouts` cannot mark gets its own file.
 * @throws Unavailable
 */
export async function keepPayoutFiles(
  owed: Owed,
  options: FileOptions,
  work: Work,
): Promise<{ files: FileLink[]; notes: string[] }> {
  const day = new Date(owed.dueBy).toISOString().slice(0, 10);
  const rows = reportRows(owed, options).map((row) => work.present(row) as JsonObject);
  const text = forPeople(csvTable(COLUMNS, rows));
  const full = { name: `payout-report-${day}.csv`, mimeType: 'text/csv', text };
  const files = [await keepFile(work, full, { content: 'the full report', rows: rows.length })];
  if (work.masksPeople) {
    const note = 'People are masked (--mask-pii): no payment file is made, because it would contain pseudonyms.';
    return { files, notes: [note] };
  }
  const service = SERVICES[options.service];
  const payable = owed.lines.filter(({ reasons }) => reasons.length === 0);
  const currencies = [...new Set(payable.map((line) => line.currency))].sort();
  const paid = currencies.filter((currency) => service.pays(currency));
  for (const currency of paid) {
    const ours = payable.filter((line) => line.currency === currency);
    for (const part of PARTS) files.push(...(await keepPayments(ours, part, currency, owed.dueBy, options, work)));
  }
  const unpaid = currencies.filter((currency) => !paid.includes(currency));
  const swallowed = paid.filter((currency) => {
    const ours = payable.filter((line) => line.currency === currency && paymentOf(line.ready, currency).gt(0));
    return ours.length > 0 && ours.every((line) => paidFor(line, options).isZero());
  });
  const notes = [
    ...(unpaid.length > 0 ? [noFileFor(service, unpaid)] : []),
    ...(files.length > 1 ? [`${service.content}.`, ...service.assumptions(paid, options.sign)] : []),
    ...(swallowed.length > 0 ? [`Claw-backs leave nothing to pay in ${swallowed.join(', ')}.`] : []),
  ];
  return { files, notes };
}

const noFileFor = ({ name }: PaymentService, currencies: readonly string[]) =>
  `No ${name} file for ${currencies.join(', ')}: ${name} does not pay out in ${currencies.length === 1 ? 'this currency' : 'these currencies'}. Pay these lines another way${name === 'PayPal' ? ' (payment_service: wise)' : ''}.`;

/**
 * Every line, with the parts that no call can mark in rows of their own; then the commissions that are in no line, and
 * the claw-backs.
 */
function reportRows({ lines, purchaseCancelled, unclear }: Owed, options: FileOptions): JsonObject[] {
  const single =
    (state: string, reasons: string) =>
    ({ raw, currency, affiliate, isMoney }: Commission): JsonObject => ({
      state,
      reasons,
      affiliate_id: shownIdOf(recordIn(raw, 'affiliate')),
      email: affiliate?.email,
      // A reward that is not money is shown by its name, never with a currency.
      currency: isMoney ? currency || 'unknown' : rewardName(raw),
      amount: raw.amount,
      commissions: 1,
      commission_ids: shownIdOf(raw),
    });
  return [
    ...lines.flatMap((line) => rowsOfLine(line, options)),
    ...purchaseCancelled.map(single('held', 'purchase cancelled')),
    ...[...unclear].flatMap(([reason, found]) => found.map(single('not counted', UNCLEAR[reason]))),
    ...options.clawbacks.flatMap((one) => rowsOfClawback(one, options)),
  ];
}

/** One row per affiliate and currency; a claw-back's sum is in no amount of the other rows. */
function rowsOfClawback(clawback: Clawback, { netting }: FileOptions): JsonObject[] {
  const { owner, currency, commissions } = clawback;
  const { open } = netting.restOf(clawback);
  if (open.isZero()) return [];
  const row: JsonObject = {
    state: 'claw-back',
    reasons: 'paid, and cancelled since',
    affiliate_id: numericIdOf(owner) ?? owner.id,
    email: owner.email,
    currency: currency || 'unknown',
    commissions: commissions.length,
    commission_ids: idsOf(commissions).join(' '),
    clawback_amount: written(open, currency),
  };
  return [row];
}

function rowsOfLine(line: Line, { netting, hintOf }: FileOptions): JsonObject[] {
  const { currency, commissions, reasons, ready, unmarkable } = line;
  const { risk, risk_evidence = [] } = hintOf(line);
  const owes = netting.openOf(line).gt(0);
  const part = (state: string, why: string, some: readonly Commission[], purchase_code?: string): JsonObject => ({
    ...describeOwner(line),
    ...describePayTo(line),
    state,
    reasons: why,
    currency: currency || 'unknown',
    amount: written(sumOf(some, currency), currency),
    commissions: some.length,
    commission_ids: idsOf(some).join(' '),
    ...(purchase_code && { purchase_code }),
    ...(state === 'ready' && owes && { amount_after_clawback: written(netting.paymentFor(line), currency) }),
    risk,
    risk_evidence: risk_evidence.join('; '),
  });
  return [
    ...(reasons.length > 0 ? [part('held', reasons.join('; '), commissions)] : []),
    ...(ready.length > 0 ? [part('ready', '', ready)] : []),
    ...unmarkable.map(({ commissions: some, reason, purchaseCode }) =>
      part('unmarkable here', `${reason}; pay it separately and mark it in LeadDyno`, some, purchaseCode),
    ),
  ];
}

/** One of the payment files of a currency. */
interface Part {
  readonly of: (line: Line) => readonly Commission[];
  readonly amountOf: (line: Line, options: FileOptions) => Decimal;
  /** Part of the file's name. */
  readonly mark: string;
  readonly about: string;
}

function paidFor(line: Line, { nets, netting }: FileOptions): Decimal {
  return nets ? netting.paymentFor(line) : paymentOf(line.ready, line.currency);
}

const PARTS: readonly Part[] = [
  {
    of: ({ ready }) => ready,
    amountOf: paidFor,
    mark: '',
    about: 'The ready lines',
  },
  {
    of: unmarkableIn,
    amountOf: (line) => paymentOf(unmarkableIn(line), line.currency),
    mark: '-mark-in-leaddyno',
    about: 'What settle_payouts cannot mark: mark it in LeadDyno after paying',
  },
];

/** The payments of one currency, split into files if the service limits the rows. */
async function keepPayments(
  lines: readonly Line[],
  { of, amountOf, mark, about }: Part,
  currency: string,
  dueBy: number,
  options: FileOptions,
  work: Work,
): Promise<FileLink[]> {
  const service = SERVICES[options.service];
  const day = new Date(dueBy).toISOString().slice(0, 10);
  const payments = lines.flatMap((line) => {
    const amount = amountOf(line, options);
    return amount.gt(0) ? [{ line, amount }] : [];
  });
  const files: FileLink[] = [];
  for (let from = 0; from < payments.length; from += service.mostRows) {
    const some = payments.slice(from, from + service.mostRows);
    const rows = await Promise.all(
      some.map(async ({ line, amount }) => {
        const [reference, note] = await nameDebt(line.owner, currency, of(line));
        const name = fullName(line.affiliate?.raw ?? {});
        return service.rowOf({ to: line.payTo.address, name, amount, currency, reference, note }, options.sign);
      }),
    );
    const part = payments.length > service.mostRows ? `-part-${from / service.mostRows + 1}` : '';
    const file = {
      name: `${service.prefix}-${currency}-${day}${mark}${part}.csv`,
      mimeType: 'text/csv',
      ...(!service.header && ({ headless: true } as const)),
      text: paymentLines([
        ...(service.header ? [service.header] : []),
        ...rows.map((row) => work.present(row) as string[]),
      ]),
    };
    const sum = some.reduce((total, { amount }) => total.plus(amount), ZERO);
    const full = some.map(({ line }) => paymentOf(of(line), currency));
    const rounded = some.filter(({ line }, index) => !full[index]?.eq(sumOf(of(line), currency))).length;
    files.push(
      await keepFile(work, file, {
        content: about,
        rows: rows.length,
        currency,
        amount: sum.toFixed(decimalsOf(currency)),
        ...(rounded > 0 && { rounded_to_the_cent: rounded }),
      }),
    );
  }
  return files;
}

/*
 * The name of a debt in every payment file. It depends only on who is owed, the currency and the commissions, so the
 * same debt always has the same name, and the payer's own list shows whether it was paid before.
 */

/** Digits and capitals, without letters that are easily misread. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** With the longest id and the other parts this comes to 30 characters, PayPal's limit. */
const DIGEST_LETTERS = 10;
const SHORT_ID = /^\d{1,12}$/;

/** Reference and note of a payment: the same for the same debt, in whatever order it is listed. */
async function nameDebt(
  owner: Named,
  currency: string,
  commissions: readonly Commission[],
): Promise<[reference: string, note: string]> {
  const who = owner.id === '' ? `e-mail ${keyForm(owner.email)}` : `id ${owner.id}`;
  const which = commissions.map(nameOf).sort();
  const digest = await digestOf(JSON.stringify([who, currency, which]));
  const id = SHORT_ID.test(owner.id) ? `${owner.id}-` : '';
  const reference = `LD-${id}${currency}-${digest}`;
  const count = commissions.length;
  return [reference, `${count} affiliate commission${count === 1 ? '' : 's'} (${reference})`];
}

/** A commission's id; without one, the other fields that tell it apart. */
const nameOf = ({ id, raw, purchase, dueAt }: Commission) =>
  id === '' ? JSON.stringify([purchase?.code, String(raw.amount), dueAt]) : id;

async function digestOf(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...bytes.slice(0, DIGEST_LETTERS)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}
