import { createHash } from 'node:crypto';
import type { Config } from './config/config.ts';
import { createClient } from './leaddyno/client.ts';
import type { ClientEvent } from './leaddyno/events.ts';
import type { Pace } from './leaddyno/pace.ts';
import type { ChangeLog } from './mcp/changes.ts';
import type { Confirmations } from './mcp/confirmations.ts';
import type { Memory } from './mcp/memory.ts';
import { createPresent } from './mcp/present.ts';
import type { Report, Services } from './mcp/services.ts';
import { version } from './version.ts';
import type { RecordCache } from './workflows/record-cache.ts';

/** What the accounts of one process have in common. */
export interface Shared {
  readonly config: Config;
  readonly confirmations: Confirmations;
  readonly memory: Memory;
  readonly cache: RecordCache | undefined;
  readonly changes: ChangeLog;
  readonly createPace: (account: string) => Pace;
  readonly report: Report;
  readonly onEvent: (event: ClientEvent) => void;
}

/** Longest call of a workflow: hosts give up on a call after a minute. */
const WORKFLOW_MS = 45_000;

/** Names a LeadDyno account without naming its key. */
export function accountOf(key: string): string {
  return createHash('sha256').update(`account\0${key}`).digest('base64url');
}

/**
 * Everything that serves one LeadDyno key: nothing of it is shared with another.
 * @throws Error where base URL or proxy cannot be used
 */
export function openAccount(url: string, key: string, shared: Shared): Services {
  const { config, confirmations, memory, cache, changes, report, onEvent } = shared;
  const recorded = createPresent({ showDashboardLinks: false, maskPii: false, pseudonymKey: '' });
  const account = accountOf(key);
  return {
    client: createClient({
      baseUrl: url,
      key,
      keyTransport: config.keyTransport,
      timeoutMs: config.timeoutMs,
      userAgent: `leaddyno-mcp/${version}`,
      pace: shared.createPace(account),
      proxy: config.proxy,
      onEvent,
    }),
    present: createPresent({ ...config, pseudonymKey: `pseudonyms\0${key}` }),
    confirmations,
    account,
    confirm: config.confirm,
    dryRun: config.dryRun,
    precheck: config.precheck,
    timeoutMs: config.timeoutMs,
    workflowMs: WORKFLOW_MS,
    memory,
    cache,
    changes,
    recordable: recorded.value,
    switchedOff: config.excludedTools,
    now: Date.now,
    maxResultChars: config.maxResultChars,
    report,
  };
}
