import { expect, it } from 'vitest';
import { standingOf } from '../../src/workflows/affiliates/standing.ts';
import { startHarnessAt } from '../support/harness.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { startAccount } from '../support/scripted-account.ts';

/*
 * Records may say two things at once. Whatever is made of them, every tool makes the same of it: what the overview
 * counts as waiting is what the queue shows and the export holds.
 */

const said = [undefined, null, 'Active', 'Archived', 'Pending Approval', 'Something new'];
const flags = [undefined, null, true, false];
const affiliates = said
  .flatMap((status) =>
    flags.flatMap((archived) => flags.map((pending_approval) => ({ status, archived, pending_approval }))),
  )
  .map((row, index) => ({ id: index + 1, email: `a${index}@x.example`, created_at: '2026-01-05T00:00:00Z', ...row }));
const countOf = (standing: string) => affiliates.filter((row) => standingOf(row) === standing).length;

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
