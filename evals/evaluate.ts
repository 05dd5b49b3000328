import type { Programme, Sandbox } from '../src/sandbox/index.ts';
import { createAgent } from './agent.ts';
import { type Change, changesBetween, snapshotOf } from './changes.ts';
import { NOW, stampOf } from './clock.ts';
import type { Connection } from './connection.ts';
import { type Conversation, converse, LIMITS, type Limits } from './conversation.ts';
import { holds } from './fact.ts';
import type { StartChat } from './models/model.ts';
import type { Question } from './question.ts';
import { startScene } from './scene.ts';

/** What is wrong with an answer, or with what was written; all empty if nothing is. */
export interface Faults {
  /** Facts that the answer does not hold, or holds but must not. */
  readonly facts: readonly string[];
  /** What was written, but must not have been. */
  readonly forbidden: readonly Change[];
  /** What should have been written, but was not. */
  readonly missing: readonly Change[];
}

/** Runs before the question is asked, so that what is right does not depend on what is done afterwards. */
export function prepare(question: Question, programme: Programme, given: unknown) {
  const before = snapshotOf(programme);
  const expected = question.writes?.(programme, given) ?? [];
  const facts = question.facts(question.truth(programme, given), given, programme);
  const written = () => changesBetween(before, snapshotOf(programme));
  return {
    isDone: () => expected.length > 0 && written().length >= expected.length,
    judge(answer: string): Faults {
      const made = written();
      return {
        facts: facts.filter((fact) => !holds(fact, answer)).map(({ what }) => what),
        forbidden: made.filter((one) => !expected.includes(one)),
        missing: expected.filter((one) => !made.includes(one)),
      };
    },
  };
}

export const isRight = ({ facts, forbidden, missing }: Faults): boolean =>
  facts.length + forbidden.length + missing.length === 0;

export interface Outcome {
  readonly question: Question;
  readonly asked: string;
  readonly right: boolean;
  readonly faults: Faults;
  readonly conversation: Conversation | undefined;
  /** Why there is no conversation. */
  readonly failed: string | undefined;
  readonly ms: number;
}

const SYSTEM = `You are the assistant of an affiliate manager. It is ${stampOf(NOW)} (a Thursday). Use the tools to answer. If a tool asks for a confirmation, put its question to the manager, end your turn, and go on when they have answered. Give exact amounts with their currency, and call people by name and e-mail.`;

export interface EvaluateOptions {
  readonly connect: (sandbox: Sandbox) => Promise<Connection>;
  readonly limits?: Limits;
}

/** Asks a model one question, with a programme and a server of its own. */
export async function evaluate(
  question: Question,
  startChat: StartChat,
  { connect, limits = LIMITS }: EvaluateOptions,
): Promise<Outcome> {
  const sandbox = await startScene(question.programme, question.plant);
  const connection = await connect(sandbox);
  const started = performance.now();
  try {
    const given = question.given(sandbox.programme);
    await question.before?.(createAgent(connection).agent, given);
    const { isDone, judge } = prepare(question, sandbox.programme, given);
    const asked = question.ask(given);
    const system = `${SYSTEM}\n\n${connection.instructions}`;
    const chat = startChat(system, await connection.toolList(), AbortSignal.timeout(limits.ms));
    let conversation: Conversation | undefined;
    let failed: string | undefined;
    try {
      conversation = await converse(chat, connection, {
        question: asked,
        replies: question.replies ?? [],
        isDone,
        limits,
      });
    } catch (error) {
      failed = error instanceof Error ? error.message : String(error);
    }
    const faults = judge(conversation?.said.join('\n\n') ?? '');
    const isWhole = conversation !== undefined && conversation.stopped === undefined && conversation.unasked === 0;
    const ms = performance.now() - started;
    return { question, asked, right: isWhole && isRight(faults), faults, conversation, failed, ms };
  } finally {
    await connection.close();
    await sandbox.close();
  }
}
