import { type JsonObject, recordIn } from '../../json.ts';
import { describeAffiliate, listed, plainNumber } from '../../operations/questions.ts';
import { isOfCurrency, sumByCurrency, Totals, totalsOf } from '../../records/money.ts';
import { groupBy, numberOf, purchaseCodeOf, textOf } from '../../records/values.ts';
import { idOf, type Line, linesOf, paymentOf, peopleIn, type Standing, standingOf, UNCLEAR } from './payouts.ts';
import type { AffiliateRead, NotRead } from './unpaid-commissions.ts';

/*
 * Which marks settle what was paid. LeadDyno marks by affiliate and purchase: all that this affiliate has unpaid for
 * that purchase at once (API reference, C5). So a purchase is marked whole or not at all.
 */

/** One mark: all that an affiliate has unpaid for one purchase, every bit of it payable. */
export interface Group {
  readonly key: string;
  readonly affiliateId: number;
  readonly affiliate: JsonObject;
  readonly email: string;
  readonly purchaseCode: string;
  readonly commissions: readonly JsonObject[];
  readonly totals: Totals;
  /** What the question showed of it: when that changes, it is not marked. */
  readonly state: unknown;
}

/** Commissions that no mark of this plan covers, and why. */
export interface LeftOut {
  readonly affiliateId: number;
  readonly purchaseCode: string;
  readonly commissions: readonly JsonObject[];
  readonly reason: string;
  /** Whether they are payable, so that the report has them as ready until somebody marks them. */
  readonly payable?: true;
}

export interface Marks {
  readonly groups: readonly Group[];
  readonly leftOut: readonly LeftOut[];
  /** What is marked although the report holds it back, because that was asked for. */
  readonly held: readonly LeftOut[];
  /** Everything payable, be it possible to mark or not. */
  readonly payable: Totals;
  /** The same as it is sent: what is owed one affiliate in one currency rounded as in the file to pay from. */
  readonly sent: Totals;
}

export interface SettlePlan extends Marks {
  readonly notRead: readonly NotRead[];
}

const NO_CURRENCY = 'without a readable currency: they may be of the one asked for';
const NO_CODE = 'no purchase code: the API cannot mark them, LeadDyno itself can';

/** What was paid, as it was asked of the report. */
export interface Paid {
  /** Epoch milliseconds. */
  readonly dueBy: number;
  readonly currency: string | undefined;
  readonly minimum: number | undefined;
  /** Whether those were paid too whom the report holds back. */
  readonly includeHeld: boolean;
}

/** Whether a commission is of the currency asked for, as all are where none is; undefined where it may be. */
const isAskedFor = (row: JsonObject, currency: string | undefined) =>
  currency === undefined || isOfCurrency(row, currency);

/** The marks for what was payable by a moment, by the same reading as the report's. */
export function planMarks(read: readonly AffiliateRead[], paid: Paid): Marks {
  const plans = read.map((one) => planFor(one, paid));
  const sent = new Totals();
  for (const line of plans.flatMap(({ lines }) => lines)) sent.add(paymentOf(line).toString(), line.currency);
  return {
    groups: plans.flatMap(({ groups }) => groups),
    leftOut: plans.flatMap(({ leftOut }) => leftOut),
    held: plans.flatMap(({ held }) => held),
    payable: totalsOf(
      plans.flatMap(({ selected }) => selected),
      'amount',
    ),
    sent,
  };
}

/** What one affiliate was paid: its lines, the commissions in them, the marks for those, and what no mark covers. */
function planFor({ affiliate, unpaid }: AffiliateRead, { dueBy, currency, minimum, includeHeld }: Paid) {
  const affiliateId = numberOf(affiliate.id) ?? 0;
  const standings = new Map(unpaid.map((row) => [row, standingOf(row, dueBy)]));
  const due = unpaid.filter((row) => isAskedFor(row, currency) === true && standings.get(row) === 'payable');
  const all = linesOfOne(affiliate, due, minimum);
  const held = all.filter(({ reasons }) => reasons.length > 0).map((line) => heldLine(affiliateId, line));
  const lines = includeHeld ? all : all.filter(({ reasons }) => reasons.length === 0);
  const chosen = new Set(lines.flatMap(({ commissions }) => commissions));
  const selected = due.filter((row) => chosen.has(row));
  const without = selected.filter((row) => purchaseCodeOf(row) === '');

  const groups: Group[] = [];
  const leftOut: LeftOut[] = [
    ...(includeHeld ? [] : held.map((one) => ({ ...one, reason: `held back in the report: ${one.reason}` }))),
    ...heldBack(affiliateId, unpaid, standings, currency),
    ...(without.length > 0
      ? [{ affiliateId, purchaseCode: '', commissions: without, reason: NO_CODE, payable: true as const }]
      : []),
  ];
  for (const [purchaseCode, commissions] of groupBy(selected, purchaseCodeOf)) {
    const others = unpaid.filter(
      (row) => purchaseCodeOf(row) === purchaseCode && standings.get(row) !== 'settled' && !chosen.has(row),
    );
    const reason = whyNot(affiliate, commissions, others, standings, currency);
    if (reason === undefined) groups.push(groupOf(affiliateId, affiliate, purchaseCode, commissions));
    else leftOut.push({ affiliateId, purchaseCode, commissions, reason, payable: true });
  }
  return { lines, selected, groups, leftOut, held: includeHeld ? held : [] };
}

/** What is payable to one affiliate, a line per currency, of the very rows that were given. */
function linesOfOne(affiliate: JsonObject, due: readonly JsonObject[], minimum: number | undefined): Line[] {
  const owned = new Map<JsonObject, JsonObject>(due.map((row) => [{ ...row, affiliate }, row]));
  return linesOf([...owned.keys()], peopleIn([affiliate], true), minimum).map((line) => ({
    ...line,
    commissions: line.commissions.map((row) => owned.get(row) ?? row),
  }));
}

const heldLine = (affiliateId: number, { commissions, reasons }: Line): LeftOut => ({
  affiliateId,
  purchaseCode: '',
  commissions,
  reason: reasons.join(', '),
});

/** What is due in the currencies asked for and not payable. */
function heldBack(
  affiliateId: number,
  unpaid: readonly JsonObject[],
  standings: ReadonlyMap<JsonObject, Standing>,
  currency: string | undefined,
): LeftOut[] {
  const held = unpaid.filter((row) => isAskedFor(row, currency) !== false);
  const nameless = held.filter((row) => standings.get(row) === 'payable' && isAskedFor(row, currency) === undefined);
  const words = { purchase_cancelled: 'held back: the purchase is cancelled', ...UNCLEAR };
  const byStanding = Object.entries(words).map(
    ([standing, reason]) => [reason, held.filter((row) => standings.get(row) === standing)] as const,
  );
  return [...byStanding, [NO_CURRENCY, nameless] as const].flatMap(([reason, commissions]) =>
    commissions.length === 0 ? [] : [{ affiliateId, purchaseCode: '', commissions, reason }],
  );
}

/** Why a purchase cannot be marked; undefined where it can. */
function whyNot(
  affiliate: JsonObject,
  commissions: readonly JsonObject[],
  others: readonly JsonObject[],
  standings: ReadonlyMap<JsonObject, Standing>,
  currency: string | undefined,
): string | undefined {
  if (!/^[^\s@]+@[^\s@]+$/u.test(textOf(affiliate.email))) return 'the affiliate has no e-mail to mark by';
  if (new Set(commissions.map((row) => String(recordIn(row, 'purchase').id))).size > 1) {
    return 'several purchases have this code';
  }
  if (others.length === 0) return undefined;
  const kinds = new Set(others.map((row) => describeOther(row, standings.get(row), currency)));
  return `its mark would also settle unpaid commissions of the same purchase that are ${[...kinds].join(', ')}`;
}

function describeOther(row: JsonObject, standing: Standing | undefined, currency: string | undefined): string {
  const asked = isAskedFor(row, currency);
  if (asked !== true) return asked === false ? 'in another currency' : 'without a readable currency';
  return standing === 'not_due' ? 'not due yet' : 'held back';
}

function groupOf(
  affiliateId: number,
  affiliate: JsonObject,
  purchaseCode: string,
  commissions: readonly JsonObject[],
): Group {
  const facts = commissions.map((row) => [idOf(row), row.amount, row.currency, row.paid, row.cancelled, row.due_at]);
  return {
    key: JSON.stringify([affiliateId, purchaseCode]),
    affiliateId,
    affiliate,
    email: textOf(affiliate.email),
    purchaseCode,
    commissions,
    totals: totalsOf(commissions, 'amount'),
    state: [describeAffiliate(affiliate), affiliate.email, facts.map((fact) => JSON.stringify(fact)).sort()],
  };
}

/** The question before the marks; undefined where there is nothing to mark. */
export function describePlan({ groups, leftOut, held, notRead }: SettlePlan, dueBy: number): string | undefined {
  if (groups.length === 0) return undefined;
  const all = groups.flatMap(({ commissions }) => commissions);
  const byAffiliate = groupBy(groups, ({ affiliateId }) => String(affiliateId));
  const people = [...byAffiliate.values()].map((theirs) => {
    const rows = theirs.flatMap(({ commissions }) => commissions);
    return `${describeAffiliate(theirs[0]?.affiliate ?? {})}: ${sumByCurrency(rows, 'amount')} (${counted(rows.length)})`;
  });
  return [
    `Mark as paid ${counted(all.length)} of ${people.length} affiliate${people.length === 1 ? '' : 's'}, together ${sumByCurrency(all, 'amount')}, due by ${new Date(dueBy).toISOString()}?`,
    `${people.join('; ')}.`,
    'This records payments that were made elsewhere and moves no money. It cannot be undone.',
    ...(held.length > 0 ? [`Among them, although the report holds them back: ${describeLeftOut(held)}.`] : []),
    ...(leftOut.length > 0 ? [`Left out: ${describeLeftOut(leftOut)}.`] : []),
    ...(notRead.length > 0
      ? [
          `Not read, so left out: affiliates ${listed(
            notRead.map(({ affiliate_id }) => String(affiliate_id)),
            100,
          )}.`,
        ]
      : []),
  ].join(' ');
}

const counted = (count: number) => `${count} commission${count === 1 ? '' : 's'}`;

/** Per reason: how many, how much, which. */
function describeLeftOut(leftOut: readonly LeftOut[]): string {
  const byReason = groupBy(leftOut, ({ reason }) => reason);
  return [...byReason]
    .map(([reason, some]) => {
      const rows = some.flatMap(({ commissions }) => commissions);
      const ids = listed(rows.map((row) => plainNumber(idOf(row))));
      return `${counted(rows.length)} of ${sumByCurrency(rows, 'amount')} (${reason}): ids ${ids}`;
    })
    .join('; ');
}
