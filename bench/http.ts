import { toolsets } from '../src/workflows/index.ts';
import { affiliateCall, directCall, echoCall, FORMS, type MakeCall, SANDBOX_KEY } from './http-calls.ts';
import { createLoad, type Load, type Measured } from './http-load.ts';
import { measureMemory } from './http-memory.ts';
import { type Served, serveBuilt, serveSource } from './http-process.ts';

/*
 * `npx tsx bench/http.ts [--full]`: compares the built server over HTTP with bare handlers of the SDK. All are measured
 * in turn in the same run, each in its own process. Figures are medians over the rounds; ratios are medians of each
 * round's ratio. On a machine that does other work too, processor time is the steadier measure.
 *
 *   sdk, 1 tool      the SDK's handler with one echo tool
 *   sdk, N tools     the same with as many tools as our server has, their schemas built once
 *   sdk + upstream   the SDK's handler with one tool that makes our upstream call
 *   leaddyno-mcp     dist/main.js with all tools and no rate limit
 *   direct           undici straight to the sandbox
 */

const full = process.argv.includes('--full');
const rounds = full ? 15 : 7;
const memoryCalls = full ? 100_000 : 10_000;
/** Concurrent clients, and how long a slice lasts: many short slices, so that a disturbance affects few of them. */
const CLIENTS = [
  { clients: 1, ms: 150 },
  { clients: 32, ms: 200 },
  { clients: 256, ms: 700 },
];
const WARM_UP_CALLS = 600;
/** The project's aims: throughput relative to `sdk + upstream`, and the median time added to the direct request. */
const AIM_SHARE = 0.9;
const AIM_ADDED_MS = 1.5;

interface Slice extends Measured {
  /** Processor time of the server per call in microseconds; NaN where the system does not report it. */
  readonly processor: number;
}

interface Row {
  readonly name: string;
  readonly form: string;
  readonly served: Served;
  readonly load: Load;
  /** One slice per round, by the number of clients. */
  readonly slices: Map<number, Slice[]>;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const toolCount = toolsets.reduce((sum, set) => sum + set.tools.length, 0);
const sandbox = await serveSource('./http-sandbox.ts');
const settings = { LEADDYNO_API_KEY: SANDBOX_KEY, LEADDYNO_BASE_URL: `${sandbox.origin}/v1` };
const one = await serveSource('./http-baseline.ts', 'one');
const many = await serveSource('./http-baseline.ts', 'many', String(toolCount));
const upstream = await serveSource('./http-baseline.ts', 'upstream', sandbox.origin);
const ours = await serveBuilt(['--http', '0', '--rate-limit', '0'], settings);

const MANY = `sdk, ${toolCount} tools`;
const row = (name: string, form: string, served: Served, call: MakeCall): Row => ({
  name,
  form,
  served,
  load: createLoad(served.origin, call),
  slices: new Map(CLIENTS.map(({ clients }) => [clients, []])),
});
const rows = [
  ...FORMS.flatMap((form) => [
    row('sdk, 1 tool', form, one, echoCall(form)),
    row(MANY, form, many, echoCall(form)),
    row('sdk + upstream', form, upstream, affiliateCall(form)),
    row('leaddyno-mcp', form, ours, affiliateCall(form)),
  ]),
  row('direct', '', sandbox, directCall),
];

async function measure({ load, served, slices }: Row, clients: number, ms: number): Promise<void> {
  const before = served.processorMs();
  const measured = await load.run(clients, { ms });
  const processor = ((served.processorMs() - before) * 1000) / measured.calls;
  slices.get(clients)?.push({ ...measured, processor });
}

for (const { load } of rows) await load.run(32, { calls: WARM_UP_CALLS });
for (let round = 0; round < rounds; round += 1) {
  // Every second round runs in reverse, so that no row always follows the same one.
  const inTurn = round % 2 === 0 ? rows : rows.toReversed();
  for (const { clients, ms } of CLIENTS) for (const each of inTurn) await measure(each, clients, ms);
}

function slicesOf(name: string, form: string, clients: number): readonly Slice[] {
  return rows.find((each) => each.name === name && each.form === form)?.slices.get(clients) ?? [];
}

/** Median over the rounds of `compare`, applied to the slices of two rows in the same round. */
function beside(a: readonly Slice[], b: readonly Slice[], compare: (a: Slice, b: Slice) => number): number {
  return median(a.flatMap((slice, round) => (b[round] ? [compare(slice, b[round])] : [])));
}

console.log(`Node ${process.versions.node}, ${rounds} rounds, medians\n`);
for (const { clients } of CLIENTS) {
  console.log(
    `${clients} ${clients === 1 ? 'client' : 'clients'}`.padEnd(30),
    '  calls/s   p50 ms   p99 ms   server µs/call',
  );
  for (const { name, form } of rows) {
    const slices = slicesOf(name, form, clients);
    const column = (pick: (slice: Slice) => number, digits: number, width: number) =>
      median(slices.map(pick)).toFixed(digits).padStart(width);
    console.log(
      `${name.padEnd(18)} ${form.padEnd(11)}`,
      column(({ perSecond }) => perSecond, 0, 9),
      column(({ p50 }) => p50, 2, 8),
      column(({ p99 }) => p99, 2, 8),
      column(({ processor }) => processor, 0, 10),
    );
  }
  console.log();
}

const verdict = (met: boolean) => (met ? 'met' : 'MISSED');
for (const form of FORMS) {
  for (const { clients } of CLIENTS) {
    const [mine, base] = [slicesOf('leaddyno-mcp', form, clients), slicesOf('sdk + upstream', form, clients)];
    const throughput = beside(mine, base, (a, b) => a.perSecond / b.perSecond);
    const processor = beside(mine, base, (a, b) => a.processor / b.processor);
    console.log(
      `${form}, ${clients} at once, beside sdk + upstream: throughput ${throughput.toFixed(2)} (aim ${AIM_SHARE}: ${verdict(throughput >= AIM_SHARE)}), processor time ${processor.toFixed(2)}`,
    );
  }
  const added = beside(slicesOf('leaddyno-mcp', form, 1), slicesOf('direct', '', 1), (a, b) => a.p50 - b.p50);
  console.log(
    `${form}, p50 added to the direct request: ${added.toFixed(2)} ms (aim below ${AIM_ADDED_MS}: ${verdict(added < AIM_ADDED_MS)})`,
  );
  const bare = beside(slicesOf(MANY, form, 32), slicesOf('sdk, 1 tool', form, 32), (a, b) => a.perSecond / b.perSecond);
  console.log(`${form}, bare SDK with ${toolCount} tools beside one: throughput ${bare.toFixed(2)}\n`);
}

for (const { load } of rows) await load.close();
for (const served of [one, many, upstream, ours]) await served.stop();
await measureMemory(settings, memoryCalls);
await sandbox.stop();
