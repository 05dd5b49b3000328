import type { JsonObject } from '../../json.ts';
import { hasId, identityOf } from '../../operations/paging.ts';

/*
 * When a list counts as complete.
 *
 * LeadDyno serves a list in numbered pages, each as of the moment of its request. Rows that are added, removed or moved
 * between two requests shift the rows behind them. A row that was in the list all the time is missed in two cases only:
 * a row that was already read left its place, so the rows behind it slipped forward onto a page already read; or the
 * missed row itself moved from the unread part to the front. So a list is read again from its first page to its end,
 * until two readings in a row agree: everything in the earlier one is in the later one, in the same order.
 *
 * - Then no row that was read was removed or moved back during the earlier reading: the later one would lack it, or
 *   have it elsewhere. So nothing slipped forward, and the earlier reading holds every row that stayed in its place.
 * - A row that moved to the front during the earlier reading is found by the later one, wherever it is.
 * - Rows added meanwhile are only in the later reading. They hide nothing: they shift rows backwards, where these are
 *   read a second time and counted once.
 *
 * This fails only for a row that moves past the reader in both readings and back in between.
 *
 * By then the end was seen twice. A list that one answer holds whole needs no second reading. A list ends at an empty
 * page if the next page is empty too, or a count apart from the pages agrees. A count alone is never the end. A short
 * page is the end only if that count agrees and LeadDyno is known to fill pages of the size asked for, since servers
 * may send smaller pages. If LeadDyno counts more than it shows, the list is never complete; nor is a list if
 * one of its rows is not a record.
 */

/** What a reading remembers of a page. */
export interface PageSeen {
  /** The identities of its records, in order. */
  readonly identities: readonly string[];
  /** How many rows were sent, including those that are not records. */
  readonly sent: number;
}

/** The identities of the records of one page. Rows without ids count as several records even if they look the same. */
export function identitiesOf(rows: readonly JsonObject[]): string[] {
  const alike = new Map<string, number>();
  return rows.map((row) => {
    const plain = identityOf(row);
    if (hasId(row)) return plain;
    const nth = alike.get(plain) ?? 0;
    alike.set(plain, nth + 1);
    return nth === 0 ? plain : `${nth} ${plain}`;
  });
}

/** One reading of a list, from its first page on. */
export interface Pass {
  /** Adds a page. Pages may arrive in any order; they are processed by number. */
  add(number: number, page: PageSeen): void;
  /** Number of the page needed next; undefined once the end was seen. */
  needed(): number | undefined;
  /** The identity of every record once, in order. */
  readonly order: readonly string[];
  /** Whether everything in the reading before is in this one, in the same order, or one answer held the whole list. */
  agrees(): boolean;
  /** Whether one answer held the whole list. */
  isSingle(): boolean;
  facts(): PassFacts;
}

interface PassFacts {
  /** Rows that were seen again on a later page, because they moved meanwhile. */
  readonly moved: number;
  /** Rows that are not records. */
  readonly unreadable: number;
  /** Empty pages with rows on a page after them. */
  readonly holes: number;
  /** Whether a page held only records that earlier pages had shown: LeadDyno repeats pages. */
  readonly repeats: boolean;
  /** Pages with rows. */
  readonly pages: number;
}

interface PassOptions {
  /** Identities in the reading before, in order. */
  readonly earlier: readonly string[] | undefined;
  /** LeadDyno's own count of the records, read apart from the pages. */
  readonly count: () => number | undefined;
  /** The page size asked for, in rows; undefined if none is sent. */
  readonly asked: () => number | undefined;
  /** Whether LeadDyno is known to send as many rows as asked for, so that a shorter page can be the last. */
  readonly isHonoured: () => boolean;
}

export function createPass({ earlier, count, asked, isHonoured }: PassOptions): Pass {
  const waiting = new Map<number, PageSeen>();
  const seen = new Set<string>();
  const order: string[] = [];
  let next = 1;
  let moved = 0;
  let unreadable = 0;
  let holes = 0;
  let pages = 0;
  let repeats = false;
  let single = false;
  /** How many records of the reading before were seen again, in its order. */
  let confirmed = 0;
  let afterEmpty = false;
  /** Whether any page had as many rows as asked for. */
  let wasFull = false;

  const isConfirmed = () => earlier !== undefined && confirmed === earlier.length && next > 1;
  let end = false;

  function takeUp(identities: readonly string[]): number {
    const before = order.length;
    for (const identity of identities) {
      if (seen.has(identity)) continue;
      if (identity === earlier?.[confirmed]) confirmed += 1;
      seen.add(identity);
      order.push(identity);
    }
    moved += identities.length - (order.length - before);
    return order.length - before;
  }

  function take({ identities, sent }: PageSeen): void {
    const added = takeUp(identities);
    unreadable += sent - identities.length;
    const isAll = count() === order.length + unreadable;
    if (sent === 0) {
      // An empty first page may be a failure that looks like an answer, even if the count agrees.
      end = afterEmpty || (isAll && next > 1);
      afterEmpty = true;
      return;
    }
    pages += 1;
    if (afterEmpty) holes += 1;
    afterEmpty = false;
    repeats = next > 1 && identities.length > 0 && added === 0;
    const size = asked() ?? Number.POSITIVE_INFINITY;
    const isLast = isAll && (wasFull || isHonoured()) && sent < size;
    wasFull ||= sent === size;
    single = isLast && next === 1;
    end = repeats || isLast;
  }

  return {
    add(number, page) {
      if (end) return;
      waiting.set(number, page);
      for (let one = waiting.get(next); one && !end; one = waiting.get(next)) {
        waiting.delete(next);
        take(one);
        next += 1;
        end ||= isConfirmed() && one.sent === 0;
      }
    },
    needed: () => (end ? undefined : next),
    order,
    agrees: () => single || isConfirmed(),
    isSingle: () => single,
    facts: () => ({ moved, unreadable, holes, repeats, pages }),
  };
}

/** Why a list may be incomplete although it was read to its end. */
export type Doubt = 'moved' | 'counts_more' | 'repeats' | 'holes' | 'no_records';

/**
 * @param count LeadDyno's count after the reading; undefined if it gives none
 * @param repeats whether the reading ended at a repeated page that does not hold the whole list
 * @returns undefined if the list is complete
 */
export function doubtOf(pass: Pass, count: number | undefined, repeats: boolean): Doubt | undefined {
  const { holes, unreadable } = pass.facts();
  if (repeats) return 'repeats';
  if (!pass.agrees()) return 'moved';
  if (holes > 0) return 'holes';
  // Such a row may be money owed to somebody, a sale, or somebody with the same e-mail.
  if (unreadable > 0) return 'no_records';
  return count !== undefined && count > pass.order.length ? 'counts_more' : undefined;
}

/** What is known about a list that was read, or is being read. */
interface Coverage {
  /** The name of the list, in the plural. */
  readonly name: string;
  readonly records: number;
  /** How many LeadDyno says there are. */
  readonly count: number | undefined;
  readonly pass: PassFacts;
  /** How often the list was read. */
  readonly passes: number;
  /** Why it may be incomplete although it was read to its end. */
  readonly doubt?: Doubt | undefined;
  /** Why it was not read to its end, as part of a sentence. The two fields below are used only with this one. */
  readonly stopped?: string;
  readonly pagesInAll?: number | undefined;
  /** Whether it was read once already and is now being read again as a check. */
  readonly isChecking?: boolean;
}

const say = (number: number) => number.toLocaleString('en-US');

/** One sentence: `1,200 of 1,200 purchases, complete`. */
export function describeCoverage(coverage: Coverage): string {
  return coverage.stopped === undefined ? describeEnd(coverage) : describeStop(coverage);
}

function describeStop({ name, records, count, pass, stopped, pagesInAll, isChecking }: Coverage): string {
  const of = count === undefined ? '' : ` of ${say(count)}`;
  const all = pagesInAll === undefined ? '' : ` of ${say(pagesInAll)}`;
  const checking = isChecking ? ', read once, not yet checked' : '';
  return `${say(records)}${of} ${name}${checking}: ${stopped} after ${say(pass.pages)}${all} pages`;
}

function describeEnd({ name, records, count, pass, passes, doubt }: Coverage): string {
  const read = `${say(records)}${count === undefined || count < records ? '' : ` of ${say(count)}`} ${name}`;
  switch (doubt) {
    case undefined:
      if (count === records) return `${read}, complete${asides(pass)}`;
      return `${say(records)} ${name}, to the end of the list${count === undefined ? '' : ` (LeadDyno counts ${say(count)})`}${asides(pass)}`;
    case 'moved':
      return `${read}: rows moved or disappeared each time the list was read (${passes} times), so some may be missing${asides(pass)}`;
    case 'repeats':
      return `${read}: LeadDyno sends the same page for different page numbers, so no more can be read`;
    case 'holes':
      return `${read}: LeadDyno sent empty pages in between, so some may be missing`;
    case 'no_records':
      return `${read}: some of what LeadDyno lists are not records${asides(pass)}`;
    case 'counts_more':
      return `${say(records)} ${name}: LeadDyno counts ${say(count ?? 0)} but lists no more${asides(pass)}`;
  }
}

function asides({ moved, unreadable, repeats }: PassFacts): string {
  const said = [
    ...(moved > 0 && !repeats ? [`${say(moved)} rows moved between pages during reading and are counted once`] : []),
    ...(unreadable > 0 ? [`${say(unreadable)} rows that are not records were left out`] : []),
  ];
  return said.length === 0 ? '' : `; ${said.join('; ')}`;
}
