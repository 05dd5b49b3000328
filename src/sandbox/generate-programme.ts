import { annId } from './cast.ts';
import { generateAffiliates } from './generate-affiliates.ts';
import { generateCommissions } from './generate-commissions.ts';
import { generateLeads } from './generate-leads.ts';
import { generatePurchases } from './generate-purchases.ts';
import { generateSubIds, generateVisitors } from './generate-visitors.ts';
import { Programme } from './programme.ts';
import { Random } from './random.ts';
import { type Seller, SellerPicker } from './seller-picker.ts';
import { DAY, floorToSecond } from './timestamps.ts';

export interface GenerationOptions {
  readonly seed: number;
  /** Everything generated lies before this moment; only due dates lie after it. */
  readonly now: number;
  readonly clock: () => number;
  readonly affiliates: number;
  readonly leads: number;
  readonly purchases: number;
  readonly visitors: number;
}

function addCampaigns(programme: Programme, now: number): void {
  const codes = ['newsletter', 'spring-sale', 'podcast', 'instagram', 'black-friday'];
  codes.forEach((code, index) => {
    const createdAt = now - (600 - index * 95) * DAY;
    programme.addCampaign({ code, createdAt, updatedAt: createdAt + index * 9 * DAY });
  });
}

/** A few affiliates bring in most of the business, as everywhere. */
function sellersOf(programme: Programme, random: Random): Seller[] {
  return programme.affiliates.rows
    .map((affiliate) => {
      const strength = 0.05 + random.next() ** 4;
      const sells = affiliate.status !== 'Pending Approval' && !affiliate.rejected;
      return {
        id: affiliate.id,
        createdAt: affiliate.createdAt,
        activeUntil: affiliate.status === 'Archived' ? affiliate.updatedAt : Number.POSITIVE_INFINITY,
        weight: affiliate.id === annId ? 2 : strength,
        sells,
      };
    })
    .filter((seller) => seller.sells);
}

export function generateProgramme(options: GenerationOptions): Programme {
  const { seed } = options;
  const now = floorToSecond(options.now);
  const programme = new Programme(options.clock, seed);
  addCampaigns(programme, now);
  programme.addCustomField({ name: 'Website', type: 'website', required: false });
  programme.addCustomField({ name: 'Audience size', type: 'whole_number', required: false });
  generateAffiliates(programme, seed, options.affiliates, now);

  const random = Random.forPart(seed, 'sellers');
  const sellers = sellersOf(programme, random);
  // These only share their code as a coupon: leads and purchases, but never a visitor.
  const couponOnly = new Set(
    sellers.filter((seller) => random.chance(0.06) && seller.id !== annId).map(({ id }) => id),
  );
  const online = new SellerPicker(sellers.filter((seller) => !couponOnly.has(seller.id)));

  generateLeads(programme, seed, options.leads, now, new SellerPicker(sellers));
  generatePurchases(programme, seed, options.purchases, now);
  generateCommissions(programme, seed, now);
  generateVisitors(programme, seed, options.visitors, now, online, couponOnly);
  generateSubIds(programme, seed, now);
  return programme;
}
