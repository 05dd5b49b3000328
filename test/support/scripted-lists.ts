import type { JsonObject } from '../../src/json.ts';
import { LeadDynoError } from '../../src/leaddyno/errors.ts';
import { bind } from '../../src/operations/operation.ts';
import { createReadings } from '../../src/workflows/reading/readings.ts';
import { createScans, type ScanIo, type ScansOptions } from '../../src/workflows/reading/scans.ts';
import { createUnread } from '../../src/workflows/reading/unread.ts';

/** How a LeadDyno pages one of its lists. */
export interface ListBehaviour {
  /** Sends at most this many rows a page, even if more are requested. */
  readonly keepsTo?: number;
  /** Answers 400 to requests for larger pages. */
  readonly refusesAbove?: number;
  /** Sends `{ page, per_page, total_entries, <plural> }`. */
  readonly envelope?: {
    readonly plural: string;
    readonly total?: number;
    /** Reports the requested size as `per_page`, whatever it sends. */
    readonly echoes?: boolean;
    /** Reports the position in an object `meta`, with other field names. */
    readonly meta?: boolean;
  };
  readonly ignoresPage?: boolean;
  /** Answers 404 past the last page. */
  readonly endsWith404?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly json: unknown;
}

const DEFAULT_SIZE = 100;

/** The answer of such a LeadDyno to a request for one page. */
export function answerPage(
  rows: readonly unknown[],
  query: Readonly<Record<string, string>>,
  { keepsTo = 200, refusesAbove = 1_000, envelope, ignoresPage, endsWith404 }: ListBehaviour = {},
): Answer {
  const asked = Number(query.per_page ?? DEFAULT_SIZE);
  if (asked > refusesAbove) return { status: 400, json: { error: { per_page: ['is too large'] } } };
  const size = Math.min(asked, keepsTo);
  const page = ignoresPage ? 1 : Number(query.page ?? 1);
  const shown = rows.slice((page - 1) * size, page * size);
  if (endsWith404 && page > 1 && shown.length === 0) return { status: 404, json: { error: 'no such page' } };
  if (!envelope) return { status: 200, json: shown };
  const { plural, total = rows.length, echoes, meta } = envelope;
  if (meta) {
    const pages = { current_page: page, total_pages: Math.ceil(total / size), total_count: total };
    return { status: 200, json: { meta: pages, [plural]: shown } };
  }
  if (echoes) return { status: 200, json: { page, per_page: asked, total_entries: total, [plural]: shown } };
  return { status: 200, json: { page, per_page: size, total_entries: total, [plural]: shown } };
}

/** A request to a scripted LeadDyno that is called without a network. */
export interface Asked {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** Reads directly from `answer`, for tests that do not need a network. */
export function readFrom(answer: (asked: Asked, count: number) => Answer) {
  const requests: Asked[] = [];
  const progress: { done: number; total: number | undefined; message: string }[] = [];
  const io: ScanIo = {
    async read(operation, args) {
      const { path, query = {} } = bind(operation, args);
      requests.push({ path, query });
      const { status, json } = answer({ path, query }, requests.length);
      // Answers later, as a network does: all requests made together are out before the first answer.
      await new Promise((resolve) => setImmediate(resolve));
      if (status === 200) return operation.returns.shape(json, args, Date.now());
      const reasons: Record<number, LeadDynoError['reason']> = {
        400: 'invalid',
        404: 'not_found',
        401: 'auth',
        429: 'rate_limited',
      };
      throw new LeadDynoError(reasons[status] ?? 'upstream', 'scripted', { fate: 'refused', status });
    },
    now: Date.now,
    timeLeft: () => 60_000,
    progress: (done, total, message) => progress.push({ done, total, message }),
    signal: new AbortController().signal,
  };
  return {
    io,
    requests,
    progress,
    /** The page numbers requested, in order. */
    pages: (path: string) => requests.filter((one) => one.path === path).map(({ query }) => Number(query.page)),
  };
}

const HOUR = 60 * 60_000;
/** When the newest of the numbered records was created. */
export const NEWEST = Date.parse('2026-06-01T00:00:00Z');

export const stamp = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** The purchases 1 to `count`, an hour apart, newest (highest id) first. */
export function purchaseRows(count: number): JsonObject[] {
  return Array.from({ length: count }, (_, index) => ({
    id: count - index,
    created_at: stamp(NEWEST - index * HOUR),
    purchase_amount: '1.0',
    currency: 'USD',
    cancelled: false,
    affiliate: null,
  }));
}

/** The scans of one call that reads through `io`. */
export function startScans(io: ScanIo, options: Partial<ScansOptions> = {}) {
  return createScans({
    account: 'a',
    cache: undefined,
    readings: createReadings('a', undefined),
    writes: 1,
    fresh: false,
    resumed: [],
    unread: createUnread(),
    io,
    ...options,
  });
}
