import { hasRows, isObject, type JsonObject } from '../../json.ts';
import { hasId, isOwnSize, type PageAnswer } from '../../operations/paging.ts';
import { numberOf } from '../../records/values.ts';
import { createPass, type Doubt, doubtOf, identitiesOf, type Pass } from './evidence.ts';

/*
 * The list of one record, such as an affiliate's commissions, judged as `evidence.ts` judges the account's lists. One
 * page is the usual length, and LeadDyno's envelope counts it: then one request tells all.
 */

export interface WholeListOptions {
  /** The name of the rows in a shaped answer. */
  readonly plural: string;
  /** The page size that is asked for, in rows; LeadDyno's own if none is. */
  readonly size: number;
  readonly mostPages: number;
  /** Whether people are paid by it: then an empty page alone is not the end, and an empty list is read twice. */
  readonly isPaid: boolean;
}

/** Why a list may be incomplete; `same_id`: one page has two different rows with one id. */
export type ListDoubt = Doubt | 'same_id';

export interface WholeList {
  /** Each record once. */
  readonly rows: readonly JsonObject[];
  readonly complete: boolean;
  /** The first page that was not read, if the list was not read to its end. */
  readonly nextPage?: number;
  /** Why it may be incomplete although it was read to its end. */
  readonly doubt?: ListDoubt;
  /** How many LeadDyno says there are. */
  readonly total?: number | undefined;
}

/** Readings at most while rows move, and if something else is wrong with the list. */
const MOST_PASSES = 3;
const MOST_FAULTY = 2;

/** One reading, from the first page on. */
interface Once {
  readonly rows: readonly JsonObject[];
  readonly order: readonly string[];
  readonly doubt: ListDoubt | undefined;
  readonly total: number | undefined;
  /** The first page that was not read. */
  readonly unread?: number;
}

/**
 * Reads a list until it is known to be whole, a bounded number of times.
 * @param ask one page; `missing` past the first page is an empty one
 * @returns undefined if the first page is missing or not such a list
 */
export async function readWholeList(
  ask: (page: number) => Promise<PageAnswer>,
  options: WholeListOptions,
): Promise<WholeList | undefined> {
  let before: Once | undefined;
  for (let nth = 1; ; nth += 1) {
    const once = await readOnce(ask, before?.order, options);
    if (once?.unread !== undefined && !before) {
      return { rows: once.rows, complete: false, nextPage: once.unread, total: once.total };
    }
    // What was read once is worth more than a check that broke off.
    if (!once || once.unread !== undefined) return before && { ...shown(before), complete: false, doubt: 'moved' };
    const { doubt } = once;
    if (doubt === undefined) return { ...shown(once), complete: true };
    if (nth >= (doubt === 'moved' ? MOST_PASSES : MOST_FAULTY)) return { ...shown(once), complete: false, doubt };
    before = once;
  }
}

const shown = ({ rows, total }: Once) => ({ rows, total });

async function readOnce(
  ask: (page: number) => Promise<PageAnswer>,
  earlier: readonly string[] | undefined,
  { plural, size, mostPages, isPaid }: WholeListOptions,
): Promise<Once | undefined> {
  const found = new Map<string, JsonObject>();
  let total: number | undefined;
  let isUnfiltered = false;
  let isContradictory = false;
  let perPage = size;
  let sent = 0;
  /** Whether the first page has as many rows as LeadDyno counts. */
  let isCounted = false;
  const pass = createPass({
    // A reading that found nothing confirms nothing of what a later one finds.
    earlier: earlier?.length ? earlier : undefined,
    count: () => (isUnfiltered ? undefined : total),
    asked: () => perPage,
    // A page of a size that servers use by themselves may be a full one, whatever LeadDyno counts.
    isHonoured: () => !isOwnSize(sent),
  });
  const once = (unread?: number): Once => ({
    rows: pass.order.map((identity) => found.get(identity)).filter((row) => row !== undefined),
    order: pass.order,
    total: isUnfiltered ? undefined : total,
    doubt: isContradictory
      ? 'same_id'
      : judge(pass, { earlier, isPaid, isCounted, size: perPage }, isUnfiltered ? undefined : total),
    ...(unread !== undefined && { unread }),
  });
  for (let page = pass.needed(); page !== undefined; page = pass.needed()) {
    if (page > mostPages) return once(page);
    const list = await ask(page);
    if (list === 'failed') return once(page);
    if (page === 1 && (list === 'missing' || !hasRows(list, plural))) return undefined;
    if (list !== 'missing' && !hasRows(list, plural)) return once(page);
    const all = list === 'missing' ? [] : (list[plural] as unknown[]);
    const rows = all.filter(isObject);
    if (list !== 'missing') {
      const said = numberOf(list.total);
      // Rows of other kinds were left out of this page: no count tells how many are wanted.
      isUnfiltered ||= said === undefined && list.note !== undefined;
      if (said !== undefined) total = Math.max(said, total ?? 0);
      perPage = Math.min(size, numberOf(list.per_page) || size);
    }
    const identities = identitiesOf(rows);
    isContradictory ||= rows.some(
      (row, index) =>
        hasId(row) && JSON.stringify(row) !== JSON.stringify(rows[identities.lastIndexOf(identities[index] ?? '')]),
    );
    for (const [index, row] of rows.entries()) found.set(identities[index] ?? '', row);
    // A page of which nothing is wanted is not an empty one.
    const isLeftOut = all.length === 0 && list !== 'missing' && typeof list.next_page === 'number';
    if (isLeftOut) identities.push(`page ${page}`);
    sent = isLeftOut ? 1 : all.length;
    if (page === 1) isCounted = total === all.length;
    pass.add(page, { identities, sent });
    if (sent > 0) continue;
    const isSaidLonger = !isUnfiltered && (total ?? 0) > pass.order.length;
    if (page === 1 && !isSaidLonger && (!isPaid || earlier || total === 0)) break;
    if (!isPaid && !isSaidLonger) break;
  }
  return once();
}

interface Judged {
  readonly earlier: readonly string[] | undefined;
  readonly isPaid: boolean;
  readonly isCounted: boolean;
  readonly size: number;
}

function judge(pass: Pass, { earlier, isPaid, isCounted, size }: Judged, total: number | undefined): Doubt | undefined {
  const { repeats, pages, unreadable } = pass.facts();
  if (unreadable > 0) return 'no_records';
  const shown = pass.order.length;
  // A page that LeadDyno sends for every number may hold the whole list (`holdsAllInOne` of the account's lists).
  const isWhole = pages <= 2 && (total ?? 0) <= shown && shown < size && !isOwnSize(shown);
  const isOnePage = pages === 1 || (repeats && pages === 2);
  const agrees = () =>
    pass.agrees() ||
    (shown === 0 && (!isPaid || earlier?.length === 0)) ||
    // Nothing can have slipped from a second page that LeadDyno did not count.
    (isOnePage && (isCounted || !isPaid));
  return doubtOf({ ...pass, agrees }, total, repeats && !isWhole);
}

/** Why a list is not taken as complete, as the end of a sentence about LeadDyno. */
export function wordsOfDoubt(doubt: ListDoubt, { rows, total }: Pick<WholeList, 'rows' | 'total'>): string {
  switch (doubt) {
    case 'moved':
      return 'moved rows about each time its list was read, so some may be missing';
    case 'repeats':
      return 'sends the same page for different page numbers, so there may be more';
    case 'holes':
      return 'sent empty pages in between, so some may be missing';
    case 'no_records':
      return 'sent rows that are not records';
    case 'same_id':
      return 'sent different rows with the same id';
    case 'counts_more':
      return `counts ${total ?? 0} and sent ${rows.length}`;
  }
}
