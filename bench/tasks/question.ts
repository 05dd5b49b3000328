import type { Programme } from '../../src/sandbox/index.ts';
import type { Agent } from './agent.ts';

/** One honest way to an answer with the plain operations; where there are several, the one with the fewest bytes counts. */
export interface PlainWay<Given> {
  readonly how: string;
  readonly solve: (agent: Agent, given: Given) => Promise<unknown>;
}

/** What an affiliate manager asks, and how it is answered. */
export interface Question<Given = unknown> {
  readonly number: number;
  readonly asked: string;
  /** Changes the programme: it then needs one of its own. */
  readonly writes?: boolean;
  /** What the manager names in the question: ids, addresses, codes. */
  readonly given: (programme: Programme) => Given;
  /** What happened before through the same server; counts for nobody. */
  readonly before?: (agent: Agent, given: Given) => Promise<void>;
  /** The right answer, from the programme itself and never through the server; taken before anybody answers. */
  readonly truth: (programme: Programme, given: Given) => unknown;
  /** What must be true of the programme afterwards, and what is. */
  readonly outcome?: {
    readonly expected: (programme: Programme, given: Given) => unknown;
    readonly found: (programme: Programme, given: Given) => unknown;
  };
  /** Empty where the operations cannot tell. */
  readonly plain: readonly PlainWay<Given>[];
  readonly workflows: (agent: Agent, given: Given) => Promise<unknown>;
  /** The tools that `workflows` calls besides operations. */
  readonly needs: readonly string[];
  /** What a reader of the table should know. */
  readonly note?: string;
}

/** Checks a question as it is written; outside, nobody needs to know what it is given. */
export function question<Given>(definition: Question<Given>): Question {
  // The one place where the type is forgotten on purpose: a question hands its own `given` to its own functions.
  return definition as unknown as Question;
}
