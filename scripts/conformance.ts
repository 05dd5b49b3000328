import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * `npm run conformance`: runs the official conformance suite against the built server over HTTP, in both protocol
 * revisions. Fails if a scenario that applies fails, if the suite has one that is not classified here, or if it no
 * longer has one that is. npx fetches the suite and the newer Node it needs: neither is a dependency of this package.
 */

const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12';
const SUITE_NODE = 24;
const SUITE_NEEDS_NODE = 22;
const RUN_MS = 5 * 60_000;

const REVISIONS = ['2025-11-25', '2026-07-28'] as const;
type Revision = (typeof REVISIONS)[number];

interface Scenario {
  /** Single checks that do not apply, and why. One of these that does not fail is an error: it may apply by now. */
  readonly except?: Readonly<Record<string, string>>;
  /** A revision in which the whole scenario does not apply, and why. */
  readonly not?: Readonly<Partial<Record<Revision, string>>>;
}

const fixtureTool = (name: string) => `calls ${name}, a tool of the suite's own fixture server`;

/** The scenarios that apply to this server. */
const APPLY: Readonly<Record<string, Scenario>> = {
  'server-initialize': {},
  'server-stateless': {
    except: {
      'sep-2575-server-rejects-undeclared-capability': fixtureTool('test_missing_capability'),
      'sep-2575-missing-capability-http-400': fixtureTool('test_missing_capability'),
      'sep-2575-http-server-no-independent-requests-on-stream': fixtureTool('test_streaming_elicitation'),
      'sep-2575-server-no-log-without-loglevel': fixtureTool('test_logging_tool'),
    },
  },
  ping: {},
  'tools-list': {},
  'resources-list': {},
  'sep-2164-resource-not-found': {},
  'server-sse-multiple-streams': { not: { '2025-11-25': 'needs a session; this server is stateless' } },
  'dns-rebinding-protection': {},
  caching: {},
  'prompts-list': {},
  'http-header-validation': {},
  'input-required-result-unsupported-methods': {},
  'sep-2640-skills-enumeration': {},
  'sep-2640-skills-manifest': {},
};

/** The scenarios that do not apply, by reason. */
const DO_NOT_APPLY: Readonly<Record<string, readonly string[]>> = {
  "call a tool of the suite's own fixture server": [
    'tools-call-simple-text',
    'tools-call-image',
    'tools-call-audio',
    'tools-call-embedded-resource',
    'tools-call-mixed-content',
    'tools-call-with-logging',
    'tools-call-error',
    'tools-call-with-progress',
    'tools-call-sampling',
    'tools-call-elicitation',
    'json-schema-2020-12',
    'elicitation-sep1034-defaults',
    'elicitation-sep1330-enums',
    'server-sse-polling',
    'input-required-result-basic-elicitation',
    'input-required-result-basic-sampling',
    'input-required-result-basic-list-roots',
    'input-required-result-request-state',
    'input-required-result-multiple-input-requests',
    'input-required-result-multi-round',
    'input-required-result-missing-input-response',
    'input-required-result-result-type',
    'input-required-result-tampered-state',
    'input-required-result-capability-check',
    'input-required-result-ignore-extra-params',
    'input-required-result-validate-input',
  ],
  "read a resource of the suite's own fixture server": [
    'resources-read-text',
    'resources-read-binary',
    'resources-templates-read',
  ],
  "need a prompt of the suite's own fixture server": [
    'completion-complete',
    'prompts-get-simple',
    'prompts-get-with-args',
    'prompts-get-embedded-resource',
    'prompts-get-with-image',
    'input-required-result-non-tool-request',
  ],
  'need what this server does not declare: logging, resource subscriptions': [
    'logging-set-level',
    'resources-subscribe',
    'resources-unsubscribe',
  ],
  'need sessions; this server is stateless': ['server-session-lifecycle'],
  'need a tool that takes an argument from a header (x-mcp-header)': ['http-custom-header-server-validation'],
  'need skills of several files (directoryRead); each of ours is one': ['sep-2640-skills-directory'],
  'test an extension that this server does not offer (tasks)': [
    'tasks-lifecycle',
    'tasks-capability-negotiation',
    'tasks-wire-fields',
    'tasks-request-state-removal',
    'tasks-mrtr-input',
    'tasks-request-headers',
    'tasks-dispatch-and-envelope',
    'tasks-status-notifications',
    'tasks-required-task-error',
    'tasks-mrtr-composition',
  ],
};

interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly description?: string;
  readonly errorMessage?: string;
}

/** Runs the suite's command line. Its exit code is ignored, because scenarios that do not apply fail. */
function runSuite(...args: string[]): Promise<string> {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const isNew = Number.parseInt(process.versions.node, 10) >= SUITE_NEEDS_NODE;
  const node = isNew ? [] : ['-p', `node-${platform}-${process.arch}@${SUITE_NODE}`];
  const command = ['-y', '--loglevel=error', ...node, '-p', SUITE, 'conformance', ...args];
  return new Promise((resolve, reject) => {
    execFile('npx', command, { timeout: RUN_MS, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (stdout === '') reject(new Error(`the suite did not run: ${stderr || error?.message}`));
      else resolve(stdout);
    });
  });
}

/** Every scenario for servers, with the revisions that it is for, as the suite lists them (or the word extension). */
async function listScenarios(): Promise<Map<string, string>> {
  const lines = (await runSuite('list', '--server')).matchAll(/^ {2}- (\S+) \[(.*)\]/gm);
  return new Map(Array.from(lines, ([, name = '', revisions = '']) => [name, revisions]));
}

/** What the suite lists for the scenario of an extension, in place of revisions; it runs these only by name. */
const EXTENSION = 'extension';

/** What each scenario of a revision checked. */
async function runScenarios(url: string, revision: Revision, extensions: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    const where = ['--url', url, '--spec-version', revision, '--output-dir', folder];
    await runSuite('server', ...where, '--suite', 'all');
    for (const name of extensions) await runSuite('server', ...where, '--scenario', name, '--force');
    const entries = readdirSync(folder).map((entry) => {
      const name = entry.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\dZ-]+$/, '');
      return [name, JSON.parse(readFileSync(join(folder, entry, 'checks.json'), 'utf8')) as Check[]] as const;
    });
    return new Map(entries);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Verdict {
  readonly cell: string;
  readonly problems: readonly string[];
}

function judge({ except = {} }: Scenario, checks: readonly Check[]): Verdict {
  const problems = checks
    .filter(({ id, status }) => (status === 'FAILURE' || status === 'WARNING') && !(id in except))
    .map(({ id, errorMessage, description }) => `${id}: ${errorMessage ?? description}`);
  const passed = checks.filter(({ id, status }) => status === 'SUCCESS' && !(id in except)).length;
  const excepted = Object.keys(except).length;
  const stale = Object.keys(except).filter(
    (id) => !checks.some((check) => check.id === id && check.status === 'FAILURE'),
  );
  if (passed === 0) problems.push('nothing was checked');
  problems.push(...stale.map((id) => `${id} is listed as not applicable, but does not fail any more`));
  const note = excepted > 0 ? `, ${excepted} not applicable` : '';
  return { cell: problems.length > 0 ? `FAILED (${passed} passed)` : `passed (${passed}${note})`, problems };
}

function startServer(): Promise<{ url: string; stop: () => void }> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LEADDYNO_')));
  const args = [main, '--sandbox', '--http', '0', '--rate-limit', '0'];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  process.once('exit', () => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    let log = '';
    child.once('exit', () => reject(new Error(`the server did not start: ${log}`)));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
      const port = /"port":(\d+)/.exec(log)?.[1];
      if (port) resolve({ url: `http://127.0.0.1:${port}/mcp`, stop: () => child.kill('SIGTERM') });
    });
  });
}

const reasons = new Map(Object.entries(DO_NOT_APPLY).flatMap(([why, names]) => names.map((name) => [name, why])));
const scenarios = await listScenarios();
const server = await startServer();
const results = new Map<Revision, Map<string, Check[]>>();
const isExtension = (name: string) => scenarios.get(name)?.startsWith(EXTENSION) === true;
const extensions = Object.keys(APPLY).filter(isExtension);
// Extensions are written for the newest revision.
const newest = REVISIONS.at(-1);
for (const revision of REVISIONS)
  results.set(revision, await runScenarios(server.url, revision, revision === newest ? extensions : []));
server.stop();

const problems = [
  ...[...scenarios.keys()]
    .filter((name) => !(name in APPLY) && !reasons.has(name))
    .map((name) => `${name}: new, and not classified`),
  ...[...Object.keys(APPLY), ...reasons.keys()]
    .filter((name) => !scenarios.has(name))
    .map((name) => `${name}: no longer in the suite`),
];

function cellOf(name: string, scenario: Scenario, revision: Revision): string {
  const applies = isExtension(name) ? revision === newest : scenarios.get(name)?.includes(revision);
  if (!applies) return 'not in this revision';
  if (scenario.not?.[revision]) return 'not applicable';
  const verdict = judge(scenario, results.get(revision)?.get(name) ?? []);
  problems.push(...verdict.problems.map((problem) => `${name} in ${revision}: ${problem}`));
  return verdict.cell;
}

const row = (cells: readonly string[]) =>
  console.log(
    cells
      .map((cell, index) => cell.padEnd(index === 0 ? 42 : 30))
      .join(' ')
      .trimEnd(),
  );
console.log(`${SUITE}\n`);
row(['scenario', ...REVISIONS]);
for (const [name, scenario] of Object.entries(APPLY)) {
  row([name, ...REVISIONS.map((revision) => cellOf(name, scenario, revision))]);
}

console.log('\nNot applicable');
for (const [name, { except = {}, not = {} }] of Object.entries(APPLY)) {
  for (const [part, why] of Object.entries({ ...except, ...not })) console.log(`  ${name} (${part}): ${why}`);
}
for (const [why, names] of Object.entries(DO_NOT_APPLY)) console.log(`  ${names.length} ${why}: ${names.join(', ')}`);

if (problems.length > 0) {
  console.error(`\n${problems.join('\n')}`);
  process.exit(1);
}
