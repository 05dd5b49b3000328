import * as z from 'zod';
import { type JsonObject, recordIn, rowsIn } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { addressForm, codeForm } from '../records/keys.ts';
import { sumByCurrency, worthOf } from '../records/money.ts';
import { type Commission, parseCommission } from '../records/parse.ts';
import { type CommissionState, stateOf, UNCLEAR, whyNotSingledOut } from '../records/payable.ts';
import { flagOf, groupBy, idTextOf, isSaid, purchaseCodeOf, textOf, timeOf } from '../records/values.ts';
import { quote } from '../text.ts';
import { amountToSend, readAccountCurrency } from './account-currency.ts';
import { findAffiliateByEmail, listAffiliates, readAffiliate } from './affiliates.ts';
import {
  affiliateId,
  amount,
  amountsOfCurrency,
  code,
  currency,
  day,
  email,
  page,
  perPage,
  refuseAmounts,
  text,
} from './inputs.ts';
import { type Group, operation, type Read } from './operation.ts';
import { readList } from './paging.ts';
import { listed, NO_UNDO, nameAffiliate, plainNumber, required } from './questions.ts';
import { either, many, type Narrow, one, type Verdict } from './returns.ts';
import * as shapes from './shapes.ts';

const STATES = ['cancelled', 'paid', 'pending', 'due', 'unpaid', 'live'] as const;

/**
 * Whether a commission's own flags fit the state that was asked for (API reference, Commission). `due_at` tells `due`
 * from `pending`, but never proves that LeadDyno ignored the filter: pending may also mean a missing approval.
 */
function judgeByFlags(row: JsonObject, { status }: JsonObject, now: number): Verdict {
  const [paid, cancelled] = [flagOf(row.paid), flagOf(row.cancelled)];
  if (typeof status !== 'string' || paid === undefined || cancelled === undefined) {
    return { keep: true, told: false };
  }
  const unpaid = !paid && !cancelled;
  const dueAt = timeOf(row.due_at);
  const due = Number.isNaN(dueAt) ? undefined : dueAt <= now;
  const flags: Record<(typeof STATES)[number], boolean> = {
    cancelled,
    paid: paid && !cancelled,
    unpaid,
    live: !cancelled,
    due: unpaid && due !== false,
    pending: unpaid,
  };
  const fits = flags[status as keyof typeof flags] ?? true;
  return { keep: fits && !(status === 'pending' && due === true), told: !fits };
}

const byOwnFlags: Narrow = {
  judge: judgeByFlags,
  isSent: true,
  note: (leftOut, rows) =>
    `LeadDyno ignored the status filter on this page: ${leftOut} of its ${rows} rows were left out by their own flags`,
};

/** A15 and C2 `GET /affiliates/{id}/commissions`: official-current, the path of the filtered form is inferred. */
export const listAffiliateCommissions = operation({
  name: 'list_affiliate_commissions',
  title: 'List commissions of an affiliate',
  description:
    "One affiliate's commissions, all or by status: due (payable now), pending (not yet), unpaid (both), paid, cancelled, live (all but cancelled).",
  method: 'GET',
  path: '/affiliates/{affiliate_id}/commissions',
  input: () => ({
    affiliate_id: affiliateId(),
    status: z.enum(STATES).optional().describe('Default: all'),
    page: page(),
    per_page: perPage(20),
  }),
  returns: many(shapes.commission, 20, byOwnFlags),
  effect: 'read',
});

const flawOfAmount = amountsOfCurrency('amount');

/** C1 `POST /affiliates/{id}/commissions`, official-current; the name of the due date is not established. */
const createCommission = operation({
  name: 'create_commission',
  title: 'Add a manual commission',
  description:
    'Add an amount owed to an affiliate (bonus, correction). No undo, and each call adds another: check list_affiliate_commissions before repeating. Whether due_at sets the due date is unverified.',
  method: 'POST',
  path: '/affiliates/{affiliate_id}/commissions',
  input: () => ({
    affiliate_id: affiliateId(),
    amount: amount(0.01, 'In currency units'),
    currency: currency("ISO 4217; default: the account's").optional(),
    note: text('What it is for').optional(),
    due_at: day('Day payable, YYYY-MM-DD').optional(),
  }),
  returns: one(shapes.commission),
  effect: 'create',
  moves: 'money',
  flaw: flawOfAmount,
  confirm: {
    asks: 'always',
    shows: 'who is owed it: name, e-mail, id, status',
    names: ['affiliate_id', 'amount', 'currency', 'note', 'due_at'],
    read: async (args, read) => {
      const affiliate = await readAffiliate(args, read);
      if (args.currency !== undefined) return affiliate;
      const currency = await readAccountCurrency(args.affiliate_id, read);
      refuseAmounts(flawOfAmount({ ...args, currency }));
      return { ...affiliate, currency };
    },
    question: (args, record) => {
      const amount = amountToSend(args.amount, args.currency, (record as JsonObject).currency);
      const extras = [
        ...(args.due_at === undefined ? [] : [`due ${args.due_at}`]),
        ...(args.note === undefined ? [] : [`note ${quote(args.note, 120)}`]),
      ];
      const more = extras.length === 0 ? '' : ` (${extras.join(', ')})`;
      return `Add a commission of ${amount}${more} owed to the ${nameAffiliate(record as JsonObject)}? ${NO_UNDO} Repeating it adds another.`;
    },
  },
  undo: 'A commission cannot be deleted through the API.',
  check: 'list_affiliate_commissions',
});

/** C3 `GET /commissions`, official-current; its default page size is not established. */
export const listCommissions = operation({
  name: 'list_commissions',
  title: 'List commissions',
  description:
    "The account's commissions, page by page, with no filter: read paid, cancelled and due_at. By affiliate and status: list_affiliate_commissions.",
  method: 'GET',
  path: '/commissions',
  input: () => ({ page: page(), per_page: perPage(100) }),
  returns: many(shapes.commission, 100),
  effect: 'read',
});

const totalsAsSent = one(shapes.accountTotals);

/** Without a currency each sum is one number over all currencies, so a note always says so (API reference, C4). */
const accountTotals: typeof totalsAsSent = {
  ...totalsAsSent,
  shape(body, args, now) {
    const shaped = totalsAsSent.shape(body, args, now);
    if (args.currency !== undefined || !('totals' in shaped)) return shaped;
    const note =
      'No currency was given, so these sums may mix currencies (and rewards in points) and mean nothing. Use only the counts, or give currency; program_overview has the sums per currency.';
    return { ...shaped, note };
  },
};

/** C4 `GET /commissions/totals`, official-current. */
export const getCommissionTotals = operation({
  name: 'get_commission_totals',
  title: 'Get commission totals',
  description:
    "Counts and sums of the account's commissions: all, due, paid, cancelled. Give currency, or the sums may mix currencies.",
  method: 'GET',
  path: '/commissions/totals',
  input: () => ({
    affiliate_id: affiliateId().optional(),
    currency: currency('ISO 4217 code').optional(),
  }),
  returns: accountTotals,
  effect: 'read',
});

/** More pages would cost too many calls for one question; it then says that it did not see all. */
const PAGES_READ = 10;

interface Markable {
  readonly affiliate: JsonObject;
  readonly commissions: readonly JsonObject[];
  /** How much of their list could be read. */
  readonly seen: 'all' | 'gaps' | 'some' | 'none';
  /** Whether another affiliate has this e-mail, ignoring case and blanks; undefined if that could not be found out. */
  readonly emailIsShared: boolean | undefined;
}

/** All that the mark may cover: the affiliate's unpaid commissions under this code, in any spelling (`codeForm`). */
async function readMarkable(args: { affiliate_email: string; purchase_code: string }, read: Read): Promise<Markable> {
  const found = required(
    await read(findAffiliateByEmail, { email: args.affiliate_email }),
    'affiliate with this e-mail',
  );
  // Show the address that will be sent.
  const affiliate: JsonObject = { ...recordIn(found, 'affiliate'), email: args.affiliate_email };
  if (affiliate.id === undefined) return { affiliate, commissions: [], seen: 'none', emailIsShared: undefined };
  const list = await readList(
    async (page) =>
      (await read(listAffiliateCommissions, { affiliate_id: affiliate.id, status: 'unpaid', page, per_page: 200 })) ??
      'missing',
    { plural: 'commissions', mostPages: PAGES_READ },
  );
  const emailIsShared = await sharesEmail(affiliate, read);
  if (!list) return { affiliate, commissions: [], seen: 'none', emailIsShared };
  const key = codeForm(args.purchase_code);
  const matching = list.rows.filter(
    (row) => !flagOf(row.paid) && !flagOf(row.cancelled) && codeForm(purchaseCodeOf(row)) === key,
  );
  return {
    affiliate,
    commissions: matching,
    seen: list.complete ? 'all' : list.nextPage === undefined ? 'gaps' : 'some',
    emailIsShared,
  };
}

/** One search by e-mail. A result without the affiliate itself, or none, says nothing about others. */
async function sharesEmail({ id, email: address }: JsonObject, read: Read): Promise<boolean | undefined> {
  const query = String(address).trim();
  try {
    const found = await read(listAffiliates, { query, page: 1, per_page: 100, skip: 0, detail: 'full' });
    const same = rowsIn(found, 'affiliates').filter((row) => addressForm(textOf(row.email)) === addressForm(query));
    const others = same.filter((row) => idTextOf(row) !== idTextOf({ id }));
    return others.length > 0 ? true : same.length > 0 ? false : undefined;
  } catch (error) {
    if (error instanceof LeadDynoError) return undefined;
    throw error;
  }
}

/** What would be marked, as far as it could be read, and any doubts by the payout report's own rules. */
function describeMarkable(code: string, { commissions, seen, emailIsShared }: Markable): string {
  if (seen === 'none') return 'Their commissions could not be read, so this question cannot list what would be marked.';
  const unseen = {
    all: '',
    gaps: ' LeadDyno counts more of their unpaid commissions than it sent, or sent rows that are no records, so there may be more.',
    some: ` Only the first ${PAGES_READ} pages of their unpaid commissions were read, so there may be more.`,
  }[seen];
  if (commissions.length === 0) {
    return `No unpaid commission for this purchase was found${seen === 'all' ? '' : ' among those read'}.${unseen}`;
  }
  const covers = commissions.map(parseCommission);
  const rows = covers.map(({ raw, purchase }) => {
    const written = purchase?.code === code ? '' : ` under the code ${quote(purchase?.code)}`;
    const due = isSaid(raw.due_at) ? `, due ${quote(raw.due_at, 25)}` : '';
    return `id ${plainNumber(raw.id)} of ${worthOf(raw, 'amount')}${written}${due}`;
  });
  const days = new Set(covers.map(({ dueAt }) => dueAt).filter((at) => !Number.isNaN(at)));
  const doubts = [
    whyNotSingledOut({ hasEmail: true, emailIsShared, purchaseCode: code, covers }) ?? '',
    days.size > 1 ? 'they are due on different days, and the mark covers all of them' : '',
  ].filter(Boolean);
  return [
    // Start with a word: a number right after a code in Hebrew or Arabic would be displayed before it.
    `Unpaid, ${rows.length} found: ${listed(rows)}; together ${sumByCurrency(commissions, 'amount')}.`,
    ...describeUnpayable(covers),
    ...(doubts.length > 0 ? [`Check first: ${doubts.join('; ')}.`] : []),
    ...(unseen ? [unseen.trim()] : []),
  ].join(' ');
}

const UNPAYABLE: Readonly<Partial<Record<CommissionState, string>>> = {
  unreadable_amount: UNCLEAR.unreadable_amount,
  paid_or_cancelled_unknown: 'may already be paid or cancelled: the records do not say',
  not_money: 'are rewards that are not money',
  purchase_cancelled: 'belong to a cancelled purchase',
};

/** How many of them payout_report would hold back, regardless of their due date. */
function describeUnpayable(covers: readonly Commission[]): string[] {
  const byState = groupBy(covers, (one) => stateOf(one, Number.POSITIVE_INFINITY));
  return Object.entries(UNPAYABLE).flatMap(([state, words]) => {
    const some = byState.get(state) ?? [];
    return some.length === 0 ? [] : [`Of these, ${some.length} ${words}.`];
  });
}

/** C5 `POST /commissions/mark_as_paid`, official-current / path third-party. */
export const markCommissionsPaid = operation({
  name: 'mark_commissions_paid',
  title: 'Mark commissions as paid',
  description:
    "Record that one affiliate's commissions from one purchase were paid. Moves no money: pay first. No undo. Unverified.",
  method: 'POST',
  path: '/commissions/mark_as_paid',
  input: () => ({
    affiliate_email: email("Affiliate's e-mail"),
    purchase_code: code("The merchant's order code"),
  }),
  returns: either(shapes.commission),
  effect: 'destroy',
  moves: 'money',
  idempotent: true,
  confirm: {
    asks: 'always',
    shows: 'the affiliate, the purchase, the unpaid commissions and their sum',
    names: ['affiliate_email', 'purchase_code'],
    read: readMarkable,
    question: (args, record) => {
      const markable = record as Markable;
      return `Mark as paid the commissions of the ${nameAffiliate(markable.affiliate)} for the purchase ${quote(args.purchase_code)}? ${describeMarkable(args.purchase_code, markable)} This records a payment and moves no money. ${NO_UNDO}`;
    },
  },
  leaves: { paid: true },
  undo: 'A payment mark cannot be undone; correct a wrong one with a manual commission (create_commission).',
  check: 'find_affiliate_by_email, then list_affiliate_commissions',
});

/**
 * What LeadDyno's answer to a mark says about the commissions to be marked. The form of that answer is not established
 * (C5): a row that names a commission without a `paid` flag counts as marked.
 * @param ids of the commissions that were to be marked
 */
export function readMarkAnswer(answer: JsonObject, ids: readonly string[]) {
  // An answer in an unknown form is under `result`.
  const rows = [answer, recordIn(answer, 'result')]
    .flatMap((part) => [...rowsIn(part, 'commissions'), recordIn(part, 'commission')])
    .filter((row) => idTextOf(row) !== '');
  const shown = new Map(rows.map((row) => [idTextOf(row), 'paid' in row ? flagOf(row.paid) : true]));
  const meant = new Set(ids);
  return {
    rows,
    /** In the answer as not paid. */
    unpaid: ids.filter((id) => shown.get(id) === false),
    /** Not in the answer as paid: missing, unclear or not paid. */
    unconfirmed: ids.filter((id) => shown.get(id) !== true),
    /** In the answer as paid, although they were not to be marked. */
    others: rows.filter((row) => shown.get(idTextOf(row)) === true && !meant.has(idTextOf(row))),
    /** Whether it names commissions, but none of those to be marked. */
    isOfOthers: shown.size > 0 && !ids.some((id) => shown.has(id)),
  };
}

export const commissions: Group = {
  name: 'commissions',
  description: 'What affiliates have earned, and payment marks',
  operations: [listAffiliateCommissions, createCommission, listCommissions, getCommissionTotals, markCommissionsPaid],
};
