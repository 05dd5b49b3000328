import type { Programme, SandboxOptions } from '../src/sandbox/index.ts';
import type { Agent } from './agent.ts';
import type { Change } from './changes.ts';
import type { Fact } from './fact.ts';

/** What an affiliate manager asks, and what tells a right answer from a wrong one. */
export interface Question<Given = unknown, Truth = unknown> {
  readonly number: number;
  /** The question in short, for tables. */
  readonly title: string;
  /** The question as the manager puts it. */
  readonly ask: (given: Given) => string;
  /** Seed and size of the simulated programme; the sandbox's own where absent. */
  readonly programme?: SandboxOptions;
  /** What that programme lacks; it is then made for this question alone. */
  readonly plant?: (programme: Programme) => void;
  /** What the manager names in the question: ids, addresses, codes. */
  readonly given: (programme: Programme) => Given;
  /** What happened before through the same server; counts for nobody. */
  readonly before?: (agent: Agent, given: Given) => Promise<void>;
  /** The right answer, from the programme itself and never through the server; taken before anybody answers. */
  readonly truth: (programme: Programme, given: Given) => Truth;
  /** What of it the words of an answer must hold. */
  readonly facts: (truth: Truth, given: Given, programme: Programme) => readonly Fact[];
  /** What must have been written afterwards, and nothing else; where absent, nothing may be. */
  readonly writes?: (programme: Programme, given: Given) => readonly Change[];
  /** What the manager says where the answer is a question, one after the other. */
  readonly replies?: readonly string[];
}

/** Checks a question as it is written; a list of questions need not know what each is given. */
export function anyQuestion<Given, Truth>(definition: Question<Given, Truth>): Question {
  // The one place where the types are forgotten on purpose: a question hands its own values to its own functions.
  return definition as unknown as Question;
}

/** Whether it needs a programme and a server of its own. */
export const isAlone = ({ programme, plant, before, writes }: Question): boolean =>
  programme !== undefined || plant !== undefined || before !== undefined || writes !== undefined;
