#!/usr/bin/env node
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Config, helpText, readConfig } from './config.ts';
import { createClient } from './leaddyno/client.ts';
import type { ClientEvent } from './leaddyno/events.ts';
import { createPace } from './leaddyno/pace.ts';
import { createLog, type Log } from './log.ts';
import { createConfirmations } from './mcp/confirmations.ts';
import { createPresent } from './mcp/present.ts';
import { buildServer } from './mcp/server.ts';
import type { Report } from './mcp/services.ts';
import { listenOnStdio } from './transports/stdio.ts';
import { version } from './version.ts';

/** The process ends at the latest this long after its client has gone or a signal came. */
const EXIT_MS = 1_900;

/** A start that cannot be: the message for the person who started it. */
class CannotStart extends Error {}

async function main(): Promise<number> {
  const invocation = readConfig(process.argv.slice(2), process.env);
  switch (invocation.run) {
    case 'help':
      process.stdout.write(helpText(version));
      return 0;
    case 'version':
      process.stdout.write(`${version}\n`);
      return 0;
    case 'refuse':
      throw new CannotStart(invocation.message);
    case 'serve':
      return await serve(invocation.config);
  }
}

async function serve(config: Config): Promise<number> {
  const log = createLog(config.logLevel, { name: 'leaddyno-mcp', version, pid: process.pid });
  process.on('unhandledRejection', (error) => log.error('unhandled rejection', faultFields(error)));
  // A host that reads no logs any more must not take the server down.
  process.stderr.on('error', () => undefined);

  const upstream = config.sandbox
    ? await startSandbox(config)
    : { url: config.baseUrl, key: readKey(config), close: async () => undefined };
  const client = startClient(config, upstream, log);
  const setup = {
    version,
    operations: config.operations,
    services: {
      client,
      present: createPresent({ ...config, pseudonymKey: `pseudonyms\0${upstream.key}` }),
      confirmations: createConfirmations(),
      account: createHash('sha256').update(`account\0${upstream.key}`).digest('base64url'),
      confirm: config.confirm,
      dryRun: config.dryRun,
      precheck: config.precheck,
      timeoutMs: config.timeoutMs,
      maxResultChars: config.maxResultChars,
      report: reportTo(log),
    },
  };
  const serving = listenOnStdio(() => buildServer(setup), {
    stdin: process.stdin,
    stdout: process.stdout,
    onError: (error) => log.warn('transport', { error: error.message }),
  });
  log.info('serving on stdio', { tools: config.operations.length, sandbox: config.sandbox, confirm: config.confirm });

  await Promise.race([serving.ended, signalled('SIGINT'), signalled('SIGTERM'), signalled('SIGHUP')]);
  setTimeout(() => process.exit(0), EXIT_MS).unref();
  await serving.close();
  await client.close();
  await upstream.close();
  await log.flush();
  return 0;
}

function startClient(config: Config, upstream: { url: string; key: string }, log: Log) {
  try {
    return createClient({
      baseUrl: upstream.url,
      key: upstream.key,
      keyTransport: config.keyTransport,
      timeoutMs: config.timeoutMs,
      userAgent: `leaddyno-mcp/${version}`,
      pace: createPace({ limit: config.rateLimit }),
      proxy: config.proxy,
      onEvent: (event) => logEvent(event, log),
    });
  } catch (error) {
    throw new CannotStart((error as Error).message);
  }
}

/** The simulated LeadDyno, keeping to the same limit as the server does. */
async function startSandbox(config: Config) {
  const { startSandbox: start } = await import('./sandbox/index.ts');
  return await start({ rateLimit: config.rateLimit });
}

function readKey({ key, keyFile }: Config): string {
  const found = key ?? readKeyFile(keyFile ?? '');
  if (/^\$\{?\w/.test(found)) {
    throw new CannotStart(
      `LEADDYNO_API_KEY is the text ${JSON.stringify(found)}: this host does not fill in variables. Put the key itself there, or its file into LEADDYNO_API_KEY_FILE.`,
    );
  }
  if (!/^\S+$/.test(found))
    throw new CannotStart(
      'The API key is empty or holds spaces. Copy the private key from LeadDyno once more (Account, Profile).',
    );
  return found;
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new CannotStart(`The key file cannot be read: ${(error as Error).message}.`);
  }
}

function logEvent(event: ClientEvent, log: Log): void {
  const { kind, ...fields } = event;
  const notable = kind === 'retry' || kind === 'no_answer' || kind === 'pace_pause';
  log[notable ? 'warn' : 'debug'](`leaddyno ${kind}`, fields);
}

function reportTo(log: Log): Report {
  return {
    call: (tool, outcome, ms) => log.info('call', { tool, outcome, ms: Math.round(ms) }),
    fault: (tool, error) => log.error('fault', { tool, ...faultFields(error) }),
  };
}

/** A fault without its message, which may quote a record. */
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
