import { type JsonObject, recordIn } from '../../json.ts';
import { listed } from '../../operations/questions.ts';
import { currencyOf, isOfCurrency } from '../../records/money.ts';
import { type Standing, standingOf } from '../../records/people.ts';
import { flagOf, idTextOf, textOf, timeOf } from '../../records/values.ts';
import { quote } from '../../text.ts';
import type { Collection } from '../reading/collections.ts';

/** Whether a row fits; undefined where it does not say. */
type Fits = (row: JsonObject) => boolean | undefined;

const every = (answers: readonly (boolean | undefined)[]): boolean | undefined =>
  answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;

const not = (answer: boolean | undefined) => (answer === undefined ? undefined : !answer);

/** Status words per list, by the record's own flags; LeadDyno's lists know no filter. */
function statuses(now: number): Readonly<Record<Collection['name'], Readonly<Record<string, Fits>> | undefined>> {
  const stands =
    (wanted: Standing): Fits =>
    (row) => {
      const standing = standingOf(row);
      return standing === 'unknown' ? undefined : standing === wanted;
    };
  const cancelled: Fits = (row) => flagOf(row.cancelled);
  const live: Fits = (row) => not(cancelled(row));
  const paid: Fits = (row) => flagOf(row.paid);
  const unpaid: Fits = (row) => every([not(paid(row)), live(row)]);
  const due: Fits = (row) => {
    const dueAt = timeOf(row.due_at);
    return Number.isNaN(dueAt) ? undefined : dueAt <= now;
  };
  return {
    affiliates: { active: stands('active'), pending: stands('pending'), archived: stands('archived') },
    purchases: { live, cancelled },
    commissions: {
      unpaid,
      due: (row) => every([unpaid(row), due(row)]),
      pending: (row) => every([unpaid(row), not(due(row))]),
      paid: (row) => every([paid(row), live(row)]),
      cancelled,
      live,
    },
    leads: undefined,
    visitors: {},
  };
}

/**
 * Which rows an export holds: those that fit. What does not say whether it does is left out, and the answer says so.
 * @throws RangeError where a filter makes no sense for the list
 */
export function filterOf(args: JsonObject, name: Collection['name'], now: number): Fits {
  const { status, affiliate_id: affiliateId, currency } = args;
  if (currency !== undefined && name !== 'purchases' && name !== 'commissions') {
    throw new RangeError(`currency makes no sense for ${name}: only purchases and commissions have one`);
  }
  const filters: Fits[] = [
    ...(typeof status === 'string' ? [statusFilter(status, name, now)] : []),
    ...(typeof affiliateId === 'number' ? [affiliateFilter(affiliateId, name)] : []),
    ...(typeof currency === 'string' ? [(row: JsonObject) => isOfCurrency(row, currency)] : []),
  ];
  return (row) => every(filters.map((fits) => fits(row)));
}

function statusFilter(status: string, name: Collection['name'], now: number): Fits {
  const word = status.trim().toLowerCase();
  const known = statuses(now)[name];
  // Which words LeadDyno has for leads is not established.
  if (!known) return ({ status: own }) => (textOf(own) === '' ? undefined : textOf(own).toLowerCase() === word);
  const fits = Object.hasOwn(known, word) ? known[word] : undefined;
  if (fits) return fits;
  const words = Object.keys(known);
  throw new RangeError(
    words.length === 0 ? `${name} have no status` : `status of ${name} is one of ${words.join(', ')}`,
  );
}

/** Values named in a note at most. */
const NAMED = 10;

/**
 * Why a file is empty, where one value that was asked for stands in no row at all: misspelt, most likely.
 * @param rows all that were read
 */
export function noteOnNothing(args: JsonObject, name: Collection['name'], rows: readonly JsonObject[]): string[] {
  const { status, affiliate_id: affiliateId, currency } = args;
  const among = `of the ${rows.length} ${name} read`;
  const unmet = (what: string, wanted: string, read: (row: JsonObject) => string): string[] => {
    const met = new Map<string, number>();
    for (const row of rows) met.set(read(row), (met.get(read(row)) ?? 0) + 1);
    if (rows.length === 0 || [...met.keys()].some((value) => value.toLowerCase() === wanted.toLowerCase())) return [];
    const counts = [...met].map(([value, count]) => `${quote(value, 40)} (${count})`);
    return [`None ${among} has the ${what} ${quote(wanted)}; met: ${listed(counts, NAMED)}.`];
  };
  const credits = typeof affiliateId === 'number' && affiliateFilter(affiliateId, name);
  return [
    // The words of the other lists are ours, and known to be right.
    ...(name === 'leads' && typeof status === 'string'
      ? unmet('status', status.trim(), (row) => textOf(row.status))
      : []),
    ...(typeof currency === 'string' ? unmet('currency', currency, currencyOf) : []),
    ...(credits && rows.length > 0 && rows.every((row) => credits(row) === false)
      ? [
          name === 'affiliates'
            ? `None ${among} has the id ${affiliateId}.`
            : `None ${among} names the affiliate ${affiliateId}.`,
        ]
      : []),
  ];
}

function affiliateFilter(affiliateId: number, name: Collection['name']): Fits {
  return (row) => {
    const named = name === 'affiliates' ? row : recordIn(row, 'affiliate');
    // Somebody whom only an e-mail names may be the one.
    return idTextOf(named) === '' && textOf(named.email) !== '' ? undefined : idTextOf(named) === String(affiliateId);
  };
}
