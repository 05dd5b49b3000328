import type { JsonObject } from '../../src/json.ts';
import type { Programme } from '../../src/sandbox/index.ts';
import type { Entry, Question } from '../operations/table/entry.ts';
import { entries, requestLine } from '../operations/table/index.ts';
import { customerOf, newestPurchase } from '../operations/table/simulated.ts';
import { workflowCalls } from './workflow-calls.ts';

/* Calls for the tests that sweep every tool, from the table of operations and the table of workflows. */

type Calls = Readonly<Record<string, (programme: Programme) => JsonObject>>;

const known = (programme: Programme) => ({
  affiliate_id: 1001,
  email: customerOf(programme)?.email,
  purchase_code: newestPurchase(programme)?.code,
});

function callsOf(reading: boolean): Calls {
  const isWanted = ([, { effect }]: [string, { effect?: string }]) => (effect === undefined) === reading;
  return Object.fromEntries([
    ...Object.entries(workflowCalls)
      .filter(isWanted)
      .map(([name, { whole }]) => [name, (programme: Programme) => whole(known(programme))] as const),
    ...Object.entries(entries)
      .filter(isWanted)
      .flatMap(([name, { call }]) => (call ? [[name, call] as const] : [])),
  ]);
}

/** Arguments for every tool that reads, with records of a simulated programme; they ask for complete lists in full. */
export const readCalls = callsOf(true);

/** Arguments for every workflow that writes, and for every operation that can write without asking. */
export const writeCalls = callsOf(false);

/** A call of an operation that asks for a confirmation. */
export interface AskingWrite extends Omit<Question, 'which'> {
  readonly title: string;
  readonly tool: string;
  /** The one request that carries it out. */
  readonly sends: (programme: Programme) => string;
}

const requestOf = (entry: Entry, input: JsonObject) => {
  const { method, path } = requestLine(entry, input);
  return `${method} ${path}`;
};

/** All calls of operations that ask. */
export const askingWrites: readonly AskingWrite[] = Object.entries(entries).flatMap(([tool, entry]) =>
  (entry.questions ?? []).map(({ which, ...question }) => ({
    ...question,
    title: which === undefined ? tool : `${tool} ${which}`,
    tool,
    sends: (programme) => requestOf(entry, question.args(programme)),
  })),
);

/** One of each kind of question, for tests in which all of them would take too long. */
export const someWrites = askingWrites.filter(({ title }) =>
  ['archive_affiliate', 'create_commission', 'delete_custom_field', 'update_affiliate of paypal_email'].includes(title),
);

/** Calls of operations that write without asking, with the one request that each sends. */
export const unaskedWrites = Object.entries(entries).flatMap(([tool, entry]) => {
  const { call } = entry;
  if (entry.effect === undefined || call === undefined) return [];
  return [{ tool, args: call, sends: (programme: Programme) => requestOf(entry, call(programme)) }];
});
