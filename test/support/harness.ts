// Loaded in advance, so that loading does not use up the short deadline of a call.
import 'undici';
import type { Server } from '@modelcontextprotocol/server';
import { openAccount, type Shared } from '../../src/account.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import { createClient } from '../../src/leaddyno/client.ts';
import { createLeadDynoClock } from '../../src/leaddyno/clock.ts';
import { createPace, type Pace } from '../../src/leaddyno/pace.ts';
import { type Confirmations, createConfirmations } from '../../src/mcp/confirmations.ts';
import { buildServer } from '../../src/mcp/server.ts';
import type { Telemetry } from '../../src/mcp/services.ts';
import { type ChangeLog, createProcessLog } from '../../src/ports/change-log.ts';
import { createMemory, type Memory } from '../../src/ports/memory.ts';
import { createPaymentMemory, type PaymentMemory } from '../../src/ports/payment-memory.ts';
import { createWriteCounter, type WriteCounter } from '../../src/ports/write-counter.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { version } from '../../src/version.ts';
import { createRecordCache } from '../../src/workflows/reading/record-cache.ts';
import { type ClientSetup, type Connection, connectClient, type Era } from './clients.ts';
import { closeAtEnd } from './protocol-leaks.ts';
import type { OldConnection } from './protocol-old-client.ts';
import { secret } from './written.ts';

export const KEY = secret('private-key');

/** How the server is set up; absent options have their defaults. */
export interface HarnessOptions {
  readonly confirm?: 'ask' | 'strict' | 'token' | 'off';
  /** Milliseconds for all forms of one call. */
  readonly formWaitMs?: number;
  /** Milliseconds; a sooner answer to a form is not a person's. By default 0, because tests answer at once. */
  readonly readingMs?: number;
  readonly dryRun?: boolean;
  readonly precheck?: boolean;
  readonly maskPii?: boolean;
  readonly showDashboardLinks?: boolean;
  readonly maxResultChars?: number;
  readonly timeoutMs?: number;
  readonly keyTransport?: 'auto' | 'header' | 'query';
  readonly tools?: readonly string[];
  readonly excludeTools?: readonly string[];
  /** False: `--no-cache`. */
  readonly cache?: boolean;
  /** The current time for the server's services, in epoch milliseconds. */
  readonly clock?: () => number;
  /** A monotonic clock for calls in milliseconds, in place of the machine's. */
  readonly ticks?: () => number;
  /** Milliseconds for one call of a workflow. */
  readonly workflowMs?: number;
  /** The limit that questions mention. The limit that applies is that of `pace`. */
  readonly rateLimit?: number;
  readonly memory?: Memory;
  readonly writeCounter?: WriteCounter;
  readonly changes?: ChangeLog;
  readonly payments?: PaymentMemory;
  /** What `doctor --save` stored. */
  readonly findings?: Shared['findings'];
  /** By default without a limit. */
  readonly pace?: Pace;
  readonly confirmations?: Confirmations;
  /** The account that confirmations are bound to, in place of the account of the key. */
  readonly account?: string;
}

/** The configuration that the same options on the command line would give. */
function toConfig(options: HarnessOptions): Config {
  const { maxResultChars, timeoutMs, keyTransport, tools } = options;
  const invocation = readConfig(
    [
      '--sandbox',
      `--confirm=${options.confirm ?? 'ask'}`,
      ...(options.dryRun ? ['--dry-run'] : []),
      ...(options.precheck === false ? ['--no-precheck'] : []),
      ...(options.maskPii ? ['--mask-pii'] : []),
      ...(options.showDashboardLinks ? ['--show-dashboard-links'] : []),
      ...(timeoutMs === undefined ? [] : [`--timeout=${timeoutMs}`]),
      ...(keyTransport === undefined ? [] : [`--key-transport=${keyTransport}`]),
      ...(tools === undefined ? [] : [`--tools=${tools.join(',')}`]),
      ...(options.excludeTools === undefined ? [] : [`--exclude-tools=${options.excludeTools.join(',')}`]),
      ...(options.rateLimit === undefined ? [] : [`--rate-limit=${options.rateLimit}`]),
      ...(options.cache === false ? ['--no-cache'] : []),
    ],
    {},
  );
  if (invocation.run !== 'serve') throw new Error(`the server would not start: ${JSON.stringify(invocation)}`);
  // May be less than the command line allows, so that even short lists are cut.
  return maxResultChars === undefined ? invocation.config : { ...invocation.config, maxResultChars };
}

/** The services of a server, and real clients connected to servers built from them. */
export interface Harness {
  readonly confirmations: Confirmations;
  /** Moves the clock by which confirmations, cursors and whatever is kept between calls expire. */
  advance(ms: number): void;
  /** Finished calls, as reported: `tool outcome`. */
  readonly reported: readonly string[];
  /** The bugs reported. */
  readonly faults: readonly unknown[];
  connect(era: Era, setup?: ClientSetup): Promise<Connection>;
  /** A server without a client, for tests that speak the protocol by hand. */
  build(): Server;
  /** Connects a client of SDK v1 (its maintenance line), which most hosts use. */
  connectOld(setup?: ClientSetup): Promise<OldConnection>;
  close(): Promise<void>;
}

export interface SandboxHarness extends Harness {
  readonly sandbox: Sandbox;
  /** Every write that the sandbox has received so far: `POST /path`. */
  writes(): string[];
}

/** Enough records for most tests, and quick to create. */
export const SMALL: SandboxOptions = { affiliates: 60, leads: 120, purchases: 90, visitors: 150 };

/** A server that uses a simulated LeadDyno, over real HTTP on the loopback interface. */
export async function startHarness(
  options: HarnessOptions & { readonly sandbox?: SandboxOptions } = {},
): Promise<SandboxHarness> {
  const sandbox = await startSandbox({ rateLimit: 0, key: KEY, ...SMALL, ...options.sandbox });
  const harness = createHarness(sandbox.url, options);
  return closeAtEnd({
    ...harness,
    sandbox,
    writes: () =>
      sandbox.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`),
    async close() {
      await harness.close();
      await sandbox.close();
    },
  });
}

/** A server that uses the LeadDyno at `baseUrl`. */
export function startHarnessAt(baseUrl: string, options: HarnessOptions = {}): Harness {
  return closeAtEnd(createHarness(baseUrl, options));
}

function createHarness(baseUrl: string, options: HarnessOptions): Harness {
  let aheadMs = 0;
  const reported: string[] = [];
  const faults: unknown[] = [];
  const telemetry: Telemetry = {
    callEnded: (tool, outcome) => reported.push(`${tool} ${outcome}`),
    confirmation: () => undefined,
    fault: (_, error) => faults.push(error),
  };
  const config = toConfig(options);
  const pace = options.pace ?? createPace({ limit: 0 });
  const confirmations = options.confirmations ?? createConfirmations({ now: () => Date.now() + aheadMs });
  const { memory = createMemory(() => Date.now() + aheadMs), changes = createProcessLog() } = options;
  const now = options.clock ?? (() => Date.now() + aheadMs);
  const cache = config.cache ? createRecordCache(now) : undefined;
  const leaddynoClock = createLeadDynoClock(now);
  const client = createClient({
    baseUrl,
    key: KEY,
    keyTransport: config.keyTransport,
    timeoutMs: config.timeoutMs,
    userAgent: `leaddyno-mcp/${version}`,
    pace,
    onHeaders: leaddynoClock.hear,
    // No waits between attempts, except those that LeadDyno asks for.
    random: () => 0,
  });
  const services = {
    ...openAccount(baseUrl, KEY, {
      config,
      confirmations,
      memory,
      writeCounter: options.writeCounter ?? createWriteCounter(),
      cache,
      changes,
      payments: options.payments ?? createPaymentMemory(),
      ...(options.findings && { findings: options.findings }),
      telemetry,
      createPace: () => pace,
      onEvent: () => undefined,
    }),
    ...(options.workflowMs !== undefined && { workflowMs: options.workflowMs }),
    ...(options.formWaitMs !== undefined && { formWaitMs: options.formWaitMs }),
    readingMs: options.readingMs ?? 0,
    now,
    ticks: options.ticks,
    leaddynoClock,
    ...(options.account !== undefined && { account: options.account }),
    client,
  };
  const build = () => buildServer({ version: '0.0.0-test', tools: config.tools, services });
  const connections: { close(): Promise<void> }[] = [];
  return {
    confirmations,
    advance: (ms) => {
      aheadMs += ms;
    },
    reported,
    faults,
    build,
    async connect(era, setup) {
      const connection = await connectClient(build, era, setup);
      connections.push(connection);
      return connection;
    },
    async connectOld(setup) {
      // Loaded only by the tests that use it.
      const { connectOldClient } = await import('./protocol-old-client.ts');
      const connection = await connectOldClient(build, setup);
      connections.push(connection);
      return connection;
    },
    async close() {
      for (const connection of connections) await connection.close();
      await client.close();
    },
  };
}
