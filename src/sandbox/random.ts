import { Buffer } from 'node:buffer';

/** Room for the longest token. Building thousands of tokens piece by piece would dominate start-up. */
const scratch = Buffer.alloc(64);

/** A seeded generator (mulberry32): the same seed and the same calls give the same programme everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** One stream per kind of record, so that more leads do not change the affiliates. */
  static forPart(seed: number, part: string): Random {
    let hash = 0x811c9dc5 ^ (seed >>> 0);
    for (let index = 0; index < part.length; index += 1) {
      hash = Math.imul(hash ^ part.charCodeAt(index), 0x01000193);
    }
    return new Random(hash);
  }

  #word(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    return this.#word() / 4_294_967_296;
  }

  /** An integer from 0 up to, not including, the bound. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  hex(length: number): string {
    const bytes = Math.ceil(length / 2);
    for (let offset = 0; offset < bytes; offset += 4) scratch.writeUInt32BE(this.#word(), offset);
    return scratch.toString('hex', 0, bytes).slice(0, length);
  }

  uuid(): string {
    const hex = this.hex(32);
    const variant = (8 + (Number.parseInt(hex.charAt(16), 16) & 3)).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}
