import { type StoryLead, storyLeads } from './cast.ts';
import { freeEmail, pickName } from './names.ts';
import type { Programme } from './programme.ts';
import { Random } from './random.ts';
import type { SellerPicker } from './seller-picker.ts';
import { DAY, floorToSecond, HOUR } from './timestamps.ts';

const SPAN = 560 * DAY;
/** Older than every purchase, so that each purchase finds a customer. */
const OLDEST = SPAN + 5 * DAY;

interface Slot {
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

export function generateLeads(
  programme: Programme,
  seed: number,
  count: number,
  now: number,
  sellers: SellerPicker,
): void {
  const random = Random.forPart(seed, 'leads');
  const slots: Slot[] = storyLeads
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
    const affiliateId = random.chance(0.74) ? sellers.pick(random, at) : null;
    const storyAffiliate = story === null ? undefined : programme.affiliateByEmail(story.affiliateEmail);
    programme.addLead({
      email,
      createdAt: at,
      updatedAt: floorToSecond(at + (now - at) * random.next() * 0.5),
      status: random.chance(0.03) ? 'Cancelled' : 'Registered',
      customStatus: random.chance(0.05) ? 'Newsletter' : '',
      firstName: story?.firstName ?? (anonymous ? null : name.first),
      lastName: story?.lastName ?? (anonymous ? null : name.last),
      address1: place === null ? null : `${house} ${place.street}`,
      address2: null,
      city: place?.city ?? null,
      state: place?.state ?? null,
      zipcode: place?.zipcode ?? null,
      country: place?.country ?? null,
      visitorId: null,
      url: null,
      referrer: null,
      searchTerm: null,
      affiliateId: storyAffiliate?.id ?? affiliateId,
      campaignId: random.chance(0.2) ? (campaignIdFor(programme, random) ?? null) : null,
      trackingCode: null,
    });
  }
}

export function campaignIdFor(programme: Programme, random: Random): number | undefined {
  return random.pick(programme.campaigns.rows).id;
}
