import type { JsonObject } from '../../src/json.ts';
import { type Received, type Reply, startUpstream } from './upstream.ts';

export const PAST = '2026-01-01T00:00:00Z';
export const FUTURE = '2999-01-01T00:00:00Z';

/** The record of an affiliate who can be paid. */
export const payee = (id: number, more: JsonObject = {}): JsonObject => ({
  id,
  email: `person-${id}@example.com`,
  first_name: `First${id}`,
  last_name: `Last${id}`,
  status: 'Active',
  archived: false,
  pending_approval: false,
  paypal_email: `pay-${id}@example.com`,
  ...more,
});

/** The record of a commission that is due, for the purchase `order-<id>` unless `more` changes that. */
export const owed = (id: number, affiliateId: number, more: JsonObject = {}): JsonObject => ({
  id,
  date: '2025-12-01',
  due_at: PAST,
  amount: '10.0',
  currency: 'USD',
  payment_type: 'cash',
  custom_singular: '',
  cancelled: false,
  paid: false,
  note: null,
  purchase: { id: id + 50_000, purchase_code: `order-${id}`, cancelled: false },
  affiliate: { id: affiliateId, email: `person-${affiliateId}@example.com` },
  ...more,
});

export interface PayoutUpstreamOptions {
  /** Answers a request, before anything else does. */
  readonly meddle?: (received: Received) => Reply | undefined;
  /** The total due that LeadDyno reports, by currency. */
  readonly due?: Readonly<Record<string, unknown>>;
  /** If given, commissions are listed without an envelope, in pages of this size, whatever is requested. */
  readonly bareSize?: number;
  /** Whether LeadDyno ignores the `status` filter. */
  readonly ignoresFilter?: boolean;
}

/** A scripted LeadDyno with these records, which carries out `mark_as_paid`. */
export async function startPayoutUpstream(
  affiliates: readonly JsonObject[],
  commissions: readonly JsonObject[],
  { meddle, due = {}, bareSize, ignoresFilter = false }: PayoutUpstreamOptions = {},
) {
  const rows = commissions.map((row) => ({ ...row }));
  const people = affiliates.map((row) => ({ ...row }));
  const marks: JsonObject[] = [];

  function listed(found: readonly JsonObject[], { query }: Received): Reply {
    const page = Number(query.page ?? 1);
    const size = bareSize ?? Number(query.per_page ?? 20);
    const shown = found.slice((page - 1) * size, page * size);
    if (bareSize !== undefined) return { json: shown };
    return { json: { page, per_page: size, total_entries: found.length, commissions: shown } };
  }

  function mark({ body }: Received): Reply {
    const given = body as JsonObject;
    marks.push(given);
    const affiliate = people.find(({ email }) => email === given.affiliate_email);
    const hit = rows.filter(
      (row) =>
        ownerOf(row) === affiliate?.id &&
        codeOf(row) === given.purchase_code &&
        row.paid !== true &&
        row.cancelled !== true,
    );
    for (const row of hit) row.paid = true;
    return { json: hit };
  }

  const upstream = await startUpstream((received) => {
    const special = meddle?.(received);
    if (special) return special;
    const [, kind, id, part] = received.path.split('/');
    if (received.path === '/commissions/mark_as_paid') return mark(received);
    if (received.path === '/commissions/totals')
      return { json: { total_due_cost: due[String(received.query.currency)] } };
    if (kind === 'commissions') return listed(rows, received);
    if (part === 'commissions') {
      const theirs = rows.filter((row) => String(ownerOf(row)) === id);
      const found = theirs.filter((row) => ignoresFilter || isInState(row, received.query.status));
      return people.some((one) => String(one.id) === id) ? listed(found, received) : { status: 404, json: null };
    }
    if (id === 'by_email') return { json: people.find(({ email }) => email === received.query.email) ?? null };
    if (id !== undefined) {
      const found = people.find((one) => String(one.id) === id);
      return found ? { json: found } : { status: 404, json: { error: 'not found' } };
    }
    const size = Number(received.query.per_page);
    const page = Number(received.query.page);
    return { json: people.slice((page - 1) * size, page * size) };
  });
  return { ...upstream, rows, people, marks };
}

function isInState(row: JsonObject, status: unknown): boolean {
  if (status === undefined) return true;
  return row.cancelled !== true && (row.paid === true) === (status === 'paid');
}

const ownerOf = (row: JsonObject) => (row.affiliate as JsonObject | null)?.id;
const codeOf = (row: JsonObject) => (row.purchase as JsonObject | null)?.purchase_code;
