import { expect, it } from 'vitest';
import { connectHttp, type HttpConnection, httpKinds } from '../support/http-clients.ts';
import { startHttpAt } from '../support/http-server.ts';
import { answerJson, type Received, startLeadDyno } from '../support/http-upstream.ts';
import { secret } from '../support/written.ts';

const KEYS = 50;
const CALLS = 20;

const keys = Array.from({ length: KEYS }, (_, index) => secret(`key-${index}`));
const marks = new Map(keys.map((key, index) => [key, `mark${index}x`]));

/** Answers that are full of the mark of whoever asked. */
function record({ key = '', path, body }: Received): unknown {
  const mark = marks.get(key) ?? 'nobody';
  const owned = (id: number) => ({ id, email: `${mark}@owner.example`, first_name: mark, affiliate_code: mark });
  if (path.endsWith('/count')) return { count: keys.indexOf(key) };
  if (path === '/affiliates' && body === '') return Array.from({ length: 3 }, (_, index) => owned(index + 1));
  return owned(7);
}

/** One of everything that a caller can do, the same for all of them at the same time. */
const things: readonly ((client: HttpConnection, index: number) => Promise<string>)[] = [
  async (client) => (await client.call('get_affiliate', { affiliate_id: 7 })).text,
  async (client) => (await client.call('list_affiliates', { detail: 'full' })).text,
  async (client) => await client.read('leaddyno://affiliates/7'),
  async (client) => (await client.resourceUris()).join(),
  async (client) => (await client.call('update_lead', { lead_id: 7, first_name: 'x' })).text,
  async (client) => (await client.call('archive_affiliate', { affiliate_id: 7 })).text,
  async (client, index) => {
    const { data } = await client.call('count_leads');
    expect(data).toEqual({ count: index });
    return '';
  },
];

it('shows nothing of one key in another: 50 keys, 1,000 calls, all at once', async () => {
  const upstream = await startLeadDyno((request, response) => {
    const answer = () => answerJson(response, record(request));
    // Long enough that answers overtake one another.
    setTimeout(answer, Math.random() * 8);
  });
  const server = await startHttpAt(upstream.url, { argv: ['--caller-key', '--max-concurrent', '2000'] });
  const clients = await Promise.all(
    keys.map((key, index) =>
      connectHttp(server.url, httpKinds[index % httpKinds.length] ?? 'modern', {
        headers: { 'x-leaddyno-api-key': key },
      }),
    ),
  );

  let seen = 0;
  const calls = Array.from({ length: CALLS }, (_, round) =>
    clients.map(async (client, index) => {
      const thing = things[(round + (round > 9 ? index : 0)) % things.length];
      const text = (await thing?.(client, index)) ?? '';
      for (const [mark] of text.matchAll(/mark\d+x|nobody/g)) {
        expect(mark).toBe(`mark${index}x`);
        seen += 1;
      }
    }),
  );
  expect(calls.flat()).toHaveLength(1_000);
  await Promise.all(calls.flat());
  expect(seen).toBeGreaterThan(1_000);

  for (const { key = '' } of upstream.requests) expect(marks.has(key)).toBe(true);
  expect(new Set(upstream.requests.map(({ key }) => key)).size).toBe(KEYS);
  for (const key of keys) expect(server.logged()).not.toContain(key);
  expect(server.logged()).not.toContain('owner.example');
  expect(server.faults).toEqual([]);
});
