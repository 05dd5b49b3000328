import { ageWithin, campaignIdFor } from './generate-leads.ts';
import type { Programme } from './programme.ts';
import { Random } from './random.ts';
import type { Lead, Visitor } from './records.ts';
import type { SellerPicker } from './seller-picker.ts';
import { DAY, floorToSecond, HOUR, MINUTE } from './timestamps.ts';

const SPAN = 560 * DAY;
const pages = ['/', '/tents', '/backpacks', '/sale', '/blog/packing-list'];
const referrers = [
  'https://search.example.com/?q=light+tent',
  'https://video.example.org/watch/4711',
  'https://blog.example.net/gear',
];
const searchTerms = ['light tent', 'hiking boots', 'rain jacket'];

interface Slot {
  readonly at: number;
  readonly lead: Lead | null;
}

function landingUrl(programme: Programme, random: Random, affiliateId: number | null): string {
  const page = `${programme.shopUrl}${random.pick(pages)}`;
  const affiliate = affiliateId === null ? undefined : programme.affiliates.get(affiliateId);
  return affiliate === undefined ? page : `${page}?afmc=${encodeURIComponent(affiliate.code)}`;
}

function link(lead: Lead, visitor: Visitor, keepsPages: boolean): void {
  lead.visitorId = visitor.id;
  lead.trackingCode = visitor.trackingCode;
  if (!keepsPages) return;
  lead.url = visitor.url;
  lead.referrer = visitor.referrer;
  lead.searchTerm = visitor.searchTerm;
}

/** Part of the leads came as visitors before; everybody else is a passer-by. */
export function generateVisitors(
  programme: Programme,
  seed: number,
  count: number,
  now: number,
  sellers: SellerPicker,
  couponOnly: ReadonlySet<number>,
): void {
  const random = Random.forPart(seed, 'visitors');
  const slots: Slot[] = [];
  for (const lead of programme.leads.rows) {
    const came = random.chance(0.6) && (lead.affiliateId === null || !couponOnly.has(lead.affiliateId));
    const before = (2 + random.below(55)) * MINUTE;
    if (came && slots.length < count) slots.push({ at: lead.createdAt - before, lead });
  }
  while (slots.length < count) slots.push({ at: floorToSecond(now - ageWithin(random, SPAN)), lead: null });
  slots.sort((a, b) => a.at - b.at);
  for (const { at, lead } of slots) {
    const affiliateId = lead === null ? (random.chance(0.6) ? sellers.pick(random, at) : null) : lead.affiliateId;
    const latestClickAt = Math.min(at + random.below(90) * MINUTE, now - MINUTE);
    const inCampaign = random.chance(0.12);
    const visitor = programme.addVisitor({
      trackingCode: random.hex(32),
      createdAt: at,
      updatedAt: latestClickAt,
      latestClickAt,
      affiliateId,
      campaignId: lead?.campaignId ?? (inCampaign ? (campaignIdFor(programme, random) ?? null) : null),
      leadId: lead?.id ?? null,
      url: random.chance(0.96) ? landingUrl(programme, random, affiliateId) : null,
      referrer: random.chance(0.35) ? random.pick(referrers) : null,
      searchTerm: random.chance(0.08) ? random.pick(searchTerms) : null,
    });
    if (lead !== null) link(lead, visitor, random.chance(0.7));
  }
}

/** Custom links for Ann and for one affiliate in six. */
export function generateSubIds(programme: Programme, seed: number, now: number): void {
  const random = Random.forPart(seed, 'sub ids');
  const channels = ['newsletter', 'youtube', 'instagram', 'podcast'];
  programme.affiliates.rows.forEach((affiliate, position) => {
    const some = random.chance(0.16) && affiliate.status === 'Active';
    const number = position === 0 ? 2 : some ? 1 + random.below(3) : 0;
    for (const name of channels.slice(0, number)) {
      programme.addSubId(affiliate.id, {
        name,
        url: `${programme.shopUrl}?afmc=${encodeURIComponent(affiliate.code)}&subid=${name}`,
        createdAt: floorToSecond(affiliate.createdAt + (now - HOUR - affiliate.createdAt) * random.next()),
      });
    }
  });
}
