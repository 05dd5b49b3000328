import { isObject, type JsonObject } from '../../src/json.ts';
import { questions } from './questions.ts';
import { type Script, trapScripts } from './traps.ts';

const isSums = (value: JsonObject) =>
  Object.entries(value).every(([key, one]) => /^[A-Z]{3}$/.test(key) && typeof one === 'string');

/** Facts as lines of text: what a script says in place of a model. */
export function inWords(value: unknown, indent = ''): string {
  if (Array.isArray(value)) {
    return value.some((one) => typeof one === 'object')
      ? value.map((one) => `\n${indent}- ${inWords(one, `${indent}  `)}`).join('')
      : value.join(', ');
  }
  if (!isObject(value)) return String(value);
  const entries = Object.entries(value);
  if (isSums(value)) return entries.map(([currency, amount]) => `${amount} ${currency}`).join(', ');
  return entries.map(([key, one]) => `\n${indent}${key}: ${inWords(one, `${indent}  `)}`).join('');
}

/** One line per row, whatever the row holds. */
const inRows = (rows: readonly unknown[]) => rows.map((row) => `- ${rowInWords(row)}`).join('\n');

function rowInWords(row: unknown): string {
  if (Array.isArray(row)) return row.map(rowInWords).join(', ');
  if (!isObject(row)) return String(row);
  const entries = Object.entries(row);
  if (isSums(row)) return entries.map(([currency, amount]) => `${amount} ${currency}`).join(', ');
  return entries.map(([key, one]) => `${key} ${rowInWords(one)}`).join(', ');
}

/** Answers that take more than their facts as lines of text. */
const SAYINGS: Readonly<Record<number, Script>> = {
  async 2(agent, given) {
    const { waiting, odd } = (await solve(2)(agent, given)) as {
      readonly waiting: number;
      readonly odd: readonly number[];
    };
    return `${waiting} are waiting. Look at these: ${odd.join(', ')}.`;
  },
  async 3(agent, given) {
    const { approved } = (await solve(3)(agent, given)) as { readonly approved: readonly number[] };
    return `${approved.length} approved: ${approved.join(', ')}.`;
  },
  async 10(agent, given) {
    const traces = (await solve(10)(agent, given)) as readonly object[];
    const codes = given.codes as readonly string[];
    return inRows(traces.map((trace, index) => [codes[index], trace]));
  },
  // The file goes to the manager; the answer only names it and its number of rows.
  async 13(agent, { since, until }) {
    const { files } = await agent.finish('export_records', { records: 'purchases', since, until });
    return inRows((files as JsonObject[]).map(({ name, rows }) => [name, `${rows} purchases`]));
  },
  14: async (agent, given) => inRows((await solve(14)(agent, given)) as readonly object[]),
  16: async (agent, given) => inRows((await solve(16)(agent, given)) as readonly object[]),
};

function solve(number: number): (agent: Parameters<Script>[0], given: JsonObject) => Promise<unknown> {
  const found = questions.find((question) => question.number === number);
  if (!found) throw new Error(`no script for question ${number}`);
  return found.workflows;
}

/** The script that answers a question of `evals/` with the workflows. */
export const scriptOf = (number: number): Script =>
  trapScripts[number] ?? SAYINGS[number] ?? (async (agent, given) => inWords(await solve(number)(agent, given)));
