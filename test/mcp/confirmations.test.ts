import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONFIRMATION_MS, createConfirmations, digest } from '../../src/mcp/confirmations.ts';
import { createUsedConfirmations } from '../../src/ports/used-confirmations.ts';

/** The same value with the keys of its objects in another order. */
function shuffle(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffle);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, shuffle(item)])
      .reverse(),
  );
}

describe('digest', () => {
  it('does not mind the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(digest(shuffle(a), shuffle(b))).toBe(digest(a, b));
      }),
    );
  });

  it('tells different values apart', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        fc.pre(JSON.stringify(shuffle(a)) !== JSON.stringify(shuffle(b)));
        fc.pre(JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b)));
        expect(digest(a)).not.toBe(digest(b));
      }),
    );
  });

  it.each([
    [
      [1, 2],
      [2, 1],
    ],
    [
      ['ab', 'c'],
      ['a', 'bc'],
    ],
    [[1], ['1']],
    [[null], ['null']],
    [[{ a: 1 }], [{ a: { b: 1 } }]],
    [[[]], [{}]],
    [[{ a: undefined, b: 1 }], [{ a: 1, b: undefined }]],
  ])('%j is not %j', (a, b) => {
    expect(digest(...a)).not.toBe(digest(...b));
  });

  it('takes an argument that is absent and one that is undefined for the same', () => {
    expect(digest({ a: 1, b: undefined })).toBe(digest({ a: 1 }));
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .map(([key, item]): [string, unknown] => [key, sorted(item)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('confirmations', () => {
  it('reads back what it issued', async () => {
    const confirmations = createConfirmations({ now: () => 1_000_000_000_000 });
    const { token, expires } = await confirmations.issue('call', 'state');
    expect(expires).toBe(1_000_000_000_000 + CONFIRMATION_MS);
    expect(CONFIRMATION_MS).toBe(5 * 60_000);
    expect(await confirmations.read(token)).toEqual({ id: expect.any(String), expires, call: 'call', state: 'state' });
  });

  it('issues another one every time', async () => {
    const confirmations = createConfirmations();
    const issued = await Promise.all(Array.from({ length: 50 }, () => confirmations.issue('call', 'state')));
    const read = await Promise.all(issued.map(({ token }) => confirmations.read(token)));
    expect(new Set(read.map((confirmation) => confirmation?.id)).size).toBe(50);
  });

  it('reads nothing that was altered, anywhere', async () => {
    const confirmations = createConfirmations();
    const { token } = await confirmations.issue('call', 'state');
    expect(token).toMatch(/^[\w.~-]+$/);
    for (let index = 0; index < token.length; index += 1) {
      // The last character of base64 may hold bits that count for nothing; the others count whole.
      for (const other of ['A', 'b', '.'].filter((character) => character !== token[index])) {
        const altered = token.slice(0, index) + other + token.slice(index + 1);
        const read = await confirmations.read(altered);
        if (read !== undefined) expect(read).toEqual(await confirmations.read(token));
      }
    }
  });

  it('reads nothing that is none', async () => {
    const confirmations = createConfirmations();
    for (const text of [undefined, '', '.', '..', 'null', '{}', 'x'.repeat(100_000), '\u0000', 'é.ü']) {
      expect(await confirmations.read(text), text?.slice(0, 20)).toBeUndefined();
    }
  });

  it('reads nothing of another secret, and what replicas with the same secret issued', async () => {
    const secret = new Uint8Array(32).fill(7);
    const { token } = await createConfirmations({ secret }).issue('call', 'state');
    expect(await createConfirmations({ secret }).read(token)).toMatchObject({ call: 'call' });
    expect(await createConfirmations().read(token)).toBeUndefined();
  });

  it('holds nothing that a caller could read out of it', async () => {
    const call = digest('archive_affiliate', { email: 'ann.arbor@example.com' });
    const { token } = await createConfirmations().issue(call, digest('question'));
    const decoded = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    expect(decoded.join(' ')).not.toMatch(/ann|archive/);
  });
});

describe('the memory of used confirmations', () => {
  it('lets each be used once', async () => {
    const used = createUsedConfirmations();
    expect(await used.wasUsed('a')).toBe(false);
    const tries = await Promise.all(Array.from({ length: 20 }, () => used.use('a', 1_000)));
    expect(tries.filter(Boolean)).toHaveLength(1);
    expect(await used.wasUsed('a')).toBe(true);
    expect(await used.wasUsed('b')).toBe(false);
    expect(await used.use('b', 1_000)).toBe(true);
  });

  it('remembers for as long as a confirmation lives, and not for ever', async () => {
    let now = 0;
    const used = createUsedConfirmations(() => now);
    await used.use('a', 1_000);
    now = 999;
    expect(await used.use('a', 1_000)).toBe(false);
    now = 1_001;
    await used.use('b', 1_000);
    expect(await used.wasUsed('a')).toBe(false);
  });
});
