import type { Random } from './random.ts';

export interface Seller {
  readonly id: number;
  readonly createdAt: number;
  /** When an archived one stopped. */
  readonly activeUntil: number;
  readonly weight: number;
}

/** The index of the first entry above the value, in an ascending list. */
export function upperBound(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? Number.POSITIVE_INFINITY) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Picks who gets the credit at a given moment: nobody before they joined, the strong ones more often. */
export class SellerPicker {
  readonly #sellers: readonly Seller[];
  readonly #joined: readonly number[];
  readonly #weightUpTo: readonly number[];

  constructor(sellers: readonly Seller[]) {
    this.#sellers = sellers.filter((seller) => seller.weight > 0).sort((a, b) => a.createdAt - b.createdAt);
    this.#joined = this.#sellers.map((seller) => seller.createdAt);
    let sum = 0;
    this.#weightUpTo = this.#sellers.map((seller) => {
      sum += seller.weight;
      return sum;
    });
  }

  pick(random: Random, at: number): number | null {
    const present = upperBound(this.#joined, at);
    const total = this.#weightUpTo[present - 1] ?? 0;
    if (total === 0) return null;
    const seller = this.#sellers[upperBound(this.#weightUpTo, random.next() * total)];
    return seller !== undefined && seller.activeUntil >= at ? seller.id : null;
  }
}
