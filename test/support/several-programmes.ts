import { openAccount, type Shared } from '../../src/account.ts';
import { readConfig } from '../../src/config/config.ts';
import { createPace } from '../../src/leaddyno/pace.ts';
import { createChoice } from '../../src/mcp/account-choice.ts';
import { createConfirmations } from '../../src/mcp/confirmations.ts';
import { buildServer } from '../../src/mcp/server.ts';
import type { Services } from '../../src/mcp/services.ts';
import { type ChangeLog, createProcessLog } from '../../src/ports/change-log.ts';
import { createMemory } from '../../src/ports/memory.ts';
import { createPaymentMemory } from '../../src/ports/payment-memory.ts';
import { createWriteCounter } from '../../src/ports/write-counter.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { createRecordCache } from '../../src/workflows/reading/record-cache.ts';
import { type ClientSetup, type Connection, connectClient } from './clients.ts';
import { SMALL } from './harness.ts';
import { closeAtEnd } from './protocol-leaks.ts';
import { secret } from './written.ts';

export interface SeveralSetup {
  readonly fallback?: string;
  /** Replaces some services of one account. */
  readonly adapt?: (name: string) => Partial<Services>;
  readonly changes?: ChangeLog;
  readonly argv?: readonly string[];
  readonly saveFile?: Shared['saveFile'];
}

export interface SeveralProgrammes {
  readonly sandboxes: ReadonlyMap<string, Sandbox>;
  /** Finished calls: `tool outcome account`. */
  readonly reported: readonly string[];
  /** The account that was logged with each event of a request to LeadDyno. */
  readonly logged: readonly (string | undefined)[];
  connect(setup?: ClientSetup): Promise<Connection>;
}

/** A server in this process with several accounts, each with its own simulated LeadDyno. */
export async function startProgrammes(names: readonly string[], setup: SeveralSetup = {}): Promise<SeveralProgrammes> {
  const invocation = readConfig(['--sandbox', '--rate-limit', '0', ...(setup.argv ?? [])], {});
  if (invocation.run !== 'serve') throw new Error(JSON.stringify(invocation));
  const { config } = invocation;
  const reported: string[] = [];
  const logged: (string | undefined)[] = [];
  const shared: Shared = {
    config,
    confirmations: createConfirmations(),
    memory: createMemory(),
    writeCounter: createWriteCounter(),
    cache: createRecordCache(),
    changes: setup.changes ?? createProcessLog(),
    payments: createPaymentMemory(),
    ...(setup.saveFile && { saveFile: setup.saveFile }),
    telemetry: {
      callEnded: (tool, outcome, _, __, account) => reported.push(`${tool} ${outcome} ${account}`),
      confirmation: () => undefined,
      fault: (tool, error) => reported.push(`${tool} fault ${error}`),
    },
    createPace: () => createPace({ limit: 0 }),
    onEvent: (_, account) => logged.push(account),
    readingMs: 0,
  };
  const opened = await Promise.all(
    names.map(async (name, index) => {
      const key = secret(`key-of-${name}`);
      const sandbox = closeAtEnd(await startSandbox({ ...SMALL, affiliates: 40 + index, rateLimit: 0, key }));
      const services = { ...openAccount(sandbox.url, key, shared, name), ...setup.adapt?.(name) };
      closeAtEnd({ close: () => services.client.close() });
      return { name, sandbox, services };
    }),
  );
  const choice = createChoice(new Map(opened.map(({ name, services }) => [name, services])), setup.fallback);
  const services = choice.servicesOf(names[0] ?? '');
  const build = () => buildServer({ version: '0.0.0-test', tools: config.tools, services, choice });
  return {
    sandboxes: new Map(opened.map(({ name, sandbox }) => [name, sandbox])),
    reported,
    logged,
    connect: async (client) => closeAtEnd(await connectClient(build, 'modern', client)),
  };
}
