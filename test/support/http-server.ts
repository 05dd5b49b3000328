// Loaded in advance, so that loading does not use up the short deadline of a call.
import 'undici';
import { readConfig } from '../../src/config/config.ts';
import { createMetrics } from '../../src/hosting/metrics.ts';
import { serveHttp } from '../../src/hosting/serve-http.ts';
import { createPace } from '../../src/leaddyno/pace.ts';
import { type Confirmations, createConfirmations } from '../../src/mcp/confirmations.ts';
import { type ChangeLog, createProcessLog } from '../../src/ports/change-log.ts';
import { createMemory, type Memory } from '../../src/ports/memory.ts';
import type { SignInGrants } from '../../src/ports/sign-in-grants.ts';
import { createWriteCounter, type WriteCounter } from '../../src/ports/write-counter.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import type { ReadDocument } from '../../src/sign-in/index.ts';
import { createRecordCache } from '../../src/workflows/reading/record-cache.ts';
import { KEY, SMALL } from './harness.ts';
import { closeAtEnd } from './protocol-leaks.ts';
import { registerSecret, watchPort, writer } from './written.ts';

export { KEY } from './harness.ts';

/** How the server is started: as from the command line, but in this process. */
export interface HttpSetup {
  /** Flags besides `--http 0`. */
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The window of the request limit; by default a minute. */
  readonly paceWindowMs?: number;
  /** Shared with other servers, as between replicas. */
  readonly memory?: Memory;
  readonly writeCounter?: WriteCounter;
  readonly stateSecret?: Uint8Array;
  /** Gives the metadata documents of sign-in clients, in place of reading them from the web. */
  readonly readClientDocument?: ReadDocument;
  readonly signInGrants?: SignInGrants;
  /** Keys by account name, as in an accounts file. */
  readonly accounts?: ReadonlyMap<string, string>;
  /** The account for calls that do not name one. */
  readonly fallback?: string;
  readonly changes?: ChangeLog;
}

/** The HTTP server in this process, on a free port of the loopback interface. */
export interface HttpServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** The MCP endpoint. */
  readonly url: string;
  /** All log lines so far, as text. */
  readonly logged: () => string;
  /** The bugs reported. */
  readonly faults: readonly unknown[];
  readonly confirmations: Confirmations;
  /** Moves the clock by which confirmations expire. */
  advance(ms: number): void;
  close(): Promise<void>;
}

export interface SandboxHttpServer extends HttpServer {
  readonly sandbox: Sandbox;
  /** Every write that the sandbox has received so far: `POST /path`. */
  writes(): string[];
}

/** A server over HTTP that uses a simulated LeadDyno. */
export async function startHttp(
  setup: HttpSetup & { readonly sandbox?: SandboxOptions } = {},
): Promise<SandboxHttpServer> {
  const sandbox = await startSandbox({ rateLimit: 0, key: KEY, ...SMALL, ...setup.sandbox });
  const server = await startHttpAt(sandbox.url, setup).catch(async (error: unknown) => {
    await sandbox.close();
    throw error;
  });
  return closeAtEnd({
    ...server,
    sandbox,
    writes: () =>
      sandbox.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`),
    async close() {
      await server.close();
      await sandbox.close();
    },
  });
}

/** A server over HTTP that uses the LeadDyno at `baseUrl`. */
export async function startHttpAt(baseUrl: string, setup: HttpSetup = {}): Promise<HttpServer> {
  const { argv = [], env = {}, paceWindowMs = 60_000, memory = createMemory(), stateSecret: secret, accounts } = setup;
  const own = argv.includes('--caller-key') || argv.includes('--sign-in') ? {} : { LEADDYNO_API_KEY: KEY };
  const invocation = readConfig(['--http', '0', '--rate-limit', '0', ...argv], { ...own, ...env });
  if (invocation.run !== 'serve' || !invocation.config.http) throw new Error(JSON.stringify(invocation));
  const { config } = invocation;
  const { http } = invocation.config;
  if (!http) throw new Error('does not serve over HTTP');

  if (env.LEADDYNO_MCP_TOKEN) registerSecret('a bearer token', env.LEADDYNO_MCP_TOKEN);
  const write = writer('a log', 'logs');
  const lines: string[] = [];
  const faults: unknown[] = [];
  const log = (level: string) => (message: string, fields?: Record<string, unknown>) => {
    const line = JSON.stringify({ level, message, ...fields });
    lines.push(line);
    write(line);
  };
  let aheadMs = 0;
  const confirmations = createConfirmations({ now: () => Date.now() + aheadMs, ...(secret && { secret }) });
  const metrics = http.metrics ? createMetrics() : undefined;
  const serving = await serveHttp(
    http,
    accounts
      ? { url: baseUrl, key: undefined, accounts: { keys: accounts, fallback: setup.fallback } }
      : { url: baseUrl, key: config.key },
    {
      config,
      confirmations,
      memory,
      writeCounter: setup.writeCounter ?? createWriteCounter(),
      cache: config.cache ? createRecordCache() : undefined,
      changes: setup.changes ?? createProcessLog(),
      createPace: () => createPace({ limit: config.rateLimit, windowMs: paceWindowMs }),
      telemetry: {
        callEnded(tool, outcome, ms, caller, account) {
          log('info')('call', { tool, outcome, caller, account });
          metrics?.callEnded(tool, outcome, ms, caller);
        },
        confirmation(event) {
          log('info')('confirmation', { event });
          metrics?.confirmation(event);
        },
        fault(tool, error) {
          faults.push(error);
          log('error')('fault', { tool, error: String(error) });
        },
      },
      onEvent(event, account) {
        log('debug')('leaddyno', { ...event, account });
        metrics?.event(event);
      },
      redisReachable: undefined,
      signInGrants: setup.signInGrants,
      readClientDocument: setup.readClientDocument,
      metrics,
      readingMs: 0,
      drainMs: 0,
    },
    {
      error: log('error'),
      warn: log('warn'),
      info: log('info'),
      debug: log('debug'),
      announce: log('info'),
      flush: async () => undefined,
    },
  );
  const port = portIn(lines);
  const forgetPort = watchPort(port);
  const origin = `http://127.0.0.1:${port}`;
  return closeAtEnd({
    port,
    origin,
    url: `${origin}/mcp`,
    logged: () => lines.join('\n'),
    faults,
    confirmations,
    advance: (ms: number) => {
      aheadMs += ms;
    },
    async close() {
      await serving.close();
      forgetPort();
    },
  });
}

/** Reads the port from the log line that announces it. @throws if there is no such line */
export function portIn(lines: readonly string[]): number {
  for (const line of lines) {
    const said = /"port":(\d+)/.exec(line);
    if (said) return Number(said[1]);
  }
  throw new Error(`no port announced in ${lines.join('\n')}`);
}
