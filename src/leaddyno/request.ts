/** One call to LeadDyno, ready to send: what `operations/operation.ts` makes and the client sends. */
export interface LeadDynoRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path below the base URL, every value percent-encoded, without a query: `/affiliates/17`. */
  readonly path: string;
  /** Query parameters, not yet encoded. The API key is never among them: the client adds it. */
  readonly query?: Readonly<Record<string, string>>;
  /** JSON body; absent where the call has none. */
  readonly body?: Readonly<Record<string, unknown>>;
}

export interface SendOptions {
  /** The caller's cancellation, carried through to the socket. */
  readonly signal?: AbortSignal;
  /** A read that must not share the answer of an identical one already in flight (a confirmation's). */
  readonly fresh?: boolean;
  /** Names the state of the records that is asked for: a read shares the answer of those that name the same alone. */
  readonly asOf?: string | undefined;
  /**
   * Runs at most once per call, after the wait for the pace and right before the first bytes are sent.
   * Where it throws, nothing is sent and its error is the call's.
   */
  readonly beforeSend?: () => Promise<void>;
  /** Milliseconds for this call in place of the client's default: its waits and all attempts together. */
  readonly timeoutMs?: number;
}

/** What the operations are performed through. */
export interface LeadDynoClient {
  /**
   * Sends one call and returns the parsed JSON body (`null` where the answer was empty or `null`).
   * @throws LeadDynoError for every failure, with the reason and what became of the request.
   */
  send(request: LeadDynoRequest, options?: SendOptions): Promise<unknown>;
  /** Aborts what is in flight and closes the sockets. */
  close(): Promise<void>;
}
