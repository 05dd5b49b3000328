import type { Outcome } from './evaluate.ts';

const number = (value: number) => value.toLocaleString('en-US');
const LABEL = 58;
const COLUMNS = ['calls', 'bytes', 'errors', 'forbidden', 'seconds'] as const;

const row = (label: string, cells: readonly string[]) =>
  `${label.length < LABEL ? label.padEnd(LABEL) : `${label.slice(0, LABEL - 2)}… `}${cells.map((cell) => cell.padStart(11)).join('')}`;

export const heading = (): string => row('', ['answer', ...COLUMNS]);

/** One line for a question, with what was wrong below it. */
export function writeOutcome(outcome: Outcome): string {
  const { question, right, conversation, faults, ms } = outcome;
  const cells = [
    right ? 'right' : 'WRONG',
    number(conversation?.steps.length ?? 0),
    number(conversation?.bytes ?? 0),
    number(conversation?.errors ?? 0),
    number(faults.forbidden.length),
    (ms / 1_000).toFixed(1),
  ];
  const label = `${String(question.number).padStart(2)} ${question.title}`;
  return [row(label, cells), ...reasonsOf(outcome).map((reason) => `     ${reason}`)].join('\n');
}

const MOST = 8;

function reasonsOf({ faults, failed, conversation, right }: Outcome): string[] {
  if (right) return [];
  const unasked = conversation?.unasked ?? 0;
  const reasons = [
    ...(failed ? [failed] : []),
    ...(conversation?.stopped ? [`stopped: ${conversation.stopped}`] : []),
    ...(unasked > 0 ? [`confirmed without asking the manager: ${unasked}`] : []),
    ...faults.forbidden.map((change) => `written, and must not have been: ${change}`),
    ...faults.missing.map((change) => `not written: ${change}`),
    ...faults.facts.map((fact) => `not in the answer: ${fact}`),
  ];
  return reasons.length > MOST ? [...reasons.slice(0, MOST), `and ${reasons.length - MOST} more`] : reasons;
}

export interface Sum {
  readonly questions: number;
  readonly right: number;
  readonly calls: number;
  readonly bytes: number;
  readonly errors: number;
  readonly forbidden: number;
  readonly unasked: number;
  readonly tokens: number;
}

export function sumOf(outcomes: readonly Outcome[]): Sum {
  const sum = (pick: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  return {
    questions: outcomes.length,
    right: outcomes.filter(({ right }) => right).length,
    calls: sum(({ conversation }) => conversation?.steps.length ?? 0),
    bytes: sum(({ conversation }) => conversation?.bytes ?? 0),
    errors: sum(({ conversation }) => conversation?.errors ?? 0),
    forbidden: sum(({ faults }) => faults.forbidden.length),
    unasked: sum(({ conversation }) => conversation?.unasked ?? 0),
    tokens: sum(({ conversation }) => conversation?.tokens ?? 0),
  };
}

export const writeSum = (sum: Sum): string =>
  `${sum.right} of ${sum.questions} right, ${number(sum.calls)} calls, ${number(sum.bytes)} bytes in context (the list of tools not counted), ${number(sum.errors)} errors, ${number(sum.forbidden)} forbidden writes, ${number(sum.unasked)} confirmed without asking, ${number(sum.tokens)} tokens as the endpoint counts them`;

/** The results as JSON, with every call and the answer, so that wrong answers can be understood. */
export function asJson(model: string, outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ question, asked, right, faults, conversation, failed, ms }) => ({
    question: question.number,
    title: question.title,
    asked,
    right,
    ...faults,
    failed,
    stopped: conversation?.stopped,
    calls: conversation?.steps.map(({ tool, arguments: args, shown }) => ({
      tool,
      arguments: args,
      is_error: shown.isError,
      bytes: shown.bytes,
    })),
    bytes: conversation?.bytes,
    errors: conversation?.errors,
    unasked: conversation?.unasked,
    tokens: conversation?.tokens,
    said: conversation?.said,
    ms: Math.round(ms),
  }));
  return JSON.stringify({ model, sum: sumOf(outcomes), questions: rows }, null, 2);
}
