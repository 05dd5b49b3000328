import { expect, it } from 'vitest';
import { accountOf } from '../../src/account.ts';
import { KEY, startHarnessAt } from '../support/harness.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { activeAffiliate } from '../support/scripted-account.ts';
import { answerPage } from '../support/scripted-lists.ts';

const rows = Array.from({ length: 250 }, (_, index) => activeAffiliate(index + 1, { pending_approval: true }));

/** The sizes that are asked for of a LeadDyno that refuses more than a hundred. */
async function sizesAsked(finding: object) {
  const asked: (string | undefined)[] = [];
  const upstream = await startLeadDyno(({ path, query }, response) => {
    if (path.endsWith('/count')) return answerJson(response, { count: rows.length });
    if (asked.at(-1) !== query.per_page) asked.push(query.per_page);
    const { status, json } = answerPage(rows, query, { refusesAbove: 100 });
    answerJson(response, json, status);
  });
  const found = {
    account: accountOf(KEY),
    base_url: 'https://api.leaddyno.com/v1',
    checked_at: '2026-01-01T00:00:00Z',
    key_transport: 'header',
    page_sizes: { affiliates: 100 },
    ...finding,
  } as const;
  const harness = startHarnessAt(upstream.url, { keyTransport: 'header', findings: [found] });
  const { call } = await harness.connect('modern');
  expect((await call('list_pending_affiliates')).data).toMatchObject({ complete: true, pending: 250 });
  return asked;
}

it('what the doctor found of an account spares it the sizes that are refused', async () => {
  expect(await sizesAsked({})).toEqual(['100']);
});

it.each([
  ['another account', { account: 'another' }],
  ['another address', { base_url: 'https://example.com' }],
  ['another list', { page_sizes: { purchases: 50 } }],
])('what it found of %s does not', async (_, finding) => {
  expect(await sizesAsked(finding)).toEqual(['200', '100']);
});
