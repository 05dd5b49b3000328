import type { Agent } from '../../evals/agent.ts';
import type { Question } from '../../evals/question.ts';

/** One honest way to an answer with the plain operations. Of several, a right one with the fewest bytes counts. */
export interface PlainWay<Given, Truth> {
  readonly how: string;
  readonly solve: (agent: Agent, given: Given) => Promise<Truth>;
}

/** How a script answers a question in both ways. */
export interface Ways<Given = unknown, Truth = unknown> {
  /** Empty where the operations alone cannot answer it. */
  readonly plain: readonly PlainWay<Given, Truth>[];
  readonly workflows: (agent: Agent, given: Given) => Promise<Truth>;
  /** The tools that `workflows` calls besides operations. */
  readonly needs: readonly string[];
  /** What a reader of the table should know. */
  readonly note?: string;
}

/** A question of `evals/`, with both ways to answer it. */
export type Solved = Question & Ways;

/** Checks the types of both ways against the question; callers need not know what the question is given. */
export function solved<Given, Truth>(question: Question<Given, Truth>, ways: Ways<Given, Truth>): Solved {
  // Drops the types on purpose, here alone: a question passes its own values to its own functions.
  return { ...question, ...ways } as unknown as Solved;
}
