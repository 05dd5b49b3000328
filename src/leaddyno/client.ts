import type { Dispatcher } from 'undici';
import { readBaseUrl } from './address.ts';
import { readAnswer, readTooLarge } from './answer.ts';
import { createConnection, type ProxySettings } from './connection.ts';
import { readConnectionFailure } from './connection-failure.ts';
import type { Fate, LeadDynoError } from './errors.ts';
import type { ClientEvent } from './events.ts';
import { type Exchange, exchange } from './exchange.ts';
import { type Failure, type Outcome, toError } from './failure.ts';
import { type Course, createFlights } from './flight.ts';
import { hedge, hedgeAfter } from './hedge.ts';
import { buildHttpRequest, isPath, type KeyTransport } from './http-request.ts';
import { createKeyFinder } from './key-finder.ts';
import { type Pace, PaceExceeded } from './pace.ts';
import type { LeadDynoClient, LeadDynoRequest, SendOptions } from './request.ts';
import { planRetry } from './retry.ts';
import { readRetryAfter } from './retry-after.ts';
import { createScrub } from './scrub.ts';
import { type Sleep, sleepFor } from './sleep.ts';

export interface ClientOptions {
  /** `https://api.leaddyno.com/v1`, with or without a slash at its end; http only to this machine. */
  readonly baseUrl: string;
  readonly key: string;
  /** How the key travels; `auto` finds out with one harmless read (API reference 4.1). */
  readonly keyTransport: 'auto' | KeyTransport;
  /** What `auto` found out earlier: saves the read, until this way fails. */
  readonly foundTransport?: KeyTransport | undefined;
  /** Milliseconds for one call: its wait for the pace, all attempts and the waits between them. */
  readonly timeoutMs: number;
  readonly userAgent: string;
  readonly pace: Pace;
  /** From the environment. */
  readonly proxy?: ProxySettings | undefined;
  /** For logs and metrics; what it throws is lost. */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined;
  /** The headers of each answer; what it throws is lost. */
  readonly onHeaders?: ((headers: Readonly<Record<string, unknown>>) => void) | undefined;
  /** Jitter of the waits between attempts, at least 0 and below 1. */
  readonly random?: () => number;
  /** The wait between attempts. */
  readonly sleep?: Sleep;
  /** When a read without an answer is asked a second time. */
  readonly hedgeAfter?: typeof hedgeAfter;
  /** A clock in milliseconds that never goes back. */
  readonly now?: () => number;
}

/** A read that every account answers and that shows nobody's data. */
const PROBE: LeadDynoRequest = { method: 'GET', path: '/affiliates/count' };
/** Shorter waits for the pace are not worth an event. */
const NOTABLE_WAIT_MS = 10;

type BeforeSend = SendOptions['beforeSend'];
type Delivery = Outcome & { readonly attempts: number };

/**
 * The client of one account.
 * @throws Error where the base URL or a proxy's address cannot be used
 */
export function createClient(options: ClientOptions): LeadDynoClient {
  const { pace, random = Math.random, sleep = sleepFor, now = () => performance.now() } = options;
  const { hedgeAfter: whenToHedge = hedgeAfter } = options;
  const address = readBaseUrl(options.baseUrl);
  const connection = createConnection(address, options.proxy);
  const scrub = createScrub(options.key);
  const flights = createFlights<unknown>(now);
  const keys = createKeyFinder({
    key: options.key,
    wanted: options.keyTransport,
    found: options.foundTransport,
    now,
    probe: (transport, course) => deliver(PROBE, transport, course),
    onFound: (transport) => report({ kind: 'key_transport', transport }),
  });
  let closed = false;

  async function send(request: LeadDynoRequest, sendOptions: SendOptions = {}): Promise<unknown> {
    const { signal, fresh = false, asOf, beforeSend, timeoutMs = options.timeoutMs } = sendOptions;
    signal?.throwIfAborted();
    if (closed) throw toClosedError('not_sent');
    if (!isPath(request.path)) throw toError(badPath);
    const shared = request.method === 'GET' && !fresh && beforeSend === undefined;
    const id = shared ? identify(request, asOf) : undefined;
    const flight = flights.join(id, { signal, until: timeoutMs }, (course) => perform(request, course, beforeSend));
    if (request.method === 'GET') return await flight;
    // Before its caller learns of its end: whatever is read from then on is read anew.
    return await flight.finally(flights.retire);
  }

  /** One call as those who wait for it see it: its parsed answer, or the error. */
  async function perform(request: LeadDynoRequest, course: Course, beforeSend: BeforeSend): Promise<unknown> {
    course.signal.throwIfAborted();
    const transport = await keys.find(course);
    const delivery = await deliver(request, transport, course, beforeSend);
    if (delivery.ok) {
      keys.prove(transport);
      return delivery.value;
    }
    keys.doubt(transport, delivery.failure.reason);
    throw toError(delivery.failure, delivery.attempts);
  }

  /** Paces and sends, again where that is safe. Only a cancellation and what `beforeSend` throws are thrown. */
  async function deliver(
    request: LeadDynoRequest,
    transport: KeyTransport,
    course: Course,
    beforeSend?: BeforeSend,
  ): Promise<Delivery> {
    const dispatcher = await connection.open();
    let last: Failure | undefined;
    for (let attempt = 1; ; attempt++) {
      const late = await waitForTurn(request, course, attempt);
      if (late !== undefined) return { ok: false, failure: last ?? late, attempts: Math.max(1, attempt - 1) };
      if (attempt === 1) await beforeSend?.();
      const send = (signal: AbortSignal) => attemptOnce(dispatcher, request, transport, { course, signal, attempt });
      const outcome = await hedged(send, request, course, attempt);
      if (outcome.ok) return { ...outcome, attempts: attempt };

      last = outcome.failure;
      course.fate = last.fate;
      const { method, path } = request;
      const remainingMs = course.remainingMs();
      const { waitMs, pauseMs } = planRetry({ failure: last, method, attempt, remainingMs, random });
      if (pauseMs > 0) {
        report({ kind: 'pace_pause', ms: pauseMs });
        pace.pause(pauseMs);
      }
      if (waitMs === undefined) return { ...outcome, attempts: attempt };
      report({ kind: 'retry', method, path, attempt, reason: last.reason, waitMs });
      await sleep(waitMs, course.signal);
    }
  }

  /** Waits for the pace; a failure where the turn would come after the deadline. */
  async function waitForTurn(request: LeadDynoRequest, course: Course, attempt: number): Promise<Failure | undefined> {
    const began = now();
    for (;;) {
      const maxWaitMs = course.remainingMs();
      try {
        await pace.take({ signal: course.signal, maxWaitMs });
        break;
      } catch (error) {
        if (!(error instanceof PaceExceeded)) throw error;
        // Meanwhile somebody with more time may have joined.
        if (course.remainingMs() <= maxWaitMs) return describeExcess(error);
      }
    }
    const ms = now() - began;
    if (ms >= NOTABLE_WAIT_MS) report({ kind: 'pace_wait', method: request.method, path: request.path, attempt, ms });
    return undefined;
  }

  /** One attempt: of a write one request, of a read a second one where the first is long without an answer. */
  function hedged(
    send: (signal: AbortSignal) => Promise<Outcome>,
    { method, path }: LeadDynoRequest,
    course: Course,
    attempt: number,
  ): Promise<Outcome> {
    const afterMs = method === 'GET' ? whenToHedge(course.remainingMs()) : undefined;
    if (afterMs === undefined) return send(course.signal);
    return hedge(send, {
      afterMs,
      signal: course.signal,
      async mayAsk(signal) {
        await pace.take({ signal, maxWaitMs: course.remainingMs() });
        report({ kind: 'retry', method, path, attempt, reason: 'timeout', waitMs: afterMs });
      },
    });
  }

  async function attemptOnce(
    dispatcher: Dispatcher,
    request: LeadDynoRequest,
    transport: KeyTransport,
    { course, signal, attempt }: { readonly course: Course; readonly signal: AbortSignal; readonly attempt: number },
  ): Promise<Outcome> {
    const httpRequest = buildHttpRequest(address, request, { key: options.key, transport }, options.userAgent);
    // What is under way shows the state before the write: a caller who knows of the write must not be given it.
    if (request.method !== 'GET') flights.retire();
    const began = now();
    const ended = await exchange(dispatcher, httpRequest, {
      signal,
      onStart: () => {
        course.fate = 'unknown';
      },
    });
    const outcome = readExchange(ended, request.method !== 'GET');
    const { method, path } = request;
    const ms = now() - began;
    if (ended.kind === 'answered') {
      quietly(() => options.onHeaders?.(ended.headers));
      report({ kind: 'answer', method, path, attempt, status: ended.status, ms });
    }
    if (ended.kind !== 'answered' && !outcome.ok)
      report({ kind: 'no_answer', method, path, attempt, reason: outcome.failure.reason, ms });
    return outcome;
  }

  function readExchange(ended: Exchange, write: boolean): Outcome {
    switch (ended.kind) {
      case 'answered': {
        const { status, headers } = ended;
        const contentType = scrub(String(headers['content-type'] ?? ''));
        const retryAfterSeconds = readRetryAfter(headers['retry-after'], Date.now());
        return readAnswer({ status, contentType, retryAfterSeconds, text: scrub(ended.text) }, write);
      }
      case 'too_large':
        return { ok: false, failure: readTooLarge(ended.status) };
      case 'broken':
        return { ok: false, failure: readConnectionFailure(ended) };
    }
  }

  function report(event: ClientEvent): void {
    quietly(() => options.onEvent?.(event));
  }

  return {
    send,
    async close() {
      closed = true;
      flights.end(toClosedError);
      keys.end(toClosedError);
      await connection.close();
    },
  };
}

/** Watching a call must not break it. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // What a watcher throws is its own.
  }
}

const badPath: Failure = {
  reason: 'invalid',
  fate: 'not_sent',
  said: 'The request was not sent: its path is not valid',
};

function toClosedError(fate: Fate): LeadDynoError {
  return toError({ reason: 'network', fate, said: 'The connection to LeadDyno was closed by this server' });
}

/** The same for reads that ask the same. */
function identify({ method, path, query = {} }: LeadDynoRequest, asOf = ''): string {
  const parameters = Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([method, path, parameters, asOf]);
}

function describeExcess({ limit, windowMs, waitMs, paused }: PaceExceeded): Failure {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  const span = windowMs === 60_000 ? 'a minute' : `in ${windowMs / 1000} s`;
  const cause = paused ? 'LeadDyno asked for a pause' : `This server keeps to ${limit} requests ${span}`;
  return {
    reason: 'rate_limited',
    fate: 'not_sent',
    said: `${cause}; try again in ${retryAfterSeconds} s`,
    retryAfterSeconds,
  };
}
