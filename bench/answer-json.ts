import { readJson } from '../src/leaddyno/answer-json.ts';
import { createScrub, scrubValues } from '../src/leaddyno/scrub.ts';

/*
 * `npx tsx bench/answer-json.ts`: what reading an answer costs compared with JSON.parse alone. Reading checks depth and
 * long numbers; scrubbing looks for the key in every text. Median of 300 readings of a page of 200 rows.
 */

const rows = Array.from({ length: 200 }, (_, index) => ({
  id: 1_000_000 + index,
  email: `person-${index}@example.com`,
  note: 'Said "yes" and {no}, on a page [1] with 12345678901234567 visits; writes about shoes and coats.',
  created_at: '2026-01-01T00:00:00Z',
  affiliate: { id: index, first_name: 'Jürgen', affiliate_url: `https://shop.example.com/?afmc=code-${index}-of-many` },
  amount: 12.5,
  custom_fields: {},
}));
const text = JSON.stringify(rows);
const scrub = createScrub('0123456789abcdef0123456789abcdef01234567');

function medianOf(read: () => unknown): number {
  const times = Array.from({ length: 300 }, () => {
    const began = performance.now();
    read();
    return performance.now() - began;
  });
  return times.toSorted((a, b) => a - b)[150] ?? 0;
}

const parsed = medianOf(() => JSON.parse(text));
const read = medianOf(() => readJson(text));
const whole = medianOf(() => scrubValues(readJson(text)?.value, scrub));
process.stdout.write(
  `${Math.round(text.length / 1024)} kB: JSON.parse ${parsed.toFixed(2)} ms, read ${read.toFixed(2)} ms, read and scrubbed ${whole.toFixed(2)} ms\n`,
);
