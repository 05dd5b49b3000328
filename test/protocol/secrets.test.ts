import { describe, expect, it } from 'vitest';
import { eras } from '../support/clients.ts';
import { askingWrites, readCalls, writeCalls } from '../support/good-calls.ts';
import { KEY, startHarness } from '../support/harness.ts';
import { at } from '../support/protocol-json.ts';
import { readingTools, toolNames } from '../support/tool-names.ts';

const DASHBOARD = 'https://affiliates.example.com/p/';
const SIGN_IN = 'https://affiliates.example.com/sign_in/';
const URIS = ['leaddyno://affiliates', 'leaddyno://affiliates/1001', 'leaddyno://affiliates/1001/leads'];

it('every tool has a good call', () => {
  const called = new Set([...Object.keys({ ...readCalls, ...writeCalls }), ...askingWrites.map(({ tool }) => tool)]);
  expect([...called].toSorted()).toEqual(toolNames.toSorted());
  expect(Object.keys(readCalls).toSorted()).toEqual(readingTools.toSorted());
});

describe.each(eras)('%s: secrets', (era) => {
  it('are in no answer of a tool that reads, nor in a resource', async () => {
    const harness = await startHarness();
    const { call, client } = await harness.connect(era);
    await client.listTools();
    for (const [name, args] of Object.entries(readCalls)) {
      const { text, isError } = await call(name, args(harness.sandbox.programme));
      expect(isError, `${name}: ${text}`).toBe(false);
      expect(text, name).not.toContain(DASHBOARD);
      expect(text, name).not.toContain(SIGN_IN);
      expect(text, name).not.toContain(KEY);
    }
    for (const uri of URIS) {
      const text = JSON.stringify((await client.readResource({ uri })).contents);
      expect(text, uri).not.toContain(DASHBOARD);
    }
  });

  it('says that the dashboard link is there and masked', async () => {
    const { call, client } = await (await startHarness()).connect(era);
    const { data } = await call('get_affiliate', { affiliate_id: 1001 });
    expect(at(data, 'affiliate', 'affiliate_dashboard_url')).toMatch(/^\[masked/);
    const { contents } = await client.readResource({ uri: 'leaddyno://affiliates/1001' });
    expect(at(contents, 0, 'text')).toContain('"affiliate_dashboard_url":"[masked');
  });

  it('shows the dashboard link where the operator wants that', async () => {
    const harness = await startHarness({ showDashboardLinks: true });
    const { call, client } = await harness.connect(era);
    const token = harness.sandbox.programme.affiliates.get(1001)?.dashboardToken;
    const { data } = await call('list_affiliates', { query: 'arbor', detail: 'full' });
    expect(at(data, 'affiliates', 0, 'affiliate_dashboard_url')).toBe(`${DASHBOARD}${token}`);
    const { contents } = await client.readResource({ uri: 'leaddyno://affiliates/1001' });
    expect(at(contents, 0, 'text')).toContain(`${DASHBOARD}${token}`);
  });

  it('masks the dashboard link in the answers of writes', async () => {
    const { call } = await (await startHarness({ confirm: 'off' })).connect(era);
    for (const [name, args] of [
      ['approve_affiliate', { affiliate_id: 1002 }],
      ['update_affiliate', { affiliate_id: 1002, first_name: 'Benjamin' }],
      ['archive_affiliate', { affiliate_id: 1003 }],
      ['create_affiliate', { email: 'new@example.com' }],
      ['create_affiliate', { email: 'ann.arbor@example.com' }],
    ] as const) {
      const { text } = await call(name, args);
      expect(text, name).toContain('[masked');
      expect(text, name).not.toContain(DASHBOARD);
    }
  });

  it('gives the sign-in link in the answer of its own tool', async () => {
    const { call } = await (await startHarness()).connect(era, { answers: 'yes' });
    const { data, text } = await call('create_affiliate_sign_in_link', { affiliate_id: 1001 });
    expect(at(data, 'sign_in_link', 'sign_in_url')).toMatch(new RegExp(`^${SIGN_IN}[0-9a-f]+$`));
    expect(text).toContain('expires_in_seconds');
  });

  it('keeps the sign-in link out of the question and of a dry run', async () => {
    const asking = await (await startHarness()).connect(era);
    expect((await asking.call('create_affiliate_sign_in_link', { affiliate_id: 1001 })).text).not.toContain(SIGN_IN);
    const dry = await (await startHarness({ dryRun: true })).connect(era);
    expect((await dry.call('create_affiliate_sign_in_link', { affiliate_id: 1001 })).text).not.toContain(SIGN_IN);
  });
});
