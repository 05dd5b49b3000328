import { expect, test } from 'vitest';
import { startHarnessAt } from '../support/harness.ts';
import { at, rowsOf } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

/* Ids past 2^53 are text from the bytes on: two of them never become one. */

const [ONE, OTHER] = ['9007199254740993', '9007199254740992'];

/** Written by hand: JSON.stringify would round them. */
const rows = [ONE, OTHER].map(
  (id, index) =>
    `{"id":${id},"email":"p${index}@example.com","status":"Active","archived":false,"pending_approval":false}`,
);

async function start() {
  const upstream = await startUpstream(({ path, query }) => {
    if (path === '/affiliates') return { text: Number(query.page ?? 1) > 1 ? '[]' : `[${rows.join(',')}]` };
    return { text: rows[0] ?? '' };
  });
  const harness = startHarnessAt(upstream.url, { keyTransport: 'header' });
  return { upstream, ...(await harness.connect('modern')) };
}

test('in lists and exports', async () => {
  const { call, client } = await start();
  const listed = await call('list_affiliates', {});
  expect(rowsOf(listed, 'affiliates').map(({ id }) => id)).toEqual([ONE, OTHER]);
  const exported = await call('export_records', { records: 'affiliates', format: 'jsonl' });
  const { contents } = await client.readResource({ uri: String(at(rowsOf(exported, 'files')[0], 'uri')) });
  for (const id of [ONE, OTHER]) expect(JSON.stringify(contents)).toContain(id);
});

test('an argument that arrives rounded is refused with the reason, and nothing is sent', async () => {
  const { call, upstream } = await start();
  for (const affiliate_id of [Number(ONE), ONE]) {
    const result = await call('approve_affiliate', { affiliate_id });
    expect(result.isError).toBe(true);
    expect(result.text).toMatch(/too many digits to arrive unchanged.*Nothing was sent/);
  }
  expect(upstream.requests).toEqual([]);
});
