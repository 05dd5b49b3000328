import { readdirSync, readFileSync } from 'node:fs';
import type { Sandbox } from '../src/sandbox/index.ts';
import { createAgent } from './agent.ts';
import { atNow } from './clock.ts';
import type { Connection, Shown } from './connection.ts';
import { type Faults, prepare } from './evaluate.ts';
import { startServer } from './in-process.ts';
import { isAlone, type Question } from './question.ts';
import { startScene } from './scene.ts';
import { argumentsOf, shapeOf, type Transcript } from './transcript.ts';

/** How far the size of an answer may differ from the recorded one, as a share of it. */
const TOLERANCE = 0.1;

export interface Replayed {
  readonly question: Question;
  readonly transcript: Transcript;
  /** Where the question or the server's answers differ from the recording. */
  readonly differences: readonly string[];
  readonly faults: Faults;
  readonly bytes: number;
}

const FOLDER = new URL('./recorded/', import.meta.url);

export const fileOf = (number: number): URL => new URL(`${String(number).padStart(2, '0')}.json`, FOLDER);

export function readTranscripts(): Transcript[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return names.toSorted().map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')));
}

/** Repeats the calls of recorded conversations in this process, and compares the answers with the recorded ones. */
export async function replay(questions: readonly Question[], transcripts: readonly Transcript[]): Promise<Replayed[]> {
  const shared = await startScene();
  const connection = await startNow(shared);
  const replayed: Replayed[] = [];
  try {
    for (const transcript of transcripts) {
      const question = questions.find(({ number }) => number === transcript.question);
      if (!question) throw new Error(`no question ${transcript.question}`);
      const one = isAlone(question)
        ? replayAlone(question, transcript)
        : replayOne(question, transcript, connection, shared.programme);
      replayed.push(await one);
    }
  } finally {
    await connection.close();
    await shared.close();
  }
  return replayed;
}

/** The server reads the clock when it starts. */
const startNow = (sandbox: Sandbox) => atNow(() => startServer(sandbox, 'workflows'));

async function replayAlone(question: Question, transcript: Transcript): Promise<Replayed> {
  const sandbox = await startScene(question.programme, question.plant);
  const connection = await startNow(sandbox);
  try {
    return await replayOne(question, transcript, connection, sandbox.programme);
  } finally {
    await connection.close();
    await sandbox.close();
  }
}

const replayOne = (
  question: Question,
  transcript: Transcript,
  connection: Connection,
  programme: Parameters<Question['truth']>[0],
): Promise<Replayed> =>
  atNow(async () => {
    const given = question.given(programme);
    await question.before?.(createAgent(connection).agent, given);
    const { judge } = prepare(question, programme, given);
    const differences: string[] = [];
    if (question.ask(given) !== transcript.asked) differences.push('the question is no longer the recorded one');
    const shown: Shown[] = [];
    for (const call of transcript.calls) {
      const answer = await connection.call(call.tool, argumentsOf(call, shown));
      shown.push(answer);
      differences.push(...differencesOf(call, answer).map((text) => `call ${shown.length}, ${call.tool}: ${text}`));
    }
    const bytes = shown.reduce((sum, one) => sum + one.bytes, 0);
    return { question, transcript, differences, faults: judge(transcript.answer), bytes };
  });

function differencesOf({ is_error, bytes, shape }: Transcript['calls'][number], answer: Shown): string[] {
  if (answer.isError !== is_error)
    return [`${is_error ? 'no error any more' : 'an error'}: ${answer.text.slice(0, 200)}`];
  const now = shapeOf(answer);
  const gone = shape.filter((key) => !now.includes(key));
  const added = now.filter((key) => !shape.includes(key));
  const isOfSize = Math.abs(answer.bytes - bytes) <= TOLERANCE * bytes;
  return [
    ...(gone.length > 0 ? [`without ${gone.join(', ')}`] : []),
    ...(added.length > 0 ? [`new: ${added.join(', ')}`] : []),
    ...(isOfSize ? [] : [`${answer.bytes} bytes, recorded ${bytes}`]),
  ];
}
