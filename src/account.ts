import { createHash } from 'node:crypto';
import type { Config } from './config/config.ts';
import { createClient } from './leaddyno/client.ts';
import type { ClientEvent } from './leaddyno/events.ts';
import type { Pace } from './leaddyno/pace.ts';
import type { Confirmations } from './mcp/confirmations.ts';
import { createPresent } from './mcp/present.ts';
import type { Report, Services } from './mcp/services.ts';
import { version } from './version.ts';

/** What the accounts of one process have in common. */
export interface Shared {
  readonly config: Config;
  readonly confirmations: Confirmations;
  readonly createPace: (account: string) => Pace;
  readonly report: Report;
  readonly onEvent: (event: ClientEvent) => void;
}

/** Names a LeadDyno account without naming its key. */
export function accountOf(key: string): string {
  return createHash('sha256').update(`account\0${key}`).digest('base64url');
}

/**
 * Everything that serves one LeadDyno key: nothing of it is shared with another.
 * @throws Error where base URL or proxy cannot be used
 */
export function openAccount(url: string, key: string, shared: Shared): Services {
  const { config, confirmations, report, onEvent } = shared;
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
    maxResultChars: config.maxResultChars,
    report,
  };
}
