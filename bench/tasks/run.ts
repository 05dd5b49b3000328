import { bytesOf } from '../../evals/connection.ts';
import { startServer, type Way } from '../../evals/in-process.ts';
import { isAlone } from '../../evals/question.ts';
import { startScene } from '../../evals/scene.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts';
import { type MeasureOptions, measure, type Scenes } from './measure.ts';
import type { Solved } from './solved.ts';
import type { Row, ToolLists } from './table.ts';

export interface RunOptions extends MeasureOptions {
  readonly size?: SandboxOptions;
  readonly onRow?: (row: Row) => void;
}

export interface Run {
  readonly rows: readonly Row[];
  readonly lists: ToolLists;
  /** How long it took to make the shared programme. */
  readonly madeInMs: number;
}

/** Solves the questions one after the other, each in both ways. */
export async function runQuestions(
  questions: readonly Solved[],
  { size = {}, onRow, ...options }: RunOptions = {},
): Promise<Run> {
  const begun = performance.now();
  const shared = await startScene(size);
  const madeInMs = performance.now() - begun;
  const scenes: Scenes = async (question) => {
    if (!isAlone(question)) return { sandbox: shared, release: async () => undefined };
    const own = await startScene({ ...question.programme, ...size }, question.plant);
    return { sandbox: own, release: () => own.close() };
  };
  try {
    const rows: Row[] = [];
    for (const question of questions) {
      const plain = await measure(question, 'plain', scenes, options);
      const workflows = await measure(question, 'workflows', scenes, options);
      const row = { question, plain, workflows };
      rows.push(row);
      onRow?.(row);
    }
    const lists = { plain: await listBytes(shared, 'plain'), workflows: await listBytes(shared, 'workflows') };
    return { rows, lists, madeInMs };
  } finally {
    await shared.close();
  }
}

/** The size in bytes of the list of tools, as a model gets it. */
async function listBytes(sandbox: Sandbox, way: Way): Promise<number> {
  const connection = await startServer(sandbox, way);
  try {
    const tools = await connection.toolList();
    return tools.reduce((sum, tool) => sum + bytesOf(JSON.stringify(tool)), 0);
  } finally {
    await connection.close();
  }
}
