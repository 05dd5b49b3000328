import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.ts';
import { Random } from '../../src/sandbox/random.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { KEY, SMALL } from '../support/harness.ts';
import { between, table } from '../support/readme-tables.ts';
import { faultsByChance, newTally, perform, quantile, sweep, type Tally } from '../support/soak-calls.ts';
import { noteSoaked } from '../support/soak-figures.ts';
import { type Measure, type Measured, measuredOnStdio, measuredOverHttp } from '../support/soak-process.ts';

/*
 * The built server under many calls and a few faults: what it holds on to must not grow. A normal run takes a sample
 * that finds a leak of every call; SOAK=1 takes 100,000 calls of each transport (SOAK_CALLS: another number).
 */

const SOAK = process.env.SOAK === '1';
const CALLS = SOAK ? Number(process.env.SOAK_CALLS ?? 100_000) : 1_000;
/** What is kept for good (code, caches, the changes of the process) is there after these. */
const WARM = CALLS / 10 < 1_000 ? CALLS / 2 : CALLS / 10;
const SEED = Number(process.env.FAULT_SEED ?? 20_260_801);
/** Calls at the same time. */
const WIDTH = 8;
/** After so many it says how far it is. */
const LOT = 10_000;
/** A small number of calls still compiles code and fills caches. */
const GROWTH = SOAK ? 1.1 : 1.3;

const transports: readonly [name: string, start: (url: string) => Promise<Measured>][] = [
  ['stdio', measuredOnStdio],
  ['http', measuredOverHttp],
];

/** The lines of the table, transport by transport. */
const rows: string[][] = [];
const HEAD = [
  '',
  'calls',
  'calls a second',
  'p50',
  'p99',
  'held after the first tenth',
  'held at the end',
  'compiled code',
  'before what expires is gone',
  'handles',
];
const PAGE = new URL('../../docs/reliability.md', import.meta.url);

describe.each(transports)('%s', (name, start) => {
  test(`${CALLS} calls with 2 % faults leave no more behind than the first ${WARM}`, {
    timeout: SOAK ? 3_600_000 : 60_000,
  }, async () => {
    const now = new Date('2026-06-01T12:00:00Z');
    const sandbox = await startSandbox({ ...SMALL, rateLimit: 0, key: KEY, now });
    const proxy = await startFaultProxy(sandbox.url);
    const server = await start(proxy.url);
    try {
      const { programme } = sandbox;
      const random = Random.forPart(SEED, name);
      proxy.follow(faultsByChance(random));
      const tally = newTally();
      const means = { client: server.client, programme, random, tally };
      // A day later, when all that is kept for a time is gone.
      const rested = async (before?: Measure) => {
        proxy.follow(undefined);
        server.later();
        await sweep({ ...means, tally: newTally() });
        const measure = await quiet(server, proxy.hangUp, before);
        proxy.follow(faultsByChance(random));
        return measure;
      };
      const began = performance.now();
      await perform(means, WARM, WIDTH);
      let spent = performance.now() - began;
      const full = held(await quiet(server, proxy.hangUp));
      const first = await rested();
      const again = performance.now();
      for (let done = WARM; done < CALLS; done += LOT) {
        await perform(means, Math.min(LOT, CALLS - done), WIDTH);
        if (SOAK)
          process.stdout.write(`${name}: ${tally.times.length} calls, ${Math.round(performance.now() - began)} ms\n`);
      }
      spent += performance.now() - again;
      const fullest = held(await quiet(server, proxy.hangUp, first));
      const last = await rested(first);
      const found = { ...figures(name, tally, spent, first, last), heldMiB: [mebibytes(full), mebibytes(fullest)] };
      process.stdout.write(`${JSON.stringify(found)}\n`);
      rows.push(rowOf(found));

      expect(tally.wrong).toEqual([]);
      expect(server.logged()).toBe('');
      expect(tally.times.length).toBeGreaterThanOrEqual(CALLS);
      expect(others(last)).toBe(others(first));
      expect(last.handles).toBeLessThanOrEqual(first.handles + WIDTH);
      expect(held(last) / held(first)).toBeLessThan(GROWTH);
      noteSoaked('calls', tally.times.length, name);
    } finally {
      await server.close();
      await proxy.close();
      await sandbox.close();
    }
  });
});

test.runIf(SOAK)('the page with the figures is brought up to date by -u', async () => {
  const updating = expect.getState().snapshotState.snapshotUpdateState === 'all';
  if (!updating || rows.length < transports.length) return;
  const page = between(readFileSync(PAGE, 'utf8'), 'soak', table(HEAD, rows));
  await expect(page).toMatchFileSnapshot(PAGE.pathname);
});

/** What the server holds on to: not the code that V8 compiled of it. */
const held = ({ heapUsed, code, external }: Measure) => heapUsed - code + external;

/** Measures when nothing is under way and idle connections to LeadDyno are gone; what is still open then has leaked. */
async function quiet(server: Measured, hangUp: () => void, first?: Measure): Promise<Measure> {
  let before: Measure | undefined;
  for (let tries = 0; ; tries += 1) {
    hangUp();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const measure = await server.measure();
    const settled = first ? isFlat(first, measure) : measure.handles === before?.handles;
    if (settled || tries >= 40) return measure;
    before = measure;
  }
}

/** No more than before; how many connections its clients keep for the next call is theirs to choose. */
function isFlat(first: Measure, last: Measure): boolean {
  return others(last) === others(first) && last.handles <= first.handles + WIDTH;
}

const others = ({ resources }: Measure) =>
  resources
    .filter((kind) => kind !== 'TCPSocketWrap')
    .toSorted()
    .join(' ');
const mebibytes = (bytes: number) => Math.round((bytes / 1024 / 1024) * 10) / 10;

function figures(name: string, tally: Tally, ms: number, first: Measure, last: Measure) {
  const { times, outcomes } = tally;
  return {
    soak: name,
    calls: times.length,
    perSecond: Math.round((times.length / ms) * 1000),
    p50: Math.round(quantile(times, 0.5) * 10) / 10,
    p99: Math.round(quantile(times, 0.99)),
    heapMiB: [mebibytes(held(first)), mebibytes(held(last))],
    codeMiB: [mebibytes(first.code), mebibytes(last.code)],
    growth: `${Math.round((held(last) / held(first) - 1) * 1000) / 10} %`,
    rssMiB: [mebibytes(first.rss), mebibytes(last.rss)],
    handles: [first.handles, last.handles],
    outcomes: Object.fromEntries([...outcomes].sort(([, a], [, b]) => b - a)),
    seed: SEED,
  };
}

function rowOf(found: ReturnType<typeof figures> & { readonly heldMiB: readonly number[] }): string[] {
  const { soak, calls, perSecond, p50, p99, heapMiB, codeMiB, growth, handles, heldMiB } = found;
  const [before, after] = heapMiB;
  const change = (sizes: readonly number[]) => sizes.map((size) => `${size} MiB`).join(' → ');
  return [
    soak,
    String(calls),
    String(perSecond),
    `${p50} ms`,
    `${p99} ms`,
    `${before} MiB`,
    `${after} MiB (${growth})`,
    change(codeMiB),
    change(heldMiB),
    handles.join(' → '),
  ];
}
