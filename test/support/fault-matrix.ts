import { Random } from '../../src/sandbox/random.ts';
import { isWorkflow, type Tool } from '../../src/workflows/workflow.ts';
import type { Era, Result } from './clients.ts';
import { type FaultName, type FaultProxy, faultNames, startFaultProxy } from './fault-proxy.ts';
import { argsOf, cleanCall, clock, stageFor, tools, writesAt } from './fault-stage.ts';
import { judge, type Outcome, outcomes, sentOnce, type Verdict } from './fault-verdict.ts';
import { startHarnessAt } from './harness.ts';
import { table } from './readme-tables.ts';

/** One call of one tool with one fault. */
export interface Cell {
  readonly tool: Tool;
  readonly fault: FaultName;
  /** Whether the fault hits one request only, or all requests from there on. */
  readonly times: 'once' | 'always';
  readonly carriedOut: boolean;
  readonly era: Era;
  /** Whether a call went before, so that its connection is reused. */
  readonly warm: boolean;
  /** Which request of a workflow the fault hits, as a fraction of all its requests. */
  readonly where: number;
}

/** Every tool with every fault, `once` and `always`. */
export function wholeMatrix(seed: number): Cell[] {
  const random = Random.forPart(seed, 'faults');
  return faultNames.flatMap((fault) =>
    tools.flatMap((tool) => (['once', 'always'] as const).map((times) => cellOf(tool, fault, times, random))),
  );
}

/** A sample with every tool at least once and every fault at least three times. */
export function sample(seed: number): Cell[] {
  const random = Random.forPart(seed, 'faults');
  const deck = shuffled([...tools, ...shuffled(tools, random).slice(0, 3 * faultNames.length - tools.length)], random);
  return deck.map((tool, index) =>
    cellOf(tool, faultNames[index % faultNames.length] ?? '500', random.below(3) === 0 ? 'always' : 'once', random),
  );
}

function cellOf(tool: Tool, fault: FaultName, times: Cell['times'], random: Random): Cell {
  return {
    tool,
    fault,
    times,
    carriedOut: random.below(2) === 0,
    era: random.below(4) === 0 ? 'legacy' : 'modern',
    warm: random.below(2) === 0,
    where: random.next(),
  };
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const drawn = items.map((item) => ({ item, at: random.next() }));
  return drawn.sort((a, b) => a.at - b.at).map(({ item }) => item);
}

/**
 * Milliseconds: enough for the waits that LeadDyno asks for and for the second attempt of a read, but short if there
 * will be no answer.
 */
function deadlineOf({ tool, fault, times }: Cell): number {
  const inVain = fault === 'no answer in time' && times === 'always';
  if (!isWorkflow(tool)) return inVain ? 400 : fault === 'no answer in time' ? 3_000 : 5_000;
  // A batch starts no write in its last three seconds.
  if (tool.effect !== 'read') return 7_000;
  return inVain ? 2_000 : 6_000;
}

export interface Ran extends Verdict {
  readonly cell: Cell;
}

export const titleOf = ({ tool, fault, times, carriedOut, era, warm, where }: Cell) =>
  `${tool.name} under "${fault}" (${times}, ${JSON.stringify({ carriedOut, era, warm, where: Number(where.toFixed(3)) })})`;

/** Makes one call with its fault and judges it; then checks that everything works again without the fault. */
export async function run(cell: Cell): Promise<Ran> {
  const { tool, fault, times, era, warm } = cell;
  const [clean, deadlineMs] = [await cleanCall(tool), deadlineOf(cell)];
  const sandbox = await stageFor(tool);
  const proxy = await startFaultProxy(sandbox.url);
  const patience = isWorkflow(tool) ? { workflowMs: deadlineMs, timeoutMs: 5_000 } : { timeoutMs: deadlineMs };
  const harness = startHarnessAt(proxy.url, { keyTransport: 'header', clock, cache: false, ...patience });
  try {
    const { call } = await harness.connect(era, { answers: 'yes' });
    if (warm) await call('list_campaigns', {});
    const [before, arrivedBefore] = [writesAt(sandbox).length, proxy.requests.length];
    await strike(proxy, cell, clean.requests);
    const began = performance.now();
    const result: Result | undefined = await call(tool.name, argsOf(tool)).catch(() => undefined);
    const elapsedMs = performance.now() - began;
    // Wait until requests in progress have reached LeadDyno, or have failed.
    await proxy.idle();
    const writes = writesAt(sandbox).slice(before);
    const arrived = proxy.requests.slice(arrivedBefore);
    const strayed = proxy.strayed();
    const verdict = judge({ tool, fault, times, clean, result, elapsedMs, deadlineMs, arrived, writes, strayed });
    const problems = [...verdict.problems, ...harness.faults.map((bug) => `a bug was reported: ${bug}`)];

    proxy.follow(undefined);
    await proxy.reopen();
    const after = await call('list_campaigns', {});
    if (after.isError) problems.push(`nothing works afterwards: ${after.text}`);
    if (isWorkflow(tool) && tool.effect !== 'read') {
      await call(tool.name, argsOf(tool));
      const all = writesAt(sandbox).slice(before);
      if (JSON.stringify([...all].sort()) !== JSON.stringify(clean.writes))
        problems.push(`called again, it does not finish the job exactly: ${all.join('; ')}`);
      problems.push(...sentOnce({ arrived: [], writes: all }));
    }
    return { cell, outcome: problems.length > 0 ? 'WRONG' : verdict.outcome, problems };
  } finally {
    await harness.close();
    await proxy.close();
    await sandbox.close();
  }
}

async function strike(proxy: FaultProxy, cell: Cell, requests: number): Promise<void> {
  const { tool, fault, times, carriedOut, where } = cell;
  const first = isWorkflow(tool) ? 1 + Math.floor(where * requests) : 1;
  if (fault === 'unreachable' && first === 1) return await proxy.shut();
  let hit = false;
  proxy.follow(({ method }, count) => {
    const here = isWorkflow(tool) || times === 'always' ? count >= first : tool.effect === 'read' || method !== 'GET';
    if (!here || (hit && times === 'once')) return undefined;
    hit = true;
    if (fault === 'unreachable') void proxy.shut();
    return { fault, carriedOut };
  });
}

/** A table of the faults with the number of each outcome. */
export function countOutcomes(ran: readonly Ran[]): string {
  const rows = faultNames.map((fault) => {
    const of = ran.filter(({ cell }) => cell.fault === fault);
    return [fault, ...[of.length, ...outcomes.map((outcome) => countOf(of, outcome))].map(String)];
  });
  const totals = ['all', ...[ran.length, ...outcomes.map((outcome) => countOf(ran, outcome))].map(String)];
  return table(['fault', 'calls', ...outcomes], [...rows, totals]);
}

const countOf = (ran: readonly Ran[], outcome: Outcome) => ran.filter((one) => one.outcome === outcome).length;
