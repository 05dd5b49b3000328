/**
 * `npm run audit`, before a release and every week: asks the registry for known vulnerabilities in the locked packages,
 * and compares them with those already reviewed (`package/advisories.json`: advisory, package, and why it does no harm
 * here). `--explained FILE` names another list; arguments after `--` go to `npm audit`.
 *
 * Exits with 0 if each finding is explained and each explanation still has its finding, with 1 if not, and with 2 if
 * the registry could not be asked.
 */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import * as z from 'zod';

const root = new URL('..', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

const { values, positionals } = parseArgs({
  options: { explained: { type: 'string', default: fileURLToPath(new URL('package/advisories.json', root)) } },
  allowPositionals: true,
});

const explanations = z
  .array(
    z.strictObject({
      advisory: z.string().regex(/^GHSA(-[0-9a-z]{4}){3}$/),
      package: z.string(),
      why: z.string().min(20),
    }),
  )
  .parse(JSON.parse(readFileSync(values.explained, 'utf8')));

/**
 * What `npm audit --json` prints. In `via`, an object is an advisory about the package itself; a string names a
 * vulnerable package that it depends on.
 */
const Report = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      via: z.array(
        z.union([
          z.string(),
          z.object({ name: z.string(), title: z.string(), url: z.string(), severity: z.string(), range: z.string() }),
        ]),
      ),
    }),
  ),
});

/** npm exits with 1 if it finds something; if it fails, its stdout says why. */
async function askNpm(): Promise<z.infer<typeof Report>> {
  const args = ['audit', '--json', ...positionals];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: fileURLToPath(root), maxBuffer: 2 ** 28 }).catch(
    (error: { stdout?: string; stderr?: string }) => ({ stdout: error.stdout || (error.stderr ?? String(error)) }),
  );
  try {
    return Report.parse(JSON.parse(stdout));
  } catch {
    process.stderr.write(`The registry could not be asked for advisories: ${stdout.slice(0, 2_000)}\n`);
    process.exit(2);
  }
}

const bundled = new Set([...read('docs/bundled-packages.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name));
const { vulnerabilities } = await askNpm();
const found = new Map(
  Object.values(vulnerabilities)
    .flatMap(({ via }) => via.filter((one) => typeof one !== 'string'))
    .map((one) => {
      const advisory = one.url.slice(one.url.lastIndexOf('/') + 1);
      return [`${advisory} ${one.name}`, { ...one, advisory }] as const;
    }),
);

const problems: string[] = [];
for (const [id, { advisory, name, title, severity, range, url }] of found) {
  const explained = explanations.find((one) => `${one.advisory} ${one.package}` === id);
  const place = bundled.has(name) ? 'in the bundle' : 'build and tests alone';
  const line = `${advisory} ${name} ${range} (${severity}; ${place}): ${title} ${url}`;
  process.stdout.write(`${line}\n  ${explained ? `explained: ${explained.why}` : 'NOT EXPLAINED'}\n`);
  if (!explained) problems.push(`update ${name}, or say in package/advisories.json why ${advisory} does no harm here`);
}
for (const { advisory, package: name } of explanations) {
  if (!found.has(`${advisory} ${name}`)) problems.push(`take ${advisory} (${name}) out of package/advisories.json`);
}

const locked = Object.keys(JSON.parse(read('package-lock.json')).packages).length - 1;
process.stdout.write(`${JSON.stringify({ audit: 'advisories', locked, found: found.size, open: problems.length })}\n`);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
