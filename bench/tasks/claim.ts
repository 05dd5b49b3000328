import type { Run } from './run.ts';
import { type Sums, totals } from './table.ts';

/*
 * Compares what README says these questions cost (`**What they save.**`) with what they cost.
 */

const USUAL =
  /(?<plain>[\d,.]+) kB against (?<workflows>[\d,.]+) kB of context, the tool lists included, (?<plainRight>\d+) against (?<right>\d+) of (?<asked>\d+) answers right/;
const LARGE =
  /`--large`, (?<plain>[\d,.]+) MB against less than (?<workflows>[\d,.]+) MB, (?<plainRight>\d+) against (?<right>\d+) of (?<asked>\d+) right/;

/**
 * README's sentence about each programme, and the bytes in its unit. `isLimit`: README's figure for the workflows is an
 * upper limit, because how many calls the large programme takes depends on the machine.
 */
const PROGRAMMES = {
  usual: { said: USUAL, unit: 1_000, isLimit: false },
  large: { said: LARGE, unit: 1_000_000, isLimit: true },
} as const;

export type ProgrammeName = keyof typeof PROGRAMMES;

/** How far a number of bytes may be off, as a share. */
const TOLERANCE = 0.01;

const numberOf = (text: string | undefined) => Number(text?.replaceAll(',', ''));

/** Where README differs from the measurement; empty if nowhere. Needs a run of all questions. */
export function differencesFromReadme(readme: string, name: ProgrammeName, { rows, lists }: Run): string[] {
  const { said, unit, isLimit } = PROGRAMMES[name];
  const found = said.exec(readme)?.groups;
  if (!found) return [`README has no sentence about the ${name} programme: ${said.source}`];
  const [plain, workflows] = totals(rows, lists);
  const check = (what: string, claimed: string | undefined, measured: number, most: number) =>
    Math.abs(numberOf(claimed) - measured) <= most * measured
      ? []
      : [`${name} programme, ${what}: README says ${claimed}, measured ${measured}`];
  const bytes = (what: string, claimed: string | undefined, sums: Sums) =>
    check(`${what}, bytes / ${unit}`, claimed, sums.bytes / unit, TOLERANCE);
  return [
    ...check('questions', found.asked, rows.length, 0),
    ...check('right with the operations alone', found.plainRight, plain.right, 0),
    ...check('right with the workflows', found.right, workflows.right, 0),
    ...bytes('the operations alone', found.plain, plain),
    ...(isLimit && workflows.bytes / unit < numberOf(found.workflows)
      ? []
      : bytes('with the workflows', found.workflows, workflows)),
  ];
}

/** A fault unless the workflows gave the right answer to every question, whatever README says. */
export function wrongAnswers(name: ProgrammeName, { rows }: Run): string[] {
  const right = rows.filter(({ workflows }) => workflows?.right === true).length;
  return right === rows.length ? [] : [`${name} programme: ${right} of ${rows.length} right with the workflows`];
}
