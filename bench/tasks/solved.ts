import type { Agent } from '../../evals/agent.ts';
import type { Question } from '../../evals/question.ts';

/** One honest way to an answer with the plain operations; where there are several, the one with the fewest bytes counts. */
export interface PlainWay<Given, Truth> {
  readonly how: string;
  readonly solve: (agent: Agent, given: Given) => Promise<Truth>;
}

/** How a script answers a question, both ways. */
export interface Ways<Given = unknown, Truth = unknown> {
  /** Empty where the operations cannot tell. */
  readonly plain: readonly PlainWay<Given, Truth>[];
  readonly workflows: (agent: Agent, given: Given) => Promise<Truth>;
  /** The tools that `workflows` calls besides operations. */
  readonly needs: readonly string[];
  /** What a reader of the table should know. */
  readonly note?: string;
}

/** A question of `evals/` with both ways to its answer. */
export type Solved = Question & Ways;

/** Checks both ways against their question; outside, nobody needs to know what it is given. */
export function solved<Given, Truth>(question: Question<Given, Truth>, ways: Ways<Given, Truth>): Solved {
  // The one place where the types are forgotten on purpose: a question hands its own values to its own functions.
  return { ...question, ...ways } as unknown as Solved;
}
