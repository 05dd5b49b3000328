import { setTimeout as delay } from 'node:timers/promises';

/** Waits `ms` milliseconds; rejects early where `signal` aborts. Tests hand in one that does not really wait. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** The real wait. Its timer is cleared on abort, so nothing is left behind to keep the process alive. */
export const sleepFor: Sleep = (ms, signal) => delay(ms, undefined, { signal });
