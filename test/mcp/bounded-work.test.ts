import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { connectHttp } from '../support/http-clients.ts';
import { startBuiltHttp } from '../support/http-process.ts';
import { modern, post, toolCall } from '../support/http-raw.ts';
import { startHttpAt } from '../support/http-server.ts';
import { startLeadDyno } from '../support/http-upstream.ts';
import { builtMain } from '../support/protocol-built.ts';

const object = (count: number, pair: (index: number) => string) =>
  `{${Array.from({ length: count }, (_, index) => pair(index)).join(',')}}`;
/** Names that differ in invisible characters alone. */
const invisible = (index: number) =>
  Array.from(index.toString(2), (bit) => (bit === '0' ? '\u200b' : '\u200c')).join('');

const list = (count: number, item: (index: number) => string) =>
  `[${Array.from({ length: count }, (_, index) => item(index)).join(',')}]`;
/** A row of 30 fields, as real ones have. */
const honestRow = (index: number) =>
  object(30, (field) => (field === 0 ? `"id":${index + 1}` : `"field_${field}":"value ${index} é"`));

const answers: Readonly<Record<string, () => string>> = {
  '20,000 names that look the same': () => object(20_000, (index) => `"id${invisible(index)}":1`),
  '55,000 names that look the same': () => object(55_000, (index) => `"x${invisible(index)}":"y"`),
  'numbered look-alikes': () => object(59_000, (index) => `"x (${index})${invisible(index % 7)}":1`),
  'fields of many names, at the bound': () => object(9_900, (index) => `"x${invisible(index)}":1`),
  'rows of many names': () =>
    list(199, (row) => object(999, (index) => `"x${row % 10}_${index}${invisible(index)}":"\u200b"`)),
  'rows at the bound': () => list(6_600, honestRow),
  'rows of foreign letters': () => list(199, () => object(999, (index) => `"x${index}":"\u200bé"`)),
  'lists within lists': () => list(3_000, () => `${'['.repeat(63)}${']'.repeat(63)}`),
  '700,000 short texts': () => `{"id":7,"custom_fields":[${'"a\u200b",'.repeat(700_000)}1]}`,
  '2,000,000 numbers': () => `{"id":7,"x":[${'1,'.repeat(2_000_000)}1]}`,
  '300,000 rows': () => `[${'{"id":7,"email":"a"},'.repeat(300_000)}{}]`,
  '1,500,000 rows that are none': () => `[${'[],'.repeat(1_500_000)}{}]`,
  'one text of eight megabytes': () => `{"id":7,"first_name":"${'\\u001b[\u200bx'.repeat(700_000)}"}`,
  'one text of nine megabytes': () => `{"id":7,"first_name":"${'\u001b[\u200bx'.repeat(1_500_000)}"}`,
  'an error of many megabytes': () => `{"error":{${'"a":"b",'.repeat(500_000)}"c":1}}`,
};

/**
 * Milliseconds that the main thread of a process has computed so far. Where the system does not tell (`schedstat` is
 * Linux's), the time of day takes its place.
 */
function computedMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

/** Milliseconds that this machine takes just now to parse an answer: shared cores compute more slowly. */
function parsingMs(body: string): number {
  const before = computedMs(process.pid);
  try {
    JSON.parse(body);
  } catch {
    // One of them is none: what was read until then is counted.
  }
  return computedMs(process.pid) - before;
}

describe('an answer that is made to be slow', () => {
  it.each(Object.keys(answers))('of %s keeps no ping waiting', async (name) => {
    await builtMain();
    const body = answers[name]?.() ?? '';
    let hostile = false;
    const upstream = await startLeadDyno(({ path }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(hostile ? body : path === '/affiliates' ? '[]' : '{"id":1}');
    });
    const server = await startBuiltHttp([], { LEADDYNO_API_KEY: 'a-key', LEADDYNO_BASE_URL: upstream.url });
    // What is loaded with the first call of its kind is no work of an answer.
    for (const [name, args] of [
      ['get_affiliate', { affiliate_id: 1 }],
      ['list_affiliates', {}],
    ] as const)
      await post(server.port, toolCall(modern, name, args));
    hostile = true;
    const isList = body.startsWith('[');
    const call = isList ? toolCall(modern, 'list_affiliates') : toolCall(modern, 'get_affiliate', { affiliate_id: 7 });
    // What the server computed while a ping waited for it: how busy others keep this machine is no matter of the
    // answer. The best of some, because a collection of garbage may fall into one.
    let best = Number.POSITIVE_INFINITY;
    const bound = Math.max(250, 5 * parsingMs(body));
    for (let times = 0; times < 6 && best >= bound; times += 1) {
      let done = false;
      const slow = post(server.port, call).finally(() => {
        done = true;
      });
      let longest = 0;
      while (!done) {
        const before = computedMs(server.pid);
        await post(server.port, modern('server/discover'));
        longest = Math.max(longest, computedMs(server.pid) - before);
      }
      expect((await slow).status).toBe(200);
      best = Math.min(best, longest);
    }
    expect(best).toBeLessThan(bound);
  });
});

it('a page of 6,000 honest rows is read, and shown as far as there is room', async () => {
  const upstream = await startLeadDyno((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(list(6_000, honestRow));
  });
  const server = await startHttpAt(upstream.url);
  const client = await connectHttp(server.url, 'modern');
  const { isError, data, text } = await client.call('list_affiliates', { detail: 'full' });
  expect(isError, text.slice(0, 300)).toBe(false);
  const { affiliates, left_off } = data as { affiliates: { id: number }[]; left_off: number };
  expect(affiliates[0]).toMatchObject({ id: 1, field_29: 'value 0 é' });
  expect(affiliates.length + left_off).toBe(6_000);
});
