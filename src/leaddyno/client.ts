import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { readAnswer, readTooLarge } from './answer.ts';
import { createConnection, type ProxySettings, readConnectionFailure } from './connection.ts';
import { type Course, headersWithin, planRetry, readRetryAfter, startCourse } from './course.ts';
import { type Failure, type Fate, LeadDynoError, type Outcome, RequestFate, toError } from './errors.ts';
import { type Exchange, exchange } from './exchange.ts';
import { createKeyTransport, type Delivery } from './key-transport.ts';
import { type Pace, PaceExceeded, type Sleep, sleepFor } from './pace.ts';
import {
  buildHttpRequest,
  type ClientEvent,
  isPath,
  type KeyTransport,
  type LeadDynoClient,
  type LeadDynoRequest,
  readBaseUrl,
  type SendOptions,
} from './request.ts';
import { createScrub } from './scrub.ts';

export interface ClientOptions {
  /** `https://api.leaddyno.com/v1`, with or without a slash at its end; http only to this machine. */
  readonly baseUrl: string;
  readonly key: string;
  /** How the key travels; `auto` tries the header first, then the query (API reference 4.1). */
  readonly keyTransport: 'auto' | KeyTransport;
  /** What `auto` found earlier: tried first. */
  readonly foundTransport?: KeyTransport | undefined;
  /** Milliseconds for one call: its wait for the pace, all attempts and the waits between them. */
  readonly timeoutMs: number;
  readonly userAgent: string;
  readonly pace: Pace;
  /** From the environment. */
  readonly proxy?: ProxySettings | undefined;
  /** For logs and metrics; errors it throws are ignored. */
  readonly onEvent?: ((event: ClientEvent) => void) | undefined;
  /** Gets the headers of each answer; errors it throws are ignored. */
  readonly onHeaders?: ((headers: Readonly<Record<string, unknown>>) => void) | undefined;
  /** Jitter of the waits between attempts, at least 0 and below 1. */
  readonly random?: () => number;
  /** The wait between attempts. */
  readonly sleep?: Sleep;
  /** A clock in milliseconds that never goes back. */
  readonly now?: () => number;
}

/** Characters of an answer past which it is read in a turn of its own. */
const LARGE_TEXT = 200_000;
/** Shorter waits for the pace are not worth an event. */
const NOTABLE_WAIT_MS = 10;

/**
 * The client of one account.
 * @throws Error if the base URL or a proxy's address cannot be used
 */
export function createClient(options: ClientOptions): LeadDynoClient {
  const { pace, random = Math.random, sleep = sleepFor, now = () => performance.now() } = options;
  const address = readBaseUrl(options.baseUrl);
  const connection = createConnection(address, options.proxy);
  const scrub = createScrub(options.key);
  const withKey = createKeyTransport({
    key: options.key,
    wanted: options.keyTransport,
    found: options.foundTransport,
    onProven: (transport) => report({ kind: 'key_transport', transport }),
  });
  const underWay = new Set<Course>();
  let closed = false;

  async function send(request: LeadDynoRequest, sendOptions: SendOptions = {}): Promise<unknown> {
    const { signal, fate = new RequestFate(), timeoutMs = options.timeoutMs } = sendOptions;
    signal?.throwIfAborted();
    if (closed) throw toClosedError('not_sent');
    if (!isPath(request.path)) throw toError(badPath);
    const course = startCourse(timeoutMs, signal, now, fate);
    underWay.add(course);
    try {
      return await Promise.race([perform(request, course, sendOptions), course.aborted]);
    } catch (error) {
      const known = error instanceof LeadDynoError || signal?.aborted === true || !fate.mayHaveHappened;
      throw known ? error : toError({ ...unreadable, cause: error });
    } finally {
      course.finish();
      underWay.delete(course);
    }
  }

  /** One call as its caller sees it: its parsed answer, or the error. */
  async function perform(
    request: LeadDynoRequest,
    course: Course,
    { beforeSend, patienceMs = Number.POSITIVE_INFINITY, ...waiting }: SendOptions,
  ): Promise<unknown> {
    let announce = beforeSend;
    const delivery = await withKey(request.method !== 'GET', (transport) =>
      deliver(request, transport, course, { ...waiting, patienceMs }, async () => {
        const once = announce;
        announce = undefined;
        await once?.();
      }),
    );
    if (delivery.ok) return delivery.value;
    throw toError(delivery.failure, delivery.attempts);
  }

  /** Paces and sends, again where that is safe. Only a cancellation and what `announce` throws are thrown. */
  async function deliver(
    request: LeadDynoRequest,
    transport: KeyTransport,
    course: Course,
    { patienceMs, ...waiting }: Pick<SendOptions, 'turn' | 'lookAgain'> & { readonly patienceMs: number },
    announce: () => Promise<void>,
  ): Promise<Delivery> {
    const dispatcher = await connection.open();
    let last: Failure | undefined;
    for (let attempt = 1; ; attempt++) {
      const late = await waitToSend(request, course, waiting, attempt);
      if (late !== undefined) return { ok: false, failure: last ?? late, attempts: Math.max(1, attempt - 1) };
      await announce();
      const outcome = await attemptOnce(dispatcher, request, transport, course, { attempt, patienceMs });
      if (outcome.ok) return { ...outcome, attempts: attempt };

      last = outcome.failure;
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

  /** Waits for a turn that is not spent on looking again; a failure if it would come after the deadline. */
  async function waitToSend(
    request: LeadDynoRequest,
    course: Course,
    { turn: given, lookAgain }: Pick<SendOptions, 'turn' | 'lookAgain'>,
    attempt: number,
  ): Promise<Failure | undefined> {
    if (given?.held) {
      given.held = false;
      return undefined;
    }
    for (let next = given !== undefined; ; next = true) {
      const late = await waitForTurn(request, course, attempt, next);
      if (late !== undefined || !lookAgain) return late;
      const turn = { held: true };
      await lookAgain(turn);
      if (turn.held) return undefined;
    }
  }

  async function waitForTurn(
    request: LeadDynoRequest,
    course: Course,
    attempt: number,
    next: boolean,
  ): Promise<Failure | undefined> {
    const began = now();
    try {
      await pace.take({ signal: course.signal, maxWaitMs: course.remainingMs(), next });
    } catch (error) {
      if (error instanceof PaceExceeded) return describeExcess(error);
      throw error;
    }
    const ms = now() - began;
    if (ms >= NOTABLE_WAIT_MS) report({ kind: 'pace_wait', method: request.method, path: request.path, attempt, ms });
    return undefined;
  }

  async function attemptOnce(
    dispatcher: Dispatcher,
    request: LeadDynoRequest,
    transport: KeyTransport,
    course: Course,
    { attempt, patienceMs }: { readonly attempt: number; readonly patienceMs: number },
  ): Promise<Outcome> {
    const httpRequest = buildHttpRequest(address, request, { key: options.key, transport }, options.userAgent);
    const { method, path } = request;
    const began = now();
    const ended = await exchange(dispatcher, httpRequest, {
      signal: course.signal,
      headersMs: headersWithin(method, attempt, Math.min(patienceMs, course.remainingMs())),
      fate: course.fate,
    });
    // Parsing and processing a large answer takes time: let other work run in between.
    const isLarge = ended.kind === 'answered' && ended.text.length > LARGE_TEXT;
    if (isLarge) await nextTurn();
    const outcome = readExchange(ended, method !== 'GET', request.clearMiss);
    if (isLarge) await nextTurn();
    course.fate.settle(outcome.ok ? 'answered' : outcome.failure.fate);
    const ms = now() - began;
    if (ended.kind === 'answered') {
      quietly(() => options.onHeaders?.(ended.headers));
      report({ kind: 'answer', method, path, attempt, status: ended.status, ms });
    }
    if (ended.kind !== 'answered' && !outcome.ok)
      report({ kind: 'no_answer', method, path, attempt, reason: outcome.failure.reason, ms });
    return outcome;
  }

  function readExchange(ended: Exchange, write: boolean, clearMiss?: boolean): Outcome {
    switch (ended.kind) {
      case 'answered': {
        const { status, headers } = ended;
        const contentType = scrub(String(headers['content-type'] ?? ''));
        const retryAfterSeconds = readRetryAfter(headers['retry-after'], Date.now());
        const answer = { status, contentType, retryAfterSeconds, text: ended.text, scrub };
        return readAnswer(answer, write, clearMiss);
      }
      case 'too_large':
        return { ok: false, failure: readTooLarge(ended.status) };
      case 'late':
        return { ok: false, failure: lateAnswer };
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
      for (const course of underWay) course.abort(toClosedError);
      await connection.close();
    },
  };
}

/** Watching a call must not break it. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // Errors of a watcher are ignored.
  }
}

const badPath: Failure = {
  reason: 'invalid',
  fate: 'not_sent',
  said: 'The request was not sent: its path is not valid',
};

/** A bug of ours, after the bytes had left. */
const unreadable: Failure = {
  reason: 'unexpected',
  fate: 'unknown',
  said: "This server could not read LeadDyno's answer",
};

/** The first attempt of a read was given up, so that there is time for another. */
const lateAnswer: Failure = { reason: 'timeout', fate: 'unknown', said: 'LeadDyno did not answer in time' };

function toClosedError(fate: Fate): LeadDynoError {
  return toError({ reason: 'network', fate, said: 'The connection to LeadDyno was closed by this server' });
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
