import type { FailureReason } from './errors.ts';
import type { RequestFate } from './fate.ts';

/** One call to LeadDyno, ready to send: what `operations/operation.ts` makes and the client sends. */
export interface LeadDynoRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path below the base URL, every value percent-encoded, without a query: `/affiliates/17`. */
  readonly path: string;
  /** Query parameters, not yet encoded. The API key is never among them: the client adds it. */
  readonly query?: Readonly<Record<string, string>>;
  /** JSON body; absent if the call has none. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/** A start that the pace has granted; it is used once. */
export interface Turn {
  held: boolean;
}

export interface SendOptions {
  /** The caller's cancellation, carried through to the socket. */
  readonly signal?: AbortSignal;
  /**
   * Runs at most once per call, after the wait for the pace and right before the first bytes are sent.
   * If it throws, nothing is sent and its error is the call's.
   */
  readonly beforeSend?: () => Promise<void>;
  /**
   * Runs after each wait for a turn, before `beforeSend`. It may use the turn to check the request's subject again; the
   * call then waits for another turn at the front of the queue, and this runs again.
   * If it throws, nothing is sent and its error is the call's.
   */
  readonly lookAgain?: (turn: Turn) => Promise<void>;
  /** A turn to use if one is held; otherwise the call waits for one at the front of the queue. */
  readonly turn?: Turn;
  /** Tracks what becomes of the request; absent if the caller does not need to know. */
  readonly fate?: RequestFate;
  /** Milliseconds for this call in place of the client's default: its waits and all attempts together. */
  readonly timeoutMs?: number;
  /** Milliseconds that the waiting caller has, if fewer: a first attempt leaves half of them for another. */
  readonly patienceMs?: number;
}

/** What the operations are performed through. */
export interface LeadDynoClient {
  /**
   * Sends one call and returns the parsed JSON body (`null` if the answer was empty or `null`).
   * @throws LeadDynoError for every failure, with the reason and what became of the request.
   */
  send(request: LeadDynoRequest, options?: SendOptions): Promise<unknown>;
  /** Aborts what is in flight and closes the sockets. */
  close(): Promise<void>;
}

/** One attempt: `path` is without base URL and query. */
interface Attempt {
  readonly method: LeadDynoRequest['method'];
  readonly path: string;
  /** 1 for the first. */
  readonly attempt: number;
}

/** What the client reports about its work, for logs and metrics: never a key, a query, a body or a person's data. */
export type ClientEvent =
  | ({ readonly kind: 'answer'; readonly status: number; readonly ms: number } & Attempt)
  | ({ readonly kind: 'no_answer'; readonly reason: FailureReason; readonly ms: number } & Attempt)
  | ({ readonly kind: 'retry'; readonly reason: FailureReason; readonly waitMs: number } & Attempt)
  | ({ readonly kind: 'pace_wait'; readonly ms: number } & Attempt)
  | { readonly kind: 'pace_pause'; readonly ms: number }
  | { readonly kind: 'key_transport'; readonly transport: 'header' | 'query' };
