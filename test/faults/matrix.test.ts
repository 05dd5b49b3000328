import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leftOpen, whatIsOpen } from '../support/fault-leaks.ts';
import { type Cell, countOutcomes, type Ran, run, sample, titleOf, wholeMatrix } from '../support/fault-matrix.ts';
import { faultNames } from '../support/fault-proxy.ts';
import { cleanCall, tools } from '../support/fault-stage.ts';
import { between } from '../support/readme-tables.ts';
import { noteSoaked } from '../support/soak-figures.ts';

/*
 * Every tool under every fault that a network and LeadDyno can have. A normal run takes a sample; SOAK=1 takes all, and
 * with `-u` writes the table into docs/reliability.md. FAULT_SEED chooses another sample, FAULTS=<part of a title> only
 * those calls.
 */

const SOAK = process.env.SOAK === '1';
const SEED = Number(process.env.FAULT_SEED ?? (SOAK ? 20_260_801 : Date.now() % 1_000_000));
const PAGE = new URL('../../docs/reliability.md', import.meta.url);

const wanted = (cell: Cell) => titleOf(cell).includes(process.env.FAULTS ?? '');
const cells = (SOAK ? wholeMatrix(SEED) : sample(SEED)).filter(wanted);
/** Calls at the same time: much of it is waiting. What is left open is looked at after each lot. */
const AT_ONCE = SOAK ? 12 : 6;

const warnings: string[] = [];
const unhandled: unknown[] = [];
const onWarning = ({ name, message }: Error) => warnings.push(`${name}: ${message}`);
const onUnhandled = (error: unknown) => unhandled.push(error);

beforeAll(() => {
  process.on('warning', onWarning);
  process.on('unhandledRejection', onUnhandled);
});
afterAll(() => {
  process.off('warning', onWarning);
  process.off('unhandledRejection', onUnhandled);
});

test(`${cells.length} calls under faults (FAULT_SEED=${SEED}) end as they should, and leave nothing behind`, {
  timeout: SOAK ? 3_600_000 : 120_000,
}, async () => {
  process.stdout.write(`faults: ${cells.length} calls, FAULT_SEED=${SEED}\n`);
  const before = whatIsOpen();
  // What is loaded once, and how each call goes without a fault.
  for (const tool of tools) await cleanCall(tool);
  const ran: Ran[] = [];
  const problems: string[] = [];
  for (let next = 0; next < cells.length; next += AT_ONCE) {
    const lot = cells.slice(next, next + AT_ONCE);
    const done = await Promise.all(lot.map(run));
    const open = await leftOpen(before);
    if (open.length > 0) problems.push(`left open: ${open.join(', ')} by one of ${lot.map(titleOf).join(', ')}`);
    problems.push(...done.flatMap((one) => one.problems.map((problem) => `${titleOf(one.cell)} ${problem}`)));
    ran.push(...done);
  }
  const table = countOutcomes(ran);
  process.stdout.write(`${table}\n`);
  if (problems.length > 0) process.stdout.write(`${problems.join('\n')}\n`);
  expect(problems).toEqual([]);
  expect(unhandled).toEqual([]);
  expect(warnings.filter((text) => /MaxListeners|leak/i.test(text))).toEqual([]);
  noteSoaked('faults', ran.length, process.env.FAULTS ?? `${tools.length} tools × ${faultNames.length} faults`);

  const updating = expect.getState().snapshotState.snapshotUpdateState === 'all';
  if (!SOAK || !updating || process.env.FAULTS) return;
  const page = between(readFileSync(PAGE, 'utf8'), 'faults', `${introduction(ran.length)}\n\n${table}`);
  await expect(page).toMatchFileSnapshot(PAGE.pathname);
});

const introduction = (calls: number) =>
  `${tools.length} tools × ${faultNames.length} faults, each once and lasting: ${calls} calls (seed ${SEED}).`;

test('the sample holds every tool, and every fault three times', () => {
  for (const seed of [1, 2, 3, SEED]) {
    const drawn = sample(seed);
    for (const { name } of tools)
      expect(
        drawn.some(({ tool }) => tool.name === name),
        name,
      ).toBe(true);
    for (const name of faultNames) expect(drawn.filter(({ fault }) => fault === name).length).toBeGreaterThanOrEqual(3);
  }
});
