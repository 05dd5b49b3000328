import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  ResourceTemplate,
  UriTemplate,
} from '@modelcontextprotocol/server';
import type { JsonObject } from '../json.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import { addMonths, monthOf } from '../records/period.ts';
import type { Tool } from '../workflows/workflow.ts';
import { cutToSize } from './cut-to-size.ts';
import type { Services } from './services.ts';

/** The tool whose resource this is: where it is off, there is none. */
const TOOL = 'list_recent_changes';

/** Read once per process: reading a template costs more than all the rest of its registration. */
const uriTemplate = new UriTemplate('leaddyno://audit/{month}');

const MONTH = /^20\d\d-(0[1-9]|1[0-2])$/;
const COMPLETED_MONTHS = 12;

const mimeType = 'application/json';
const config = {
  title: 'Changes of a month',
  description: 'What was changed through this server in one month (UTC), such as 2026-11; the newest first',
  mimeType,
  cacheHint: { ttlMs: 15_000, cacheScope: 'private' },
} as const;

/** The changes of one month of this account, for those who may list them. */
export function registerAuditResource(server: McpServer, tools: readonly Tool[], services: Services): void {
  if (!tools.some(({ name }) => name === TOOL)) return;
  const template = new ResourceTemplate(uriTemplate, {
    list: undefined,
    complete: { month: (typed) => lastMonths(services.now()).filter((month) => month.startsWith(typed.trim())) },
  });
  server.registerResource('audit', template, config, async (uri, { month }) => {
    if (typeof month !== 'string' || !MONTH.test(month)) throw new ResourceNotFoundError(uri.href);
    const text = JSON.stringify(await readMonth(month, services));
    return { contents: [{ uri: uri.href, mimeType, text }] };
  });
}

/** This month and those before it. */
function lastMonths(now: number): string[] {
  return Array.from({ length: COMPLETED_MONTHS }, (_, ago) => addMonths(monthOf(now), -ago));
}

async function readMonth(month: string, { changes: log, account, present, maxResultChars }: Services) {
  const [{ changes, source }, { describeChange }] = await Promise.all([
    log.list(account, { month }).catch(refuseUnavailable),
    import('../workflows/history/describe-change.ts'),
  ]);
  const shown = present.value({
    month,
    found: changes.length,
    changes: changes.map((change) => describeChange(change, 'concise')),
    source,
  }) as JsonObject;
  if (JSON.stringify(shown).length <= maxResultChars) return shown;
  const note = `The oldest were left off for size: ask ${TOOL} with since and skip.`;
  // A resource has no pages: how to go on is in the note.
  const { next_page: _, next_skip: __, ...cut } = cutToSize({ ...shown, note }, maxResultChars, 'changes');
  return cut;
}

function refuseUnavailable(error: unknown): never {
  if (!isUnavailable(error, 'change_log')) throw error;
  const message = 'The audit log cannot be read. Ask the operator to check the folder given with --audit-log.';
  throw new ProtocolError(ProtocolErrorCode.InternalError, message);
}
