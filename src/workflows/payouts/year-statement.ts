import { type JsonObject, recordIn } from '../../json.ts';
import { Refusal } from '../../operations/operation.ts';
import { isUnavailable } from '../../ports/unavailable.ts';
import { describeAffiliate } from '../../records/describe.ts';
import { Decimal, noteOnCurrency, written, ZERO } from '../../records/money.ts';
import type { Affiliate, Commission } from '../../records/parse.ts';
import { identitiesIn } from '../../records/people.ts';
import { isWithin, type Period } from '../../records/period.ts';
import { groupBy, numericIdOf } from '../../records/values.ts';
import { csvTable, forPeople } from '../exports/csv.ts';
import { keepFile } from '../output.ts';
import { affiliates, commissions } from '../reading/collections.ts';
import type { Work } from '../workflow.ts';

/*
 * What each affiliate earned and was paid for a year, per currency. LeadDyno has no payment date (API reference,
 * Commission), so a year's commissions are given both by the day earned and by the day due, and nothing chooses between
 * the two.
 */

interface Args {
  readonly year: number;
  readonly affiliate_ids?: readonly number[];
  readonly currency?: string;
  readonly minimum?: number;
  readonly limit: number;
  readonly skip: number;
}

/** Arguments of the report that make no sense for a year. */
const OTHERS = ['due_by', 'require_payout_address', 'net_clawbacks'] as const;

const SUMS = ['earned_amount', 'earned_paid_amount', 'due_amount', 'due_paid_amount'] as const;
type Sums = Readonly<Record<(typeof SUMS)[number], Decimal>>;

/** One affiliate's sums in one currency. */
interface Statement {
  readonly raw: JsonObject;
  readonly currency: string;
  readonly commissions: number;
  readonly sums: Sums;
  /** By which date the paid sum reaches the threshold; `none` if by neither. */
  readonly reaches: 'both' | 'earned' | 'due' | 'none';
  /** Whether it would reach it if everything unpaid were paid. */
  readonly mayReach: boolean;
}

/** @throws Refusal */
export async function stateYear(given: Args & JsonObject, work: Work): Promise<JsonObject> {
  const { year, currency, limit, skip, affiliate_ids: ids } = given;
  const more = OTHERS.filter((name) => given[name] !== undefined);
  if (more.length > 0) {
    throw new Refusal(
      `year gives a statement of that year, not what is owed: leave out ${more.join(', ')}; affiliate_ids, currency and minimum (the threshold) may go with it`,
    );
  }
  const [all, everybody] = [await work.scan(commissions), await work.scan(affiliates)];
  const complete = all.complete && everybody.complete;
  const period = { since: Date.UTC(year, 0, 1), until: Date.UTC(year + 1, 0, 1) };
  const counted = all.records.filter(isCounted).filter((one) => currency === undefined || one.currency === currency);
  const threshold = thresholdOf(given);
  const statements = state(counted, everybody.records, period, threshold.amount).filter(
    ({ raw }) => ids === undefined || ids.includes(numericIdOf({ id: String(raw.id ?? '') }) ?? 0),
  );
  const reached = statements.filter(({ reaches }) => reaches !== 'none');
  const shown = reached.slice(skip, skip + limit);
  const left = reached.length - skip - shown.length;
  const undated = counted.filter(({ earnedAt, dueAt }) => Number.isNaN(earnedAt) || Number.isNaN(dueAt)).length;
  return {
    year,
    threshold: { amount: threshold.amount.toFixed(), basis: threshold.basis },
    ...noteOnCurrency('commission', all.records, currency),
    [complete ? 'totals' : 'partial_totals']: totalsOf(statements),
    lines: shown.map(describe),
    ...(skip > 0 && { skipped: Math.min(skip, reached.length) }),
    ...(left > 0 && { left_off: left, next_skip: skip + shown.length }),
    ...(undated > 0 && { undated }),
    year_note: NOTE,
    ...(skip === 0 && (await fileOf(statements, year, complete, work))),
  };
}

const NOTE =
  'LeadDyno has no payment date: what was paid in this year is told twice, by the date earned and by the date due (UTC), of commissions that LeadDyno shows as paid now, also if cancelled since. When the money left is in the records of your bank or payment service. Not tax advice: other countries, and some US states, have their own rules.';

/**
 * The sum from which an affiliate is listed. For US Form 1099-NEC it was 600 until 2025 and is 2,000 for payments made
 * after 31 December 2025 (Public Law 119-21, section 70433; adjusted for inflation from 2027 on). As of November 2026.
 */
function thresholdOf({ year, minimum }: Args): { readonly amount: Decimal; readonly basis: string } {
  if (minimum !== undefined) return { amount: new Decimal(minimum), basis: 'minimum, in each currency by itself' };
  const amount = new Decimal(year < 2026 ? 600 : 2_000);
  const later = year > 2026 ? '; check the adjusted figure of that year' : '';
  return {
    amount,
    basis: `US Form 1099-NEC, payments made in ${year < 2026 ? '2025 and before' : '2026'} (USD)${later}; used in each currency by itself. minimum sets another`,
  };
}

/** Money that was paid or may still be paid. */
const isCounted = ({ isMoney, amount, paid, cancelled, purchase }: Commission): boolean =>
  isMoney && amount !== undefined && (paid === true || !(cancelled || purchase?.cancelled));

function state(
  counted: readonly Commission[],
  everybody: readonly Affiliate[],
  period: Period,
  threshold: Decimal,
): Statement[] {
  const people = identitiesIn(everybody);
  const ofYear = counted.filter(({ earnedAt, dueAt }) => isWithin(earnedAt, period) || isWithin(dueAt, period));
  const groups = groupBy(ofYear, (one) =>
    JSON.stringify([one.affiliate ? people.keyOf(one.affiliate) : '', one.currency]),
  );
  const statements = [...groups.values()].map((some): Statement => {
    const [first] = some;
    const currency = first?.currency ?? '';
    const affiliate = first?.affiliate && people.find(first.affiliate);
    const sum = (fits: (one: Commission) => boolean) =>
      some.filter(fits).reduce((total, { amount }) => total.plus(amount ?? ZERO), ZERO);
    const sums: Sums = {
      earned_amount: sum(({ earnedAt }) => isWithin(earnedAt, period)),
      earned_paid_amount: sum(({ earnedAt, paid }) => paid === true && isWithin(earnedAt, period)),
      due_amount: sum(({ dueAt }) => isWithin(dueAt, period)),
      due_paid_amount: sum(({ dueAt, paid }) => paid === true && isWithin(dueAt, period)),
    };
    const [earned, due] = [sums.earned_paid_amount.gte(threshold), sums.due_paid_amount.gte(threshold)];
    return {
      raw: affiliate?.raw ?? recordIn(first?.raw, 'affiliate'),
      currency,
      commissions: some.length,
      sums,
      reaches: earned ? (due ? 'both' : 'earned') : due ? 'due' : 'none',
      mayReach: sums.earned_amount.gte(threshold) || sums.due_amount.gte(threshold),
    };
  });
  const weight = ({ sums }: Statement) => Decimal.max(sums.earned_paid_amount, sums.due_paid_amount);
  return statements.sort(
    (a, b) => (a.currency < b.currency ? -1 : a.currency > b.currency ? 1 : 0) || weight(b).cmp(weight(a)),
  );
}

const writtenSums = (sums: Sums, currency: string): JsonObject =>
  Object.fromEntries(SUMS.map((name) => [name, written(sums[name], currency)]));

const describe = ({ raw, currency, commissions: count, sums, reaches }: Statement): JsonObject => ({
  ...describeAffiliate({ raw }),
  currency: currency || 'unknown',
  ...writtenSums(sums, currency),
  commissions: count,
  reaches,
});

function totalsOf(statements: readonly Statement[]): JsonObject[] {
  return [...groupBy(statements, ({ currency }) => currency)].map(([currency, some]) => {
    const sum = (name: keyof Sums) => some.reduce((total, { sums }) => total.plus(sums[name]), ZERO);
    const sums = Object.fromEntries(SUMS.map((name) => [name, sum(name)])) as Sums;
    const reached = some.filter(({ reaches }) => reaches !== 'none');
    return {
      currency: currency || 'unknown',
      affiliates: some.length,
      reached: reached.length,
      ...writtenSums(sums, currency),
      would_reach: some.filter(({ reaches, mayReach }) => reaches === 'none' && mayReach).length,
    };
  });
}

const COLUMNS = [
  ...['affiliate_id', 'first_name', 'last_name', 'email', 'currency'],
  ...SUMS,
  ...['commissions', 'reaches'],
];

/** A file of every affiliate, whatever the threshold; none if some may be missing. */
async function fileOf(
  statements: readonly Statement[],
  year: number,
  complete: boolean,
  work: Work,
): Promise<JsonObject> {
  if (statements.length === 0) return {};
  if (!complete) return { files_note: 'No file: not everything was read.' };
  const rows = statements.map((one) => work.present(describe(one)) as JsonObject);
  const file = {
    name: `payout-statement-${year}.csv`,
    mimeType: 'text/csv',
    text: forPeople(csvTable(COLUMNS, rows)),
  };
  try {
    return {
      files: [await keepFile(work, file, { content: 'every affiliate, whatever the threshold', rows: rows.length })],
    };
  } catch (error) {
    if (!isUnavailable(error, 'memory')) throw error;
    return { files_note: `No file: ${error.message}.` };
  }
}
