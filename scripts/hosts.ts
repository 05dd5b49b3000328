import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { agents } from './hosts/agents.ts';
import { type Cell, type Cells, COLUMNS, type Column, type Host, install, judge } from './hosts/host.ts';
import { inspectors } from './hosts/inspector.ts';
import { mcporter } from './hosts/mcporter.ts';

/*
 * `npm run hosts`: tries real hosts, fetched from the npm registry into a temporary folder, with the built server and
 * its sandbox. Each host has an empty home folder and nobody logged in. Prints what works in which host; exits with 1
 * if something does not. `--latest` takes the newest versions, `--only WORD` only the hosts with that word in their
 * name, `--json` prints JSON.
 */

const HOSTS: readonly Host[] = [...agents, ...inspectors, mcporter];
const columns = Object.keys(COLUMNS) as Column[];

interface Row {
  readonly host: string;
  readonly package: string;
  readonly version: string;
  /** Why it could not be tried at all. */
  readonly failed?: string;
  readonly cells?: Cells;
}

const { values } = parseArgs({
  options: { latest: { type: 'boolean' }, json: { type: 'boolean' }, only: { type: 'string' } },
});

const installs = new Map<string, ReturnType<typeof install>>();

async function tryHost(host: Host, root: string): Promise<Row> {
  const named = { host: host.title, package: host.package };
  const asked = values.latest ? 'latest' : host.version;
  try {
    const installing = installs.get(host.package) ?? install(host, asked, root);
    installs.set(host.package, installing);
    const installed = await installing;
    const version = installed.version;
    const { checks, end } = await host.tries(installed);
    const cells: [Column, Cell][] = [];
    for (const column of columns) cells.push([column, await judge(checks[column], host.lacks[column])]);
    await end?.();
    return { ...named, version, cells: Object.fromEntries(cells) as Record<Column, Cell> };
  } catch (error) {
    return { ...named, version: asked, failed: (error as Error).message };
  }
}

function print(rows: readonly Row[]): void {
  const lines = [
    ['host', 'version', ...Object.values(COLUMNS)],
    ...rows.map(({ host, version, cells }) => [
      host,
      version,
      ...columns.map((column) => cells?.[column].outcome ?? '?'),
    ]),
  ];
  const widths = lines[0]?.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0))) ?? [];
  for (const line of lines) console.log(line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '));
  for (const { host, failed, cells } of rows) {
    console.log(`\n${host}${failed === undefined ? '' : `: could not be tried: ${failed}`}`);
    if (!cells) continue;
    for (const column of columns) console.log(`  ${COLUMNS[column]}: ${cells[column].outcome}, ${cells[column].note}`);
  }
}

const root = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-hosts-'));
const rows: Row[] = [];
try {
  for (const host of HOSTS) {
    if (values.only !== undefined && !host.title.toLowerCase().includes(values.only.toLowerCase())) continue;
    if (!values.json) console.error(`${host.title} …`);
    rows.push(await tryHost(host, root));
  }
} finally {
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}

if (values.json) console.log(JSON.stringify(rows, undefined, 2));
else print(rows);
const wrong = rows.some(({ cells }) => !cells || columns.some((column) => cells[column].outcome === 'NO'));
process.exit(wrong || rows.length === 0 ? 1 : 0);
