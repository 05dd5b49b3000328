import type { JsonObject } from '../../json.ts';
import { hasId, identityOf } from '../../operations/read-list.ts';

/*
 * When a list counts as complete.
 *
 * LeadDyno shows a list in numbered pages, each as of the moment it is asked for; what is added, removed or moved in
 * between shifts the rows behind it. A row that was there all the time is missed only if, after its page could have
 * shown it, something that was read already left its place (then the rows behind it slip forward, onto a page that was
 * read) or the row itself went from behind to the front. So a list is read from its first page to its end again, until
 * two readings in a row agree: everything the earlier one saw is in the later one, in the same order.
 *
 * - Nothing that was read was removed or moved back then, for the later reading would lack it or have it elsewhere. So
 *   nothing slipped forward during the earlier reading, and all that stayed in place is in it.
 * - A row that went to the front in the earlier reading is found by the later one, wherever it stands.
 * - Rows that came meanwhile are in the later reading alone, which takes nothing away: what is added shifts rows
 *   backwards, where they are read a second time and count once.
 *
 * What it takes to deceive this is a row that is moved past the reader in both readings and moved back between them.
 *
 * The end was seen twice then. A list that one answer holds whole needs no second reading. The end of a list is an empty
 * page, with nothing on the page behind it unless a count apart from the pages agrees; never a count alone, and never a
 * short page, since servers keep to smaller pages than they are asked for. If LeadDyno counts more than it shows, the list
 * is not complete, whatever else holds; nor is a list that people are paid by if a row in it is no record.
 */

/** A page as a reading remembers it. */
export interface PageSeen {
  /** What tells its records apart, in their order. */
  readonly identities: readonly string[];
  /** Rows as they were sent, those among them that are no records. */
  readonly sent: number;
}

/** What tells the records of one page apart. Without ids, rows that look the same are several records all the same. */
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

/** A list read once from its first page, taken up page by page in order. */
export interface Pass {
  /** Takes a page; pages may come in any order. */
  add(number: number, page: PageSeen): void;
  /** The first page that is needed to go on; undefined once the end was seen. */
  needed(): number | undefined;
  /** Every record once, in order. */
  readonly order: readonly string[];
  /** Whether the reading before saw nothing else, in the same order, or one answer held the whole list. */
  agrees(): boolean;
  /** Whether one answer held the whole list. */
  isSingle(): boolean;
  facts(): PassFacts;
}

export interface PassFacts {
  /** Rows that were seen more than once, because they moved on meanwhile. */
  readonly moved: number;
  /** Rows that are no records. */
  readonly unreadable: number;
  /** Pages that were empty although others follow. */
  readonly holes: number;
  /** A page held nothing but what pages before it had shown: LeadDyno sends pages again. */
  readonly repeats: boolean;
  /** Pages with rows. */
  readonly pages: number;
}

export interface PassOptions {
  /** What the reading before saw. */
  readonly earlier: readonly string[] | undefined;
  /** How many records there are by LeadDyno's own count, apart from the pages. */
  readonly count: () => number | undefined;
  /** Rows a page that are asked for; undefined if no size is sent. */
  readonly asked: () => number | undefined;
  /** Whether LeadDyno is known to send as many as are asked for: a shorter page is then a last one. */
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
  /** How much of what the reading before saw has come again, in its order. */
  let confirmed = 0;
  let afterEmpty = false;
  /** A page was as long as was asked for. */
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
      // Nothing at all may be a failure that looks like an answer, whatever the count says.
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

/** Why a list that was read is not known to be all there is; undefined if it is. */
export type Doubt = 'moved' | 'counts_more' | 'repeats' | 'holes' | 'no_records';

/**
 * @param count what LeadDyno says after the reading, undefined if it says nothing
 * @param isPaid whether people are paid by this list: a row that is no record may be owed to somebody
 * @param repeats whether it ended because a page was shown again that does not hold the whole list
 */
export function doubtOf(pass: Pass, count: number | undefined, repeats: boolean, isPaid: boolean): Doubt | undefined {
  const { holes, unreadable } = pass.facts();
  if (repeats) return 'repeats';
  if (!pass.agrees()) return 'moved';
  if (holes > 0) return 'holes';
  if (isPaid && unreadable > 0) return 'no_records';
  return count !== undefined && count > pass.order.length + unreadable ? 'counts_more' : undefined;
}
