import { setTimeout as delay } from 'node:timers/promises';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { isOwnSize } from '../../operations/paging.ts';
import { describeCoverage } from './coverage.ts';
import { createPass, type Doubt, doubtOf, identitiesOf, type Pass } from './evidence.ts';
import { noteRows } from './heap-growth.ts';
import { createRecordList, type PackedPage, pack, unpack } from './packed-pages.ts';
import { createPageSource, type ListFacts, MOST_ROWS, type PageRead, UNASKED_ROWS } from './page-source.ts';
import { withinTime } from './parallel.ts';
import type { Follower, ListRead, ListReading, ListReadingOptions } from './reading.ts';

/** How many pages are asked for at the same time: the pace decides the rest. */
const WIDTH = 4;
/** A page that is not begun with this much time left would only be cut off. */
const LEAST_MS = 250;
/** Between calls there is such a pause before each page. */
const BETWEEN_MS = 400;
/** Between calls a reading goes on for so long; a model that has not come back by then may never do so. */
const ALONE_MS = 120_000;
/** How much longer than for the first page a count is waited for. */
const COUNT_MS = 2_000;
/** A longer list is not read once more because a reading that agrees saw rows move. */
const ORDERLY_PAGES = 50;
/** So many readings of one list; if no two in a row agree by then, it does not hold still. */
const MOST_PASSES = 4;

export function createListReading({ id, collection, read, now, largest, saved }: ListReadingOptions): ListReading {
  const readAt = saved?.readAt ?? now();
  const facts: ListFacts = { ...saved?.facts };
  const ended = new AbortController();
  const source = createPageSource(collection, facts, read, largest);
  const followers = new Map<() => void, Follower>();
  /** The pages of each pass. */
  const pages: [number, PackedPage][][] = [];
  /** What the pass before the one under way saw. */
  let earlier: readonly string[] | undefined;
  let pass = startPass();
  let asked = new Set<number>();
  let active = 0;
  let counting: Promise<void> | undefined;
  let settling: Promise<void> | undefined;
  /** What the list came to, once it is settled; how it was read is forgotten then. */
  let result: ListRead | undefined;
  /**
   * Whether pages are asked for one after the other, because the list moves: a row that comes in front between two pages
   * that are read in the wrong order hides another.
   */
  let inOrder = false;
  /** Whether the pass before ended because a page was shown again. */
  let repeatedBefore = false;
  let failure: unknown;
  /** Why reading rests before its end, in words, and whether a limit is why. */
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

  /** The next page that is worth asking for; undefined while those under way have to come first. */
  function nextNumber(): number | undefined {
    if (inOrder) return takeUnlessAsked(pass.needed());
    const last = lastNumber();
    for (let number = pass.needed() ?? Number.POSITIVE_INFINITY; number <= last; number += 1) {
      if (!asked.has(number)) return number;
    }
    return takeUnlessAsked(pass.needed());
  }

  /** As far as the reading before found rows, and the empty page behind them; before that, as far as LeadDyno counts. */
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

  /** At the end of a pass: whether it agrees with the one before, or the list is to be read again. */
  async function settle(): Promise<void> {
    if (pass.needed() !== undefined || result) return;
    settling ??= judge().finally(() => {
      settling = undefined;
    });
    await settling;
  }

  async function judge(): Promise<void> {
    const { repeats } = pass.facts();
    const judgeNow = () => doubtOf(pass, facts.count, repeats && !holdsAllInOne(), collection.isPaid === true);
    // One that came or went since it was counted is no reason to doubt.
    if (judgeNow() === 'counts_more') await source.count(ended.signal);
    const hasEndedAlike = pages.length === 1 || repeats === repeatedBefore;
    const doubt = judgeNow() ?? (hasEndedAlike ? undefined : 'moved');
    repeatedBefore = repeats;
    // A page that is shown again for every number is no sign of it.
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

  /** Nobody goes on with a list that was read: what told its pages and passes apart is as large as the list again. */
  function forgetPages(): void {
    pages.length = 0;
    earlier = undefined;
    asked = new Set();
    pass = startPass();
  }

  /**
   * A page that is shown again for every page number holds the whole list if it is as long as LeadDyno counts, longer
   * than any page can be, or shorter than was asked for by a number that is no server's own size.
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
        // Between calls one page after the other, at leisure: people at work go first.
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
      // LeadDyno answers `null` if it means nothing, and perhaps if something went wrong.
      if (page.sent === 0 && of.needed() === number && isCounted(of)) page = await source.page(number, ended.signal);
    } catch (error) {
      numbers.delete(number);
      // Of a pass that has ended meanwhile, no page is missed.
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

  /** What the first page fails with is the failure of all; later, what was read counts. */
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

  /** How many records were seen, whatever page they are on. */
  const seen = () => Math.max(earlier?.length ?? 0, pass.order.length);

  /** What was read, in a sentence. */
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

  /** As far as it was read, for a call that cannot wait any longer. */
  function soFar(why = 'stopped at the time limit'): ListRead {
    const list = listOf([...new Set([...(earlier ?? []), ...pass.order])], pages.slice(-2));
    return { list, complete: false, covered: describe(list.length, { stopped: why }), goesOn: true };
  }

  function stop(): void {
    stopped = true;
    ended.abort();
  }

  const hasNothing = () => pages.every((some) => some.length === 0);

  /** Nothing at all came in the time of the call: an empty list would look like an answer. */
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
      // Whoever comes again has it tried again.
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
          // Whoever cancels wants nothing more to be sent; a cursor that was given before stays good.
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
        // What another process read to its end was not judged yet.
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
