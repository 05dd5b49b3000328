import type { Programme, SandboxOptions } from '../src/sandbox/index.ts';
import type { Agent } from './agent.ts';
import type { Change } from './changes.ts';
import type { Fact } from './fact.ts';

/** A question of an affiliate manager, and what makes an answer to it right. */
export interface Question<Given = unknown, Truth = unknown> {
  readonly number: number;
  /** The question in short, for tables. */
  readonly title: string;
  /** The question as the manager asks it. */
  readonly ask: (given: Given) => string;
  /** Seed and size of the simulated programme; by default the sandbox's own. */
  readonly programme?: SandboxOptions;
  /** Adds what the programme lacks. The programme is then made for this question alone. */
  readonly plant?: (programme: Programme) => void;
  /** What the question names: ids, addresses, codes. */
  readonly given: (programme: Programme) => Given;
  /** What was done earlier through the same server. It counts towards no figure. */
  readonly before?: (agent: Agent, given: Given) => Promise<void>;
  /** The right answer, from the programme itself and never through the server; worked out before anybody answers. */
  readonly truth: (programme: Programme, given: Given) => Truth;
  /** What the words of an answer must hold. */
  readonly facts: (truth: Truth, given: Given, programme: Programme) => readonly Fact[];
  /** Exactly what must have been written afterwards; if absent, nothing may be. */
  readonly writes?: (programme: Programme, given: Given) => readonly Change[];
  /** What the manager replies, in turn, if the answer is a question. The last reply is repeated. */
  readonly replies?: readonly string[];
}

/** Checks a question's own types, then drops them: a list of questions need not know what each is given. */
export function anyQuestion<Given, Truth>(definition: Question<Given, Truth>): Question {
  // Drops the types on purpose: a question passes its own values to its own functions.
  return definition as unknown as Question;
}

/** Whether it needs a programme and a server of its own. */
export const isAlone = ({ programme, plant, before, writes }: Question): boolean =>
  programme !== undefined || plant !== undefined || before !== undefined || writes !== undefined;
