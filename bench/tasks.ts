import { readFileSync } from 'node:fs';
import { LARGE } from './large.ts';
import { differencesFromReadme, type ProgrammeName, wrongAnswers } from './tasks/claim.ts';
import { questions } from './tasks/questions.ts';
import { type Run, runQuestions } from './tasks/run.ts';
import { writeGoal, writeGrowth, writeNotes, writeTable } from './tasks/table.ts';

/*
 * `npx tsx bench/tasks.ts [--large] [--json] [--only=4,5]`: whether the workflows are worth having. A script answers
 * sixteen questions of an affiliate manager through a real MCP client, each in two ways: with the plain operations
 * alone, in the cheapest honest way, and with the workflows as well. (The operations alone cannot answer one of them.)
 * Each answer is compared with the truth, which comes from the simulated programme itself. The questions and their
 * right answers are in `evals/questions/`.
 *
 *   bytes     what passes through a model's context: arguments, results, links; the list of tools is counted once
 *   requests  what LeadDyno received; minutes is how long they take at its limit of 200 a minute
 *
 * `--large` asks the same about 3,000 affiliates with 60,000 purchases. There the workflows that only read meet the
 * rate limit, with a clock faster than real time: their calls run out of time, as they would in practice, and are
 * continued. How many calls that takes depends a little on the machine.
 *
 * Exits with 1 if a workflow gives a wrong answer, or if README differs from the measurement (`tasks/claim.ts`).
 */

/** How many times faster than real time the clock runs. */
const HASTE = 10;
/** Milliseconds for one way to one answer. */
const LIMIT_MS = 10 * 60_000;

const [large, json] = ['--large', '--json'].map((flag) => process.argv.includes(flag));
const only = process.argv
  .find((arg) => arg.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',')
  .map(Number);
const chosen = questions.filter(({ number }) => !only || only.includes(number));
const onRow = ({ question }: Run['rows'][number]) => console.error(`question ${question.number} answered`);

/** Peak memory of this process; the system reports it in KiB. */
const peakMiB = () => process.resourceUsage().maxRSS / 1024;

const runs: Partial<Record<ProgrammeName, Run>> = { usual: await runQuestions(chosen, { onRow }) };
if (large) runs.large = await runQuestions(chosen, { size: LARGE, haste: HASTE, limitMs: LIMIT_MS, onRow });

if (json) {
  console.log(JSON.stringify(runs, null, 2));
} else {
  for (const [name, { rows, lists, madeInMs }] of Object.entries(runs)) {
    // With only a few questions, the list of tools would dominate the sum.
    const goal = only ? [] : [writeGoal(rows, lists), ''];
    const made = `the ${name} programme, made in ${(madeInMs / 1000).toFixed(1)} s`;
    console.log([made, '', ...writeTable(rows, lists), '', ...writeNotes(rows), '', ...goal].join('\n'));
  }
  if (runs.large && runs.usual) console.log(writeGrowth(runs.usual.rows, runs.large.rows).join('\n'));
  console.log(
    `\nPeak memory: ${peakMiB().toFixed(0)} MiB, of one process that holds the programme, the server and its client.`,
  );
}

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const faults = Object.entries(runs).flatMap(([key, run]) => {
  const name = key as ProgrammeName;
  return [...wrongAnswers(name, run), ...(only ? [] : differencesFromReadme(readme, name, run))];
});
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
