import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { hostileApplicants } from '../../src/sandbox/hostile-applicants.ts';
import type { Programme } from '../../src/sandbox/index.ts';
import { eras, type Result } from '../support/clients.ts';
import { readCalls } from '../support/good-calls.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { findInvisible, invisibleSamples } from '../support/protocol-invisible.ts';
import { rowsOf, stringsIn } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

/** Fails where anything in a result cannot be seen: in its text, its values or its keys. */
function expectClean({ text, data }: Result, what: string): void {
  expect(findInvisible(text), what).toEqual([]);
  expect(stringsIn(data).flatMap(findInvisible), what).toEqual([]);
}

const idsOf = (programme: Programme) =>
  hostileApplicants.map(({ email }) => programme.affiliateByEmail(email)?.id ?? expect.fail(email));

async function textOf(client: Client, uri: string): Promise<string> {
  const { contents } = await client.readResource({ uri });
  return contents.map((content) => ('text' in content ? content.text : '')).join('');
}

describe('the check itself', () => {
  it('finds what the hostile applicants hide', () => {
    const hidden = hostileApplicants.map((applicant) => stringsIn({ ...applicant }).flatMap(findInvisible).length);
    expect(hidden.filter((count) => count > 0).length).toBeGreaterThanOrEqual(4);
    expect(invisibleSamples.every((sample) => findInvisible(sample).length === 1)).toBe(true);
    expect(findInvisible('Zoë 芳 \u{1f600}\n\t')).toEqual([]);
  });
});

describe.each(eras)('%s: hostile applicants come out clean', (era) => {
  it('of every tool that returns them', async () => {
    const harness = await startHarness();
    const { programme } = harness.sandbox;
    const { call } = await harness.connect(era);
    for (const id of idsOf(programme)) {
      const applicant = programme.affiliates.get(id) ?? expect.fail('no such applicant');
      const calls: readonly (readonly [string, object])[] = [
        ['get_affiliate', { affiliate_id: id }],
        ['find_affiliate_by_email', { email: applicant.email }],
        ['find_affiliate_by_code', { affiliate_code: applicant.code }],
        ['list_affiliates', { query: applicant.email }],
        ['list_affiliates', { query: applicant.email, detail: 'full' }],
        ['create_affiliate', { email: applicant.email }],
        ['approve_affiliate', { affiliate_id: id }],
        ['archive_affiliate', { affiliate_id: id }],
        ['list_affiliate_leads', { affiliate_id: id }],
        ['list_affiliate_purchases', { affiliate_id: id }],
        ['list_affiliate_commissions', { affiliate_id: id }],
        ['list_affiliate_sub_ids', { affiliate_id: id }],
      ];
      for (const [tool, args] of calls) {
        const result = await call(tool, { ...args });
        expect(result.isError, `${tool}: ${result.text}`).toBe(false);
        expectClean(result, `${tool} of ${applicant.email}`);
      }
    }
  });

  it('of every list, and of the fields that name a recruiter', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect(era);
    for (const [tool, args] of Object.entries(readCalls)) {
      expectClean(await call(tool, args(harness.sandbox.programme)), tool);
    }
    const all = await call('list_affiliates', { detail: 'full', per_page: 200 });
    const recruited = rowsOf(all, 'affiliates').filter(
      ({ referring_affiliate }) => typeof referring_affiliate === 'string',
    );
    expect(recruited.some(({ referring_affiliate }) => String(referring_affiliate).includes('Ignore previous'))).toBe(
      true,
    );
  });

  it('of resources, their list and completion', async () => {
    const harness = await startHarness({ sandbox: { affiliates: 24 } });
    const { programme } = harness.sandbox;
    const { client } = await harness.connect(era);
    const hostile = hostileApplicants
      .map(({ email }) => programme.affiliateByEmail(email))
      .filter((row) => row !== undefined);
    expect(hostile.length).toBeGreaterThan(2);
    for (const { id } of hostile) {
      expect(findInvisible(await textOf(client, `leaddyno://affiliates/${id}`))).toEqual([]);
    }
    expect(findInvisible(await textOf(client, 'leaddyno://affiliates'))).toEqual([]);
    const { resources } = await client.listResources();
    expect(stringsIn(resources).flatMap(findInvisible)).toEqual([]);
    for (const { name } of resources) {
      expect(name).not.toContain('\n');
      expect(Array.from(name).length).toBeLessThanOrEqual(60);
    }
    const ref = { type: 'ref/resource', uri: 'leaddyno://affiliates/{affiliate_id}' } as const;
    for (const { email } of hostile) {
      const { completion } = await client.complete({ ref, argument: { name: 'affiliate_id', value: email } });
      for (const value of completion.values) expect(value).toMatch(/^\d+$/);
    }
  });

  it('of a list of resources that is full of them', async () => {
    const rows = hostileApplicants.map(({ firstName, lastName, email }, index) => ({
      id: index + 1,
      email,
      first_name: firstName,
      last_name: lastName,
    }));
    const nameless = [
      { id: 90, email: 'plain@example.com', first_name: '\u200b', last_name: ' ' },
      { id: 91, first_name: '\u202e\u2066', last_name: null, email: null },
    ];
    const upstream = await startUpstream(() => ({ json: [...rows, ...nameless] }));
    const { client } = await startHarnessAt(upstream.url).connect(era);
    const { resources } = await client.listResources();
    const records = resources.filter(({ uri }) => !uri.startsWith('skill:'));
    const names = records.slice(3).map(({ name }) => name);
    expect(names).toHaveLength(10);
    for (const name of names) {
      expect(findInvisible(name)).toEqual([]);
      expect(name.trim()).not.toBe('');
      expect(name).not.toContain('\n');
    }
    expect(names[9]).toBe('Affiliate 91');
  });
});

describe('what is invisible', () => {
  const nest = (text: string) => ({
    id: 7,
    [`key${text}name`]: `value${text}end`,
    custom_fields: { [text]: [text, { [`${text}${text}`]: `${text}x${text}` }] },
  });

  it.each(invisibleSamples.map((sample) => [sample.codePointAt(0)?.toString(16), sample]))(
    'U+%s comes out of no key and no value',
    async (_, sample) => {
      const upstream = await startUpstream(({ method }) => ({
        json: method === 'GET' ? nest(sample) : { error: `no${sample}way`, [`field${sample}`]: sample },
      }));
      const { call, client } = await startHarnessAt(upstream.url).connect('modern');
      expectClean(await call('get_affiliate', { affiliate_id: 7 }), 'record');
      expectClean(await call('list_affiliates', { detail: 'full' }), 'list');
      expectClean(await call('count_leads'), 'unexpected answer');
      expectClean(await call('approve_affiliate', { affiliate_id: 7 }), 'error');
      expectClean(await call('get_affiliate', { affiliate_id: 7, [`x${sample}y`]: sample }), 'unknown argument');
      expect(findInvisible(await textOf(client, 'leaddyno://affiliates/7'))).toEqual([]);
    },
  );

  it('in one of two keys leaves both of them', async () => {
    const json = { id: 7, custom_fields: { Website: 'first', 'Web\u200bsite': 'second', '\u202eWebsite': 'third' } };
    const upstream = await startUpstream(() => ({ json }));
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const result = await call('get_affiliate', { affiliate_id: 7 });
    expectClean(result, 'record');
    for (const value of ['first', 'second', 'third']) expect(result.text).toContain(`"${value}"`);
  });

  it('cannot hide a secret in its key', async () => {
    const json = { id: 7, 'affiliate_dashboard\u200b_url': 'https://secret.example.com/p/1' };
    const upstream = await startUpstream(() => ({ json }));
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    expect((await call('get_affiliate', { affiliate_id: 7 })).text).not.toContain('secret.example.com');
  });

  it('in what the caller sent comes out of no dry run', async () => {
    const { call } = await (await startHarness({ dryRun: true })).connect('modern');
    for (const sample of invisibleSamples) {
      expectClean(await call('create_lead', { email: 'a@example.com', first_name: `A${sample}b` }), 'dry run');
    }
  });
});
