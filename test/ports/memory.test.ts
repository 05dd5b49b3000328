import { describe, expect, it } from 'vitest';
import { createMemory, MAX_LINES } from '../../src/ports/memory.ts';
import { Unavailable } from '../../src/ports/unavailable.ts';

/** A memory with a clock of the test's own. */
function start(maxChars?: number, maxCharsInAll?: number) {
  let now = 1_000;
  return {
    ...createMemory(() => now, maxChars, maxCharsInAll),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('the memory of one process', () => {
  it('gives back what was put, until its time is over', async () => {
    const memory = start();
    await memory.put('a', 'one', 100);
    await memory.put('b', 'two', 200);
    expect([await memory.get('a'), await memory.get('b'), await memory.get('c')]).toEqual(['one', 'two', undefined]);
    memory.pass(99);
    expect(await memory.get('a')).toBe('one');
    memory.pass(1);
    expect([await memory.get('a'), await memory.get('b')]).toEqual([undefined, 'two']);
  });

  it('appends lines, the newest of which stay, and knows what is there without reading it', async () => {
    const memory = start();
    expect([await memory.lines('list'), await memory.has('list')]).toEqual([[], false]);
    await Promise.all(['one', 'two', 'three'].map((line) => memory.append('list', line, 100)));
    expect(await memory.lines('list')).toEqual(['one', 'two', 'three']);
    memory.pass(99);
    await memory.append('list', 'four', 100);
    memory.pass(99);
    // All of them live as long as the last.
    expect([await memory.lines('list'), await memory.has('list')]).toEqual([['one', 'two', 'three', 'four'], true]);
    for (let index = 0; index < MAX_LINES; index += 1) await memory.append('list', `${index}`, 100);
    expect(await memory.lines('list')).toEqual(Array.from({ length: MAX_LINES }, (_, index) => `${index}`));
    memory.pass(100);
    expect([await memory.lines('list'), await memory.has('list')]).toEqual([[], false]);
  });

  it('keeps the last of two under one key', async () => {
    const memory = start();
    await memory.put('a', 'one', 100);
    await memory.put('a', 'two', 300);
    memory.pass(200);
    expect(await memory.get('a')).toBe('two');
  });

  it('drops the oldest where it is full, and what is over first', async () => {
    const memory = start(10);
    await memory.put('short', '1234', 10);
    await memory.put('old', '1234', 1_000);
    memory.pass(20);
    // What is over makes room: nothing else has to go.
    await memory.put('new', '123456', 1_000);
    expect([await memory.get('short'), await memory.get('old'), await memory.get('new')]).toEqual([
      undefined,
      '1234',
      '123456',
    ]);
    await memory.put('newer', '1', 1_000);
    expect([await memory.get('old'), await memory.get('new'), await memory.get('newer')]).toEqual([
      undefined,
      '123456',
      '1',
    ]);
  });

  it('keeps the small files of one owner through any number of those of another, and of questions', async () => {
    const memory = start(25_000);
    await memory.put('file:account:ann:1', 'a small file', 1_000);
    for (let index = 0; index < 100; index += 1) {
      await memory.put(`file:account:ben:${index}`, 'x'.repeat(7_000), 1_000);
      await memory.put(`scan:${index}`, 'x'.repeat(7_000), 1_000);
    }
    expect(await memory.get('file:account:ann:1')).toBe('a small file');
    expect(await memory.get('file:account:ben:99')).toBeDefined();
    expect(await memory.get('file:account:ben:0')).toBeUndefined();
  });

  it('drops the large texts of one owner for those of nobody else, and a small one for no large one', async () => {
    const memory = start(25_000);
    const large = 'x'.repeat(10_000);
    await memory.put('file:account:ann:1', large, 1_000);
    await memory.put('items:1', 'a question', 1_000);
    for (let id = 1; id <= 5; id += 1) await memory.put(`file:account:bob:${id}`, large, 1_000);
    const keys = ['file:account:ann:1', 'items:1', 'file:account:bob:3', 'file:account:bob:4', 'file:account:bob:5'];
    const found = await Promise.all(keys.map((key) => memory.get(key)));
    expect(found.map((text) => text?.length)).toEqual([10_000, 10, undefined, 10_000, 10_000]);
  });

  it('takes no more large texts than it has room for in all, and small ones as ever', async () => {
    const memory = start(25_000, 30_000);
    const large = 'x'.repeat(10_000);
    for (const owner of ['ann', 'bob', 'eve']) await memory.put(`file:account:${owner}:1`, large, 1_000);
    await expect(memory.put('file:account:dan:1', large, 1_000)).rejects.toBeInstanceOf(Unavailable);
    await memory.put('items:1', 'a question', 1_000);
    // An owner's own older ones make room.
    await memory.put('file:account:ann:2', large.slice(100), 1_000);
    expect(await memory.get('file:account:ann:1')).toBeUndefined();
    expect(await memory.get('file:account:bob:1')).toBe(large);
  });

  it('counts what was replaced no more', async () => {
    const memory = start(10);
    await memory.put('other', '12', 1_000);
    for (let round = 0; round < 50; round += 1) await memory.put('same', '12345678', 1_000);
    expect(await memory.get('other')).toBe('12');
  });

  it('refuses what is larger than itself, and keeps the rest', async () => {
    const memory = start(10);
    await memory.put('a', '12345', 1_000);
    await expect(memory.put('b', '12345678901', 1_000)).rejects.toBeInstanceOf(Unavailable);
    expect(await memory.get('a')).toBe('12345');
  });
});
