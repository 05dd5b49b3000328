import { evaluate, isRight, type Outcome } from './evaluate.ts';
import { modelFrom, type Options, readOptions, USAGE, UsageError } from './options.ts';
import type { Question } from './question.ts';
import { questions } from './questions/index.ts';
import { readTranscripts, replay } from './replay.ts';
import { asJson, heading, sumOf, writeOutcome, writeSum } from './report.ts';
import { startBuiltServer } from './stdio.ts';

/*
 * `npm run evals -- --model NAME`: asks a model the questions one after the other, each with a programme and a server
 * of its own. Without `--model` it replays the recorded conversations. Exits with 1 if an answer is wrong or a replay
 * differs, with 2 if the command line or the environment is wrong.
 */

async function ask(model: string, { json, server, limits }: Options, chosen: readonly Question[]): Promise<boolean> {
  const startChat = modelFrom(process.env, model);
  const outcomes: Outcome[] = [];
  if (!json) console.log(heading());
  for (const question of chosen) {
    const connect = (sandbox: Parameters<typeof startBuiltServer>[0]) => startBuiltServer(sandbox, server);
    const outcome = await evaluate(question, startChat, { connect, limits });
    outcomes.push(outcome);
    if (!json) console.log(writeOutcome(outcome));
  }
  console.log(json ? asJson(model, outcomes) : writeSum(sumOf(outcomes)));
  return outcomes.every(({ right }) => right);
}

async function replayAll({ json }: Options, chosen: readonly Question[]): Promise<boolean> {
  const numbers = new Set(chosen.map(({ number }) => number));
  const replayed = await replay(
    questions,
    readTranscripts().filter(({ question }) => numbers.has(question)),
  );
  const rows = replayed.map(({ question, transcript, differences, faults, bytes }) => ({
    question: question.number,
    title: question.title,
    model: transcript.model,
    calls: transcript.calls.length,
    bytes,
    right: isRight(faults),
    differences,
    ...faults,
  }));
  if (json) console.log(JSON.stringify(rows, null, 2));
  for (const { question, title, model, calls, bytes, right, differences } of json ? [] : rows) {
    const verdict = `${right ? 'right' : 'WRONG'}, ${differences.length === 0 ? 'as recorded' : differences.join('; ')}`;
    console.log(`${question} ${title}\n   ${calls} calls, ${bytes} bytes, ${verdict} (${model})`);
  }
  return rows.every(({ right, differences }) => right && differences.length === 0);
}

try {
  const options = readOptions(process.argv.slice(2));
  const chosen = questions.filter(({ number }) => options.only?.includes(number) ?? true);
  const isFine = await (options.model ? ask(options.model, options, chosen) : replayAll(options, chosen));
  if (!isFine) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
