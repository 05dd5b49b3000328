import type { Programme, Sandbox } from '../../../src/sandbox/index.ts';

/* Records of a simulated programme that calls and questions of the table are about. */

/** Ann, as a question names her. */
export const ANN_AS_ASKED = '"Ann Arbor", "ann.arbor@example.com", id 1001, status "Active"';

export function affiliateOf(programme: Programme, id: number) {
  const found = programme.affiliates.get(id);
  if (!found) throw new Error(`no affiliate ${id}`);
  return found;
}

export const renameAffiliate = (id: number) => (programme: Programme) =>
  programme.changeAffiliateEmail(affiliateOf(programme, id), 'changed.meanwhile@example.com');

/** A purchase of Ann's with a commission that has not been paid. */
export function openOrder(programme: Programme) {
  for (const commission of programme.commissionsOf(1001)) {
    const purchase = commission.purchaseId === null ? undefined : programme.purchases.get(commission.purchaseId);
    if (purchase && !purchase.cancelled && !commission.paid && !commission.cancelled) return { purchase, commission };
  }
  throw new Error('no open order');
}

export const orderOf = (programme: Programme) => openOrder(programme).purchase;

export const raiseAmount = (programme: Programme) => {
  orderOf(programme).amount += 100;
};

/** As a question writes it: `49.00`. */
export const inUnits = (cents: number) => (cents / 100).toFixed(2);

/** Pieces by which a question names that order. */
export const orderAsAsked = (programme: Programme) => {
  const { code, id, amount, currency } = orderOf(programme);
  return [`"${code}" (id ${id})`, inUnits(amount), currency, '"ann.arbor@example.com"'];
};

export const purchasesOf = (programme: Programme, email: string) =>
  programme.purchasesOfLead(programme.leadByEmail(email)?.id ?? 0);

export const rowCount = (what: 'purchases' | 'commissions') => (sandbox: Sandbox) =>
  sandbox.programme[what].rows.length;

export const cancelledCount = ({ programme }: Sandbox) =>
  programme.purchases.rows.filter(({ cancelled }) => cancelled).length;

export const oldestPurchase = (programme: Programme) => programme.purchases.rows[0];
export const newestPurchase = (programme: Programme) => programme.purchases.rows.at(-1);
/** A lead nobody is credited with, and a customer of Ann's. */
export const unownedLead = (programme: Programme) =>
  programme.leads.rows.find(({ affiliateId }) => affiliateId === null);
export const customerOfAnn = (programme: Programme) =>
  programme.leads.rows.find(({ affiliateId }) => affiliateId === 1001);
export const customerOf = (programme: Programme) => programme.leads.rows.find(({ status }) => status === 'Customer');
