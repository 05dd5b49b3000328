import { isDeepStrictEqual } from 'node:util';
import { createAgent } from '../../evals/agent.ts';
import { changesBetween, snapshotOf } from '../../evals/changes.ts';
import { atNow } from '../../evals/clock.ts';
import { startServer, type Way } from '../../evals/in-process.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { Solved } from './solved.ts';

/** What one way to one answer cost. */
export interface Measured {
  readonly how: string;
  readonly calls: number;
  readonly bytes: number;
  readonly requests: number;
  readonly ms: number;
  readonly right: boolean;
  /** Where the answer or what was written differs from what is right, or why there is no answer. */
  readonly wrong: readonly string[];
  readonly byTool: Readonly<Record<string, { readonly calls: number; readonly bytes: number }>>;
}

/** Provides the programme for a question; a question that writes to it gets one of its own. */
export type Scenes = (question: Solved) => Promise<{ readonly sandbox: Sandbox; release(): Promise<void> }>;

export interface MeasureOptions {
  /** See `startServer`. Only for workflows that read: with haste, a write would have too little time left to start. */
  readonly haste?: number | undefined;
  /** Milliseconds for one way to one answer. */
  readonly limitMs?: number | undefined;
}

/**
 * Solves a question with the plain operations or with the workflows, each attempt on a new server, and compares the
 * answer with the truth. @returns the best attempt; undefined if there is no way to solve it
 */
export async function measure(
  question: Solved,
  way: Way,
  scenes: Scenes,
  options: MeasureOptions = {},
): Promise<Measured | undefined> {
  const ways =
    way === 'workflows'
      ? [{ how: question.needs.join(', '), solve: question.workflows }]
      : question.plain.map(({ how, solve }) => ({ how, solve }));
  let best: Measured | undefined;
  for (const { how, solve } of ways) {
    const measured = await atNow(() => measureOne(question, way, how, solve, scenes, options));
    if (!best || isBetter(measured, best)) best = measured;
  }
  return best;
}

/** A right answer beats a wrong one; then fewer bytes win. */
const isBetter = (one: Measured, other: Measured) => (one.right === other.right ? one.bytes < other.bytes : one.right);

async function measureOne(
  question: Solved,
  way: Way,
  how: string,
  solve: Solved['workflows'],
  scenes: Scenes,
  { haste, limitMs = Number.POSITIVE_INFINITY }: MeasureOptions,
): Promise<Measured> {
  const { given: give, truth, writes, before } = question;
  const { sandbox, release } = await scenes(question);
  const isHasty = way === 'workflows' && !question.writes && !question.before;
  const connection = await startServer(sandbox, way, isHasty ? haste : undefined);
  try {
    const { programme, requests } = sandbox;
    const given = give(programme);
    await before?.(createAgent(connection).agent, given);
    const expected = truth(programme, given);
    const written = writes?.(programme, given) ?? [];
    const untouched = snapshotOf(programme);

    requests.splice(0);
    const started = performance.now();
    const { agent, context } = createAgent(connection, started + limitMs);
    const answer = await solve(agent, given).catch((error: unknown) => new Error('failed', { cause: error }));
    const ms = performance.now() - started;
    const wrong = [
      ...(answer instanceof Error ? [String(answer.cause)] : differences(expected, answer, 'answer')),
      ...differences([...written].sort(), changesBetween(untouched, snapshotOf(programme)), 'programme'),
    ];
    return {
      how,
      calls: context.calls,
      bytes: context.bytes,
      requests: requests.length,
      ms,
      right: wrong.length === 0,
      wrong,
      byTool: Object.fromEntries(context.byTool),
    };
  } finally {
    await connection.close();
    await release();
  }
}

const MOST = 6;

/** The first few differences between two JSON values, in words. */
export function differences(expected: unknown, got: unknown, path: string): string[] {
  if (isDeepStrictEqual(expected, got)) return [];
  const bothAre = (test: (value: unknown) => boolean) => test(expected) && test(got);
  if (bothAre((value) => typeof value === 'object' && value !== null)) {
    const [left, right] = [expected as Record<string, unknown>, got as Record<string, unknown>];
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return keys.flatMap((key) => differences(left[key], right[key], `${path}.${key}`)).slice(0, MOST);
  }
  return [`${path}: expected ${short(expected)}, got ${short(got)}`];
}

const short = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 120);
