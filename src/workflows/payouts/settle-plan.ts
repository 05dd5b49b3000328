import { Refusal } from '../../operations/operation.ts';
import { listed, nameAffiliate, plainNumber } from '../../operations/questions.ts';
import type { Payment } from '../../ports/payment-memory.ts';
import { amountOf, Decimal, sumByCurrency, Totals, totalsOf, written, ZERO } from '../../records/money.ts';
import type { Affiliate, Commission } from '../../records/parse.ts';
import { UNCLEAR } from '../../records/payable.ts';
import { groupBy, numberOf } from '../../records/values.ts';
import type { PlannedReport } from './kept-report.ts';
import {
  idsOf,
  judgeOwed,
  type Line,
  type Owed,
  type OwedOptions,
  type People,
  paymentOf,
  peopleIn,
  unmarkableIn,
} from './owed.ts';
import { describeNetted, type NettedNow } from './remembered.ts';
import type { AffiliateRead, NotRead } from './unpaid.ts';

/*
 * Which marks settle what was paid. One LeadDyno mark covers everything an affiliate has unpaid for a purchase (API
 * reference, C5), so a purchase is marked whole or not at all.
 */

/** One mark: everything an affiliate has unpaid for one purchase, all of it payable. */
export interface Mark {
  readonly key: string;
  readonly affiliateId: number;
  readonly affiliate: Affiliate;
  readonly purchaseCode: string;
  readonly commissions: readonly Commission[];
  readonly totals: Totals;
  /** What the question showed: if it changes, the purchase is not marked. */
  readonly state: unknown;
}

/** Commissions that this plan does not mark, and why. */
export interface LeftOut {
  readonly affiliateId: number;
  readonly purchaseCode: string;
  readonly commissions: readonly Commission[];
  readonly reason: string;
  /** Whether they are payable, but can only be marked in LeadDyno itself. */
  readonly payable?: true;
}

export interface SettlePlan {
  readonly kind: 'marks';
  readonly marks: readonly Mark[];
  readonly leftOut: readonly LeftOut[];
  /** Held in the report, but marked because the call asked for it. */
  readonly held: readonly LeftOut[];
  readonly notRead: readonly NotRead[];
  /** Everything unpaid that was read, and the currency that was asked for. */
  readonly unpaid: readonly Commission[];
  readonly currency: string | undefined;
  /** What the payments consisted of. */
  readonly lines: readonly Line[];
  /** Each affiliate as read. */
  readonly read: readonly AffiliateRead[];
  readonly people: People;
  /** About how many requests reading took; the confirmed call reads as much again before the marks. */
  readonly reads: number;
  /** 0 for no limit. */
  readonly requestsAMinute: number;
  /** By LeadDyno's clock, epoch milliseconds. */
  readonly now: number;
  /** Claw-backs that were subtracted from the payments, if that was asked for. */
  readonly netted?: NettedNow;
  /** Claw-backs that a report's files subtracted, which this plan does not remember. */
  readonly forgotten?: string;
  /** Set if the plan follows a report: what to say about it. */
  readonly report?: PlannedReport;
}

/** The most affiliates on one page of LeadDyno's list (API reference 4.6). */
const LIST_PAGE = 100;

/** The marks for what was payable at a moment, by the same rule as the report. */
export function planMarks(
  read: readonly AffiliateRead[],
  notRead: readonly NotRead[],
  everybody: { readonly records: readonly Affiliate[]; readonly complete: boolean },
  options: OwedOptions,
  made: Pick<SettlePlan, 'now' | 'requestsAMinute'>,
): SettlePlan {
  const people = peopleIn(
    read.map(({ affiliate }) => affiliate),
    true,
    everybody,
  );
  const plans = read.map((one) => planFor(one, people, options));
  const lines = plans.flatMap((plan) => plan.lines);
  return {
    kind: 'marks',
    marks: plans.flatMap(({ marks }) => marks),
    leftOut: plans.flatMap(({ leftOut }) => leftOut),
    held: plans.flatMap(({ held }) => held),
    notRead,
    unpaid: read.flatMap(({ unpaid }) => unpaid),
    currency: options.currency,
    lines,
    read,
    people,
    // A list and a record per affiliate, and the list of all affiliates, which is read twice.
    reads: read.length * 2 + Math.ceil(everybody.records.length / LIST_PAGE) * 2,
    ...made,
  };
}

/** Sums of some lines, as owed and as sent, each with and without what no call can mark. */
function sumLines(lines: readonly Line[]) {
  const sent = new Totals();
  const sentReady = new Totals();
  for (const line of lines) {
    sentReady.add(paymentOf(line.ready, line.currency), line.currency);
    sent.add(paymentOf(line.ready, line.currency), line.currency);
    if (line.unmarkable.length > 0) sent.add(paymentOf(unmarkableIn(line), line.currency), line.currency);
  }
  return {
    /** Everything to be paid, whether or not it can be marked. */
    payable: totalsOf(lines.flatMap((line) => [...line.ready, ...unmarkableIn(line)])),
    /** The part of it that is marked. */
    ready: totalsOf(lines.flatMap(({ ready }) => ready)),
    /** The same two as sent: rounded as in the payment files. */
    sent,
    sentReady,
  };
}

/** Commissions to be marked that were reported as paid before. */
export const unmarkedIn = ({ lines }: Pick<SettlePlan, 'lines'>): readonly Commission[] =>
  lines.flatMap(({ unmarked, ready }) => (unmarked ? ready : []));

/** For one affiliate: lines, their marks, and what no mark covers. */
function planFor({ affiliate, unpaid }: AffiliateRead, people: People, options: OwedOptions) {
  const affiliateId = numberOf(affiliate.id) ?? 0;
  const owed = judgeOwed(unpaid, people, options);
  const held = owed.lines.filter(({ reasons }) => reasons.length > 0).map((line) => heldLine(affiliateId, line));
  const lines = options.includeHeld ? owed.lines : owed.lines.filter(({ reasons }) => reasons.length === 0);
  const byCode = groupBy(
    lines.flatMap(({ ready }) => ready),
    (one) => one.purchase?.code ?? '',
  );
  const marks = [...byCode].map(([code, some]) => markOf(affiliateId, affiliate, code, some));
  const leftOut: LeftOut[] = [
    ...(options.includeHeld ? [] : held.map((one) => ({ ...one, reason: `held back in the report: ${one.reason}` }))),
    ...withheldIn(affiliateId, owed),
    ...lines
      .flatMap(({ unmarkable }) => unmarkable)
      .map(({ purchaseCode, commissions, reason }) => ({
        affiliateId,
        purchaseCode,
        commissions,
        reason,
        payable: true as const,
      })),
  ];
  return { lines, marks, leftOut, held: options.includeHeld ? held : [] };
}

const heldLine = (affiliateId: number, { commissions, reasons }: Line): LeftOut => ({
  affiliateId,
  purchaseCode: '',
  commissions,
  reason: reasons.join(', '),
});

/** Due, but not payable. */
function withheldIn(affiliateId: number, { purchaseCancelled, unclear }: Owed): LeftOut[] {
  const groups = [
    ['held back: the purchase is cancelled', purchaseCancelled] as const,
    ...[...unclear].map(([reason, found]) => [UNCLEAR[reason], found] as const),
  ];
  return groups.flatMap(([reason, commissions]) =>
    commissions.length === 0 ? [] : [{ affiliateId, purchaseCode: '', commissions, reason }],
  );
}

function markOf(
  affiliateId: number,
  affiliate: Affiliate,
  purchaseCode: string,
  commissions: readonly Commission[],
): Mark {
  const facts = commissions.map(({ raw }) => [raw.id, raw.amount, raw.currency, raw.paid, raw.cancelled, raw.due_at]);
  return {
    key: JSON.stringify([affiliateId, purchaseCode]),
    affiliateId,
    affiliate,
    purchaseCode,
    commissions,
    totals: totalsOf(commissions),
    state: [nameAffiliate(affiliate.raw), affiliate.raw.email, facts.map((fact) => JSON.stringify(fact)).sort()],
  };
}

const rawsOf = (commissions: readonly Commission[]) => commissions.map(({ raw }) => raw);

/** The question before the marks; undefined if there is nothing to mark. */
export function describePlan(plan: SettlePlan, dueBy: number, expected?: string): string | undefined {
  const { marks, leftOut, held, notRead, netted, forgotten } = plan;
  if (marks.length === 0) {
    // The payments were made all the same, whoever marked them.
    return netted && netted.taken.size > 0
      ? `Nothing is left to mark as paid. ${describeNetted(netted)} Record that? Nothing is sent to LeadDyno.`
      : undefined;
  }
  const before = unmarkedIn(plan);
  const all = marks.flatMap(({ commissions }) => commissions);
  const early = all.filter(({ dueAt }) => dueAt > plan.now);
  const byAffiliate = groupBy(marks, ({ affiliateId }) => String(affiliateId));
  const people = [...byAffiliate.values()].map((theirs) => {
    const some = theirs.flatMap(({ commissions }) => commissions);
    const who = nameAffiliate(theirs[0]?.affiliate.raw ?? {});
    return `${who}: ${sumByCurrency(rawsOf(some), 'amount')} (${counted(some.length)})`;
  });
  return [
    `Mark as paid ${counted(all.length)} of ${people.length} affiliate${people.length === 1 ? '' : 's'}, together ${sumByCurrency(rawsOf(all), 'amount')}, due by ${new Date(dueBy).toISOString()}?`,
    ...(expected === undefined ? [] : [`The sum you said you sent: ${expected}.`]),
    `${people.join('; ')}.`,
    ...(early.length > 0 ? [`Not due yet: ${early.length} of them, ${sumByCurrency(rawsOf(early), 'amount')}.`] : []),
    'This records payments made elsewhere and moves no money. It cannot be undone.',
    ...(before.length > 0
      ? [
          `Among them, reported as paid earlier but not marked yet: ${counted(before.length)} of ${sumByCurrency(rawsOf(before), 'amount')}, ids ${listed(idsOf(before).map(plainNumber))}.`,
        ]
      : []),
    ...warnOfLimit(plan),
    ...(netted && netted.taken.size > 0 ? [describeNetted(netted)] : []),
    ...(forgotten === undefined ? [] : [forgotten]),
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

/** A warning if the marks may take longer than one call has. */
function warnOfLimit({ reads, requestsAMinute: limit, marks }: SettlePlan): string[] {
  const requests = reads + marks.length;
  // The question's reads count against the same minute.
  const minutes = Math.ceil((reads + requests) / limit);
  if (limit === 0 || minutes < 2) return [];
  return [
    `This takes about ${requests} requests to LeadDyno at ${limit} a minute: about ${minutes} minutes. If a call does not finish, it says what is left; repeat it to continue where it stopped.`,
  ];
}

const counted = (count: number) => `${count} commission${count === 1 ? '' : 's'}`;

/** Per reason: how many, how much, and which ids. */
function describeLeftOut(leftOut: readonly LeftOut[]): string {
  return [...groupBy(leftOut, ({ reason }) => reason)]
    .map(([reason, some]) => {
      const all = some.flatMap(({ commissions }) => commissions);
      const ids = listed(idsOf(all).map(plainNumber));
      return `${counted(all.length)} of ${sumByCurrency(rawsOf(all), 'amount')} (${reason}): ids ${ids}`;
    })
    .join('; ');
}

/* Compares the sum that was sent with what is to be marked. */

interface Expected {
  readonly expected_total?: string;
  readonly currency?: string;
}

/**
 * Which part of a plan the expected total matches. `all`: what is payable now, with or without what was reported as
 * paid before. `unmarked`: only the latter, by its sum now or by the sum given then (marks made since have reduced it).
 * @throws Refusal if it matches neither
 */
export function partOfTotal(
  { expected_total: expected, currency: only }: Expected,
  plan: SettlePlan,
  paid: ReadonlyMap<string, Payment>,
): 'all' | 'unmarked' {
  if (expected === undefined || only === undefined) return 'all';
  const { lines, notRead, netted } = plan;
  const given = new Decimal(expected);
  const less = netted?.totals.in(only) ?? ZERO;
  // With or without what no call can mark. Payments are rounded to cents; what is owed may be finer.
  const fits = (some: readonly Line[], minus: Decimal) =>
    Object.values(sumLines(some)).some((sum) => sum.in(only).minus(minus).eq(given));
  const before = lines.filter(({ unmarked }) => unmarked);
  const fresh = lines.filter(({ unmarked }) => !unmarked);
  if (fits(lines, less) || (fresh.length > 0 && fits(fresh, less))) return 'all';
  const sums = unmarkedIn(plan).map(({ id }) => amountOf(paid.get(id)?.amount));
  if (before.length > 0 && (fits(before, ZERO) || sums.some((sum) => sum?.eq(given)))) return 'unmarked';
  if (notRead.length > 0) {
    throw new Refusal(
      `${notRead.length} of the affiliates could not be read, so there is nothing to compare expected_total with. Wait a minute, or give fewer affiliate_ids and their sum`,
    );
  }
  const { payable, ready } = sumLines(lines);
  const [now, markable] = [payable, ready].map((sum) => written(sum.in(only).minus(less), only));
  const without = payable.in(only).eq(ready.in(only)) ? '' : ` (${markable} ${only} without unmarkable_here)`;
  throw new Refusal(
    `expected_total is ${written(given, only)} ${only}, but payable now is ${now} ${only}${without}. Compare with payout_report and the same due_by and minimum; what an earlier call marked is no longer payable`,
  );
}
