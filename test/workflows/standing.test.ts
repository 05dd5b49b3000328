import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { standingOf } from '../../src/records/people.ts';
import { startHarnessAt } from '../support/harness.ts';
import { owed, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { startAccount } from '../support/scripted-account.ts';

/*
 * Records may say two things at once. Whatever is made of them, every tool makes the same of it: what the overview
 * counts as waiting is what the queue shows and the export holds.
 */

const said = [undefined, null, '', 'Active', ' active', 'Archived', 'ARCHIVED', 'Pending Approval', 'Rejected', 7];
const flags = [undefined, null, true, false, 'true', 0, 'maybe'];
const affiliates = said
  .flatMap((status) =>
    flags.flatMap((archived) => flags.map((pending_approval) => ({ status, archived, pending_approval }))),
  )
  .map((row, index) => ({ id: index + 1, email: `a${index}@x.example`, created_at: '2026-01-05T00:00:00Z', ...row }));
const countOf = (standing: string) => affiliates.filter((row) => standingOf(row) === standing).length;

/** Nothing said of where they stand, by any of the three. */
const isSilent = ({ status, archived, pending_approval }: (typeof affiliates)[number]) =>
  [status, archived, pending_approval].every((value) => (value ?? '') === '');

describe('where an affiliate stands', () => {
  it.each<[string, JsonObject]>([
    ['active', { status: 'Active' }],
    ['active', { status: ' ACTIVE ', archived: 0, pending_approval: 'no' }],
    ['active', { archived: false, pending_approval: 'false' }],
    ['archived', { status: 'Active', archived: 1 }],
    ['archived', { status: 'archived', archived: 'true' }],
    ['archived', { status: 'Archived', pending_approval: true }],
    ['pending', { status: 'pending approval' }],
    ['pending', { status: 'Active', archived: false, pending_approval: 't' }],
    ['unknown', { status: 'Archived', archived: false }],
    ['unknown', { status: 'Pending Approval', pending_approval: false }],
    ['unknown', { status: 'Rejected' }],
    ['unknown', { status: 'Rejected', archived: false, pending_approval: false }],
    ['unknown', { status: 'Suspended', archived: null, pending_approval: null }],
    ['unknown', { status: 'Active', archived: 'perhaps' }],
    ['unknown', { status: { name: 'Active' } }],
    ['unknown', { archived: false }],
    ['unknown', {}],
  ])('is %s by %j', (standing, affiliate) => {
    expect(standingOf(affiliate)).toBe(standing);
  });
});

it('is the same in the overview, the queue, the changes and the exports', async () => {
  const upstream = await startAccount({ affiliates });
  const { call } = await startHarnessAt(upstream.url, { keyTransport: 'header' }).connect('modern');
  const overview = (await call('program_overview', {})).data;
  const counts = at(overview, 'counts', 'affiliates_by_status');
  expect(counts).toEqual({
    active: countOf('active'),
    pending: countOf('pending'),
    archived: countOf('archived'),
    unknown: countOf('unknown'),
  });
  expect(Object.values(counts as object).every((count) => count > 0)).toBe(true);
  expect(at(overview, 'approval_queue', 'pending')).toBe(countOf('pending'));

  const queue = await call('list_pending_affiliates', { limit: 200 });
  expect(rowsOf(queue, 'applicants')).toHaveLength(countOf('pending'));
  const changes = (await call('changes_since', { since: '2026-01-01T00:00:00Z' })).data;
  expect(at(changes, 'affiliates', 'pending_among_them')).toBe(countOf('pending'));
  for (const status of ['active', 'pending', 'archived']) {
    const exported = (await call('export_records', { records: 'affiliates', status })).data;
    expect(at(exported, 'rows'), status).toBe(countOf(status));
  }
});

it('is what the payout report goes by: nobody is ready but who is active, or of whom nothing is said', async () => {
  const payees = affiliates.map((row) => ({ ...row, paypal_email: `p${row.id}@x.example` }));
  const upstream = await startPayoutUpstream(
    payees,
    payees.map(({ id }) => owed(id, id)),
  );
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  const reasons = new Map<unknown, unknown>();
  for (let skip: unknown = 0; typeof skip === 'number'; ) {
    const result = await call('payout_report', { limit: 200, skip });
    for (const line of rowsOf(result, 'lines')) reasons.set(line.affiliate_id, line.reasons);
    skip = result.data.next_skip;
  }
  expect(reasons.size).toBe(affiliates.length);
  for (const row of affiliates) {
    const standing = standingOf(row);
    const reason = standing === 'unknown' ? "affiliate's status unclear" : `affiliate ${standing}`;
    const ready = standing === 'active' || isSilent(row);
    expect(reasons.get(row.id), JSON.stringify(row)).toEqual(ready ? undefined : [reason]);
  }
});
