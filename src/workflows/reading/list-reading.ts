import { setTimeout as delay } from 'node:timers/promises';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { isOwnSize } from '../../operations/paging.ts';
import { createPass, type Doubt, describeCoverage, doubtOf, identitiesOf, type Pass } from './evidence.ts';
import { createRecordList, noteRows, type PackedPage, pack, unpack } from './packed-pages.ts';
import { createPageSource, type ListFacts, MOST_ROWS, type PageRead, UNASKED_ROWS } from './page-source.ts';
import { withinTime } from './parallel.ts';
import type { Follower, ListRead, ListReading, ListReadingOptions } from './reading.ts';

/** How many pages are requested at the same time; the pace of requests decides the rest. */
const WIDTH = 4;
/** With less time left, a call stops waiting: one more page would not arrive in time. */
const LEAST_MS = 250;
/** Pause before each page that is read between calls. */
const BETWEEN_MS = 400;
/** How long a reading goes on between calls: a model that has not called again by then may never do so. */
const ALONE_MS = 120_000;
/** How long to wait for the count, at most, after the first page has arrived. */
const COUNT_MS = 2_000;
/** Longer lists are not read again if the readings agree but rows moved meanwhile. */
const ORDERLY_PAGES = 50;
/** Readings of one list, at most. If no two in a row agree by then, the list keeps changing. */
const MOST_PASSES = 4;

export function createListReading({ id, collection, read, now, largest, saved }: ListReadingOptions): ListReading {
  const readAt = saved?.readAt ?? now();
  const facts: ListFacts = { ...saved?.facts };
  const ended = new AbortController();
  const source = createPageSource(collection, facts, read, largest);
  const followers = new Map<() => void, Follower>();
  /** The pages of each pass. */
  const pages: [number, PackedPage][][] = [];
  /** Identities seen in the pass before this one. */
  let earlier: readonly string[] | undefined;
  let pass = startPass();
  let asked = new Set<number>();
  let active = 0;
  let counting: Promise<void> | undefined;
  let settling: Promise<void> | undefined;
  /** The result, once it is settled. Pages and passes are then forgotten, unless other processes share them. */
  let result: ListRead | undefined;
  /**
   * Whether pages are requested one after the other, because the list changes: a row added at the front between two
   * pages that are read in the wrong order hides another row.
   */
  let inOrder = false;
  /** Whether the pass before ended at a repeated page. */
  let repeatedBefore = false;
  let failure: unknown;
  /** Why reading paused before its end: in words, and the error itself. */
  let rests: { readonly why: string; readonly error: LeadDynoError } | undefined;
  let stopped = false;
  let isRetired = false;
  let goesOnAlone = false;
  let aloneSince = 0;

  saved?.passes.forEach((some, index) => {
    if (index > 0) {
      earlier = pass.order;
      pass = startPass();
    }
    for (const [number, page] of some) {
      asked.add(number);
      take(pass, number, page);
    }
    if (index < saved.passes.length - 1) asked = new Set();
  });

  function startPass(): Pass {
    pages.push([]);
    return createPass({
      earlier,
      count: () => (collection.count ? facts.count : undefined),
      asked: () => facts.asked ?? undefined,
      isHonoured: source.isHonoured,
    });
  }

  /** The next page to request; undefined at the end of the pass, or while pages under way must arrive first. */
  function nextNumber(): number | undefined {
    if (inOrder) return takeUnlessAsked(pass.needed());
    const last = lastNumber();
    for (let number = pass.needed() ?? Number.POSITIVE_INFINITY; number <= last; number += 1) {
      if (!asked.has(number)) return number;
    }
    return takeUnlessAsked(pass.needed());
  }

  /**
   * The last page worth requesting ahead. In the first pass, by LeadDyno's count; later, the last page on which the
   * pass before found rows, and the empty page after it.
   */
  function lastNumber(): number {
    const before = pages.at(-2);
    if (before)
      return before.filter(([, { sent }]) => sent > 0).length + Number(before.some(([, { sent }]) => sent === 0));
    const first = pages[0]?.find(([number]) => number === 1)?.[1];
    return first && facts.count ? Math.ceil(facts.count / Math.max(1, first.sent)) : 1;
  }

  const takeUnlessAsked = (number: number | undefined) =>
    number === undefined || asked.has(number) ? undefined : number;

  function take(of: Pass, number: number, page: PageRead): void {
    if (of !== pass || pass.needed() === undefined) return;
    const seen = { identities: identitiesOf(page.rows), sent: page.sent };
    pages.at(-1)?.push([number, { ...seen, packed: pack(page.rows) }]);
    noteRows((pages.at(-1)?.length ?? 0) * page.rows.length);
    pass.add(number, seen);
  }

  /** At the end of a pass, decides whether the list was read or must be read again. */
  async function settle(): Promise<void> {
    if (pass.needed() !== undefined || result) return;
    settling ??= judge().finally(() => {
      settling = undefined;
    });
    await settling;
  }

  async function judge(): Promise<void> {
    const { repeats } = pass.facts();
    const judgeNow = () => doubtOf(pass, facts.count, repeats && !holdsAllInOne());
    // Count again: records may have been added or removed since the first count.
    if (judgeNow() === 'counts_more') await source.count(ended.signal);
    const hasEndedAlike = pages.length === 1 || repeats === repeatedBefore;
    const doubt = judgeNow() ?? (hasEndedAlike ? undefined : 'moved');
    repeatedBefore = repeats;
    // If LeadDyno sends the same page for every number, that does not mean that rows moved.
    const hasMoved = pass.facts().moved > 0 && !repeats;
    const isWorthAnother =
      doubt === 'moved' ||
      (doubt !== undefined && (pages.length === 1 || hasMoved)) ||
      (hasMoved && pass.facts().pages <= ORDERLY_PAGES);
    inOrder ||= hasMoved || pages.length > 1;
    if (isWorthAnother && pages.length < MOST_PASSES) {
      earlier = pass.order;
      pass = startPass();
      asked = new Set();
      return;
    }
    result = {
      list: listOf(pass.order, pages.slice(-1)),
      complete: doubt === undefined,
      covered: describe(pass.order.length, { doubt }),
      goesOn: false,
    };
    if (!reading.onPage) forgetPages();
  }

  /** Nobody continues a finished reading, and what it would need for that takes as much memory as the list itself. */
  function forgetPages(): void {
    pages.length = 0;
    earlier = undefined;
    asked = new Set();
    pass = startPass();
  }

  /**
   * Whether a page that LeadDyno sends for every page number holds the whole list: it has as many rows as LeadDyno
   * counts, more than any page can have, or fewer than asked for without being a usual page size of servers.
   */
  function holdsAllInOne(): boolean {
    const shown = pass.order.length;
    if (pass.facts().pages > 2 || (facts.count ?? 0) > shown) return false;
    const isCounted = collection.count !== undefined && facts.count === shown;
    return isCounted || shown > MOST_ROWS || (shown < (facts.asked ?? UNASKED_ROWS) && !isOwnSize(shown));
  }

  const mayGoOn = () => followers.size > 0 || (goesOnAlone && performance.now() - aloneSince < ALONE_MS);

  function topUp(): void {
    const width = followers.size > 0 ? WIDTH : 1;
    while (active < width && isRunning() && mayGoOn() && nextNumber() !== undefined) void work();
  }

  const isRunning = () => !result && !rests && !stopped && failure === undefined;

  async function work(): Promise<void> {
    active += 1;
    try {
      while (isRunning() && mayGoOn()) {
        // Between calls, one page at a time with pauses: calls that somebody waits for go first.
        if (followers.size === 0 && active > 1) return;
        if (followers.size === 0) await delay(BETWEEN_MS, undefined, { ref: false });
        const number = isRunning() ? nextNumber() : undefined;
        if (number === undefined) return;
        await readPage(number);
      }
    } catch (error) {
      failure ??= error;
    } finally {
      active -= 1;
      notify();
      topUp();
    }
  }

  async function readPage(number: number): Promise<void> {
    const of = pass;
    const numbers = asked;
    numbers.add(number);
    let page: PageRead;
    try {
      counting ??= source.count(ended.signal).catch(rest);
      page = await source.page(number, ended.signal);
      if (number === 1) await withinTime(counting, countMs());
      // LeadDyno answers `null` for an empty list, and perhaps also if something went wrong: ask again.
      if (page.sent === 0 && of.needed() === number && isCounted(of)) page = await source.page(number, ended.signal);
    } catch (error) {
      numbers.delete(number);
      // If the pass has ended meanwhile, this page is not needed.
      if (of === pass && of.needed() !== undefined) rest(error);
      return;
    }
    take(of, number, page);
    reading.onPage?.();
    await settle().catch(rest);
    notify();
    topUp();
  }

  const isCounted = (of: Pass) => facts.count !== undefined && facts.count > of.order.length + of.facts().unreadable;

  const countMs = () => Math.min(COUNT_MS, ...[...followers.values()].map(({ timeLeft }) => timeLeft() / 4));

  /** A refused key or an unknown error ends the reading; any other error pauses it, and what was read still counts. */
  function rest(error: unknown): void {
    if (stopped) return;
    if (!(error instanceof LeadDynoError) || error.reason === 'auth') failure ??= error;
    else rests ??= { why: wordsOf(error), error };
  }

  function notify(): void {
    for (const tell of [...followers.keys()]) tell();
  }

  function wordsOf(error: LeadDynoError): string {
    if (error.reason === 'timeout') return 'stopped at the time limit';
    if (error.reason !== 'rate_limited') return `stopped because LeadDyno failed (${error.reason})`;
    const { retryAfterSeconds: wait } = error;
    return `stopped at the request limit${wait === undefined ? '' : ` (free again in ${Math.ceil(wait)} s)`}`;
  }

  const listOf = (order: readonly string[], passes: readonly (readonly [number, PackedPage][])[]) =>
    createRecordList(
      order,
      passes.flat().map(([, page]) => page),
      collection.parse,
    );

  /** How many records were seen: in this pass or the one before, whichever saw more. */
  const seen = () => Math.max(earlier?.length ?? 0, pass.order.length);

  /** Describes in one sentence what was read. */
  function describe(records: number, ending: { doubt: Doubt | undefined } | { stopped: string }): string {
    const first = pages[0]?.find(([number]) => number === 1)?.[1].sent;
    const pagesInAll = facts.count === undefined || !first ? undefined : Math.ceil(facts.count / first);
    return describeCoverage({
      name: collection.name,
      records,
      count: facts.count,
      pass: pass.facts(),
      passes: pages.length,
      ...('doubt' in ending ? ending : { ...ending, pagesInAll, isChecking: earlier !== undefined }),
    });
  }

  /** What was read so far, for a call that ends before the reading does. */
  function soFar(why = 'stopped at the time limit'): ListRead {
    const list = listOf([...new Set([...(earlier ?? []), ...pass.order])], pages.slice(-2));
    return { list, complete: false, covered: describe(list.length, { stopped: why }), goesOn: true };
  }

  function stop(): void {
    stopped = true;
    ended.abort();
  }

  const hasNothing = () => pages.every((some) => some.length === 0);

  /** The error if nothing arrived within the call: an empty list would look like an answer. */
  const nothingYet = () =>
    new LeadDynoError(
      'timeout',
      `LeadDyno sent none of its ${collection.name} within the time of one call; the request limit may be used up`,
      {
        fate: 'refused',
      },
    );

  const reading: ListReading = {
    id,
    collection,
    readAt,
    onPage: undefined,
    async follow(follower) {
      follower.signal.throwIfAborted();
      if (stopped) throw new Error('this reading was stopped');
      // Each new call tries again.
      rests = undefined;
      return await new Promise<ListRead>((resolve, reject) => {
        const leave = () => {
          clearTimeout(timer);
          follower.signal.removeEventListener('abort', onAbort);
          followers.delete(look);
          aloneSince = performance.now();
          if (isRetired && followers.size === 0) stop();
        };
        const end = (ending: () => void) => {
          leave();
          try {
            ending();
          } catch (error) {
            reject(error);
          }
        };
        const onAbort = () => {
          end(() => reject(follower.signal.reason));
          // After a cancellation nothing more is to be sent; but a cursor given out before stays valid.
          if (followers.size === 0 && !goesOnAlone) stop();
          goesOnAlone &&= followers.size > 0;
        };
        const look = () => {
          follower.progress(seen(), facts.count, `${seen()} ${collection.name} read`);
          if (failure !== undefined) return end(() => reject(failure));
          if (result) {
            const read = result;
            return end(() => resolve(read));
          }
          if (rests && active === 0) {
            const { why, error } = rests;
            const isLimit = error.reason === 'rate_limited' || error.reason === 'timeout';
            return end(() =>
              hasNothing() && !(isLimit && follower.canDoWithout()) ? reject(error) : resolve(soFar(why)),
            );
          }
          const left = follower.timeLeft();
          if (left < LEAST_MS)
            return end(() =>
              hasNothing() && !follower.canDoWithout() ? reject(nothingYet()) : resolve(soFar(undefined)),
            );
          clearTimeout(timer);
          timer = setTimeout(look, left - LEAST_MS + 1);
        };
        let timer: NodeJS.Timeout | undefined;
        follower.signal.addEventListener('abort', onAbort, { once: true });
        followers.set(look, follower);
        topUp();
        // A reading restored from another process may be at its end but not judged yet.
        if (pass.needed() === undefined && !result) void settle().catch(rest).finally(notify);
        else look();
      });
    },
    keepGoing() {
      goesOnAlone = true;
      topUp();
    },
    retire() {
      goesOnAlone = false;
      isRetired = true;
      if (followers.size === 0) stop();
    },
    isStopped: () => stopped,
    isUnderWay: () => result !== undefined || !hasNothing(),
    isOver: () => stopped || failure !== undefined || result !== undefined,
    outline: () => ({ readAt, facts, passes: pages.map((some) => some.map(([number]) => number)) }),
    page(pass, number) {
      const found = pages[pass]?.find(([other]) => other === number)?.[1];
      return found && { rows: unpack(found.packed), sent: found.sent };
    },
  };
  return reading;
}
