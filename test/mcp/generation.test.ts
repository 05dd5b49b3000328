import { describe, expect, it } from 'vitest';
import { createGeneration } from '../../src/mcp/generation.ts';
import { createMemory, type Memory } from '../../src/ports/memory.ts';
import { Unavailable } from '../../src/ports/unavailable.ts';

const HOUR = 60 * 60_000;

/** Two processes with one memory, which can be away, and whose clock is the test's. */
function start({ retryMs = 5 } = {}) {
  let time = 0;
  let away = false;
  let puts = 0;
  const kept = createMemory(() => time);
  const orAway = async <Value>(value: () => Promise<Value>): Promise<Value> => {
    // As far as another machine.
    await new Promise((resolve) => setImmediate(resolve));
    if (away) throw new Unavailable('memory', 'away');
    return await value();
  };
  const memory: Memory = {
    put: (key, text, ttlMs) =>
      orAway(() => {
        puts += 1;
        return kept.put(key, text, ttlMs);
      }),
    get: (key) => orAway(() => kept.get(key)),
  };
  return {
    here: createGeneration(memory, 'account', retryMs),
    there: createGeneration(memory, 'account', retryMs),
    other: createGeneration(memory, 'other account', retryMs),
    puts: () => puts,
    advance: (ms: number) => {
      time += ms;
    },
    setAway: (value: boolean) => {
      away = value;
    },
  };
}

describe('a generation', () => {
  it('is the same for all processes, and for all calls that begin it at the same time', async () => {
    const { here, there, other, puts } = start();
    const begun = await Promise.all([here.current(), here.current(), here.current()]);
    expect(new Set(begun).size).toBe(1);
    expect(puts()).toBe(1);
    expect(await there.current()).toBe(begun[0]);
    expect(await other.current()).not.toBe(begun[0]);
  });

  it('ends with a write, once before it and once after it, for all processes', async () => {
    const { here, there } = start();
    const names = [await there.current()];
    await here.next(false);
    names.push(await there.current());
    await here.next(true);
    names.push(await there.current(), await here.current());
    expect(new Set(names.slice(0, 3)).size).toBe(3);
    expect(names[3]).toBe(names[2]);
  });

  it('never comes back', async () => {
    const { here, there, advance } = start();
    const first = await here.current();
    await there.next(true);
    advance(25 * HOUR);
    expect(await here.current()).not.toBe(first);
  });

  it('lasts, but not where the end of a write was not told of', async () => {
    const { here, there, advance } = start();
    await here.next(true);
    const settled = await there.current();
    advance(HOUR);
    expect(await there.current()).toBe(settled);
    await here.next(false);
    const open = await there.current();
    advance(59_000);
    expect(await there.current()).toBe(open);
    advance(2_000);
    expect(await there.current()).not.toBe(open);
  });

  it('cannot be told while the memory is away, and has ended when it is back, if there was a write', async () => {
    const { here, there, setAway } = start();
    const before = await there.current();
    setAway(true);
    expect(await there.current()).toBeUndefined();
    await here.next(false);
    await here.next(true);
    await new Promise((resolve) => setTimeout(resolve, 30));
    setAway(false);
    await expect.poll(() => there.current()).not.toBe(before);
    // Who wrote meanwhile tells of it a moment later.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const after = await there.current();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await there.current()).toBe(after);
  });

  it('ends with an absence of the memory, for whoever saw it: others may have written', async () => {
    const { here, there, setAway } = start();
    const before = await here.current();
    setAway(true);
    expect(await here.current()).toBeUndefined();
    setAway(false);
    const after = await here.current();
    expect(after).not.toBe(before);
    expect([await here.current(), await there.current()]).toEqual([after, after]);
  });
});
