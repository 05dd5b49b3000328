import type { Programme } from '../../src/sandbox/index.ts';
import { DAY, NOW } from '../clock.ts';

/*
 * Records that the seeded programme lacks, for the questions with a trap. Each question chooses its own figures; the
 * right answer is worked out from the programme afterwards.
 */

/** A programme small enough to be read in a moment. */
export const SMALL = { affiliates: 60, leads: 250, purchases: 200, visitors: 50 };

interface Person {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly paypalEmail?: string | null;
  readonly status?: 'Active' | 'Pending Approval';
  readonly customFields?: Record<string, string>;
}

export function addPerson(programme: Programme, person: Person) {
  const { email, status = 'Active', customFields = {}, ...names } = person;
  const joinedAt = NOW - 200 * DAY;
  return programme.addAffiliate({
    paypalEmail: email,
    ...names,
    email,
    code: programme.takeAffiliateCode(),
    recruiterId: null,
    createdAt: status === 'Active' ? joinedAt : NOW - 2 * DAY,
    updatedAt: status === 'Active' ? joinedAt : NOW - 2 * DAY,
    status,
    rejected: false,
    unsubscribed: false,
    dashboardToken: programme.random.hex(40),
    group: 'Default',
    customFields,
  });
}

interface Order {
  readonly affiliateId: number;
  readonly code: string;
  readonly amount: number;
  readonly currency: string;
  /** Days. */
  readonly age: number;
  readonly paid?: boolean;
  readonly cancelledIn?: number;
}

/** Adds an order by a customer of the affiliate, and the commission it earned: a tenth of the amount. */
export function addOrder(programme: Programme, order: Order): void {
  const { affiliateId, code, amount, currency, age, paid = false, cancelledIn } = order;
  const at = NOW - age * DAY;
  const lead =
    programme.leads.rows.find((one) => one.affiliateId === affiliateId) ?? addCustomer(programme, affiliateId);
  const purchase = programme.addPurchase({
    createdAt: at,
    updatedAt: at,
    cancelled: cancelledIn !== undefined,
    pendingApproval: false,
    currency,
    code,
    note: null,
    amount,
    commissionOverride: null,
    cancellation:
      cancelledIn === undefined
        ? null
        : { id: programme.takeCancellationId(), code: `${code}-C`, effectiveAt: NOW + cancelledIn * DAY, source: null },
    leadId: lead.id,
    affiliateId,
    plan: null,
    lineItems: [],
  });
  programme.addCommission({
    earnedAt: at,
    dueAt: at + 30 * DAY,
    amount: amount / 10,
    currency,
    cancelled: false,
    paid,
    note: null,
    purchaseId: purchase.id,
    affiliateId,
  });
}

function addCustomer(programme: Programme, affiliateId: number) {
  const at = NOW - 190 * DAY;
  return programme.addLead({
    email: `customer.of.${affiliateId}@example.com`,
    createdAt: at,
    updatedAt: at,
    status: 'Registered',
    customStatus: '',
    firstName: 'Robin',
    lastName: 'Vale',
    address1: null,
    address2: null,
    city: null,
    state: null,
    zipcode: null,
    country: null,
    visitorId: null,
    url: null,
    referrer: null,
    searchTerm: null,
    affiliateId,
    campaignId: null,
    trackingCode: null,
  });
}
