import type { Programme } from './programme.ts';
import type { Lead } from './records.ts';

/** A new lead: everything that was not given is empty, as in the official sample. */
export function registerLead(
  programme: Programme,
  given: Partial<Omit<Lead, 'id' | 'createdAt'>> & { readonly email: string },
): Lead {
  const now = programme.now();
  return programme.addLead({
    createdAt: now,
    updatedAt: now,
    status: 'Registered',
    customStatus: '',
    firstName: null,
    lastName: null,
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
    affiliateId: null,
    campaignId: null,
    trackingCode: null,
    ...given,
  });
}
