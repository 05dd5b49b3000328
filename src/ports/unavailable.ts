/** What a server keeps outside of its calls; `redis` is where several processes keep it. */
export type Store = 'memory' | 'confirmations' | 'change_log' | 'redis';

/**
 * Something that is kept cannot be reached, or cannot take what it was given. What follows differs by store: without the
 * memory of used confirmations and without the change log nothing is sent, without the memory a file or a cursor is not
 * there. The message says what is away, in words for a person; it holds no record text.
 */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly store: Store;

  constructor(store: Store, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.store = store;
  }
}

/** Whether an error says that a store (one of these, if any are named) is unavailable. */
export function isUnavailable(error: unknown, ...stores: readonly Store[]): error is Unavailable {
  return error instanceof Unavailable && (stores.length === 0 || stores.includes(error.store));
}

/** The same answer; what makes it fail says instead that another store is away, because that is what it stands for. */
export async function standingFor<Answer>(store: Store, answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw isUnavailable(error) ? new Unavailable(store, error.message, error) : error;
  }
}
