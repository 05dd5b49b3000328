import { randomUUID } from 'node:crypto';
import { lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { openAccount } from '../account.ts';
import { appPage } from '../app-page.ts';
import { type Config, readConfig } from '../config/config.ts';
import type { JsonObject } from '../json.ts';
import { openKeptPayments } from '../kept-payments.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { createPace } from '../leaddyno/pace.ts';
import { createConfirmations } from '../mcp/confirmations.ts';
import type { Services } from '../mcp/services.ts';
import { createWork } from '../mcp/workflow-context.ts';
import { isMoment } from '../operations/inputs.ts';
import { createProcessLog } from '../ports/change-log.ts';
import { createMemory } from '../ports/memory.ts';
import type { PaymentMemory } from '../ports/payment-memory.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import { createWriteCounter } from '../ports/write-counter.ts';
import { openUpstream } from '../upstream.ts';
import { workflows } from '../workflows/index.ts';
import { createRecordCache } from '../workflows/reading/record-cache.ts';
import { type Environment, explained, type Printed, refused } from './output.ts';

const USAGE = `Usage: leaddyno-mcp report --out FILE [--month YYYY-MM] [--due-by DAY] [options of the server]

Writes one HTML file with the programme overview and the payout report, for whoever has no host that draws them.
  --out FILE       the file; - writes it to standard output
  --month YYYY-MM  the overview of that month (UTC), and what is due by its end; without it, this month and now
  --due-by DAY     what is due by the end of that day (YYYY-MM-DD, UTC), or by a UTC timestamp
What is remembered as paid is read from --audit-log or --redis, if the server has them.
It holds names, payout addresses and amounts; --mask-pii writes pseudonyms instead. Reads alone.
`;

/** The server's own memory of payments ends with it, or is not here. */
const NOT_KNOWN =
  "This report does not know what was paid through a server while LeadDyno still shows it as unpaid: give it the server's --audit-log or --redis.";

/** A report may wait for the request limit: nobody's host is waiting. */
const LIMIT_MS = 15 * 60_000;
/** As many lines as the report's tool shows at once. */
const LINES = 200;

const partsOf = (
  month: string | undefined,
  dueBy: string | undefined,
): readonly (readonly [workflow: string, args: JsonObject])[] => [
  ['program_overview', { series: true, ...(month !== undefined && { month }) }],
  ['payout_report', { limit: LINES, skip: 0, ...(dueBy !== undefined && { due_by: dueBy }) }],
];

/** The last day of a month. */
const lastDayOf = (month: string) =>
  new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).toISOString().slice(0, 10);

/** `leaddyno-mcp report --out FILE`: the page that hosts draw, as a file. */
export async function runReportCommand(
  args: readonly string[],
  { env, tell }: { readonly env: Environment; readonly tell: (line: string) => void },
): Promise<Printed> {
  const { value: out, rest: others } = takeOption(args, '--out');
  const { value: month, rest: more } = takeOption(others, '--month');
  const { value: day, rest } = takeOption(more, '--due-by');
  const invocation = readConfig(rest, env);
  if (invocation.run === 'refuse') return refused(invocation.message);
  if (invocation.run !== 'serve') return explained(USAGE);
  if (!out) return refused(`Name the file to write.\n${USAGE.trimEnd()}`);
  if (out !== '-' && isTaken(out))
    return refused(`${out} is not a regular file: a report contains people's data and goes into its own file.`);
  if (month !== undefined && !/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) {
    return refused(`--month must be a month (YYYY-MM).\n${USAGE.trimEnd()}`);
  }
  if (day !== undefined && !isMoment(day)) {
    return refused(`--due-by must be a day (YYYY-MM-DD) or a UTC timestamp.\n${USAGE.trimEnd()}`);
  }
  const dueBy = day ?? (month === undefined ? undefined : lastDayOf(month));
  const { config } = invocation;
  const upstream = await openUpstream({ ...config, startWithoutKey: false });
  const kept = await openKeptPayments(config);
  try {
    const services = openServices(config, upstream.url, upstream.key ?? '', kept?.payments);
    const results: JsonObject[] = [];
    try {
      // Before anything is read: without it nobody should be paid by the report.
      await kept?.payments.find(services.account, ['any']);
      for (const [name, given] of partsOf(month, dueBy)) {
        const { not_remembered: _, ...result } = await runOne(name, given, services, tell);
        results.push('lines' in result && !kept ? { ...result, paid_before_note: NOT_KNOWN } : result);
      }
    } finally {
      await services.client.close();
    }
    const page = withResults(await appPage(), results);
    if (out !== '-') writePrivately(out, page);
    const unknown = kept ? '' : ` ${NOT_KNOWN}`;
    return {
      code: 0,
      out: out === '-' ? page : '',
      error: `${out === '-' ? '' : `Written to ${out}. `}It contains your affiliates' data: share it with care.${unknown}\n`,
    };
  } catch (error) {
    if (isUnavailable(error)) {
      return {
        code: 1,
        out: '',
        error: `Nothing was written: what was paid before is not known (${error.message}).\n`,
      };
    }
    if (!(error instanceof LeadDynoError)) throw error;
    return { code: 1, out: '', error: `Nothing was written: ${error.message}.\n` };
  } finally {
    await kept?.close();
    await upstream.close();
  }
}

/** Whether something stands there that no report may take the place of: a folder, a link, a device. */
const isTaken = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === false;

/** A new file that nobody else can read, in place of an earlier one whatever its rights were. */
function writePrivately(path: string, text: string): void {
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(aside, text, { mode: 0o600, flag: 'wx' });
    renameSync(aside, path);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** One option of this command, taken out of those of the server. */
function takeOption(args: readonly string[], option: string): { value: string | undefined; rest: string[] } {
  const rest = [...args];
  const at = rest.findIndex((arg) => arg === option || arg.startsWith(`${option}=`));
  if (at === -1) return { value: undefined, rest };
  const [flag = '', next] = rest.splice(at, rest[at] === option ? 2 : 1);
  return { value: ((flag === option ? next : flag.slice(option.length + 1)) ?? '').trim(), rest };
}

function openServices(config: Config, url: string, key: string, payments: PaymentMemory | undefined): Services {
  const telemetry = { callEnded: () => undefined, confirmation: () => undefined, fault: () => undefined };
  const services = openAccount(url, key, {
    config,
    confirmations: createConfirmations(),
    memory: createMemory(),
    cache: createRecordCache(),
    writeCounter: createWriteCounter(),
    changes: createProcessLog(),
    ...(payments && { payments }),
    telemetry,
    createPace: () => createPace({ limit: config.rateLimit }),
    onEvent: () => undefined,
  });
  return { ...services, workflowMs: LIMIT_MS };
}

/** One part, read to its end; its files are left out, because they end with this process. */
async function runOne(name: string, args: JsonObject, services: Services, tell: (line: string) => void) {
  const workflow = workflows.find((one) => one.name === name);
  if (!workflow) throw new Error(`there is no workflow ${name}`);
  const running = createWork({
    tool: name,
    caller: 'local',
    signal: new AbortController().signal,
    progress: (_done, _total, message) => tell(message),
    services,
    fresh: false,
    writes: await services.writeCounter.count(services.account),
    resumed: [],
  });
  const module = await workflow.load();
  const { files: _, files_note: __, ...answer } = await module.run(args, running.work);
  running.check();
  return services.present.value({ ...answer, ...running.scans.summary() }) as JsonObject;
}

const RESULTS = '<script type="application/json" id="results">';

/** The page with results written into it. Nothing in them can end the script they stand in. */
export function withResults(html: string, results: readonly unknown[]): string {
  const json = JSON.stringify(results).replaceAll('<', '\\u003c');
  return html.replace(RESULTS, () => RESULTS + json);
}
