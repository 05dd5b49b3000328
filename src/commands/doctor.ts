import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { accountOf } from '../account.ts';
import { type Config, readConfig } from '../config/config.ts';
import { diagnose, type Report } from '../doctor/examine.ts';
import { judge, renderReport } from '../doctor/report.ts';
import { parseSaved, type SavedFindings, withFindings } from '../doctor/saved.ts';
import { createClient } from '../leaddyno/client.ts';
import { createPace } from '../leaddyno/pace.ts';
import { CannotStart, openSoleUpstream } from '../upstream.ts';
import { version } from '../version.ts';
import { type Environment, explained, type Printed, refused, replaceFile } from './output.ts';

/** What the command needs from the process. */
export interface DoctorSurroundings {
  readonly env: Environment;
  /** Version of Node. */
  readonly node: string;
  /** Shows progress to the person who waits. */
  readonly tell: (line: string) => void;
}

const OWN_FLAGS = ['--json', '--save', '--verbose'];

/**
 * `leaddyno-mcp doctor [--verbose] [--json] [--save]`, with the options of the server: reads with the real key (or in
 * the sandbox) and reports which points of the API reference are true for this account.
 */
export async function runDoctorCommand(
  args: readonly string[],
  { env, node, tell }: DoctorSurroundings,
): Promise<Printed> {
  const invocation = readConfig(
    args.filter((arg) => !OWN_FLAGS.includes(arg)),
    env,
  );
  if (invocation.run === 'refuse') return refused(invocation.message);
  if (invocation.run !== 'serve') return explained(USAGE);
  const { config } = invocation;
  if (config.http?.callerKey)
    return refused('The doctor examines one account: leave out --caller-key and give its key.');
  const json = args.includes('--json');
  const upstream = await openSoleUpstream(config);
  try {
    const key = upstream.key;
    const report = await examineAccount(config, upstream.url, key, node, (what) => tell(`asking: ${what}`));
    const saves = args.includes('--save');
    const verbose = args.includes('--verbose');
    const out = json
      ? `${JSON.stringify({ verdict: judge(report, saves), ...report }, null, 2)}\n`
      : renderReport(report, { saves, verbose });
    if (!saves) return { code: report.examination ? 0 : 1, out, error: '' };
    const { done, told } = save(report, config, key);
    return { code: report.examination && done ? 0 : 1, out, error: `${told}\n` };
  } finally {
    await upstream.close();
  }
}

const USAGE = `Usage: leaddyno-mcp doctor [--verbose] [--json] [--save] [options of the server]

Reads with your key (never writes), in about fifty calls. Three lines say whether the key works, whether
anything differs that matters, and what could not be told; then what to do next.
  --verbose  every call, point and field as well (its codes: docs/leaddyno-api.md)
  --json     the whole report, without anybody's data, for a bug report
  --save     keeps what was found where the server uses it (--findings), and says what it changed
`;

async function examineAccount(config: Config, url: string, key: string, node: string, tell: (what: string) => void) {
  const pace = createPace({ limit: config.rateLimit });
  return await diagnose({
    connect(keyTransport, watch) {
      try {
        return createClient({
          baseUrl: url,
          key,
          keyTransport,
          timeoutMs: Math.max(config.timeoutMs, 90_000),
          userAgent: `leaddyno-mcp/${version}`,
          pace,
          proxy: config.proxy,
          ...watch,
        });
      } catch (error) {
        throw new CannotStart((error as Error).message);
      }
    },
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

interface Saving {
  readonly done: boolean;
  /** Message for the person. */
  readonly told: string;
}

const notSaved = (why: string): Saving => ({ done: false, told: `Nothing was saved: ${why}.` });

/** Saves what the server can use, and keeps the findings of other accounts. */
function save(report: Report, config: Config, key: string): Saving {
  const { examination, checked_at } = report;
  const path = config.findingsFile;
  if (!examination || report.key.transport === null) return notSaved('the account could not be examined');
  if (report.sandbox) return notSaved('the simulation is not an account');
  if (path === undefined) return notSaved('there is no home folder; name a file with --findings');
  const found: SavedFindings = {
    account: accountOf(key),
    base_url: config.baseUrl,
    checked_at,
    key_transport: report.key.transport,
    page_sizes: { ...examination.pageSizes },
  };
  let before: SavedFindings[];
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    before = readSaved(path);
    replaceFile(path, withFindings(before, found));
  } catch (error) {
    return notSaved(`${path}: ${(error as Error).message}`);
  }
  const last = before.find(({ account, base_url }) => account === found.account && base_url === found.base_url);
  return {
    done: true,
    told: [`Saved to ${path}, for the next start of the server.`, ...changesIn(found, last)].join('\n'),
  };
}

const TRANSPORTS = { header: 'as a request header', query: 'in the query' } as const;

/** What has changed since the last save, in words. */
function changesIn(found: SavedFindings, last: SavedFindings | undefined): string[] {
  const transport = TRANSPORTS[found.key_transport];
  const lists = [...new Set([...Object.keys(found.page_sizes), ...Object.keys(last?.page_sizes ?? {})])];
  const changes = [
    ...(last?.key_transport === found.key_transport
      ? []
      : [
          `The key is sent ${transport} from the first request${last ? ` (before: ${TRANSPORTS[last.key_transport]})` : ''}.`,
        ]),
    ...lists.flatMap((list) => {
      const [size, old] = [found.page_sizes[list], last?.page_sizes[list]];
      if (size === old) return [];
      const was = last ? ` (before: ${old === undefined ? 'not known' : old})` : '';
      return [`Largest page of ${list}: ${size === undefined ? 'no longer known' : `${size} rows`}${was}.`];
    }),
  ];
  if (changes.length > 0) return changes;
  return [`Nothing but the date has changed since ${last?.checked_at.slice(0, 10)}.`];
}

/** @throws Error if the file contains something else, which must not be overwritten */
function readSaved(path: string) {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  return text.trim() === '' ? [] : parseSaved(text);
}
