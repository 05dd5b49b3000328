import type { JsonObject } from '../../src/json.ts';
import { type Received, type Reply, startUpstream } from './upstream.ts';

/** An affiliate as LeadDyno shows it. */
export const affiliateRow = (id: number, more: JsonObject = {}): JsonObject => ({
  id,
  email: `person-${id}@example.com`,
  first_name: `First${id}`,
  last_name: `Last${id}`,
  affiliate_code: `code-${id}`,
  status: 'Pending Approval',
  archived: false,
  pending_approval: true,
  paypal_email: `person-${id}@example.com`,
  created_at: '2026-01-01T10:00:00Z',
  ...more,
});

const STATES: Readonly<Record<string, JsonObject>> = {
  approve: { status: 'Active', archived: false, pending_approval: false },
  unarchive: { status: 'Active', archived: false, pending_approval: false },
  reject: { status: 'Archived', archived: true, pending_approval: false },
  archive: { status: 'Archived', archived: true, pending_approval: false },
};

/**
 * Called before each write. May return an answer in place of the write, or (`after`) an answer to send once the write
 * has been carried out.
 */
export type Meddle = (id: number, received: Received) => Reply | { readonly after: Reply } | undefined;

export interface ReviewUpstreamOptions {
  readonly meddle?: Meddle;
  readonly delayMs?: number;
  /** Whether the list omits archived affiliates. */
  readonly hidesArchived?: boolean;
  readonly reads?: (received: Received) => Reply | undefined;
}

/** A scripted LeadDyno with these affiliates, which carries out `approve`, `reject`, `archive` and `unarchive`. */
export async function startReviewUpstream(rows: readonly JsonObject[], options: ReviewUpstreamOptions = {}) {
  const records = new Map(rows.map((row) => [Number(row.id), { ...row }]));
  const { meddle, delayMs = 0, hidesArchived = false, reads } = options;
  const upstream = await startUpstream((received) => {
    const [, , id, verb] = received.path.split('/');
    const record = records.get(Number(id));
    if (received.method === 'POST' && verb !== undefined) {
      const special = meddle?.(Number(id), received);
      if (special && !(typeof special === 'object' && 'after' in special)) return special;
      if (!record) return { status: 404, json: { error: 'not found' } };
      Object.assign(record, STATES[verb]);
      return special && typeof special === 'object' ? special.after : { json: record, delayMs };
    }
    const other = reads?.(received);
    if (other) return other;
    if (id !== undefined) return record ? { json: record } : { status: 404, json: { error: 'not found' } };
    const size = Number(received.query.per_page);
    const page = Number(received.query.page);
    const shown = [...records.values()].filter(({ archived }) => !(hidesArchived && archived));
    return { json: shown.slice((page - 1) * size, page * size) };
  });
  return {
    ...upstream,
    records,
    /** The paths of the writes received, in order. */
    writes: () => upstream.requests.filter(({ method }) => method === 'POST').map(({ path }) => path),
  };
}
