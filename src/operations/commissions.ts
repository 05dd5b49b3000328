import * as z from 'zod';
import { type JsonObject, recordIn } from '../json.ts';
import { money, sumByCurrency } from '../records/money.ts';
import { flagOf, purchaseCodeOf, timeOf } from '../records/values.ts';
import { quote } from '../text.ts';
import { findAffiliateByEmail, readAffiliate } from './affiliates.ts';
import { affiliateId, amount, code, currency, day, email, page, perPage, text, UNVERIFIED } from './inputs.ts';
import { type Group, operation, type Read } from './operation.ts';
import { describeAffiliate, listed, NO_UNDO, plainNumber, required } from './questions.ts';
import { readList } from './read-list.ts';
import { either, many, type Narrow, one } from './returns.ts';
import * as shapes from './shapes.ts';

const STATES = ['cancelled', 'paid', 'pending', 'due', 'unpaid', 'live'] as const;

/**
 * What a commission's own flags say about a state (API reference, Commission). `pending` against `due` follows from
 * `due_at`, which alone never proves that the filter was ignored: pending may also mean a missing approval.
 */
const byOwnFlags: Narrow = (row, { status }, now) => {
  const [paid, cancelled] = [flagOf(row.paid), flagOf(row.cancelled)];
  if (typeof status !== 'string' || paid === undefined || cancelled === undefined) {
    return { keep: true, ignored: false };
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
  return { keep: fits && !(status === 'pending' && due === true), ignored: !fits };
};

/** A15 and C2 `GET /affiliates/{id}/commissions`: official-current, the path of the filtered form is inferred. */
export const listAffiliateCommissions = operation({
  name: 'list_affiliate_commissions',
  title: 'List commissions of an affiliate',
  description: `Commissions of one affiliate, all or in one state: due (payable now), pending (not yet), unpaid (both), paid, cancelled, live (all but cancelled). The filter is unverified against a live account; where LeadDyno ignores it, rows are filtered here and a note says so.`,
  method: 'GET',
  path: '/affiliates/{affiliate_id}/commissions',
  input: () => ({
    affiliate_id: affiliateId(),
    status: z.enum(STATES).optional().describe('One state; absent: all'),
    page: page(),
    per_page: perPage(20),
  }),
  returns: many(shapes.commission, 20, byOwnFlags),
  effect: 'read',
});

/** C1 `POST /affiliates/{id}/commissions`, official-current; the name of the due date is not established. */
const createCommission = operation({
  name: 'create_commission',
  title: 'Add a manual commission',
  description:
    'Owe an affiliate an amount by hand (bonus, correction). A debt without undo, and every call adds another: never repeat it without looking at list_affiliate_commissions. That due_at sets the due date is unverified against a live account.',
  method: 'POST',
  path: '/affiliates/{affiliate_id}/commissions',
  input: () => ({
    affiliate_id: affiliateId(),
    amount: amount(0.01, 'Amount to add, in currency units'),
    currency: currency('ISO 4217 code; account default when absent').optional(),
    note: text('What it is for').optional(),
    due_at: day('Day it becomes payable, YYYY-MM-DD').optional(),
  }),
  returns: one(shapes.commission),
  effect: 'create',
  moves: 'money',
  confirm: {
    asks: 'always',
    shows: 'whom it is owed to, by name, e-mail, id and status',
    names: ['affiliate_id', 'amount', 'currency', 'note', 'due_at'],
    read: readAffiliate,
    question: (args, record) => {
      const amount = `${args.amount} ${args.currency ?? '(account currency)'}`;
      const extras = [
        ...(args.due_at === undefined ? [] : [`due ${args.due_at}`]),
        ...(args.note === undefined ? [] : [`note ${quote(args.note, 120)}`]),
      ];
      const more = extras.length === 0 ? '' : ` (${extras.join(', ')})`;
      return `Add a commission of ${amount}${more} owed to the ${describeAffiliate(record as JsonObject)}? ${NO_UNDO} Repeating it would add another.`;
    },
  },
  undo: 'A commission cannot be taken back through the API.',
  check: 'list_affiliate_commissions',
});

/** C3 `GET /commissions`, official-current; its default page size is not established. */
export const listCommissions = operation({
  name: 'list_commissions',
  title: 'List commissions',
  description:
    'Commissions of the whole account page by page, every state; no filter is known: read paid, cancelled and due_at of each row. For one affiliate or one state use list_affiliate_commissions.',
  method: 'GET',
  path: '/commissions',
  input: () => ({ page: page(), per_page: perPage(100) }),
  returns: many(shapes.commission, 100),
  effect: 'read',
});

/** C4 `GET /commissions/totals`, official-current. */
export const getCommissionTotals = operation({
  name: 'get_commission_totals',
  title: 'Get commission totals',
  description:
    'Counts and sums of the commissions of the account: all, due, paid, cancelled. Sums are decimal strings; give currency where the account uses several, because whether LeadDyno mixes them is not known.',
  method: 'GET',
  path: '/commissions/totals',
  input: () => ({
    affiliate_id: affiliateId().optional(),
    currency: currency('Only this ISO 4217 currency').optional(),
  }),
  returns: one(shapes.accountTotals),
  effect: 'read',
});

/** Past this the question would cost too many calls; it then says that it did not see all. */
const PAGES_READ = 10;

interface Markable {
  readonly affiliate: JsonObject;
  readonly commissions: readonly JsonObject[];
  /** Whether their list could be read at all, and to its end. */
  readonly seen: 'all' | 'some' | 'none';
}

/** The unpaid commissions an affiliate has for one purchase, from the affiliate's own list. */
async function readMarkable(args: { affiliate_email: string; purchase_code: string }, read: Read): Promise<Markable> {
  const found = required(
    await read(findAffiliateByEmail, { email: args.affiliate_email }),
    'affiliate with this e-mail',
  );
  // The address is the one that will be sent.
  const affiliate: JsonObject = { ...recordIn(found, 'affiliate'), email: args.affiliate_email };
  if (affiliate.id === undefined) return { affiliate, commissions: [], seen: 'none' };
  const list = await readList(
    async (page) =>
      (await read(listAffiliateCommissions, { affiliate_id: affiliate.id, status: 'unpaid', page, per_page: 200 })) ??
      'missing',
    { plural: 'commissions', mostPages: PAGES_READ },
  );
  if (!list) return { affiliate, commissions: [], seen: 'none' };
  const matching = list.rows.filter(
    (row) => !flagOf(row.paid) && !flagOf(row.cancelled) && purchaseCodeOf(row) === args.purchase_code,
  );
  return { affiliate, commissions: matching, seen: list.complete ? 'all' : 'some' };
}

/** What would be marked, as far as it could be read. */
function describeMarkable({ commissions, seen }: Markable): string {
  if (seen === 'none') return 'Their commissions could not be read, so what would be marked cannot be listed here.';
  const unseen =
    seen === 'all'
      ? ''
      : ` Only the first ${PAGES_READ} pages of their unpaid commissions were read, so there may be more.`;
  if (commissions.length === 0) {
    return `No unpaid commission for this purchase was found${seen === 'all' ? '' : ' among those read'}.${unseen}`;
  }
  const rows = commissions.map((row) => `id ${plainNumber(row.id)} of ${money(row.amount, row.currency)}`);
  const unclear = commissions.filter((row) => flagOf(row.paid) === undefined || flagOf(row.cancelled) === undefined);
  // A word first: behind a code in Hebrew or Arabic a number would be drawn before it.
  return `Unpaid, ${rows.length} found: ${listed(rows)}; together ${sumByCurrency(commissions, 'amount')}.${unclear.length === 0 ? '' : ` Of these, ${unclear.length} may be paid or cancelled already: the records do not say.`}${unseen}`;
}

/** C5 `POST /commissions/mark_as_paid`, official-current / path third-party. */
export const markCommissionsPaid = operation({
  name: 'mark_commissions_paid',
  title: 'Mark commissions as paid',
  description: `Record that one affiliate's commissions from one purchase have been paid. Bookkeeping only: no money is moved, so pay first. Cannot be undone. ${UNVERIFIED}`,
  method: 'POST',
  path: '/commissions/mark_as_paid',
  input: () => ({
    affiliate_email: email('Address of the affiliate'),
    purchase_code: code("The merchant's order code of the purchase"),
  }),
  returns: either(shapes.commission),
  effect: 'destroy',
  moves: 'money',
  idempotent: true,
  confirm: {
    asks: 'always',
    shows: 'whom and which purchase, the unpaid commissions and their sum',
    names: ['affiliate_email', 'purchase_code'],
    read: readMarkable,
    question: (args, record) => {
      const markable = record as Markable;
      return `Mark as paid the commissions of the ${describeAffiliate(markable.affiliate)} for the purchase ${quote(args.purchase_code)}? ${describeMarkable(markable)} This records a payment and moves no money. ${NO_UNDO}`;
    },
  },
  undo: 'A payment mark cannot be taken back; a wrong one is set right with a new manual commission (create_commission).',
  check: 'find_affiliate_by_email and then list_affiliate_commissions',
});

export const commissions: Group = {
  name: 'commissions',
  description: 'What affiliates have earned, and payment marks',
  operations: [listAffiliateCommissions, createCommission, listCommissions, getCommissionTotals, markCommissionsPaid],
};
