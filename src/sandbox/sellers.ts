import { annId } from './cast.ts';
import type { Programme } from './programme.ts';
import { Random } from './random.ts';

interface Seller {
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
    this.#sellers = sellers.toSorted((a, b) => a.createdAt - b.createdAt);
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

/** A few affiliates bring in most of the business, as everywhere. */
function sellersOf(programme: Programme, random: Random): Seller[] {
  return programme.affiliates.rows.flatMap(({ id, createdAt, updatedAt, status, rejected }) => {
    const strength = 0.05 + random.next() ** 4;
    if (status === 'Pending Approval' || rejected) return [];
    const activeUntil = status === 'Archived' ? updatedAt : Number.POSITIVE_INFINITY;
    return [{ id, createdAt, activeUntil, weight: id === annId ? 2 : strength }];
  });
}

/** Who gets the credit for what. */
export interface Sellers {
  readonly all: SellerPicker;
  readonly online: SellerPicker;
  /** These only share their code as a coupon: leads and purchases, but never a visitor. */
  readonly couponOnly: ReadonlySet<number>;
}

export function pickSellers(programme: Programme, seed: number): Sellers {
  const random = Random.forPart(seed, 'sellers');
  const sellers = sellersOf(programme, random);
  const couponOnly = new Set(
    sellers.filter((seller) => random.chance(0.06) && seller.id !== annId).map(({ id }) => id),
  );
  const online = new SellerPicker(sellers.filter((seller) => !couponOnly.has(seller.id)));
  return { all: new SellerPicker(sellers), online, couponOnly };
}
