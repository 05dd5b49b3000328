import { openAccount } from '../account.ts';
import type { PartCall, Written } from '../app-page.ts';
import type { Config } from '../config/config.ts';
import type { JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { createPace } from '../leaddyno/pace.ts';
import { createConfirmations } from '../mcp/confirmations.ts';
import { checkInput } from '../mcp/schemas.ts';
import type { Services } from '../mcp/services.ts';
import { createWork } from '../mcp/workflow-context.ts';
import { createProcessLog } from '../ports/change-log.ts';
import { createMemory } from '../ports/memory.ts';
import type { PaymentMemory } from '../ports/payment-memory.ts';
import { createWriteCounter } from '../ports/write-counter.ts';
import { workflows } from '../workflows/index.ts';
import { createRecordCache } from '../workflows/reading/record-cache.ts';

/* Reads the data of a report by running the workflows in this process, so its figures are the tools' figures. */

/** Long enough to wait for the request limit: no host is waiting for a report. */
const LIMIT_MS = 15 * 60_000;

/** Parts that a report needs; the others may be missing. */
const NEEDED: ReadonlySet<string> = new Set(['overview', 'payouts']);

/** Arguments for data that the page shows in addition to what a model reads. */
const BESIDES: Readonly<Record<string, JsonObject>> = {
  overview: { series: true, page: true },
  payouts: { limit: 200, page: 'all' },
};

export interface ReportParts {
  readonly parts: Written['parts'];
  /** Parts that could not be read, or not completely, and why. */
  readonly missing: readonly string[];
}

/** @throws LeadDynoError if one of the parts that a report needs cannot be read */
export async function readParts(
  calls: readonly PartCall[],
  services: Services,
  tell: (line: string) => void,
): Promise<ReportParts> {
  const parts: Record<string, JsonObject> = {};
  const missing: string[] = [];
  for (const [index, call] of calls.entries()) {
    const step = `${index + 1} of ${calls.length}, ${call.tool}`;
    try {
      parts[call.part] = await readPart(call, services, (line) => tell(`${step}: ${line}`));
      if (parts[call.part]?.complete === false) missing.push(`${call.tool}: not everything was read`);
    } catch (error) {
      if (!(error instanceof LeadDynoError) || NEEDED.has(call.part)) throw error;
      missing.push(`${call.tool} (${call.part}): ${error.message}`);
    }
  }
  return { parts, missing };
}

/** One part, without its files, which would be gone when this process ends. */
async function readPart(
  { part, tool, args }: PartCall,
  services: Services,
  tell: (line: string) => void,
): Promise<JsonObject> {
  const workflow = workflows.find((one) => one.name === tool);
  if (!workflow) throw new Error(`there is no workflow ${tool}`);
  const { page, ...besides } = BESIDES[part] ?? {};
  const checked = await checkInput(workflow, { ...args, ...besides });
  if ('wrong' in checked) throw new Error(`${tool} is called wrongly: ${checked.wrong}`);
  const running = createWork({
    tool,
    caller: 'local',
    signal: new AbortController().signal,
    progress: (_done, _total, message) => tell(message),
    services,
    fresh: false,
    writes: await services.writeCounter.count(services.account),
    resumed: [],
  });
  const module = await workflow.load();
  const given = { ...checked.args, ...(page !== undefined && { page }) };
  const { files: _, files_note: __, not_remembered: ___, ...answer } = await module.run(given, running.work);
  running.check();
  return services.present.value({ ...answer, ...running.scans.summary() }) as JsonObject;
}

export function openServices(config: Config, url: string, key: string, payments: PaymentMemory | undefined): Services {
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
