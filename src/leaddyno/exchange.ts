import type { Dispatcher } from 'undici';
import { holdsTooMuch, MAX_ANSWER_BYTES } from './answer-json.ts';
import type { RequestFate } from './errors.ts';

/** One HTTP request, ready for the socket. */
export interface HttpRequest {
  readonly origin: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With the query, and so perhaps with the key: never to be shown. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** How one request on one socket ended. */
export type Exchange =
  | { readonly kind: 'answered'; readonly status: number; readonly headers: Headers; readonly text: string }
  | { readonly kind: 'too_large'; readonly status: number }
  /** Sent, and no answer had begun in time. */
  | { readonly kind: 'late' }
  | {
      readonly kind: 'broken';
      readonly error: Error;
      /** Whether the request may have reached LeadDyno. */
      readonly started: boolean;
      /** The status, where the answer had begun. */
      readonly status: number | undefined;
    };

export interface ExchangeOptions {
  readonly signal: AbortSignal;
  /** Milliseconds from the first byte sent to the headers of the answer; then the socket is destroyed. */
  readonly headersMs?: number | undefined;
  /** Called right before the first byte is written to a connected socket. */
  readonly fate: RequestFate;
}

/**
 * Sends one request and reads its answer whole, at most 10 MiB of it. Follows nothing and repeats nothing.
 * @throws the signal's reason if it aborts; the socket is destroyed
 */
export function exchange(
  dispatcher: Dispatcher,
  request: HttpRequest,
  { signal, headersMs, fate }: ExchangeOptions,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const chunks: Buffer[] = [];
    let size = 0;
    let status: number | undefined;
    let headers: Headers = {};
    let controller: Dispatcher.DispatchController | undefined;
    let timer: NodeJS.Timeout | undefined;
    let done = false;

    function finish(settle: () => void): void {
      if (done) return;
      done = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      settle();
    }
    function stop(): void {
      finish(() => reject(signal.reason));
      controller?.abort(new Error('aborted'));
    }
    function endWait(): void {
      finish(() => resolve({ kind: 'late' }));
      controller?.abort(new Error('no answer in time'));
    }
    function refuseSize(answered: number): void {
      finish(() => resolve({ kind: 'too_large', status: answered }));
      controller?.abort(new Error('answer too large'));
    }

    signal.addEventListener('abort', stop, { once: true });
    dispatcher.dispatch(request, {
      onRequestStart(started) {
        controller = started;
        // Aborted while it waited for a connection: undici keeps such a request until its turn comes.
        if (done) return started.abort(new Error('aborted'));
        // Undici's own limit for headers is checked about twice a second: too coarse for a call with little time.
        if (headersMs !== undefined) timer = setTimeout(endWait, headersMs);
        fate.leave();
      },
      onResponseStart(_controller, statusCode, answerHeaders) {
        if (statusCode < 200) return;
        clearTimeout(timer);
        status = statusCode;
        headers = answerHeaders;
        if (Number(answerHeaders['content-length'] ?? 0) > MAX_ANSWER_BYTES) refuseSize(statusCode);
      },
      onResponseData(_controller, chunk) {
        if (done || status === undefined) return;
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) refuseSize(status);
        else chunks.push(chunk);
      },
      onResponseEnd() {
        const answered = status ?? 0;
        const bytes = Buffer.concat(chunks);
        if (holdsTooMuch(bytes)) return finish(() => resolve({ kind: 'too_large', status: answered }));
        // A TextDecoder also removes the byte order mark.
        finish(() =>
          resolve({
            kind: 'answered',
            status: answered,
            headers,
            text: new TextDecoder().decode(bytes),
          }),
        );
      },
      onResponseError(_controller, error) {
        finish(() => resolve({ kind: 'broken', error, started: controller !== undefined, status }));
      },
    });
  });
}
