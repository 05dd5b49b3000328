import type { Collection } from './collections.ts';
import type { RecordList } from './packed-pages.ts';
import type { ListFacts, PageRead, ReadOperation } from './page-source.ts';

/** A call that waits for a reading. */
export interface Follower {
  /** Milliseconds until the call has to answer. */
  timeLeft(): number;
  progress(done: number, total: number | undefined, message: string): void;
  readonly signal: AbortSignal;
  /** Whether the call can go on with nothing of this list if a limit ends its reading. */
  canDoWithout(): boolean;
}

/** What was read of a list. */
export interface ListRead {
  readonly list: RecordList;
  readonly complete: boolean;
  /** In words: `1,200 of 1,200 purchases, complete`. */
  readonly covered: string;
  /** Whether following the reading again can bring more. */
  readonly goesOn: boolean;
}

/** A list that is being read into memory. Any number of calls can follow it; between calls it can go on by itself. */
export interface ListReading {
  readonly id: string;
  readonly collection: Collection;
  /** Epoch milliseconds when reading began: every page is as of then or later. */
  readonly readAt: number;
  /**
   * Waits until the reading ends, pauses, or the call's time is over. A paused reading is resumed first.
   * @throws LeadDynoError if nothing could be read, or the key is refused; the signal's reason if it aborts
   */
  follow(follower: Follower): Promise<ListRead>;
  /** Lets it go on between calls, for as long as a call may come back to it. */
  keepGoing(): void;
  /** Stops it, and its requests under way, as soon as no call follows it. */
  retire(): void;
  /** Whether it ended, failed or was stopped, so that nothing more will come. */
  isOver(): boolean;
  /** Whether it was stopped, so that no call can follow it any more. */
  isStopped(): boolean;
  /** Whether at least one page was read. */
  isUnderWay(): boolean;
  /** What another process needs to continue it, besides the pages. */
  outline(): ReadingOutline;
  /** A page of the outline. */
  page(pass: number, number: number): PageRead | undefined;
  /** Called whenever another page was read. */
  onPage: (() => void) | undefined;
}

/** What is known about a reading besides its pages; plain JSON. */
export interface ReadingOutline {
  readonly readAt: number;
  readonly facts: ListFacts;
  /** The page numbers of each pass, in the order in which they arrived. */
  readonly passes: readonly (readonly number[])[];
}

/** A reading that another process began. */
export interface SavedReading extends Omit<ReadingOutline, 'passes'> {
  readonly passes: readonly (readonly (readonly [number: number, page: PageRead])[])[];
}

export interface ListReadingOptions {
  readonly id: string;
  readonly collection: Collection;
  readonly read: ReadOperation;
  readonly now: () => number;
  /** The largest page that LeadDyno was found to send. */
  readonly largest?: number | undefined;
  readonly saved?: SavedReading | undefined;
}
