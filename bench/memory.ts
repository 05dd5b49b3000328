import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { isObject, type JsonObject } from '../src/json.ts';
import { SANDBOX_KEY } from './http-calls.ts';
import { serveSource } from './http-process.ts';

/*
 * `npx tsx bench/memory.ts [--large]`: the peak memory of the built server over stdio, compared with the size of the
 * lists as LeadDyno sends them once. The workflows that read whole lists are continued to their end. The simulated
 * LeadDyno and the client are other processes. Exits with 1 above the aim, or if a workflow does not finish.
 */

const AIM_OVER_PAGES_MIB = 250;
const MOST_CALLS = 60;
const MiB = 1024 * 1024;

/** The workflows that read whole lists, the longest first. */
const READERS: readonly { readonly tool: string; readonly args: JsonObject }[] = [
  { tool: 'program_overview', args: {} },
  { tool: 'rank_affiliates', args: { by: 'revenue' } },
  { tool: 'changes_since', args: { since: '2020-01-01' } },
  { tool: 'payout_report', args: {} },
  { tool: 'list_pending_affiliates', args: {} },
  { tool: 'find_duplicate_affiliates', args: {} },
  { tool: 'export_records', args: { records: 'purchases' } },
];
const LISTS = ['affiliates', 'purchases', 'commissions', 'leads', 'visitors'];

const sandbox = await serveSource('./memory-sandbox.ts', ...process.argv.slice(2));
const transport = new StdioClientTransport({
  command: process.execPath,
  args: [fileURLToPath(new URL('../dist/main.js', import.meta.url)), '--rate-limit', '0'],
  env: { PATH: process.env.PATH ?? '', LEADDYNO_API_KEY: SANDBOX_KEY, LEADDYNO_BASE_URL: `${sandbox.origin}/v1` },
});
const client = new Client({ name: 'bench', version: '1.0.0' }, { capabilities: {} });
await client.connect(transport);
const peakMiB = () =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${transport.pid}/status`, 'utf8'))?.[1]) / 1024;

await client.listTools();
const atStart = peakMiB();
console.log(`at the start: ${atStart.toFixed(0)} MiB\n`);
console.log(`${'workflow'.padEnd(28)} calls  complete  peak MiB`);
let incomplete = 0;
for (const { tool, args } of READERS) {
  const { calls, complete } = await readToTheEnd(tool, args);
  incomplete += Number(!complete);
  console.log(tool.padEnd(28), `${calls}`.padStart(5), `${complete}`.padStart(9), peakMiB().toFixed(0).padStart(9));
}
const peak = peakMiB();
await client.close();

const pages = await sizes();
const inAll = pages.reduce((sum, { bytes }) => sum + bytes, 0) / MiB;
for (const { list, rows, bytes } of pages) console.log(`${list}: ${rows} rows, ${(bytes / MiB).toFixed(1)} MiB`);
await sandbox.stop();

const over = peak - inAll;
const isMet = over < AIM_OVER_PAGES_MIB && incomplete === 0;
console.log(
  `\nPeak memory of the server: ${peak.toFixed(0)} MiB, ${over.toFixed(0)} over the ${inAll.toFixed(0)} MiB of pages (aim below ${AIM_OVER_PAGES_MIB}: ${over < AIM_OVER_PAGES_MIB ? 'met' : 'MISSED'})`,
);
if (!isMet) process.exitCode = 1;

/** Calls a workflow, and again with each cursor it returns until it has read everything. */
async function readToTheEnd(tool: string, args: JsonObject): Promise<{ calls: number; complete: boolean }> {
  let next = args;
  for (let calls = 1; calls <= MOST_CALLS; calls += 1) {
    const { content, isError } = await client.callTool({ name: tool, arguments: next }, { timeout: 120_000 });
    const text = content.find((block) => block.type === 'text')?.text ?? '';
    if (isError) throw new Error(`${tool}: ${text}`);
    const facts: unknown = JSON.parse(text);
    const cursor = cursorIn(facts);
    if (cursor === undefined) return { calls, complete: !text.includes('"complete":false') };
    next = { ...args, cursor };
  }
  return { calls: MOST_CALLS, complete: false };
}

function cursorIn(facts: unknown): string | undefined {
  if (!isObject(facts)) return undefined;
  const { cursor, next_cursor: next } = facts;
  return [cursor, next].find((one): one is string => typeof one === 'string');
}

/** Rows and bytes of each list, as LeadDyno sends it once. */
async function sizes() {
  const all: { list: string; rows: number; bytes: number }[] = [];
  for (const list of LISTS) {
    let rows = 0;
    let bytes = 0;
    for (let page = 1; ; page += 1) {
      const answer = await fetch(`${sandbox.origin}/v1/${list}?page=${page}&per_page=200&key=${SANDBOX_KEY}`);
      const text = await answer.text();
      const body: unknown = JSON.parse(text);
      // Commissions come in an envelope.
      const found = isObject(body) ? body[list] : body;
      if (!Array.isArray(found) || found.length === 0) break;
      rows += found.length;
      bytes += Buffer.byteLength(text);
    }
    all.push({ list, rows, bytes });
  }
  return all;
}
