import { describe, expect, it } from 'vitest';
import { createWriteCounter } from '../../src/ports/write-counter.ts';

describe('the write counter of one process', () => {
  it('stays the same until the account is written to', async () => {
    const { count, increase } = createWriteCounter();
    const before = [await count('a'), await count('b')];
    await increase('a');
    const after = [await count('a'), await count('b')];
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).toBe(before[1]);
    expect(await count('a')).toBe(after[0]);
  });

  it('never shows an account a count that it had before a write, however many accounts there are', async () => {
    const { count, increase } = createWriteCounter(3);
    const seen = new Map<string, Set<number | undefined>>();
    for (let round = 0; round < 200; round += 1) {
      const account = `account ${(round * 7) % 11}`;
      const known = seen.get(account) ?? new Set();
      known.add(await count(account));
      await increase(account);
      expect(known).not.toContain(await count(account));
      seen.set(account, known);
    }
  });
});
