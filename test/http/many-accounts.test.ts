import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { rowsIn } from '../../src/json.ts';
import { connectHttp, type HttpConnection, httpKinds } from '../support/http-clients.ts';
import { askedIn } from '../support/protocol-json.ts';
import { keysOf, markOf, startSeveral } from '../support/several-accounts.ts';

const ACCOUNTS = 50;
const CALLS = 20;

const names = Array.from({ length: ACCOUNTS }, (_, index) => `shop-${index}`);
const keys = keysOf(...names);

type Call = (tool: string, args?: JsonObject) => ReturnType<HttpConnection['call']>;

/** One of everything, the same for all accounts at the same time, by the same callers. */
const things: readonly ((call: Call, client: HttpConnection, account: string) => Promise<string>)[] = [
  async (call) => (await call('get_affiliate', { affiliate_id: 7 })).text,
  async (call) => (await call('list_affiliates', { detail: 'full' })).text,
  async (_, client, account) => await client.read(`leaddyno://accounts/${account}/affiliates/7`),
  async (_, client, account) => await client.read(`leaddyno://accounts/${account}/affiliates`),
  async (call) => (await call('update_lead', { lead_id: 7, email: 'x@buyer.example' })).text,
  async (call) => {
    const question = await call('archive_affiliate', { affiliate_id: 7 });
    const done = await call('archive_affiliate', { affiliate_id: 7, confirmation_token: askedIn(question).token });
    return question.text + done.text;
  },
  async (call) => (await call('find_affiliate_by_email', { email: 'somebody@owner.example' })).text,
  async (call, client) => {
    const { data, text } = await call('export_records', { records: 'affiliates' });
    const [file] = rowsIn(data, 'files');
    return text + (await client.read(String(file?.uri)));
  },
  async (call) => (await call('list_recent_changes')).text,
  async (call, _, account) => {
    const { data } = await call('count_leads');
    expect(data).toEqual({ account, count: 100 + names.indexOf(account) });
    return '';
  },
];

it('shows nothing of one account in another: 50 accounts, 1,000 calls, all at once', { timeout: 180_000 }, async () => {
  const { upstream, server } = await startSeveral(keys, { slowMs: 8, argv: ['--max-concurrent', '2000'] });
  // Few clients, so that each works on many accounts.
  const clients = await Promise.all(httpKinds.map((kind) => connectHttp(server.url, kind)));

  let seen = 0;
  const calls = Array.from({ length: CALLS }, (_, round) =>
    names.map(async (account, index) => {
      const client = clients[(index + round) % clients.length];
      if (!client) throw new Error('no client');
      const thing = things[(round + (round > 9 ? index : 0)) % things.length];
      const call: Call = async (tool, args = {}) => {
        // The last of a thousand waits for all the others, on a busy machine for longer than a client usually does.
        const result = await client.call(tool, { account, ...args }, { timeout: 170_000 });
        expect(result.data.account, result.text).toBe(account);
        return result;
      };
      const text = (await thing?.(call, client, account)) ?? '';
      for (const [mark] of text.matchAll(/mark\w+?mark/g)) {
        expect(mark).toBe(markOf(account));
        seen += 1;
      }
    }),
  );
  expect(calls.flat()).toHaveLength(1_000);
  await Promise.all(calls.flat());
  expect(seen).toBeGreaterThan(1_000);

  const known = new Set(keys.values());
  for (const { key = '' } of upstream.requests) expect(known.has(key)).toBe(true);
  expect(new Set(upstream.requests.map(({ key }) => key)).size).toBe(ACCOUNTS);
  for (const key of keys.values()) expect(server.logged()).not.toContain(key);
  expect(server.logged()).not.toContain('owner.example');
  expect(server.faults).toEqual([]);
});
