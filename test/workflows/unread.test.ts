import { describe, expect, it } from 'vitest';
import { startHarnessAt } from '../support/harness.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { reasonOf } from '../support/protocol-json.ts';

/** A programme of so many commissions, of which some have an amount that is none. */
async function rankedWith(count: number, odd: number) {
  const rows = Array.from({ length: count }, (_, index) =>
    owed(index + 1, 1, index < odd ? { amount: 'ten dollars' } : {}),
  );
  const upstream = await startPayoutUpstream([payee(1)], rows);
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  return await call('rank_affiliates', { by: 'commission' });
}

describe('what cannot be read', () => {
  it('is told once, with the fields and ids, and is in no figure', async () => {
    const { data, isError, text } = await rankedWith(927, 3);
    expect(isError, text).toBe(false);
    expect(data.unreadable).toEqual([
      '3 of 927 commissions could not be read: amount (3); ids 1, 2, 3. Not in these figures.',
    ]);
    expect(data.ranking).toMatchObject([{ affiliate_id: 1, value: '9240.00' }]);
  });

  it.each([
    [40, 5],
    [927, 93],
    [4, 4],
  ])('of %i records %i fails the call: the figures of the rest would mislead', async (count, odd) => {
    const result = await rankedWith(count, odd);
    expect(reasonOf(result)).toBe('unexpected');
    expect(result.text).toContain(`${odd} of ${count} commissions could not be read: amount (${odd})`);
  });

  it.each([
    [40, 4],
    [5, 3],
  ])('of %i records %i does not', async (count, odd) => {
    expect((await rankedWith(count, odd)).isError).toBe(false);
  });
});
