import { describe, expect, it } from 'vitest';
import type { Programme } from '../../src/sandbox/index.ts';
import { eras } from '../support/clients.ts';
import { readCalls } from '../support/good-calls.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { at, reasonOf, rowsOf } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

const masked = { maskPii: true } as const;

/** Every e-mail, name and address of the people of a programme. */
function peopleOf(programme: Programme) {
  const people = [...programme.affiliates.rows, ...programme.leads.rows];
  const emails = people.map(({ email }) => email);
  const payouts = programme.affiliates.rows
    .map(({ paypalEmail }) => paypalEmail ?? '')
    .filter((text) => text.includes('@'));
  const names = people.flatMap(({ firstName, lastName }) => [firstName ?? '', lastName ?? '']);
  const streets = programme.leads.rows.flatMap(({ address1, zipcode }) => [address1 ?? '', zipcode ?? '']);
  const whole = (text: string) => text.trim().length > 2;
  return {
    emails: [...new Set([...emails, ...payouts])],
    names: [...new Set(names)].filter(whole),
    streets: [...new Set(streets)].filter(whole),
  };
}

/** People who appear in `text`: addresses anywhere, names and streets as words of their own. */
function findPeople(text: string, programme: Programme): string[] {
  const { emails, names, streets } = peopleOf(programme);
  const lower = text.toLowerCase();
  const isWord = (name: string) => {
    const quoted = JSON.stringify(name)
      .slice(1, -1)
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`(?<![\\p{L}\\p{N}-])${quoted}(?![\\p{L}\\p{N}])`, 'u').test(text);
  };
  return [
    ...emails.filter(
      (email) => lower.includes(email.toLowerCase()) || lower.includes(encodeURIComponent(email).toLowerCase()),
    ),
    ...[...names, ...streets].filter(isWord),
  ];
}

describe.each(eras)('%s: masked people', (era) => {
  it('has only tools that read', async () => {
    const { client } = await (await startHarness(masked)).connect(era);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual(Object.keys(readCalls).sort());
  });

  it('are in no result of a tool, and are without the mask', async () => {
    const harness = await startHarness(masked);
    const open = await startHarness();
    const hidden = await harness.connect(era);
    const shown = await open.connect(era);
    for (const [tool, args] of Object.entries(readCalls)) {
      const result = await hidden.call(tool, args(harness.sandbox.programme));
      expect(result.isError, `${tool}: ${result.text}`).toBe(false);
      expect(findPeople(result.text, harness.sandbox.programme), tool).toEqual([]);
    }
    const { text } = await shown.call('list_affiliates', { per_page: 200, detail: 'full' });
    expect(findPeople(text, open.sandbox.programme).length).toBeGreaterThan(60);
  });

  it('are in no resource, neither in the list of them', async () => {
    const harness = await startHarness(masked);
    const { programme } = harness.sandbox;
    const { client } = await harness.connect(era);
    const { resources } = await client.listResources();
    expect(resources.filter(({ uri }) => !uri.startsWith('skill:'))).toHaveLength(28);
    expect(resources.map(({ name }) => name)).toContain('Affiliate 1001');
    expect(findPeople(JSON.stringify(resources), programme)).toEqual([]);
    for (const part of ['', '/1001', '/1001/leads', '/1001/purchases', '/1001/commissions']) {
      const { contents } = await client.readResource({ uri: `leaddyno://affiliates${part}` });
      expect(findPeople(String(at(contents, 0, 'text')), programme), part).toEqual([]);
    }
  });

  it('are not completed', async () => {
    const harness = await startHarness(masked);
    const { client } = await harness.connect(era);
    const ref = { type: 'ref/resource', uri: 'leaddyno://affiliates/{affiliate_id}' } as const;
    const { completion } = await client.complete({ ref, argument: { name: 'affiliate_id', value: 'arbor' } });
    expect(completion.values).toEqual([]);
    expect(harness.sandbox.requests).toEqual([]);
  });

  it('keep their pseudonyms, in every call and at every start', async () => {
    const first = await (await startHarness(masked)).connect(era);
    const second = await (await startHarness(masked)).connect(era);
    const one = await first.call('get_affiliate', { affiliate_id: 1001 });
    const pseudonym = at(one.data, 'affiliate', 'email');
    expect(pseudonym).toMatch(/^person-[0-9a-f]{10}@masked\.invalid$/);
    expect(at(one.data, 'affiliate', 'paypal_email')).toBe(pseudonym);
    const [row] = rowsOf(await second.call('list_affiliates', { detail: 'full' }), 'affiliates');
    expect(row).toEqual(one.data.affiliate);
    const purchases = rowsOf(await second.call('list_affiliate_purchases', { affiliate_id: 1001 }), 'purchases');
    for (const purchase of purchases) expect(at(purchase, 'affiliate', 'email')).toBe(pseudonym);
    const all = rowsOf(await second.call('list_affiliates', { per_page: 200 }), 'affiliates');
    expect(new Set(all.map(({ email }) => email)).size).toBe(60);
  });

  it.each(['find_affiliate_by_email', 'find_lead_by_email'])('say to %s why a pseudonym finds nobody', async (tool) => {
    const { call } = await (await startHarness(masked)).connect(era);
    const { data } = await call('get_affiliate', { affiliate_id: 1001 });
    const result = await call(tool, { email: at(data, 'affiliate', 'email') });
    expect(reasonOf(result)).toBe('not_found');
    expect(result.text).toMatch(/--mask-pii.*is a pseudonym that LeadDyno does not know\. Look up by id instead/);
  });

  it('are still found by their real address, and shown masked', async () => {
    const harness = await startHarness(masked);
    const { call } = await harness.connect(era);
    const { data, text } = await call('find_affiliate_by_email', { email: 'ann.arbor@example.com' });
    expect(data.affiliate).toMatchObject({ id: 1001 });
    expect(findPeople(text, harness.sandbox.programme)).toEqual([]);
  });
});

it('masks addresses in free text, in keys, in links and in the words of an error', async () => {
  const json = {
    id: 7,
    note: 'Ask Ann.Arbor@Example.com, or <b@example.org>; ann.arbor@example.com again',
    url: { url: 'https://shop.example.com/?email=ann.arbor%40example.com&x=1' },
    custom_fields: { 'ann.arbor@example.com': 'https://ann.example.com', size: 18_500 },
    affiliate: { id: 1, email: 'ann.arbor@example.com' },
    tags: ['mail ann.arbor@example.com now'],
  };
  const upstream = await startUpstream(({ path }) =>
    path === '/leads/7' ? { json } : { status: 400, json: { error: { email: ['ann.arbor@example.com is taken'] } } },
  );
  const { call } = await startHarnessAt(upstream.url, masked).connect('modern');
  const { text } = await call('get_lead', { lead_id: 7 });
  expect(text.toLowerCase()).not.toMatch(/arbor|b@example|ann\.example|18500/);
  const failed = await call('get_lead', { lead_id: 8 });
  expect(failed.text).toMatch(/is taken/);
  expect(failed.text).not.toContain('arbor');
});
