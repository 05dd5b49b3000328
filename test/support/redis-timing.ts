import type { Timing } from '../../src/redis/index.ts';

/**
 * Shorter times than those of the server, so that the tests do not wait for theirs; the silence is longer than a busy
 * machine keeps a process waiting.
 */
export const QUICK: Timing = { silenceMs: 800, retryMs: 100, settleMs: 300, beatMs: 200, processMs: 1_500 };
