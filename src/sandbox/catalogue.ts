import type { Random } from './random.ts';
import type { LineItem } from './records.ts';

const products = [
  { sku: 'TENT-2P', description: 'Two-person tent', price: 24_900 },
  { sku: 'BAG-45', description: 'Backpack 45 l', price: 12_950 },
  { sku: 'MAT-01', description: 'Sleeping mat', price: 4_900 },
  { sku: 'STOVE-G', description: 'Gas stove', price: 3_999 },
  { sku: 'LAMP-USB', description: 'Camping lamp', price: 2_450 },
  { sku: 'BOOT-M', description: 'Hiking boots', price: 15_900 },
  { sku: 'SOCK-3', description: 'Merino socks, pack of three', price: 2_399 },
  { sku: 'BOTTLE', description: 'Steel bottle', price: 1_990 },
  { sku: 'POLE-2', description: 'Trekking poles', price: 6_750 },
  { sku: 'JACKET', description: 'Rain jacket', price: 18_900 },
] as const;

/** What one customer buys at once. The amount of an item is that of its whole line (not established). */
export function pickLineItems(random: Random): LineItem[] {
  const count = 1 + random.below(3);
  const items: LineItem[] = [];
  for (let index = 0; index < count; index += 1) {
    const { sku, description, price } = random.pick(products);
    const pieces = random.chance(0.2) ? 2 : 1;
    // Prices have changed over time, so that amounts do not all end in the same digits.
    const perPiece = random.chance(0.3) ? price - random.below(400) : price;
    items.push({ sku, description, quantity: pieces * 100, amount: perPiece * pieces });
  }
  return items;
}
