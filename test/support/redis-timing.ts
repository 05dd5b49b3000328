import type { Timing } from '../../src/redis/index.ts';

/**
 * Shorter times than the server's, so that tests do not wait long. `silenceMs` is longer than a busy machine keeps a
 * process waiting.
 */
export const QUICK: Timing = { silenceMs: 800, retryMs: 100, settleMs: 300, beatMs: 200, processMs: 1_500 };
