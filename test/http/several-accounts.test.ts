import { describe, expect, it } from 'vitest';
import { rowsIn } from '../../src/json.ts';
import { connectHttp, httpKinds } from '../support/http-clients.ts';
import { askedIn } from '../support/protocol-json.ts';
import { keysOf, markOf, startSeveral } from '../support/several-accounts.ts';

const two = keysOf('acme', 'globex');

describe.each(httpKinds)('several accounts, for a client of the kind %s', (kind) => {
  it('are an argument of every tool, and each result names its own', async () => {
    const { server, upstream } = await startSeveral(two);
    const client = await connectHttp(server.url, kind);
    const { tools } = await client.client.listTools();
    for (const { name, inputSchema, outputSchema } of tools) {
      const { account } = inputSchema.properties as Record<string, { enum: string[] }>;
      expect([name, account?.enum]).toEqual([
        name,
        name === 'program_overview' ? ['acme', 'globex', 'all'] : ['acme', 'globex'],
      ]);
      expect(inputSchema.required).toContain('account');
      expect(outputSchema?.properties).toHaveProperty('account');
    }
    for (const [account, key] of two) {
      const before = upstream.requests.length;
      const { data } = await client.call('get_affiliate', { account, affiliate_id: 7 });
      expect(data).toMatchObject({ account, affiliate: { first_name: markOf(account) } });
      expect(upstream.requests.slice(before).map((request) => request.key)).toEqual([key]);
    }
    expect(server.faults).toEqual([]);
  });

  it('need one in each call, unless there is a default', async () => {
    const { server } = await startSeveral(two);
    const client = await connectHttp(server.url, kind);
    const missing = await client.call('get_affiliate', { affiliate_id: 7 });
    expect(missing.text).toContain('account: is missing: one of acme, globex');
    const wrong = await client.call('get_affiliate', { affiliate_id: 7, account: 'initech' });
    expect(wrong.text).toContain('account: must be one of acme, globex, not "initech"');

    const { server: another } = await startSeveral(two, { fallback: 'globex' });
    const second = await connectHttp(another.url, kind);
    expect((await second.call('get_affiliate', { affiliate_id: 7 })).data.account).toBe('globex');
    expect((await second.call('get_affiliate', { affiliate_id: 7, account: 'Acme' })).data.account).toBe('acme');
    const [first] = (await second.client.listTools()).tools;
    expect(first?.inputSchema.required ?? []).not.toContain('account');
  });

  it('stand in every question, and a confirmation of one is none for the other', async () => {
    const { server, upstream } = await startSeveral(two);
    const client = await connectHttp(server.url, kind);
    const args = { affiliate_id: 7 };
    const question = await client.call('archive_affiliate', { ...args, account: 'acme' });
    expect(question.data.confirmation).toMatchObject({ question: expect.stringMatching(/^Account acme: /) });
    const { token } = askedIn(question);
    const crossed = await client.call('archive_affiliate', { ...args, account: 'globex', confirmation_token: token });
    expect(JSON.stringify(crossed.data.confirmation)).toContain(
      'The confirmation was given for the account acme and does not count for this one, which needs its own: Account globex: ',
    );
    expect(upstream.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    const done = await client.call('archive_affiliate', { ...args, account: 'acme', confirmation_token: token });
    expect(done.isError, done.text).toBe(false);
    expect(upstream.requests.filter(({ method }) => method !== 'GET').map(({ key }) => key)).toEqual([two.get('acme')]);
  });
});

describe('what is made in one account is refused in another, in a sentence', () => {
  it('a file, by whichever address', async () => {
    const { server } = await startSeveral(two);
    const client = await connectHttp(server.url, 'modern');
    const { data } = await client.call('export_records', { account: 'acme', records: 'affiliates' });
    const [file] = rowsIn(data, 'files');
    expect(file?.name).toMatch(/^acme-affiliates/);
    expect(file?.uri).toMatch(/^leaddyno:\/\/accounts\/acme\/exports\/[\w-]{22}$/);
    const own = await client.call('read_export', { account: 'acme', uri: String(file?.uri) });
    expect(own.text).toContain(markOf('acme'));
    const id = String(file?.uri).split('/').at(-1) ?? '';
    for (const uri of [String(file?.uri), `leaddyno://accounts/globex/exports/${id}`, `leaddyno://exports/${id}`]) {
      const other = await client.call('read_export', { account: 'globex', uri });
      expect(other.data).toMatchObject({ account: 'globex', error: { reason: 'invalid' } });
      expect(other.text).toContain('this file belongs to the account acme: call again with account acme');
    }
    await expect(client.read(`leaddyno://accounts/globex/exports/${id}`)).rejects.toThrow('not found');
    await expect(client.read(`leaddyno://exports/${id}`)).rejects.toThrow('write leaddyno://accounts/NAME/');
    const uris = await client.resourceUris();
    expect(uris.filter((uri) => uri.includes('exports'))).toEqual([file?.uri]);
    expect((await client.call('read_export', { account: 'globex' })).data.files).toEqual([]);
  });
});

it('the request limit of each account is its own, and who waits for it is told whose it is', async () => {
  const { server } = await startSeveral(two, { argv: ['--rate-limit', '3', '--timeout', '300'] });
  const client = await connectHttp(server.url, 'modern');
  const read = (account: string) => client.call('get_affiliate', { account, affiliate_id: 7 });
  let last = await read('acme');
  for (let calls = 1; !last.isError && calls < 5; calls += 1) last = await read('acme');
  expect(last.data).toMatchObject({ account: 'acme', error: { reason: 'rate_limited' } });
  expect(last.text).toMatch(/^Account acme: /);
  expect((await read('globex')).isError).toBe(false);
});
