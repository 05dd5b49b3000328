import { updateCustomerStatus } from './cancel-purchase.ts';
import { storyLeads } from './cast.ts';
import { pickLineItems } from './catalogue.ts';
import { ageWithin, euroCountries } from './generate-leads.ts';
import type { Programme } from './programme.ts';
import { Random } from './random.ts';
import type { Cancellation, Lead, Purchase } from './records.ts';
import { upperBound } from './seller-picker.ts';
import { DAY, floorToSecond, MINUTE } from './timestamps.ts';

const SPAN = 545 * DAY;
const WAITS_FOR_APPROVAL = 10 * DAY;

interface Slot {
  readonly at: number;
  readonly story: { readonly lead: Lead; readonly amount: number } | null;
}

/** New customers are mostly recent leads; every third purchase comes from someone who bought before. */
class CustomerPicker {
  readonly #leads: readonly Lead[];
  readonly #createdAt: readonly number[];
  readonly #customers: Lead[] = [];

  constructor(leads: readonly Lead[]) {
    this.#leads = leads;
    this.#createdAt = leads.map((lead) => lead.createdAt);
  }

  pick(random: Random, at: number): Lead {
    if (this.#customers.length > 0 && random.chance(0.33)) return random.pick(this.#customers);
    const present = Math.max(1, upperBound(this.#createdAt, at));
    const lead = this.#leads[present - 1 - Math.floor(present * random.next() ** 2)];
    if (lead === undefined) throw new RangeError('no lead to buy anything');
    this.#customers.push(lead);
    return lead;
  }
}

function storySlots(programme: Programme, now: number): Slot[] {
  return storyLeads.flatMap((story) => {
    const lead = programme.leadByEmail(story.email);
    if (lead === undefined) return [];
    return story.purchases.map(({ age, amount }) => ({ at: now - age * DAY, story: { lead, amount } }));
  });
}

function cancellationOf(programme: Programme, random: Random, boughtAt: number, now: number): Cancellation {
  // Most refunds come within the waiting time; a late one meets a commission that may be paid already.
  const wait = (1 + random.next() * (random.chance(0.15) ? 90 : 24)) * DAY;
  return {
    id: programme.takeCancellationId(),
    code: random.uuid(),
    effectiveAt: floorToSecond(Math.min(boughtAt + wait, boughtAt + (now - boughtAt) * 0.9)),
    source: random.chance(0.3) ? 'api' : null,
  };
}

/** The documentation shows a purchase with a cancellation that is not cancelled, so there are two here. */
function addContradictions(programme: Programme, random: Random, now: number): void {
  const { rows } = programme.purchases;
  const ordinary = rows.filter((row) => !row.cancelled && !row.pendingApproval && row.createdAt < now - 60 * DAY);
  if (ordinary.length < 100) return;
  for (const position of [0.3, 0.6]) {
    const purchase = ordinary[Math.floor(ordinary.length * position)];
    if (purchase !== undefined) {
      purchase.cancellation = cancellationOf(programme, random, purchase.createdAt, now);
    }
  }
}

/** Who was archived in the meantime earns nothing from the leads of earlier times. */
function creditedAt(programme: Programme, lead: Lead, at: number): number | null {
  const affiliate = lead.affiliateId === null ? undefined : programme.affiliates.get(lead.affiliateId);
  if (affiliate === undefined || (affiliate.status === 'Archived' && affiliate.updatedAt < at)) return null;
  return affiliate.id;
}

function addPurchase(programme: Programme, random: Random, slot: Slot, lead: Lead, now: number): Purchase {
  const isStory = slot.story !== null;
  // Only a tiny programme offers a lead that is younger than the purchase.
  const at = Math.max(slot.at, lead.createdAt + MINUTE);
  const items = pickLineItems(random);
  const itemised = !isStory && random.chance(0.6);
  const total = items.reduce((sum, item) => sum + item.amount, 0);
  const cancelled = random.chance(0.06) && !isStory;
  const cancellation = cancelled ? cancellationOf(programme, random, at, now) : null;
  const waits = random.chance(0.2) && !isStory && !cancelled && at > now - WAITS_FOR_APPROVAL;
  const hasOverride = random.chance(0.02) && !isStory;
  const isAnnual = random.chance(0.1);
  const planless = random.chance(0.04);
  const note = random.chance(0.05) ? random.pick(['Phone order', 'Gift', 'Replacement of a lost parcel']) : null;
  return programme.addPurchase({
    createdAt: at,
    updatedAt: cancellation?.effectiveAt ?? at,
    cancelled,
    pendingApproval: waits,
    currency: euroCountries.has(lead.country) ? 'EUR' : programme.currency,
    code: random.uuid(),
    note: isStory ? null : note,
    amount: slot.story?.amount ?? total,
    commissionOverride: hasOverride ? 1_000 + random.below(20) * 50 : null,
    cancellation,
    leadId: lead.id,
    affiliateId: creditedAt(programme, lead, at),
    plan: planless ? null : (programme.plans[isAnnual ? 1 : 0] ?? null),
    lineItems: itemised ? items : [],
  });
}

/** Without leads there is nobody to buy anything. */
export function generatePurchases(programme: Programme, seed: number, count: number, now: number): void {
  const leads = programme.leads.rows;
  if (leads.length === 0) return;
  const random = Random.forPart(seed, 'purchases');
  const slots = storySlots(programme, now).slice(0, count);
  while (slots.length < count) slots.push({ at: floorToSecond(now - ageWithin(random, SPAN)), story: null });
  slots.sort((a, b) => a.at - b.at);
  const customers = new CustomerPicker(leads);
  for (const slot of slots) {
    const lead = slot.story?.lead ?? customers.pick(random, slot.at);
    const purchase = addPurchase(programme, random, slot, lead, now);
    lead.updatedAt = Math.max(lead.updatedAt, purchase.updatedAt);
  }
  for (const lead of leads) updateCustomerStatus(programme, lead);
  addContradictions(programme, random, now);
}
