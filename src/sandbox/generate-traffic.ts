import { registerLead } from './bookkeeping.ts';
import { annId, cast, type StoryLead, storyLeads } from './cast.ts';
import { freeEmail, pickName } from './names.ts';
import type { Programme } from './programme.ts';
import { Random } from './random.ts';
import type { Affiliate, Lead, Visitor } from './records.ts';
import type { Sellers } from './sellers.ts';
import { DAY, floorToSecond, HOUR, MINUTE } from './wire-values.ts';

/* Leads and visitors; some leads were visitors before. */

const SPAN = 560 * DAY;
/** Age of the first lead: older than every purchase, so that each purchase finds a customer. */
const OLDEST = SPAN + 5 * DAY;

interface LeadSlot {
  readonly at: number;
  readonly story: StoryLead | null;
}

const places = [
  { city: 'Portland', state: 'OR', country: 'US', zipcode: '97205', street: 'Alder St' },
  { city: 'Austin', state: 'TX', country: 'US', zipcode: '78701', street: 'Congress Ave' },
  { city: 'Leeds', state: null, country: 'GB', zipcode: 'LS1 4DY', street: 'Park Row' },
  { city: 'Toronto', state: 'ON', country: 'CA', zipcode: 'M5H 2N2', street: 'Bay St' },
  { city: 'Köln', state: null, country: 'DE', zipcode: '50667', street: 'Domstraße' },
  { city: 'Málaga', state: null, country: 'ES', zipcode: '29015', street: 'Calle Larios' },
  { city: 'Nantes', state: null, country: 'FR', zipcode: '44000', street: 'Rue Crébillon' },
] as const;

/** Customers in these countries pay in EUR. */
export const euroCountries: ReadonlySet<string | null> = new Set(['DE', 'ES', 'FR']);

/** The exponent makes recent months denser. */
export function ageWithin(random: Random, span: number): number {
  return HOUR + (span - HOUR) * random.next() ** 1.5;
}

export function generateLeads(programme: Programme, seed: number, count: number, now: number, sellers: Sellers): void {
  const random = Random.forPart(seed, 'leads');
  const slots: LeadSlot[] = storyLeads
    .filter((story) => programme.affiliateByEmail(story.affiliateEmail) !== undefined)
    .slice(0, count)
    .map((story) => ({ at: now - story.leadAge * DAY, story }));
  for (let age = OLDEST; slots.length < count; age = ageWithin(random, SPAN)) {
    slots.push({ at: floorToSecond(now - age), story: null });
  }
  slots.sort((a, b) => a.at - b.at);
  const reserved = new Set(storyLeads.map((story) => story.email));
  const isTaken = (email: string) =>
    reserved.has(email) ||
    programme.leadByEmail(email) !== undefined ||
    programme.affiliateByEmail(email) !== undefined;
  for (const { at, story } of slots) {
    const name = pickName(random);
    const email = story?.email ?? freeEmail(random, name, isTaken);
    const anonymous = random.chance(0.15);
    const place = random.chance(0.4) && story === null ? random.pick(places) : null;
    const house = 1 + random.below(180);
    const affiliateId = random.chance(0.74) ? sellers.all.pick(random, at) : null;
    const storyAffiliate = story === null ? undefined : programme.affiliateByEmail(story.affiliateEmail);
    registerLead(programme, {
      email,
      createdAt: at,
      updatedAt: floorToSecond(at + (now - at) * random.next() * 0.5),
      status: random.chance(0.03) ? 'Cancelled' : 'Registered',
      customStatus: random.chance(0.05) ? 'Newsletter' : '',
      firstName: story?.firstName ?? (anonymous ? null : name.first),
      lastName: story?.lastName ?? (anonymous ? null : name.last),
      address1: place === null ? null : `${house} ${place.street}`,
      city: place?.city ?? null,
      state: place?.state ?? null,
      zipcode: place?.zipcode ?? null,
      country: place?.country ?? null,
      affiliateId: storyAffiliate?.id ?? affiliateId,
      campaignId: random.chance(0.2) ? random.pick(programme.campaigns.rows).id : null,
    });
  }
}

const pages = ['/', '/tents', '/backpacks', '/sale', '/blog/packing-list'];
const referrers = [
  'https://search.example.com/?q=light+tent',
  'https://video.example.org/watch/4711',
  'https://blog.example.net/gear',
];
const searchTerms = ['light tent', 'hiking boots', 'rain jacket'];

interface VisitSlot {
  readonly at: number;
  readonly lead: Lead | null;
}

function landingUrl(programme: Programme, random: Random, affiliateId: number | null): string {
  const page = `${programme.shopUrl}${random.pick(pages)}`;
  const affiliate = programme.affiliates.get(affiliateId);
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

/** At most one visitor in this many comes from the affiliate who sells nothing: about 200 of the usual 5,000. */
const BROWSERS = 25;

/**
 * A long-standing affiliate outside the cast whose visitors never buy, so that the question who sends visitors but no
 * sales has an answer. Their visitors are ones that nobody else sent: no sale and no other affiliate's count changes.
 */
function pickBrowsedAffiliate(programme: Programme, sellers: Sellers, now: number): Affiliate | undefined {
  return programme.affiliates.rows.find(
    ({ id, status, rejected, createdAt }) =>
      id > annId + cast.length &&
      status === 'Active' &&
      !rejected &&
      createdAt < now - 200 * DAY &&
      !sellers.couponOnly.has(id) &&
      programme.purchasesOf(id).length === 0,
  );
}

/** Some leads were visitors before; all other visitors never became leads. */
export function generateVisitors(
  programme: Programme,
  seed: number,
  count: number,
  now: number,
  sellers: Sellers,
): void {
  const random = Random.forPart(seed, 'visitors');
  const slots: VisitSlot[] = [];
  for (const lead of programme.leads.rows) {
    const came = random.chance(0.6) && (lead.affiliateId === null || !sellers.couponOnly.has(lead.affiliateId));
    const before = (2 + random.below(55)) * MINUTE;
    if (came && slots.length < count) slots.push({ at: lead.createdAt - before, lead });
  }
  while (slots.length < count) slots.push({ at: floorToSecond(now - ageWithin(random, SPAN)), lead: null });
  slots.sort((a, b) => a.at - b.at);
  const browsed = pickBrowsedAffiliate(programme, sellers, now);
  const most = Math.floor(count / BROWSERS);
  for (const { at, lead } of slots) {
    const sender = lead === null ? (random.chance(0.6) ? sellers.online.pick(random, at) : null) : lead.affiliateId;
    const isFree = sender === null && lead === null && browsed !== undefined && browsed.createdAt < at;
    const affiliateId = isFree && programme.visitorsOf(browsed.id).length < most ? browsed.id : sender;
    const latestClickAt = Math.min(at + random.below(90) * MINUTE, now - MINUTE);
    const inCampaign = random.chance(0.12);
    const visitor = programme.addVisitor({
      trackingCode: random.hex(32),
      createdAt: at,
      updatedAt: latestClickAt,
      latestClickAt,
      affiliateId,
      campaignId: lead?.campaignId ?? (inCampaign ? random.pick(programme.campaigns.rows).id : null),
      leadId: lead?.id ?? null,
      url: random.chance(0.96) ? landingUrl(programme, random, affiliateId) : null,
      referrer: random.chance(0.35) ? random.pick(referrers) : null,
      searchTerm: random.chance(0.08) ? random.pick(searchTerms) : null,
    });
    if (lead !== null) link(lead, visitor, random.chance(0.7));
  }
}
