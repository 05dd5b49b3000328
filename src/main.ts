#!/usr/bin/env node
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { openAccount, openNamedAccounts, type Shared } from './account.ts';
import type { Printed } from './commands/output.ts';
import { type Config, readConfig } from './config/config.ts';
import { type Command, helpText, isCommand } from './config/help.ts';
import type { HttpConfig } from './config/http.ts';
import type { SavedFindings } from './doctor/saved.ts';
import { openExportFolder, openImportFolder } from './export-folder.ts';
import type { Metrics } from './hosting/metrics.ts';
import { createPace } from './leaddyno/pace.ts';
import type { ClientEvent } from './leaddyno/request.ts';
import { createLog, type Log } from './log.ts';
import { createChoice } from './mcp/account-choice.ts';
import { createConfirmations } from './mcp/confirmations.ts';
import { buildServer } from './mcp/server.ts';
import type { Telemetry } from './mcp/services.ts';
import { type ChangeLog, createProcessLog } from './ports/change-log.ts';
import { createMemory } from './ports/memory.ts';
import { combinePaymentMemories, createPaymentMemory, type PaymentMemory } from './ports/payment-memory.ts';
import type { SignInGrants } from './ports/sign-in-grants.ts';
import { createWriteCounter } from './ports/write-counter.ts';
import { listenOnStdio } from './transports/stdio.ts';
import { CannotStart, openUpstream, type Upstream } from './upstream.ts';
import { version } from './version.ts';
import { createRecordCache } from './workflows/reading/record-cache.ts';

async function main(): Promise<number> {
  const command = process.argv[2];
  if (command && isCommand(command)) return await printCommand(command, process.argv.slice(3));
  const invocation = readConfig(process.argv.slice(2), process.env);
  switch (invocation.run) {
    case 'help':
      return await printCommand('help', []);
    case 'version':
      process.stdout.write(`${version}\n`);
      return 0;
    case 'refuse':
      throw new CannotStart(invocation.message);
    case 'serve':
      return await serve(invocation.config);
  }
}

async function printCommand(command: Command, args: string[]): Promise<number> {
  const { code, out, error } = await runCommand(command, args);
  // The process ends right after this, so wait until a pipe has taken everything.
  await new Promise((resolve) => process.stdout.write(out, resolve));
  process.stderr.write(error);
  return code;
}

async function runCommand(command: Command, args: string[]): Promise<Printed> {
  if (command === 'help') return await help(args);
  if (command === 'token') return (await import('./commands/token.ts')).runTokenCommand(args);
  if (command === 'key') {
    const { runKeyCommand } = await import('./commands/store-key.ts');
    return await runKeyCommand(args, {
      env: process.env,
      input: process.stdin,
      ask: (text) => process.stderr.write(text),
    });
  }
  if (command === 'config') {
    const { runConfigCommand } = await import('./commands/config-host.ts');
    return runConfigCommand(args, {
      script: process.argv[1] ?? '',
      node: process.execPath,
      platform: process.platform,
      home: homedir(),
      folder: process.cwd(),
      env: process.env,
    });
  }
  const tell = (line: string) => process.stderr.isTTY && process.stderr.write(`\r\u001b[K${line}\r`);
  if (command === 'call') return await callOnce(args, tell);
  if (command === 'report') {
    const { runReportCommand } = await import('./commands/report.ts');
    const { openFile } = await import('./commands/open-file.ts');
    return await runReportCommand(args, {
      env: process.env,
      tell,
      open: (path) => openFile(path, process.platform),
    });
  }
  const { runDoctorCommand } = await import('./commands/doctor.ts');
  return await runDoctorCommand(args, { env: process.env, node: process.versions.node, tell });
}

/** Calls one tool, with the same shared services as in the server. */
async function callOnce(args: string[], tell: (line: string) => unknown): Promise<Printed> {
  const { runToolCommand } = await import('./commands/use-tool.ts');
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) void signalled(signal).then(() => stopping.abort());
  return await runToolCommand(args, {
    env: process.env,
    input: process.stdin,
    screen: process.stderr,
    attended: process.stdin.isTTY === true && process.stderr.isTTY === true,
    tell,
    stopped: stopping.signal,
    async open(config) {
      const log = createLog(config.logLevel, { name: 'leaddyno-mcp', version, pid: process.pid });
      const shared = await openShared(config, log);
      return { ...shared, close: async () => void (await Promise.all([shared.close(), log.flush()])) };
    },
    files: (folder) => ({
      saveFile: refuseUnusable(() => openExportFolder(folder)),
      readGiven: openImportFolder(folder),
    }),
  });
}

/** `help`, or `help COMMAND`, which is the same as `COMMAND --help`. */
async function help([about]: string[]): Promise<Printed> {
  if (about !== undefined && about !== 'help' && isCommand(about)) {
    const { out, error } = await runCommand(about, ['--help']);
    return { code: 0, out: out || error, error: '' };
  }
  const [{ hosts }, { SCOPES }] = await Promise.all([
    import('./commands/hosts.ts'),
    import('./operations/operation.ts'),
  ]);
  return { code: 0, out: helpText(version, { hosts: hosts.map(({ id }) => id), scopes: SCOPES }), error: '' };
}

async function serve(config: Config): Promise<number> {
  const log = createLog(config.logLevel, { name: 'leaddyno-mcp', version, pid: process.pid });
  process.on('unhandledRejection', (error) => log.error('unhandled rejection', faultFields(error)));
  // A host that no longer reads the log must not crash the server.
  process.stderr.on('error', () => undefined);

  const upstream = await openUpstream(config);
  if (upstream.warning !== undefined && process.platform !== 'win32') log.warn(upstream.warning);
  const shared = await openShared(config, log);
  const stop = [signalled('SIGINT'), signalled('SIGTERM'), signalled('SIGHUP')];
  const serving = config.http ? await startHttp(config.http, upstream, shared, log) : startStdio(upstream, shared, log);
  await Promise.race([serving.ended, ...stop]);
  setTimeout(() => process.exit(0), serving.exitMs).unref();
  await serving.close();
  await shared.close();
  await upstream.close();
  await log.flush();
  return 0;
}

interface Serving {
  /** Resolves when the only client has gone; never over HTTP. */
  readonly ended: Promise<void>;
  /** Milliseconds after which the process exits even if closing takes longer. */
  readonly exitMs: number;
  close(): Promise<void>;
}

/** For someone who starts it by hand and would otherwise see nothing happen. */
const FOR_A_PERSON =
  'leaddyno-mcp is a server: it waits for an MCP client on stdin. To set up a client, run "leaddyno-mcp config HOST". Press Ctrl+C to stop.\n';

function startStdio(upstream: Upstream, shared: Shared, log: Log): Serving {
  const { config } = shared;
  const { exportFolder } = config;
  const saveFile = exportFolder === undefined ? undefined : refuseUnusable(() => openExportFolder(exportFolder));
  const readGiven = exportFolder === undefined ? undefined : openImportFolder(exportFolder);
  const open = (key: string, name?: string) =>
    refuseUnusable(() => openAccount(upstream.url, key, { ...shared, saveFile, readGiven }, name));
  const { keys, fallback } = upstream.accounts ?? {};
  const named = openNamedAccounts(keys, open);
  const choice = named && createChoice(named, fallback);
  const services = choice?.servicesOf(choice.fallback ?? choice.names[0] ?? '') ?? open(upstream.key ?? '');
  let own = services;
  /** A key that is added after the start is used from the first request that finds it. */
  const find =
    upstream.findKey &&
    (() => {
      if (own !== services) return own;
      const found = upstream.findKey?.();
      if (found && 'key' in found) own = open(found.key);
      return found && 'missing' in found ? found.missing : own;
    });
  const setup = { version, tools: config.tools, services, choice, find, lasts: true };
  if (process.stdin.isTTY) process.stderr.write(FOR_A_PERSON);
  let unread: 'warn' | 'debug' = 'warn';
  const stdio = listenOnStdio(() => buildServer(setup), {
    stdin: process.stdin,
    stdout: process.stdout,
    onUnread() {
      log[unread]('a line on stdin is not a JSON message and was ignored (logged once)');
      unread = 'debug';
    },
    onTooLong: () => log.warn('a line on stdin was too long, so the connection ends'),
    // A client that has gone is not an error.
    onError: (error) =>
      log[/EPIPE|ECONNRESET/.test(error.message) ? 'debug' : 'warn']('transport', { error: error.name }),
  });
  log.info('serving on stdio', { tools: config.tools.length, sandbox: config.sandbox, confirm: config.confirm });
  return {
    ended: stdio.ended,
    exitMs: 1_700,
    async close() {
      await stdio.close();
      const opened = named ? [...named.values()] : [services, own];
      await Promise.all(opened.map(({ client }) => client.close()));
    },
  };
}

async function startHttp(http: HttpConfig, upstream: Upstream, shared: SharedServices, log: Log): Promise<Serving> {
  const { serveHttp } = await import('./hosting/serve-http.ts');
  try {
    return await serveHttp(http, upstream, shared, log);
  } catch (error) {
    throw new CannotStart((error as Error).message);
  }
}

interface SharedServices extends Shared {
  readonly redisReachable: (() => boolean) | undefined;
  readonly metrics: Metrics | undefined;
  readonly signInGrants: SignInGrants | undefined;
  close(): Promise<void>;
}

/** What all accounts of this process share, and through Redis all processes that use it. */
async function openShared(config: Config, log: Log): Promise<SharedServices> {
  const metrics = config.http?.metrics ? (await import('./hosting/metrics.ts')).createMetrics() : undefined;
  const redis = config.redis === undefined ? undefined : await openRedis(config.redis, log);
  const secret =
    config.stateSecret === undefined ? undefined : createHash('sha256').update(config.stateSecret).digest();
  const limit = config.rateLimit;
  return {
    config,
    confirmations: createConfirmations({ ...(secret && { secret }), ...(redis && { used: redis.used }) }),
    memory: redis?.memory ?? createMemory(),
    cache: config.cache ? createRecordCache() : undefined,
    writeCounter: redis?.writeCounter ?? createWriteCounter(),
    findings: await readFindings(config, log),
    signInGrants: redis?.signInGrants,
    ...(await openRecords(config, log, redis?.payments)),
    createPace: (account) => redis?.createPace(account, limit) ?? createPace({ limit }),
    telemetry: telemetryTo(log, metrics),
    onEvent(event, account) {
      logEvent(event, account, log);
      metrics?.event(event);
    },
    redisReachable: redis && (() => redis.connection.isReachable()),
    metrics,
    close: async () => await redis?.connection.close(),
  };
}

/** What `doctor --save` stored. It only saves requests, so an unusable file does not prevent the start. */
async function readFindings({ findingsFile: file, sandbox }: Config, log: Log): Promise<SavedFindings[]> {
  if (sandbox || file === undefined || !existsSync(file)) return [];
  try {
    const { parseSaved } = await import('./doctor/saved.ts');
    return parseSaved(readFileSync(file, 'utf8'));
  } catch (error) {
    log.warn('the findings saved by doctor --save cannot be used', { file, problem: (error as Error).message });
    return [];
  }
}

/** The memories of writes and payments: in files if the operator wants them, and loaded only then. */
async function openRecords({ auditLog: folder }: Config, log: Log, shared: PaymentMemory | undefined) {
  if (folder === undefined) return { changes: createProcessLog(), payments: shared ?? createPaymentMemory() };
  const { openAuditLog, openPaymentRecord } = await import('./audit/index.ts');
  const onError = (error: Error) => log.error('audit log', { problem: error.message });
  // Processes in two containers may have the same pid and share this folder.
  const processName = `${process.pid}-${randomUUID().slice(0, 8)}`;
  return refuseUnusable(() => {
    const changes: ChangeLog = openAuditLog(folder, { processName, onError });
    const kept = openPaymentRecord(folder, { processName, onError });
    return { changes, payments: shared ? combinePaymentMemories([shared, kept]) : kept };
  });
}

async function openRedis(url: string, log: Log) {
  const {
    connectRedis,
    createSharedMemory,
    createSharedPace,
    createSharedPayments,
    createSharedSignInGrants,
    createSharedUsedConfirmations,
    createSharedWriteCounter,
  } = await import('./redis/index.ts');
  const connection = connectRedis(url, (reachable) => {
    if (reachable) log.info('redis is reachable');
    else
      log.warn(
        'redis is unreachable: each process keeps to its share of the request rate, and confirmed writes are refused',
      );
  });
  return {
    connection,
    used: createSharedUsedConfirmations(connection),
    memory: createSharedMemory(connection),
    payments: createSharedPayments(connection),
    signInGrants: createSharedSignInGrants(connection),
    writeCounter: createSharedWriteCounter(connection),
    createPace: (account: string, limit: number) => createSharedPace({ redis: connection, account, limit }),
  };
}

/** Turns an error that the operator can fix into a message, without a stack trace. */
function refuseUnusable<Value>(make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    throw new CannotStart((error as Error).message);
  }
}

function logEvent({ kind, ...event }: ClientEvent, account: string | undefined, log: Log): void {
  const fields = account === undefined ? event : { account, ...event };
  const notable = kind === 'retry' || kind === 'no_answer' || kind === 'pace_pause';
  log[notable ? 'warn' : 'debug'](`leaddyno ${kind}`, fields);
}

function telemetryTo(log: Log, metrics: Metrics | undefined): Telemetry {
  return {
    callEnded(tool, outcome, ms, caller, account) {
      log.info('call', { tool, outcome, ms: Math.round(ms), caller, ...(account !== undefined && { account }) });
      metrics?.callEnded(tool, outcome, ms, caller);
    },
    confirmation(event) {
      log.info('confirmation', { event });
      metrics?.confirmation(event);
    },
    fault: (tool, error) => log.error('fault', { tool, ...faultFields(error) }),
  };
}

/** The fields for an unexpected error, without its message, which may quote a record. */
function faultFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  return {
    error: error.name,
    at: error.stack
      ?.split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 8),
  };
}

function signalled(signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => process.once(signal, () => resolve()));
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof CannotStart ? error.message : String(error)}\n`);
    process.exit(error instanceof CannotStart ? 2 : 1);
  },
);
