import { expect } from 'vitest';

/** What a scripted LeadDyno reports about its requests. */
interface Watched {
  readonly requests: readonly unknown[];
  readonly abandoned: () => number;
}

/** Cancels a call after LeadDyno has received more than `moreThan` requests; expects it to end and to send no more. */
export async function expectToEnd(
  upstream: Watched,
  moreThan: number,
  call: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const cancelling = new AbortController();
  const cancelled = call(cancelling.signal).catch((error: unknown) => error);
  await expect.poll(() => upstream.requests.length).toBeGreaterThan(moreThan);
  cancelling.abort();
  expect(await cancelled).toBeInstanceOf(Error);
  await expect.poll(() => upstream.abandoned()).toBeGreaterThan(0);
  // Requests on their way at the cancellation may still arrive; a call that went on would send many more.
  await new Promise((resolve) => setTimeout(resolve, 150));
  const sent = upstream.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(upstream.requests).toHaveLength(sent);
}
