import type { JsonObject } from '../../src/json.ts';
import type { Programme } from '../../src/sandbox/index.ts';

/*
 * A small model of a programme, with its own rules: what LeadDyno should hold after a sequence of writes. It shares no
 * code with the sandbox, and omits everything that no write of these tests changes.
 */

export interface ModelAffiliate {
  readonly id: number;
  readonly email: string;
  readonly code: string;
  first: string | null;
  last: string | null;
  paypal: string | null;
  status: string;
  rejected: boolean;
  /** Their share of a purchase, in basis points. */
  readonly share: number;
}

export interface ModelPurchase {
  readonly id: number;
  readonly code: string;
  readonly customer: string;
  readonly affiliateId: number | null;
  amount: number;
  note: string | null;
  cancelled: boolean;
  pending: boolean;
}

export interface ModelLead {
  readonly id: number;
  readonly email: string;
  first: string | null;
  status: string;
  affiliateId: number | null;
}

export interface ModelCommission {
  readonly id: number;
  readonly affiliateId: number;
  readonly purchase: string | null;
  readonly amount: number;
  readonly due: boolean;
  readonly note: string | null;
  paid: boolean;
  cancelled: boolean;
}

export interface Model {
  readonly affiliates: ModelAffiliate[];
  readonly purchases: ModelPurchase[];
  readonly commissions: ModelCommission[];
  readonly leads: ModelLead[];
  /** For each visitor the id of their affiliate, or null. */
  readonly visitors: (number | null)[];
  readonly fields: string[];
  readonly defaultShare: number;
}

/** The part of a programme that the model covers. */
export function snapshot(programme: Programme): Model {
  const { affiliates, purchases, commissions, leads, visitors, customFields } = programme;
  const shareOf = (group: string) => programme.groupByCode(group)?.basisPoints ?? 0;
  const codeOf = (id: number | null) => (id === null ? null : (purchases.get(id)?.code ?? null));
  return {
    affiliates: affiliates.rows.map(
      ({ id, email, code, firstName, lastName, paypalEmail, status, rejected, group }) => ({
        id,
        email,
        code,
        first: firstName,
        last: lastName,
        paypal: paypalEmail,
        status,
        rejected,
        share: shareOf(group),
      }),
    ),
    purchases: purchases.rows.map(({ id, code, leadId, affiliateId, amount, note, cancelled, pendingApproval }) => {
      const customer = leads.get(leadId)?.email ?? '';
      return { id, code, customer, affiliateId, amount, note, cancelled, pending: pendingApproval };
    }),
    commissions: commissions.rows.map(({ id, affiliateId, purchaseId, amount, dueAt, note, paid, cancelled }) => {
      const due = dueAt <= programme.now();
      return { id, affiliateId, purchase: codeOf(purchaseId), amount, due, note, paid, cancelled };
    }),
    leads: leads.rows.map(({ id, email, firstName, status, affiliateId }) => {
      return { id, email, first: firstName, status, affiliateId };
    }),
    visitors: visitors.rows.map(({ affiliateId }) => affiliateId),
    fields: [...customFields.keys()].sort(),
    defaultShare: shareOf('Default'),
  };
}

const at = <Row>(rows: readonly Row[], pick: number): Row => {
  const row = rows[pick % rows.length];
  if (row === undefined) throw new Error('the programme is empty');
  return row;
};

const affiliateBy = (model: Model, id: unknown) =>
  at(
    model.affiliates,
    model.affiliates.findIndex((row) => row.id === id),
  );
const purchaseBy = (model: Model, key: unknown) => model.purchases.find(({ id, code }) => id === key || code === key);
const nextId = (rows: readonly { readonly id: number }[]) => Math.max(...rows.map(({ id }) => id)) + 1;
const cents = (amount: unknown) => Math.round(Number(amount) * 100);

const affiliateByCode = (model: Model, wanted: unknown) => model.affiliates.find(({ code }) => code === wanted);
const leadByEmail = (model: Model, wanted: unknown) => model.leads.find(({ email }) => email === wanted);

/** A customer as shown in questions about their purchases or their affiliate. */
function showLead(model: Model, lead: ModelLead | undefined) {
  if (!lead) return 'nobody';
  const { first: _, ...shown } = lead;
  return { ...shown, owner: model.affiliates.find(({ id }) => id === lead.affiliateId)?.email };
}

function addLead(model: Model, email: string, status: string, affiliateId: number | null): ModelLead {
  const lead = { id: nextId(model.leads), email, first: null, status, affiliateId };
  model.leads.push(lead);
  return lead;
}

/** What LeadDyno's totals of an affiliate follow from. */
function totalsOf(model: Model, affiliateId: unknown) {
  const totals = { due: 0, pending: 0, paid: 0 };
  for (const row of model.commissions)
    if (row.affiliateId === affiliateId && !row.cancelled)
      totals[row.paid ? 'paid' : row.due ? 'due' : 'pending'] += row.amount;
  return totals;
}

/** The unpaid commissions of one affiliate for one purchase. */
const unpaid = (model: Model, affiliateId: number, code: unknown) =>
  model.commissions.filter(
    (row) => row.affiliateId === affiliateId && row.purchase === code && !row.paid && !row.cancelled,
  );

/** One kind of write: its arguments, what its question shows, and what it does. */
export interface WriteKind {
  readonly tool: string;
  /** Whether it asks, and whether it reads a record for that. */
  readonly asks: 'never' | 'by a record' | 'by its arguments';
  /** Whether it asks, instead of failing, if that record cannot be read. */
  readonly asksUnread?: true;
  readonly args: (model: Model, pick: number, value: number) => JsonObject;
  /** The arguments sent, if they differ from the arguments given. */
  readonly sent?: (args: JsonObject) => JsonObject;
  /** Whether the record exists already, so that nothing is sent. */
  readonly exists?: (model: Model, args: JsonObject) => boolean;
  /** What the question shows; undefined if there is nothing to ask. */
  readonly shown?: (model: Model, args: JsonObject) => unknown;
  /** What LeadDyno does; false if it refuses. */
  readonly apply: (model: Model, args: JsonObject) => boolean;
}

const byId = (model: Model, pick: number) => ({ affiliate_id: at(model.affiliates, pick).id });
const showAffiliate = (model: Model, { affiliate_id }: JsonObject) => ({ ...affiliateBy(model, affiliate_id) });
const showPurchase = (model: Model, { purchase_id, purchase_code }: JsonObject) => {
  const { note: _, pending: __, ...shown } = purchaseBy(model, purchase_id ?? purchase_code) ?? { note: null };
  return shown;
};

function turn(row: ModelAffiliate, status: string): boolean {
  row.status = status;
  return true;
}

/** The four decisions about affiliates: each is a write of its own and an action of a batch. */
export const decisions = {
  approve: (row: ModelAffiliate) => row.status !== 'Archived' && turn(row, 'Active'),
  reject(row: ModelAffiliate) {
    if (row.status !== 'Pending Approval') return false;
    row.rejected = true;
    return turn(row, 'Archived');
  },
  archive: (row: ModelAffiliate) => turn(row, 'Archived'),
  unarchive: (row: ModelAffiliate) => !row.rejected && (row.status !== 'Archived' || turn(row, 'Active')),
} as const;
export type Decision = keyof typeof decisions;

const decide = (name: Decision): WriteKind => ({
  tool: `${name}_affiliate`,
  asks: 'by a record',
  args: byId,
  shown: showAffiliate,
  apply: (model, { affiliate_id }) => decisions[name](affiliateBy(model, affiliate_id)),
});

function addPurchase(model: Model, args: JsonObject): boolean {
  const code = String(args.purchase_code);
  const customer = String(args.email);
  const lead = leadByEmail(model, customer) ?? addLead(model, customer, 'Customer', null);
  lead.status = 'Customer';
  const byCode = args.code === undefined ? undefined : affiliateByCode(model, args.code);
  if (byCode?.status === 'Active') lead.affiliateId = byCode.id;
  const owner = model.affiliates.find(({ id }) => id === lead.affiliateId);
  const credited = owner?.status === 'Active' ? owner : undefined;
  const affiliateId = credited?.id ?? null;
  const [id, amount] = [nextId(model.purchases), cents(args.purchase_amount)];
  model.purchases.push({ id, code, customer, affiliateId, amount, note: null, cancelled: false, pending: false });
  const fixed = args.commission_amount_override;
  const earned = fixed === undefined ? Math.round((amount * (credited?.share ?? 0)) / 10_000) : cents(fixed);
  if (credited && earned > 0) {
    const owed = { amount: earned, purchase: code, due: false, note: null };
    const commission = { id: nextId(model.commissions), affiliateId: credited.id, ...owed };
    model.commissions.push({ ...commission, paid: false, cancelled: false });
  }
  return true;
}

function endPurchase(model: Model, purchase: ModelPurchase | undefined): boolean {
  if (!purchase || purchase.cancelled) return true;
  purchase.cancelled = true;
  purchase.pending = false;
  for (const row of model.commissions) if (row.purchase === purchase.code && !row.paid) row.cancelled = true;
  const lead = leadByEmail(model, purchase.customer);
  const live = model.purchases.some(({ customer, cancelled }) => customer === purchase.customer && !cancelled);
  if (lead) lead.status = live ? 'Customer' : 'Cancelled';
  return true;
}

function addAffiliate(model: Model, args: JsonObject): boolean {
  const [email, code] = [String(args.email), String(args.affiliate_code)];
  const paypal = args.paypal_email === undefined ? null : String(args.paypal_email);
  const status = args.override_approval === true ? 'Active' : 'Pending Approval';
  const state = { first: null, last: null, paypal, status, rejected: false, share: model.defaultShare };
  model.affiliates.push({ id: nextId(model.affiliates), email, code, ...state });
  return true;
}

const affiliateOfUrl = (model: Model, url: unknown) => affiliateByCode(model, String(url).split('afmc=')[1]);

function addVisitor(model: Model, { url }: JsonObject): boolean {
  model.visitors.push(affiliateOfUrl(model, url)?.id ?? null);
  return true;
}

/** The code of an affiliate, or one that nobody has. */
const codeOrStale = (model: Model, value: number) => (value === 7 ? 'stale' : at(model.affiliates, value).code);

export const writeKinds: readonly WriteKind[] = [
  decide('approve'),
  decide('unarchive'),
  decide('archive'),
  decide('reject'),
  {
    tool: 'create_affiliate',
    asks: 'never',
    args: (_, pick) => ({ email: `new-${pick % 3}@example.com`, affiliate_code: `new-${pick % 3}` }),
    exists: (model, args) => model.affiliates.some(({ email }) => email === args.email),
    apply: addAffiliate,
  },
  {
    tool: 'create_affiliate',
    asks: 'by its arguments',
    args: (_, pick, value) => ({
      email: `new-${pick % 3}@example.com`,
      affiliate_code: `new-${pick % 3}`,
      ...(value % 2 === 0 ? { override_approval: true } : { paypal_email: `money-${value % 3}@example.com` }),
    }),
    exists: (model, args) => model.affiliates.some(({ email }) => email === args.email),
    shown: () => 'no record',
    apply: addAffiliate,
  },
  {
    tool: 'update_affiliate',
    asks: 'never',
    args: (model, pick, value) => ({ ...byId(model, pick), first_name: `Name ${value % 3}` }),
    apply(model, args) {
      affiliateBy(model, args.affiliate_id).first = String(args.first_name);
      return true;
    },
  },
  {
    tool: 'update_affiliate',
    asks: 'by a record',
    args: (model, pick) => ({ ...byId(model, pick), clear: ['first_name'] }),
    sent: ({ affiliate_id }) => ({ affiliate_id, first_name: '' }),
    // Does not ask if the field is empty already.
    shown: (model, args) => (affiliateBy(model, args.affiliate_id).first ? showAffiliate(model, args) : undefined),
    apply(model, args) {
      affiliateBy(model, args.affiliate_id).first = '';
      return true;
    },
  },
  {
    tool: 'update_affiliate',
    asks: 'by a record',
    args: (model, pick, value) => ({ ...byId(model, pick), paypal_email: `money-${value % 2}@example.com` }),
    // The question names what is due to them.
    shown: (model, args) =>
      affiliateBy(model, args.affiliate_id).paypal === args.paypal_email
        ? undefined
        : { affiliate: showAffiliate(model, args), totals: totalsOf(model, args.affiliate_id) },
    apply(model, args) {
      affiliateBy(model, args.affiliate_id).paypal = String(args.paypal_email);
      return true;
    },
  },
  {
    tool: 'create_commission',
    asks: 'by a record',
    args: (model, pick, value) => ({ ...byId(model, pick), amount: 1 + (value % 3), note: `bonus ${value % 3}` }),
    shown: showAffiliate,
    apply(model, { affiliate_id, amount, note }) {
      const owed = { affiliateId: Number(affiliate_id), amount: cents(amount), note: String(note) };
      const state = { purchase: null, due: false, paid: false, cancelled: false };
      model.commissions.push({ id: nextId(model.commissions), ...owed, ...state });
      return true;
    },
  },
  {
    tool: 'create_purchase',
    asks: 'by a record',
    args: (model, pick, value) => ({
      purchase_code: `order-${pick % 3}`,
      // A new buyer, a customer of the other kind of `create_purchase` below, or an existing lead.
      email: [`buyer-${pick % 3}@example.com`, `customer-${pick % 3}@example.com`, at(model.leads, pick).email][
        value % 3
      ],
      purchase_amount: 20.05,
    }),
    exists: (model, args) => purchaseBy(model, args.purchase_code) !== undefined,
    shown(model, { email }) {
      const lead = leadByEmail(model, email);
      return lead?.affiliateId == null ? undefined : showLead(model, lead);
    },
    apply: addPurchase,
  },
  {
    tool: 'create_purchase',
    asks: 'by a record',
    args: (model, pick, value) => ({
      purchase_code: `credited-${value % 3}`,
      email: `customer-${value % 3}@example.com`,
      purchase_amount: 30,
      code: at(model.affiliates, pick).code,
      commission_amount_override: 3,
    }),
    exists: (model, args) => purchaseBy(model, args.purchase_code) !== undefined,
    shown: (model, args) => ({
      affiliate: { ...affiliateByCode(model, args.code) },
      customer: showLead(model, leadByEmail(model, args.email)),
    }),
    apply: addPurchase,
  },
  {
    tool: 'update_purchase',
    asks: 'never',
    args: (model, pick, value) => ({ purchase_id: at(model.purchases, pick).id, description: `note ${value % 3}` }),
    apply(model, { purchase_id, description }) {
      const purchase = purchaseBy(model, purchase_id);
      if (purchase) purchase.note = String(description);
      return true;
    },
  },
  {
    tool: 'update_purchase',
    asks: 'by a record',
    args: (model, pick, value) => ({ purchase_id: at(model.purchases, pick).id, purchase_amount: 50 + (value % 2) }),
    shown: (model, args) =>
      purchaseBy(model, args.purchase_id)?.amount === cents(args.purchase_amount)
        ? undefined
        : showPurchase(model, args),
    apply(model, { purchase_id, purchase_amount }) {
      const purchase = purchaseBy(model, purchase_id);
      if (purchase) purchase.amount = cents(purchase_amount);
      return true;
    },
  },
  {
    tool: 'cancel_purchase',
    asks: 'by a record',
    args: (model, pick) => ({ purchase_code: at(model.purchases, pick).code }),
    shown: showPurchase,
    apply: (model, { purchase_code }) => endPurchase(model, purchaseBy(model, purchase_code)),
  },
  {
    tool: 'reject_purchase',
    asks: 'by a record',
    args: (model, pick) => ({ purchase_id: at(model.purchases, pick).id }),
    shown: showPurchase,
    apply: (model, { purchase_id }) => endPurchase(model, purchaseBy(model, purchase_id)),
  },
  {
    tool: 'approve_purchase',
    asks: 'by a record',
    args: (model, pick) => ({ purchase_id: at(model.purchases, pick).id }),
    shown: showPurchase,
    apply(model, { purchase_id }) {
      const purchase = purchaseBy(model, purchase_id);
      if (purchase) purchase.pending = false;
      return true;
    },
  },
  {
    tool: 'mark_commissions_paid',
    asks: 'by a record',
    args(model, pick) {
      const ofPurchases = model.commissions.filter(({ purchase }) => purchase !== null);
      const { affiliateId, purchase } = at(ofPurchases, pick);
      return { affiliate_email: affiliateBy(model, affiliateId).email, purchase_code: purchase };
    },
    shown(model, { affiliate_email, purchase_code }) {
      const affiliate = model.affiliates.find(({ email }) => email === affiliate_email);
      const rows = unpaid(model, affiliate?.id ?? 0, purchase_code);
      const amount = rows.length > 0 && purchaseBy(model, purchase_code)?.amount;
      return { affiliate: { ...affiliate }, rows: rows.map((row) => ({ ...row })), amount };
    },
    apply(model, { affiliate_email, purchase_code }) {
      const affiliate = model.affiliates.find(({ email }) => email === affiliate_email);
      return markPaid(model, affiliate?.id ?? 0, purchase_code);
    },
  },
  {
    tool: 'create_lead',
    asks: 'never',
    args: (_, pick) => ({ email: `lead-${pick % 3}@example.com` }),
    exists: (model, { email }) => leadByEmail(model, email) !== undefined,
    apply(model, { email }) {
      addLead(model, String(email), 'Registered', null);
      return true;
    },
  },
  {
    tool: 'create_lead',
    asks: 'by a record',
    args: (model, pick, value) => ({ email: `lead-${pick % 3}@example.com`, code: codeOrStale(model, value) }),
    exists: (model, { email }) => leadByEmail(model, email) !== undefined,
    shown: (model, { code }) => affiliateByCode(model, code) && { ...affiliateByCode(model, code) },
    apply(model, { email, code }) {
      addLead(model, String(email), 'Registered', affiliateByCode(model, code)?.id ?? null);
      return true;
    },
  },
  {
    tool: 'update_lead',
    asks: 'never',
    args(model, pick, value) {
      const { id, email } = at(model.leads, pick);
      return { lead_id: id, email, first_name: `Name ${value % 3}` };
    },
    apply(model, { email, first_name }) {
      const lead = leadByEmail(model, email);
      if (lead) lead.first = String(first_name);
      return true;
    },
  },
  {
    tool: 'update_lead',
    asks: 'by a record',
    args(model, pick, value) {
      const { id, email } = at(model.leads, pick);
      return { lead_id: id, email, code: codeOrStale(model, value) };
    },
    // Does not ask if the lead has this affiliate already.
    shown(model, { email, code }) {
      const [affiliate, lead] = [affiliateByCode(model, code), leadByEmail(model, email)];
      if (!affiliate || affiliate.id === lead?.affiliateId) return undefined;
      return { affiliate: { ...affiliate }, lead: showLead(model, lead) };
    },
    apply(model, { email, code }) {
      const [affiliate, lead] = [affiliateByCode(model, code), leadByEmail(model, email)];
      if (affiliate && lead) lead.affiliateId = affiliate.id;
      return true;
    },
  },
  {
    tool: 'create_visitor',
    asks: 'never',
    args: (_, pick) => ({ url: `https://shop.example.com/page-${pick}` }),
    apply: addVisitor,
  },
  {
    tool: 'create_visitor',
    asks: 'by a record',
    asksUnread: true,
    args: (model, _, value) => ({ url: `https://shop.example.com/?afmc=${codeOrStale(model, value)}` }),
    shown: (model, { url }) => affiliateOfUrl(model, url) && { ...affiliateOfUrl(model, url) },
    apply: addVisitor,
  },
  {
    tool: 'create_custom_field',
    asks: 'never',
    args: (_, pick) => ({ name: `Field ${pick % 2}` }),
    apply(model, { name }) {
      if (model.fields.includes(String(name))) return false;
      model.fields.push(String(name));
      model.fields.sort();
      return true;
    },
  },
  {
    tool: 'delete_custom_field',
    asks: 'by its arguments',
    args: (_, pick) => ({ name: `Field ${pick % 2}` }),
    shown: () => 'no record',
    apply(model, { name }) {
      const place = model.fields.indexOf(String(name));
      if (place >= 0) model.fields.splice(place, 1);
      return place >= 0;
    },
  },
];

function markPaid(model: Model, affiliateId: number, code: unknown): boolean {
  for (const row of unpaid(model, affiliateId, code)) row.paid = true;
  return true;
}

/** A workflow that writes: its current items, and what the write of one item does. */
export interface BatchKind {
  readonly tool: string;
  readonly args: (model: Model, picks: readonly number[], value: number) => JsonObject;
  /** The items that it would act on, as the question shows them; keyed like the rows of its result. */
  readonly items: (model: Model, args: JsonObject) => Map<string, unknown>;
  readonly keyOf: (row: JsonObject) => string;
  /** The fault layer's name for the write of one item. */
  readonly pathOf: (model: Model, args: JsonObject, key: string) => string;
  /** The write of one item, as in the audit log. */
  readonly sends: (model: Model, args: JsonObject, key: string) => { operation: string; args: JsonObject };
  readonly apply: (model: Model, args: JsonObject, key: string) => boolean;
}

/** The states to which an action applies; affiliates in other states are left out. */
const meantFor: Readonly<Record<Decision, readonly string[]>> = {
  approve: ['Pending Approval'],
  reject: ['Pending Approval'],
  archive: ['Active', 'Pending Approval'],
  unarchive: ['Archived'],
};

const idsFor = (model: Model, picks: readonly number[]) => [
  ...new Set(picks.map((pick) => at(model.affiliates, pick).id)),
];
const splitKey = (key: string) => JSON.parse(key) as [affiliateId: number, code: string];

export const batchKinds: readonly BatchKind[] = [
  {
    tool: 'review_affiliates',
    args: (model, picks, value) => ({
      action: at(Object.keys(decisions), value),
      affiliate_ids: idsFor(model, picks),
    }),
    items(model, { action, affiliate_ids }) {
      const ids = affiliate_ids as number[];
      const meant = meantFor[action as Decision];
      const rows = ids.map((id) => affiliateBy(model, id)).filter(({ status }) => meant.includes(status));
      return new Map(rows.map((row) => [String(row.id), { ...row }]));
    },
    keyOf: (row) => String(row.affiliate_id),
    pathOf: (_, { action }, key) => `/affiliates/${key}/${action}`,
    sends: (_, { action }, key) => ({ operation: `${action}_affiliate`, args: { affiliate_id: Number(key) } }),
    apply: (model, { action }, key) => decisions[action as Decision](affiliateBy(model, Number(key))),
  },
  {
    tool: 'settle_payouts',
    args: (model, picks) => ({
      affiliate_ids: idsFor(model, picks),
      due_by: '2026-06-01T12:00:00Z',
      include_held: true,
    }),
    items(model, { affiliate_ids }) {
      const items = new Map<string, unknown>();
      for (const id of affiliate_ids as number[]) {
        const codes = new Set(
          model.commissions.filter((row) => row.affiliateId === id).map(({ purchase }) => purchase),
        );
        for (const code of codes) {
          const rows = unpaid(model, id, code);
          // Left out if one of them is not due yet, because a mark would settle that one as well.
          if (code === null || rows.length === 0 || rows.some(({ due }) => !due)) continue;
          const { first, last, email, status } = affiliateBy(model, id);
          items.set(JSON.stringify([id, code]), { first, last, email, status, rows: rows.map((row) => ({ ...row })) });
        }
      }
      return items;
    },
    keyOf: (row) => JSON.stringify([row.affiliate_id, row.purchase_code]),
    pathOf(model, _, key) {
      const [id, code] = splitKey(key);
      return `${affiliateBy(model, id).email} ${code}`;
    },
    sends(model, _, key) {
      const [id, code] = splitKey(key);
      const args = { affiliate_email: affiliateBy(model, id).email, purchase_code: code };
      return { operation: 'mark_commissions_paid', args };
    },
    apply: (model, _, key) => markPaid(model, ...splitKey(key)),
  },
];
