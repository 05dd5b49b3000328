import { REQUESTS_A_MINUTE } from '../../evals/in-process.ts';
import type { Measured } from './measure.ts';
import type { Solved } from './solved.ts';

/** A question, and what both ways to its answer cost; undefined where there is no such way. */
export interface Row {
  readonly question: Solved;
  readonly plain: Measured | undefined;
  readonly workflows: Measured | undefined;
}

/** The bytes of the tool lists, counted once for the whole run. */
export interface ToolLists {
  readonly plain: number;
  readonly workflows: number;
}

const GOAL = 10;

export interface Sums {
  readonly calls: number;
  readonly requests: number;
  readonly bytes: number;
  readonly ms: number;
  readonly right: number;
}

export function sumOf(rows: readonly (Measured | undefined)[], toolList: number): Sums {
  const all = rows.filter((row) => row !== undefined);
  const sum = (pick: (row: Measured) => number) => all.reduce((total, row) => total + pick(row), 0);
  return {
    calls: sum(({ calls }) => calls),
    requests: sum(({ requests }) => requests),
    bytes: sum(({ bytes }) => bytes) + toolList,
    ms: sum(({ ms }) => ms),
    right: all.filter(({ right }) => right).length,
  };
}

const number = (value: number) => Math.round(value).toLocaleString('en-US');

/** Minutes that the requests take at LeadDyno's limit; in fact less, because the first 200 can be sent at once. */
const minutes = (requests: number) => (requests / REQUESTS_A_MINUTE).toFixed(1);

const COLUMNS = [
  ['calls', 7],
  ['requests', 10],
  ['minutes', 9],
  ['bytes', 12],
  ['ms', 8],
] as const;
const LABEL = 46;
const ANSWER = 9;
const WIDTH = COLUMNS.reduce((sum, [, width]) => sum + width, ANSWER);

function cells(one: Pick<Measured, 'calls' | 'requests' | 'bytes' | 'ms'> | undefined, answer: string): string {
  const values = one
    ? [number(one.calls), number(one.requests), minutes(one.requests), number(one.bytes), number(one.ms)]
    : COLUMNS.map(() => '–');
  return `${COLUMNS.map(([, width], index) => values[index]?.padStart(width)).join('')}  ${answer}`.padEnd(WIDTH);
}

const answered = (measured: Measured | undefined, none: string) =>
  measured === undefined ? none : measured.right ? 'right' : 'WRONG';

/** The rows as aligned text. `minutes` is how long the requests take at LeadDyno's limit. */
export function writeTable(rows: readonly Row[], lists: ToolLists): string[] {
  const head = `${COLUMNS.map(([name, width]) => name.padStart(width)).join('')}  answer`.padEnd(WIDTH);
  const line = (label: string, left: string, right: string) => `${label.padEnd(LABEL)}${left}   ${right}`.trimEnd();
  const title = (text: string) => text.padStart(WIDTH - ANSWER).padEnd(WIDTH);
  const list = (bytes: number) => cells({ calls: 0, requests: 0, bytes, ms: 0 }, '');
  const [plain, workflows] = totals(rows, lists);
  return [
    line('', title('the operations alone'), title('with the workflows')),
    line('', head, head),
    ...rows.map(({ question, plain: one, workflows: other }) => {
      const label = `${String(question.number).padStart(2)} ${question.title}`;
      const cut = label.length < LABEL ? label : `${label.slice(0, LABEL - 2)}…`;
      return line(
        cut,
        cells(one, answered(one, question.plain.length === 0 ? 'cannot' : 'not run')),
        cells(other, answered(other, 'not run')),
      );
    }),
    line('   the list of tools, once', list(lists.plain), list(lists.workflows)),
    line(
      '   in all',
      cells(plain, `${plain.right}/${rows.length}`),
      cells(workflows, `${workflows.right}/${rows.length}`),
    ),
  ];
}

export function totals(rows: readonly Row[], lists: ToolLists): [plain: Sums, workflows: Sums] {
  return [
    sumOf(
      rows.map(({ plain }) => plain),
      lists.plain,
    ),
    sumOf(
      rows.map(({ workflows }) => workflows),
      lists.workflows,
    ),
  ];
}

/** The notes on the questions, and what was wrong with the answers. */
export function writeNotes(rows: readonly Row[]): string[] {
  return rows.flatMap(({ question, plain, workflows }) => [
    ...(question.note ? [`${question.number}: ${question.note}`] : []),
    ...[plain, workflows].flatMap((measured) =>
      measured && !measured.right
        ? [`${question.number} (${measured.how}) is wrong: ${measured.wrong.join('; ').slice(0, 1_500)}`]
        : [],
    ),
  ]);
}

export function writeGoal(rows: readonly Row[], lists: ToolLists): string {
  const [plain, workflows] = totals(rows, lists);
  const times = plain.bytes / workflows.bytes;
  const met = times >= GOAL && workflows.right === rows.length;
  const answers = (plain.bytes - lists.plain) / (workflows.bytes - lists.workflows);
  return `Goal, at least ${GOAL} times fewer bytes and every answer right: ${times.toFixed(1)} times (without the lists of tools ${answers.toFixed(1)}), ${workflows.right} of ${rows.length} right (operations alone: ${plain.right}): ${met ? 'met' : 'MISSED'}`;
}

/** How the cost of the workflows grows from one programme to a larger one. */
export function writeGrowth(small: readonly Row[], large: readonly Row[]): string[] {
  const columns = ['calls', 'requests', 'bytes'] as const;
  const head = `${''.padEnd(LABEL)}${columns.map((name) => name.padStart(24)).join('')}`;
  return [
    head,
    ...small.flatMap(({ question, workflows: before }) => {
      const after = large.find((row) => row.question === question)?.workflows;
      if (!before || !after) return [];
      const cell = (name: (typeof columns)[number]) =>
        `${number(before[name])} → ${number(after[name])} (${(after[name] / Math.max(1, before[name])).toFixed(1)} ×)`;
      const label = `${String(question.number).padStart(2)} ${question.title}`.slice(0, LABEL - 1);
      return [`${label.padEnd(LABEL)}${columns.map((name) => cell(name).padStart(24)).join('')}`];
    }),
  ];
}
