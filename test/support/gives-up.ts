import { expect } from 'vitest';

/** What a LeadDyno of the tests tells of its requests. */
interface Watched {
  readonly requests: readonly unknown[];
  readonly abandoned: () => number;
}

/** Gives a call up once LeadDyno has got more than so many requests of it: it ends, and nothing more is sent. */
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
  // What was on its way when it was cancelled may still arrive; a call that went on would send much more.
  await new Promise((resolve) => setTimeout(resolve, 150));
  const sent = upstream.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(upstream.requests).toHaveLength(sent);
}
