import { commissionAmount, updateCustomerStatus, WAITING_TIME } from './bookkeeping.ts';
import { annId, storyLeads } from './cast.ts';
import { ageWithin, euroCountries } from './generate-traffic.ts';
import type { Programme } from './programme.ts';
import { Random } from './random.ts';
import type { Affiliate, Cancellation, Lead, LineItem, Purchase } from './records.ts';
import { upperBound } from './sellers.ts';
import { DAY, floorToSecond, MINUTE } from './wire-values.ts';

/* Purchases, the commissions they earn, and what happens to both. */

const PRODUCTS = [
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

/** The items of one purchase. An item's amount is for the whole line, not per piece (not established). */
function pickLineItems(random: Random): LineItem[] {
  const count = 1 + random.below(3);
  const items: LineItem[] = [];
  for (let index = 0; index < count; index += 1) {
    const { sku, description, price } = random.pick(PRODUCTS);
    const pieces = random.chance(0.2) ? 2 : 1;
    // Simulates price changes, so that amounts do not all end in the same digits.
    const perPiece = random.chance(0.3) ? price - random.below(400) : price;
    items.push({ sku, description, quantity: pieces * 100, amount: perPiece * pieces });
  }
  return items;
}

const PURCHASE_SPAN = 545 * DAY;
const WAITS_FOR_APPROVAL = 10 * DAY;

interface Slot {
  readonly at: number;
  readonly story: { readonly lead: Lead; readonly amount: number } | null;
}

/** New customers are mostly recent leads; about every third purchase is by a returning customer. */
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
  // Most refunds come within the waiting time; by a late one, the commission may already be paid.
  const wait = (1 + random.next() * (random.chance(0.15) ? 90 : 24)) * DAY;
  return {
    id: programme.takeCancellationId(),
    code: random.uuid(),
    effectiveAt: floorToSecond(Math.min(boughtAt + wait, boughtAt + (now - boughtAt) * 0.9)),
    source: random.chance(0.3) ? 'api' : null,
  };
}

/** Adds two purchases that have a cancellation but are not cancelled: the documentation shows one like that. */
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

/** An affiliate archived before the purchase earns nothing, even from earlier leads. */
function creditedAt(programme: Programme, lead: Lead, at: number): number | null {
  const affiliate = programme.affiliates.get(lead.affiliateId);
  if (affiliate === undefined || (affiliate.status === 'Archived' && affiliate.updatedAt < at)) return null;
  return affiliate.id;
}

function addPurchase(programme: Programme, random: Random, slot: Slot, lead: Lead, now: number): Purchase {
  const isStory = slot.story !== null;
  // Only in a tiny programme can the lead be newer than the purchase.
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

/** Does nothing without leads: there is nobody to buy. */
export function generatePurchases(programme: Programme, seed: number, count: number, now: number): void {
  const leads = programme.leads.rows;
  if (leads.length === 0) return;
  const random = Random.forPart(seed, 'purchases');
  const slots = storySlots(programme, now).slice(0, count);
  while (slots.length < count) slots.push({ at: floorToSecond(now - ageWithin(random, PURCHASE_SPAN)), story: null });
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

/** Age of the last payout run, which paid everything due by then, with a few exceptions. */
const LAST_PAYOUT = 12 * DAY;
const MANUAL_SPAN = 400 * DAY;

const NOTES = ['Launch bonus', 'Content fee', 'Correction of an earlier commission', 'Contest prize', 'Holiday bonus'];

interface Earned {
  readonly at: number;
  readonly affiliate: Affiliate;
  readonly purchase: Purchase | null;
}

/** Affiliates without a payout address cannot be paid; some other payments are held back. */
function isPaid(random: Random, { affiliate }: Earned, dueAt: number, now: number): boolean {
  const held = random.chance(0.04) && affiliate.id !== annId;
  return dueAt <= now - LAST_PAYOUT && !held && (affiliate.paypalEmail ?? '') !== '';
}

/** A refund cancels the commission, unless it came after the payout. */
function isCancelled(random: Random, { purchase }: Earned, dueAt: number, paid: boolean): boolean {
  const roll = random.chance(0.1);
  if (purchase === null) return roll && !paid;
  const effectiveAt = purchase.cancellation?.effectiveAt ?? Number.POSITIVE_INFINITY;
  return purchase.cancelled && !(paid && effectiveAt > dueAt + LAST_PAYOUT);
}

export function generateCommissions(programme: Programme, seed: number, now: number): void {
  const random = Random.forPart(seed, 'commissions');
  const earned: Earned[] = [];
  for (const purchase of programme.purchases.rows) {
    const affiliate = programme.affiliates.get(purchase.affiliateId);
    if (affiliate !== undefined) earned.push({ at: purchase.createdAt, affiliate, purchase });
  }
  // One commission added by hand for every 25 earned.
  const active = programme.affiliates.rows.filter((row) => row.status === 'Active' && row.createdAt < now - 30 * DAY);
  const manual = active.length === 0 ? 0 : Math.round(earned.length / 25);
  for (let index = 0; index < manual; index += 1) {
    const affiliate = random.pick(active);
    const age = Math.min(ageWithin(random, MANUAL_SPAN), now - affiliate.createdAt);
    earned.push({ at: floorToSecond(now - age), affiliate, purchase: null });
  }
  earned.sort((a, b) => a.at - b.at);
  for (const item of earned) {
    const { purchase, affiliate, at } = item;
    const dueAt = at + WAITING_TIME;
    const bonus = (1 + random.below(8)) * 1_250;
    const inEuro = random.chance(0.2);
    const paid = isPaid(random, item, dueAt, now);
    const cancelled = isCancelled(random, item, dueAt, paid);
    const note = random.pick(NOTES);
    programme.addCommission({
      earnedAt: at,
      dueAt,
      amount: purchase === null ? bonus : commissionAmount(programme, affiliate, purchase),
      currency: purchase?.currency ?? (inEuro ? 'EUR' : programme.currency),
      cancelled,
      paid: paid && !cancelled,
      note: purchase === null ? note : null,
      purchaseId: purchase?.id ?? null,
      affiliateId: affiliate.id,
    });
  }
}
