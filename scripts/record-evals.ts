import { writeFileSync } from 'node:fs';
import { scriptOf } from '../bench/tasks/scripts.ts';
import { startStandIn } from '../bench/tasks/stand-in.ts';
import { evaluate } from '../evals/evaluate.ts';
import { chatCompletions } from '../evals/models/chat-completions.ts';
import { questions } from '../evals/questions/index.ts';
import { fileOf } from '../evals/replay.ts';
import { startScene } from '../evals/scene.ts';
import { startBuiltServer } from '../evals/stdio.ts';
import { transcriptOf } from '../evals/transcript.ts';
import type { JsonObject } from '../src/json.ts';

/*
 * `npx tsx scripts/record-evals.ts [NUMBER …]` after a build: rewrites `evals/recorded/`, with the scripts of
 * `bench/tasks/` in place of a model. Read the diff: it is what models get.
 */

const chosen = process.argv.slice(2).map(Number);
const standIn = await startStandIn();
const startChat = chatCompletions({ url: `${standIn.url}/v1`, key: undefined, model: 'scripted' });

try {
  for (const question of questions.filter(({ number }) => chosen.length === 0 || chosen.includes(number))) {
    const scene = await startScene(question.programme, question.plant);
    const given = question.given(scene.programme);
    await scene.close();
    standIn.play((agent) => scriptOf(question.number)(agent, given as JsonObject));
    const outcome = await evaluate(question, startChat, { connect: (sandbox) => startBuiltServer(sandbox) });
    if (!outcome.right) {
      const { faults, failed, conversation } = outcome;
      console.error(`${question.number} is wrong: ${JSON.stringify({ faults, failed, said: conversation?.said })}`);
      process.exitCode = 1;
      continue;
    }
    const transcript = transcriptOf(outcome, 'scripted');
    writeFileSync(fileOf(question.number), `${JSON.stringify(transcript, null, 1)}\n`);
    const bytes = transcript.calls.reduce((sum, call) => sum + call.bytes, 0);
    console.log(`${question.number}: ${transcript.calls.length} calls, ${bytes} bytes`);
  }
} finally {
  await standIn.close();
}
