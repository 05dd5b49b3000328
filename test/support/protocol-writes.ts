import type { JsonObject } from '../../src/json.ts';
import type { Programme, Sandbox } from '../../src/sandbox/index.ts';

/** A call that asks first: what it is asked with, and what it does to a simulated programme. */
export interface AskingWrite {
  /** Tells apart several cases of one tool. */
  readonly title: string;
  readonly tool: string;
  readonly args: (programme: Programme) => JsonObject;
  /** The one request that carries it out. */
  readonly sends: (programme: Programme) => string;
  /** What it changes, comparable before and after. */
  readonly state: (sandbox: Sandbox) => unknown;
  /** Somebody else changes the record meanwhile; absent where the question reads none. */
  readonly meddle?: (programme: Programme) => void;
  /** Other arguments for the same tool. */
  readonly otherwise: JsonObject;
  /** What the question says. */
  readonly says: (programme: Programme) => readonly string[];
}

const affiliate = (programme: Programme, id: number) => {
  const found = programme.affiliates.get(id);
  if (!found) throw new Error(`no affiliate ${id}`);
  return found;
};

const rename = (id: number) => (programme: Programme) =>
  programme.changeAffiliateEmail(affiliate(programme, id), 'changed.meanwhile@example.com');

/** A purchase of Ann's with a commission that has not been paid. */
function openOrder(programme: Programme) {
  for (const commission of programme.commissionsOf(1001)) {
    const purchase = commission.purchaseId === null ? undefined : programme.purchases.get(commission.purchaseId);
    if (purchase && !purchase.cancelled && !commission.paid && !commission.cancelled) return { purchase, commission };
  }
  throw new Error('no open order');
}

const order = (programme: Programme) => openOrder(programme).purchase;
const cents = (amount: number) => String(amount / 100);
/** As LeadDyno writes it: `49.0`. */
const wire = (amount: number) => (amount % 100 === 0 ? `${amount / 100}.0` : cents(amount));
const describeOrder = (programme: Programme) => {
  const { code, id, amount, currency } = order(programme);
  return [`"${code}" (id ${id})`, wire(amount), currency, '"ann.arbor@example.com"'];
};
const raiseAmount = (programme: Programme) => {
  order(programme).amount += 100;
};
const ANN = '"Ann Arbor", "ann.arbor@example.com", id 1001, status "Active"';
const CUSTOMER = 'omar.haddad@example.org';

const purchasesOf = (programme: Programme, email: string) =>
  programme.purchasesOfLead(programme.leadByEmail(email)?.id ?? 0);
const tally = (what: 'purchases' | 'commissions') => (sandbox: Sandbox) => sandbox.programme[what].rows.length;

type UpdatedField = 'email' | 'paypal_email' | 'affiliate_code' | 'affiliate_type' | 'referring_affiliate';

const changeOf = (field: UpdatedField, value: string, was: string, other: string): AskingWrite => ({
  title: `update_affiliate of ${field}`,
  tool: 'update_affiliate',
  args: () => ({ affiliate_id: 1001, [field]: value }),
  sends: () => 'PUT /affiliates/1001',
  state: ({ programme }) => JSON.stringify(programme.affiliates.get(1001)),
  meddle: (programme) => {
    affiliate(programme, 1001).lastName = 'Arbour';
  },
  otherwise: { affiliate_id: 1001, [field]: other },
  says: () => [`${field} from ${was} to "${value}"`, ANN, 'update_affiliate'],
});

/** Every call that asks first (design, section 5). */
export const askingWrites: readonly AskingWrite[] = [
  {
    title: 'archive_affiliate',
    tool: 'archive_affiliate',
    args: () => ({ affiliate_id: 1001 }),
    sends: () => 'POST /affiliates/1001/archive',
    state: ({ programme }) => affiliate(programme, 1001).status,
    meddle: rename(1001),
    otherwise: { affiliate_id: 1003 },
    says: () => [ANN, 'Can be undone with unarchive_affiliate'],
  },
  {
    title: 'reject_affiliate',
    tool: 'reject_affiliate',
    args: () => ({ affiliate_id: 1002 }),
    sends: () => 'POST /affiliates/1002/reject',
    state: ({ programme }) => affiliate(programme, 1002).rejected,
    meddle: (programme) => {
      affiliate(programme, 1002).status = 'Active';
    },
    otherwise: { affiliate_id: 1039 },
    says: () => ['"Ben Okafor", "ben.okafor@example.com", id 1002, status "Pending Approval"', 'This is final'],
  },
  {
    title: 'cancel_purchase',
    tool: 'cancel_purchase',
    args: (programme) => ({ purchase_code: order(programme).code }),
    sends: () => 'DELETE /purchases',
    state: ({ programme }) => programme.purchases.rows.filter(({ cancelled }) => cancelled).length,
    meddle: raiseAmount,
    otherwise: { purchase_code: 'another-order' },
    says: (programme) => [...describeOrder(programme), 'unpaid commissions are cancelled with it', 'cannot be undone'],
  },
  {
    title: 'cancel_customer_purchases',
    tool: 'cancel_customer_purchases',
    args: () => ({ email: CUSTOMER }),
    sends: () => 'DELETE /purchases',
    state: ({ programme }) => programme.purchases.rows.filter(({ cancelled }) => cancelled).length,
    meddle: (programme) => {
      for (const purchase of purchasesOf(programme, CUSTOMER).slice(0, 1)) purchase.cancelled = true;
    },
    otherwise: { email: 'lena.hofer@example.net' },
    says: (programme) => [
      'EVERY purchase',
      `"${CUSTOMER}"`,
      ...purchasesOf(programme, CUSTOMER).map(({ code, amount, currency }) => `${wire(amount)} ${currency} "${code}"`),
      'cannot be undone',
    ],
  },
  {
    title: 'reject_purchase',
    tool: 'reject_purchase',
    args: (programme) => ({ purchase_id: order(programme).id }),
    sends: (programme) => `POST /purchases/${order(programme).id}/reject`,
    state: ({ programme }) => programme.purchases.rows.filter(({ cancelled }) => cancelled).length,
    meddle: raiseAmount,
    otherwise: { purchase_id: 300_001 },
    says: (programme) => [...describeOrder(programme), 'cannot be undone'],
  },
  {
    title: 'mark_commissions_paid',
    tool: 'mark_commissions_paid',
    args: (programme) => ({ affiliate_email: 'ann.arbor@example.com', purchase_code: order(programme).code }),
    sends: () => 'POST /commissions/mark_as_paid',
    state: ({ programme }) => programme.commissions.rows.filter(({ paid }) => paid).length,
    meddle: (programme) => {
      openOrder(programme).commission.amount += 1;
    },
    otherwise: { affiliate_email: 'ann.arbor@example.com', purchase_code: 'another-order' },
    says: (programme) => {
      const { commission, purchase } = openOrder(programme);
      const amount = `${cents(commission.amount)} ${commission.currency}`;
      return [ANN, `"${purchase.code}"`, `1 found: id ${commission.id} of`, `together ${amount}`, 'moves no money'];
    },
  },
  {
    title: 'create_commission',
    tool: 'create_commission',
    args: () => ({ affiliate_id: 1001, amount: 12.5, currency: 'EUR', note: 'a "bonus"', due_at: '2030-01-31' }),
    sends: () => 'POST /affiliates/1001/commissions',
    state: tally('commissions'),
    meddle: rename(1001),
    otherwise: { affiliate_id: 1001, amount: 125 },
    says: () => ['12.5 EUR', 'due 2030-01-31', `note "a 'bonus'"`, ANN, 'cannot be undone', 'would add another'],
  },
  {
    title: 'delete_custom_field',
    tool: 'delete_custom_field',
    args: () => ({ name: 'Website' }),
    sends: () => 'DELETE /custom_fields',
    state: ({ programme }) => [...programme.customFields.keys()],
    otherwise: { name: 'Audience size' },
    says: () => ['"Website"', 'may remove more than the named field', 'cannot be undone'],
  },
  {
    title: 'create_affiliate_sign_in_link',
    tool: 'create_affiliate_sign_in_link',
    args: () => ({ affiliate_id: 1001 }),
    sends: () => 'POST /affiliates/1001/sign_in_link',
    state: ({ requests }) => requests.filter(({ path }) => path.endsWith('/sign_in_link')).length,
    meddle: rename(1001),
    otherwise: { affiliate_id: 1003 },
    says: () => [ANN, 'logs whoever opens it in', 'cannot be undone', 'expires by itself'],
  },
  {
    title: 'create_purchase with a code',
    tool: 'create_purchase',
    args: () => ({ email: 'buyer@example.com', purchase_amount: 80, code: 'ann' }),
    sends: () => 'POST /purchases',
    state: tally('purchases'),
    meddle: rename(1001),
    otherwise: { email: 'buyer@example.com', purchase_amount: 800, code: 'ann' },
    says: () => ['80 in the account currency', `crediting the affiliate ${ANN}`, 'cancel_purchase'],
  },
  {
    title: 'create_purchase with a fixed commission',
    tool: 'create_purchase',
    args: () => ({
      email: 'buyer@example.com',
      purchase_amount: 80,
      currency: 'USD',
      commission_amount_override: 70.25,
    }),
    sends: () => 'POST /purchases',
    state: tally('purchases'),
    otherwise: { email: 'buyer@example.com', purchase_amount: 80, commission_amount_override: 7 },
    says: () => ['80 USD', 'a fixed commission of 70.25 USD', 'cancel_purchase'],
  },
  changeOf('email', 'ann@new.example.com', '"ann.arbor@example.com"', 'other@example.com'),
  changeOf('paypal_email', 'money@new.example.com', '"ann.arbor@example.com"', 'other@example.com'),
  changeOf('affiliate_code', 'ann-2', '"ann"', 'ann-3'),
  changeOf('affiliate_type', 'Partners', '"V.I.P."', 'Influencers'),
  changeOf('referring_affiliate', 'carla.mendes@example.org', 'nothing', 'jose.alvarez@example.net'),
  {
    title: 'update_purchase of the amount',
    tool: 'update_purchase',
    args: (programme) => ({ purchase_id: order(programme).id, purchase_amount: 1.5 }),
    sends: (programme) => `PUT /purchases/${order(programme).id}`,
    state: ({ programme }) => order(programme).amount,
    meddle: raiseAmount,
    otherwise: { purchase_id: 300_001, purchase_amount: 1.5 },
    says: (programme) => [...describeOrder(programme), `to 1.5`, 'update_purchase'],
  },
  {
    title: 'update_purchase of the currency',
    tool: 'update_purchase',
    args: (programme) => ({ purchase_id: order(programme).id, currency: 'JPY' }),
    sends: (programme) => `PUT /purchases/${order(programme).id}`,
    state: ({ programme }) => order(programme).currency,
    meddle: raiseAmount,
    otherwise: { purchase_id: 300_001, currency: 'JPY' },
    says: (programme) => [...describeOrder(programme), 'the currency from', 'to "JPY"', 'update_purchase'],
  },
];

/** One write of each kind of question, where all of them would take too long. */
export const someWrites = askingWrites.filter(({ title }) =>
  ['archive_affiliate', 'create_commission', 'delete_custom_field', 'update_affiliate of paypal_email'].includes(title),
);
