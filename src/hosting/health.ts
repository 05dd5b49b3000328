import type { ClientEvent, LeadDynoClient } from '../leaddyno/request.ts';
import { countAffiliates } from '../operations/affiliates.ts';
import { bind } from '../operations/operation.ts';
import type { Page } from '../transports/http.ts';

/** An answer newer than this counts as proof; otherwise `/readyz` asks again. */
const FRESH_MS = 60_000;
/** `/readyz` asks LeadDyno at most once in this time. */
const ASK_EVERY_MS = 10_000;
const PATIENCE_MS = 3_000;

/**
 * `/healthz` (the process is up) and `/readyz` (LeadDyno answered, or when it last did; Redis reachable if configured).
 * No secrets: only times and booleans. Without a key of its own, the process knows only how its callers' calls went:
 * it is not ready if the latest within a minute failed (no answer or 5xx), and says that it does not ask itself.
 */
export function createHealth(redisReachable: (() => boolean) | undefined) {
  let lastAnswer: number | undefined;
  let lastFailure: number | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<unknown> | undefined;
  let client: LeadDynoClient | undefined;

  /** Asks LeadDyno if that is due. Concurrent requests wait for the same answer. */
  async function ask(): Promise<void> {
    const now = Date.now();
    if (!client || now - (lastAnswer ?? Number.NEGATIVE_INFINITY) < FRESH_MS) return;
    if (now - askedAt >= ASK_EVERY_MS) {
      askedAt = now;
      // Only the event of an answer matters, not its content: a refused key is an answer too.
      asking = client.send(bind(countAffiliates, {}), { timeoutMs: PATIENCE_MS }).catch(() => undefined);
    }
    await asking;
  }

  async function renderReady() {
    await ask();
    const isFresh = (at: number | undefined) => at !== undefined && Date.now() - at < FRESH_MS;
    const answered = isFresh(lastAnswer);
    const failed = isFresh(lastFailure) && (lastFailure ?? 0) > (lastAnswer ?? 0);
    const redis = redisReachable?.();
    const ready = (client === undefined ? !failed : answered) && redis !== false;
    const when = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
    const body = {
      ready,
      leaddyno: {
        answered,
        last_answer: when(lastAnswer),
        ...(client === undefined && {
          last_failure: when(lastFailure),
          asked: 'only by calls: each brings its own key',
        }),
      },
      ...(redis !== undefined && { redis: { reachable: redis } }),
    };
    return { status: ready ? 200 : 503, body: JSON.stringify(body) };
  }

  return {
    event(event: ClientEvent): void {
      if (event.kind === 'answer' && event.status < 500) lastAnswer = Date.now();
      else if (event.kind === 'answer' || event.kind === 'no_answer') lastFailure = Date.now();
    },
    /** The client to ask with, if the process has a key of its own. */
    watch(own: LeadDynoClient | undefined): void {
      client = own;
    },
    pages(): [string, Page][] {
      const contentType = 'application/json';
      return [
        // Health probes use the IP address; the answer contains nothing confidential.
        [
          '/healthz',
          { contentType, open: true, anyHost: true, render: async () => ({ status: 200, body: '{"status":"ok"}' }) },
        ],
        ['/readyz', { contentType, open: true, render: renderReady }],
      ];
    },
  };
}
