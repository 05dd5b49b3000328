import type { Collection } from './collections.ts';
import type { RecordList } from './packed-pages.ts';
import type { ListFacts, PageRead, ReadOperation } from './page-source.ts';

/** What one call waits for. */
export interface Follower {
  /** Milliseconds until the call has to answer. */
  timeLeft(): number;
  progress(done: number, total: number | undefined, message: string): void;
  readonly signal: AbortSignal;
  /** Whether the call can do with nothing of this list, because a limit ended the reading of it. */
  canDoWithout(): boolean;
}

/** A list as far as it was read. */
export interface ListRead {
  readonly list: RecordList;
  readonly complete: boolean;
  /** In words: `1,200 of 1,200 purchases, complete`. */
  readonly covered: string;
  /** Whether more of it can be read by following it again. */
  readonly goesOn: boolean;
}

/** A list on its way into memory, whoever waits for it. Calls follow it; between them it goes on by itself. */
export interface ListReading {
  readonly id: string;
  readonly collection: Collection;
  /** Epoch milliseconds when it began: nothing in it is younger. */
  readonly readAt: number;
  /**
   * Waits until it ends or the call's time is over, and takes it up again if it rests.
   * @throws LeadDynoError if nothing could be read, or the key is refused; the signal's reason if it aborts
   */
  follow(follower: Follower): Promise<ListRead>;
  /** Goes on between calls for as long as anybody may come back to it. */
  keepGoing(): void;
  /** Ends it as soon as nobody follows it: nobody else will. Requests under way are given up then. */
  retire(): void;
  /** Whether it ended, failed or was stopped: nothing more is to be expected of it. */
  isOver(): boolean;
  /** Whether nobody can follow it any more. */
  isStopped(): boolean;
  /** Whether something of it was read already. */
  isUnderWay(): boolean;
  /** What another process needs to go on with it, besides the pages. */
  outline(): ReadingOutline;
  /** A page of the outline. */
  page(pass: number, number: number): PageRead | undefined;
  /** Called whenever another page was read. */
  onPage: (() => void) | undefined;
}

/** What is known of a reading besides its pages; plain JSON. */
export interface ReadingOutline {
  readonly readAt: number;
  readonly facts: ListFacts;
  /** The numbers of the pages of each pass, in the order in which they came. */
  readonly passes: readonly (readonly number[])[];
}

/** A reading of another process. */
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
