import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { accountOf } from '../account.ts';
import { type Config, readConfig } from '../config/config.ts';
import { diagnose } from '../doctor/doctor.ts';
import { type Report, renderReport } from '../doctor/report.ts';
import { parseSaved, withFindings } from '../doctor/saved.ts';
import { createClient } from '../leaddyno/client.ts';
import { createPace } from '../leaddyno/pace.ts';
import { openUpstream } from '../upstream.ts';
import { version } from '../version.ts';
import type { Environment, Printed } from './printed.ts';

/** What the command takes from the process. */
export interface DoctorSurroundings {
  readonly env: Environment;
  /** Version of Node. */
  readonly node: string;
  /** Says how far it is, to somebody who waits. */
  readonly tell: (line: string) => void;
}

const OWN_FLAGS = ['--json', '--save'];

/**
 * `leaddyno-mcp doctor [--json] [--save]`, with the options of the server: reads with the real key (or in the sandbox)
 * and tells what of the API reference holds for this account.
 */
export async function runDoctorCommand(
  args: readonly string[],
  { env, node, tell }: DoctorSurroundings,
): Promise<Printed> {
  const invocation = readConfig(
    args.filter((arg) => !OWN_FLAGS.includes(arg)),
    env,
  );
  if (invocation.run === 'refuse') return { code: 2, out: '', error: `${invocation.message}\n` };
  if (invocation.run !== 'serve') return { code: 0, out: USAGE, error: '' };
  const { config } = invocation;
  const json = args.includes('--json');
  const upstream = await openUpstream(config);
  try {
    const key = upstream.key ?? '';
    const report = await examineAccount(config, upstream.url, key, node, (what) => tell(`asking: ${what}`));
    const saved = args.includes('--save') ? save(report, config, key) : '';
    const out = json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report);
    return { code: report.examination ? 0 : 1, out, error: saved };
  } finally {
    await upstream.close();
  }
}

const USAGE = `Usage: leaddyno-mcp doctor [--json] [--save] [options of the server]

Reads with your key (never writes), in about seventy calls, and tells what holds for your account.
  --json  the whole report, without anybody's data, for a bug report
  --save  keeps what was found where the server uses it (--findings)
`;

async function examineAccount(config: Config, url: string, key: string, node: string, tell: (what: string) => void) {
  const pace = createPace({ limit: config.rateLimit });
  return await diagnose({
    connect: (keyTransport, watch) =>
      createClient({
        baseUrl: url,
        key,
        keyTransport,
        timeoutMs: Math.max(config.timeoutMs, 90_000),
        userAgent: `leaddyno-mcp/${version}`,
        pace,
        proxy: config.proxy,
        ...watch,
      }),
    pinned: config.keyTransport,
    about: {
      version,
      node,
      base_url: config.sandbox ? 'sandbox' : new URL(url).origin + new URL(url).pathname,
      sandbox: config.sandbox,
      rate_limit: config.rateLimit,
    },
    now: Date.now,
    tell,
  });
}

/** Keeps what the server can use, beside what was found for other accounts. @returns what to tell the person */
function save(report: Report, config: Config, key: string): string {
  const { examination, checked_at } = report;
  const path = config.findingsFile;
  if (!examination || report.key.transport === null) return 'Nothing was saved: the account could not be examined.\n';
  if (report.sandbox) return 'Nothing was saved: the simulation is no account.\n';
  if (path === undefined) return 'Nothing was saved: there is no home folder; name a file with --findings.\n';
  const found = {
    account: accountOf(key),
    base_url: config.baseUrl,
    checked_at,
    key_transport: report.key.transport,
    page_sizes: { ...examination.pageSizes },
  };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  writeFileSync(temporary, withFindings(readSaved(path), found), { mode: 0o600 });
  renameSync(temporary, path);
  return `Saved to ${path}. The server uses it when it is started next.\n`;
}

function readSaved(path: string) {
  try {
    return parseSaved(readFileSync(path, 'utf8'));
  } catch {
    // None yet, or one that nobody can use: it is written anew.
    return [];
  }
}
