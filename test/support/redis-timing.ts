import type { Timing } from '../../src/redis/index.ts';

/** Shorter times than those of the server, so that the tests do not wait for theirs. */
export const QUICK: Partial<Timing> = { silenceMs: 400, retryMs: 100, settleMs: 300, beatMs: 200, processMs: 1_500 };
