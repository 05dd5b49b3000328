import { annId } from './cast.ts';
import type { Programme } from './programme.ts';
import { Random } from './random.ts';

interface Seller {
  readonly id: number;
  readonly createdAt: number;
  /** When an archived seller stopped; infinity for the others. */
  readonly activeUntil: number;
  readonly weight: number;
}

/** Index of the first entry above the value in an ascending list. */
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

/** Picks who gets the credit at a given moment: only those who had joined, strong ones more often; null for nobody. */
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

/** A few affiliates bring in most of the sales, as in real programmes. */
function sellersOf(programme: Programme, random: Random): Seller[] {
  return programme.affiliates.rows.flatMap(({ id, createdAt, updatedAt, status, rejected }) => {
    const strength = 0.05 + random.next() ** 4;
    if (status === 'Pending Approval' || rejected) return [];
    const activeUntil = status === 'Archived' ? updatedAt : Number.POSITIVE_INFINITY;
    return [{ id, createdAt, activeUntil, weight: id === annId ? 2 : strength }];
  });
}

/** Who can get the credit for a lead or a visitor. */
export interface Sellers {
  readonly all: SellerPicker;
  readonly online: SellerPicker;
  /** Affiliates who share their code only as a coupon: they have leads and purchases, but no visitors. */
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
