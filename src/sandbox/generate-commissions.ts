import { ann } from './cast.ts';
import { ageWithin } from './generate-leads.ts';
import type { Programme } from './programme.ts';
import { commissionAmount, WAITING_TIME } from './purchase-commission.ts';
import { Random } from './random.ts';
import type { Affiliate, Purchase } from './records.ts';
import { DAY, floorToSecond } from './timestamps.ts';

/** Everything that was payable at the last payout run has been paid, but for a few exceptions. */
const LAST_PAYOUT = 12 * DAY;
const MANUAL_SPAN = 400 * DAY;

const notes = ['Launch bonus', 'Content fee', 'Correction of an earlier commission', 'Contest prize', 'Holiday bonus'];

interface Earned {
  readonly at: number;
  readonly affiliate: Affiliate;
  readonly purchase: Purchase | null;
}

/** Without a payout address nobody can be paid; some payments are held back. */
function isPaid(random: Random, { affiliate }: Earned, dueAt: number, now: number): boolean {
  const held = random.chance(0.04) && affiliate.email !== ann.email;
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
    const affiliate = purchase.affiliateId === null ? undefined : programme.affiliates.get(purchase.affiliateId);
    if (affiliate !== undefined) earned.push({ at: purchase.createdAt, affiliate, purchase });
  }
  // About one in twenty-five is added by hand.
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
    const note = random.pick(notes);
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
