import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isObject, type JsonObject } from '../../src/json.ts';
import { toolsets } from '../../src/workflows/index.ts';
import { KEPT_MS } from '../../src/workflows/reading/readings.ts';
import { CACHE_MS } from '../../src/workflows/reading/record-cache.ts';
import { wholeMatrix } from '../support/fault-matrix.ts';
import { startHarness } from '../support/harness.ts';
import { hostileTexts } from '../support/hostile-corpus.ts';

/* Figures that the README and the docs quote, as far as they can be told at once. `docs/verified.md` names the rest. */

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const README = read('README.md');
const RELIABILITY = read('docs/reliability.md');

/** The numbers that a sentence holds. */
function numbersIn(text: string, sentence: RegExp): number[] {
  const found = sentence.exec(text);
  if (!found) throw new Error(`there is no ${sentence.source}`);
  return found.slice(1).map((digits) => Number(digits.replace(/[,_]/g, '')));
}

describe('the README says of reliability', () => {
  test('how many tools meet how many faults, as they are now and as the table was made', () => {
    const [tools = 0, faults, calls] = numbersIn(
      README,
      /each of the (\d+) tools against each of (\d+) faults [^:;]*?, ([\d,]+) calls/,
    );
    const matrix = wholeMatrix(1);
    expect(tools).toBe(toolsets.flatMap((set) => set.tools).length);
    expect([tools, faults, calls]).toEqual([
      new Set(matrix.map(({ tool }) => tool)).size,
      new Set(matrix.map(({ fault }) => fault)).size,
      matrix.length,
    ]);
    expect(numbersIn(RELIABILITY, /(\d+) tools × (\d+) faults, each once and lasting: ([\d,]+) calls/)).toEqual([
      tools,
      faults,
      calls,
    ]);
    expect(numbersIn(RELIABILITY, /^\| all \| (\d+) .* (\d+) \|$/m)).toEqual([calls, 0]);
  });

  test('how much memory the largest programme takes, as the page that says how it was measured', () => {
    const [most, over] = numbersIn(README, /at most (\d+) MiB, (\d+) more than LeadDyno's pages/);
    expect(over).toBeLessThan(250);
    expect(numbersIn(RELIABILITY, /held at most (\d+) MiB, (\d+) more than the pages/)).toEqual([most, over]);
    expect(numbersIn(read('docs/verified.md'), /holds at most (\d+) MiB over all lists/)).toEqual([most]);
  });

  test('how many texts are hostile', () => {
    expect(numbersIn(README, /(\d+) hostile texts/)).toEqual([hostileTexts.length]);
    expect(numbersIn(RELIABILITY, /^(\d+) texts of \d+ families/m)).toEqual([hostileTexts.length]);
  });

  test.each<[string, RegExp, RegExp]>([
    ['sequences of writes', /([\d,]+) random sequences/, /\| Sequences \| ([\d,]+) \|/],
    ['kills', /(\d+) times killed/, /\| Runs \| (\d+) \|/],
    ['calls of the soak', /([\d,]+) calls: docs\/reliability\.md/, /gets ([\d,]+) calls over stdio/],
  ])('how many %s there were, as its page does', (_, here, there) => {
    expect(numbersIn(README, here)).toEqual(numbersIn(RELIABILITY, there));
  });

  test.each([/Differences between programme, model and audit log \| (\d+)/, /Records treated twice \| (\d+)/])(
    'that nothing went wrong: %s',
    (row) => {
      expect(numbersIn(RELIABILITY, row)).toEqual([0]);
    },
  );
});

test('the docs say how long calls, what was read and cursors live', () => {
  expect(CACHE_MS).toBe(5 * 60_000);
  expect(KEPT_MS).toBe(10 * 60_000);
  expect(numbersIn(read('src/account.ts'), /WORKFLOW_MS = ([\d_]+)/)).toEqual([45_000]);
  expect(numbersIn(read('src/workflows/reading/list-reading.ts'), /ALONE_MS = ([\d_]+)/)).toEqual([2 * 60_000]);
  for (const said of ['take at most 45 seconds', 'the last five minutes']) expect(README).toContain(said);
  for (const said of ['for at most 45 seconds', 'for five minutes', 'for ten minutes', 'at most two minutes']) {
    expect(RELIABILITY).toContain(said);
  }
  expect(numbersIn(RELIABILITY, /unfinished scans \((\d+) minutes/)).toEqual([KEPT_MS / 60_000]);
  expect(numbersIn(RELIABILITY, /lists read for workflows \((\d+) minutes/)).toEqual([CACHE_MS / 60_000]);
});

/** Calls as they are written down: `> tool {…}`, and below it the answer, broken into lines. */
const EXAMPLE = /^> (?<tool>\w+) (?<args>\{.*\})\n(?<answer>\{(?:.*|[\s\S]*?\n)\})$/gm;

test('the answers that the README shows are those that came, but for what is left out at …', async () => {
  const now = new Date('2026-06-01T12:00:00Z');
  const size = { affiliates: 250, leads: 2_000, purchases: 1_200, visitors: 5_000 };
  const harness = await startHarness({ sandbox: { seed: 20_250_607, now, ...size }, clock: () => now.getTime() });
  const { call } = await harness.connect('modern');
  const examples = [...README.matchAll(EXAMPLE)];
  expect(examples.length).toBeGreaterThanOrEqual(3);
  let token: unknown;
  for (const { groups: { tool = '', args = '', answer = '' } = {} } of examples) {
    const given = JSON.parse(args) as JsonObject;
    const { text, data } = await call(tool, given.confirmation_token ? { ...given, confirmation_token: token } : given);
    if (isObject(data.confirmation)) token = data.confirmation.confirmation_token;
    let at = 0;
    for (const part of answer.replace(/\n\s*/g, '').split('…')) {
      const found = text.indexOf(part, at);
      expect(found, `${tool} does not answer ${part} in ${text.slice(at, at + 1_500)}`).toBeGreaterThanOrEqual(at);
      at = found + part.length;
    }
  }
});
