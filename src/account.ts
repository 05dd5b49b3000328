import { createHash } from 'node:crypto';
import type { Config } from './config/config.ts';
import type { SavedFindings } from './doctor/saved.ts';
import { createClient } from './leaddyno/client.ts';
import { createLeadDynoClock } from './leaddyno/clock.ts';
import type { Pace } from './leaddyno/pace.ts';
import type { ClientEvent } from './leaddyno/request.ts';
import { createScrub, scrubValues } from './leaddyno/scrub.ts';
import type { Confirmations } from './mcp/confirmations.ts';
import { READING_MS } from './mcp/forms.ts';
import { createPresent } from './mcp/present.ts';
import type { Services, Telemetry } from './mcp/services.ts';
import type { ChangeLog } from './ports/change-log.ts';
import type { Memory } from './ports/memory.ts';
import { createPaymentMemory, type PaymentMemory } from './ports/payment-memory.ts';
import type { WriteCounter } from './ports/write-counter.ts';
import { version } from './version.ts';
import { rememberMarks } from './workflows/payouts/remember-marks.ts';
import { createReadings } from './workflows/reading/readings.ts';
import type { RecordCache } from './workflows/reading/record-cache.ts';

/** What all accounts of one process share. */
export interface Shared {
  readonly config: Config;
  readonly confirmations: Confirmations;
  readonly memory: Memory;
  readonly cache: RecordCache | undefined;
  readonly writeCounter: WriteCounter;
  /** What `doctor --save` found out about accounts. */
  readonly findings?: readonly SavedFindings[];
  readonly changes: ChangeLog;
  /** Saves files that tools make to a folder of the user. */
  readonly saveFile?: Services['saveFile'];
  /** Reads a list from the user's machine. */
  readonly readGiven?: Services['readGiven'];
  /** Makes download links for files that tools make. */
  readonly linkTo?: Services['linkTo'];
  /** By default kept in this process, separately for each account. */
  readonly payments?: PaymentMemory;
  readonly createPace: (account: string) => Pace;
  readonly telemetry: Telemetry;
  /** Replaces `READING_MS`, because tests answer forms at once. */
  readonly readingMs?: number;
  /** @param account its name, if there are several */
  readonly onEvent: (event: ClientEvent, account?: string) => void;
}

/** The longest a call of a workflow may take: hosts give up on a call after a minute. */
const WORKFLOW_MS = 45_000;

/** Names a LeadDyno account without naming its key. */
export function accountOf(key: string): string {
  return createHash('sha256').update(`account\0${key}`).digest('base64url');
}

/**
 * Everything that serves one LeadDyno key: its own client, pace and pseudonyms, and what `Shared` provides for all.
 * @param accountName if there are several
 * @throws Error if the base URL or a proxy cannot be used
 */
export function openAccount(url: string, key: string, shared: Shared, accountName?: string): Services {
  const { config, confirmations, memory, cache, writeCounter, changes, telemetry, onEvent } = shared;
  const { payments = createPaymentMemory() } = shared;
  const recorded = createPresent({ showDashboardLinks: false, maskPii: false, pseudonymKey: '' });
  const scrub = createScrub(key);
  const account = accountOf(key);
  const leaddynoClock = createLeadDynoClock();
  const found = shared.findings?.find((one) => one.account === account && one.base_url === config.baseUrl);
  return {
    client: createClient({
      baseUrl: url,
      key,
      keyTransport: config.keyTransport,
      foundTransport: found?.key_transport,
      timeoutMs: config.timeoutMs,
      userAgent: `leaddyno-mcp/${version}`,
      pace: shared.createPace(account),
      proxy: config.proxy,
      onEvent: (event) => onEvent(event, accountName),
      onHeaders: leaddynoClock.hear,
    }),
    present: createPresent({ ...config, pseudonymKey: `pseudonyms\0${key}` }),
    confirmations,
    account,
    accountName,
    confirm: config.confirm,
    formWaitMs: config.formWaitMs,
    readingMs: shared.readingMs ?? READING_MS,
    dryRun: config.dryRun,
    precheck: config.precheck,
    timeoutMs: config.timeoutMs,
    workflowMs: WORKFLOW_MS,
    requestsAMinute: config.rateLimit,
    pageSizes: found?.page_sizes,
    memory,
    cache,
    readings: createReadings(account, memory.shared ? memory : undefined),
    writeCounter,
    changes: rememberMarks(changes, payments),
    payments,
    saveFile: shared.saveFile,
    readGiven: shared.readGiven,
    linkTo: shared.linkTo,
    // LeadDyno's answers have no key in them by now, but the caller's arguments may.
    recordable: (value) => scrubValues(recorded.value(value), scrub),
    served: new Set(config.tools.map(({ name }) => name)),
    isSandbox: config.sandbox,
    switchedOff: config.excludedTools,
    now: Date.now,
    leaddynoClock,
    page: async () => await (await import('./app-page.ts')).appPage(),
    maxResultChars: config.maxResultChars,
    telemetry,
  };
}

/** The services of each named account; undefined if there is a single account, which needs no name in its answers. */
export function openNamedAccounts(
  keys: ReadonlyMap<string, string> | undefined,
  open: (key: string, name: string) => Services,
): ReadonlyMap<string, Services> | undefined {
  return keys && keys.size > 1 ? new Map([...keys].map(([name, key]) => [name, open(key, name)])) : undefined;
}
