import { readFileSync } from 'node:fs';
import { LARGE } from './large.ts';
import { differencesFromReadme, type ProgrammeName, wrongAnswers } from './tasks/claim.ts';
import { questions } from './tasks/questions.ts';
import { type Run, runQuestions } from './tasks/run.ts';
import { writeGoal, writeGrowth, writeNotes, writeTable } from './tasks/table.ts';

/*
 * `npx tsx bench/tasks.ts [--large] [--json] [--only=4,5]`: whether the workflows are worth their place. Sixteen
 * questions of an affiliate manager, each answered twice by script through a real MCP client: with the plain operations
 * alone, in the cheapest honest way there is, and with the workflows as well. Every answer is compared with the truth,
 * taken from the simulated programme itself. The questions and what is right stand in `evals/questions/`.
 *
 *   bytes     what passes through a model's context: arguments, results, links; the list of tools once in all
 *   requests  what LeadDyno saw; minutes is what its limit of 200 a minute makes of them
 *
 * `--large` asks the same of 3,000 affiliates with 60,000 purchases. There the workflows that read run against the
 * limit, with a clock that is faster than life, so that their calls end when their time is over, as they would, and are
 * gone on with; how many calls that takes depends a little on the machine.
 *
 * It fails where a workflow answers wrongly, or README says something else than was measured (`tasks/claim.ts`).
 */

/** Times as fast as life. */
const HASTE = 10;
/** For one way to one answer. */
const LIMIT_MS = 10 * 60_000;

const [large, json] = ['--large', '--json'].map((flag) => process.argv.includes(flag));
const only = process.argv
  .find((arg) => arg.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',')
  .map(Number);
const chosen = questions.filter(({ number }) => !only || only.includes(number));
const onRow = ({ question }: Run['rows'][number]) => console.error(`question ${question.number} answered`);

/** Most that this process has held; KiB, as the system counts it. */
const peakMiB = () => process.resourceUsage().maxRSS / 1024;

const runs: Partial<Record<ProgrammeName, Run>> = { usual: await runQuestions(chosen, { onRow }) };
if (large) runs.large = await runQuestions(chosen, { size: LARGE, haste: HASTE, limitMs: LIMIT_MS, onRow });

if (json) {
  console.log(JSON.stringify(runs, null, 2));
} else {
  for (const [name, { rows, lists, madeInMs }] of Object.entries(runs)) {
    // Of a few questions the list of tools would be the most.
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
