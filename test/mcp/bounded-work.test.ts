import { describe, expect, it } from 'vitest';
import { startBuiltHttp } from '../support/http-process.ts';
import { modern, post, toolCall } from '../support/http-raw.ts';
import { startLeadDyno } from '../support/http-upstream.ts';
import { builtMain } from '../support/protocol-built.ts';

const object = (count: number, pair: (index: number) => string) =>
  `{${Array.from({ length: count }, (_, index) => pair(index)).join(',')}}`;
/** Names that differ in invisible characters alone. */
const invisible = (index: number) =>
  Array.from(index.toString(2), (bit) => (bit === '0' ? '\u200b' : '\u200c')).join('');

const answers: Readonly<Record<string, () => string>> = {
  '20,000 names that look the same': () => object(20_000, (index) => `"id${invisible(index)}":1`),
  '55,000 names that look the same': () => object(55_000, (index) => `"x${invisible(index)}":"y"`),
  'numbered look-alikes': () => object(59_000, (index) => `"x (${index})${invisible(index % 7)}":1`),
  '700,000 short texts': () => `{"id":7,"custom_fields":[${'"a\u200b",'.repeat(700_000)}1]}`,
  '2,000,000 numbers': () => `{"id":7,"x":[${'1,'.repeat(2_000_000)}1]}`,
  '300,000 rows': () => `[${'{"id":7,"email":"a"},'.repeat(300_000)}{}]`,
  '1,500,000 rows that are none': () => `[${'[],'.repeat(1_500_000)}{}]`,
  'one text of eight megabytes': () => `{"id":7,"first_name":"${'\\u001b[\u200bx'.repeat(700_000)}"}`,
  'one text of nine megabytes': () => `{"id":7,"first_name":"${'\u001b[\u200bx'.repeat(1_500_000)}"}`,
  'an error of many megabytes': () => `{"error":{${'"a":"b",'.repeat(500_000)}"c":1}}`,
};

describe('an answer that is made to be slow', () => {
  it.each(Object.keys(answers))(
    'of %s keeps no ping waiting',
    async (name) => {
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
      const call = isList
        ? toolCall(modern, 'list_affiliates')
        : toolCall(modern, 'get_affiliate', { affiliate_id: 7 });
      // The best of some: how long others keep this machine busy is no matter of the answer.
      let best = Number.POSITIVE_INFINITY;
      for (let times = 0; times < 4 && best >= 250; times += 1) {
        let done = false;
        const slow = post(server.port, call).finally(() => {
          done = true;
        });
        let longest = 0;
        while (!done) {
          const began = performance.now();
          await post(server.port, modern('server/discover'));
          longest = Math.max(longest, performance.now() - began);
        }
        expect((await slow).status).toBe(200);
        best = Math.min(best, longest);
      }
      expect(best).toBeLessThan(250);
    },
    60_000,
  );
});
