import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { READING_MS } from '../src/mcp/forms.ts';
import { toolsets } from '../src/workflows/index.ts';

/*
 * `npm run demo`: the main job of an affiliate manager, done through a real client that can show a form, against the
 * built server and its sandbox. Exits with 0, or prints why it failed and exits with 1.
 */

const server = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** The person's answer to the next form. */
let answer: { action: 'accept' | 'decline'; tick: boolean } = { action: 'decline', tick: false };

const client = new Client(
  { name: 'leaddyno-mcp-demo', version: '1.0.0' },
  { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: { pin: '2026-07-28' } } },
);

client.setRequestHandler('elicitation/create', async ({ params }) => {
  say(`The server asks: ${params.message}`);
  // The server takes an answer that comes faster than a person can read for the host's.
  await after(READING_MS + 200);
  say(answer.action === 'accept' ? 'The manager ticks the box and accepts.' : 'The manager declines.');
  return answer.action === 'accept' ? { action: 'accept', content: { confirm: answer.tick } } : { action: 'decline' };
});

interface Row {
  affiliate_id: number;
  email?: string;
  first_name?: string | null;
  last_name?: string | null;
  age_days?: number;
  red_flags?: { flag: string }[];
  currency?: string;
  amount?: string;
  state?: string;
}

interface Answer {
  pending?: number;
  applicants?: Row[];
  lines?: Row[];
  totals?: { currency: string; ready?: string; held?: string; marked?: string }[];
  files?: { uri: string; name: string }[];
  due_by?: string;
  done?: { affiliate_id: number; outcome?: string }[];
  marked?: number;
  /** The changes of one call are one line, with their number and how many ended in which way. */
  changes?: {
    tool: string;
    confirmed: string;
    outcome?: string;
    changes?: number;
    outcomes?: Record<string, number>;
  }[];
  affiliate?: { status?: string };
  declined?: boolean;
  undo?: string;
  scanned?: string[];
  month?: { this?: { purchases_not_cancelled?: number; revenue?: { currency: string; amount: string }[] } };
}

function step(title: string): void {
  console.log(`\n${title}`);
}

function say(line: string): void {
  console.log(`  ${line}`);
}

async function call(name: string, args: Record<string, unknown> = {}): Promise<Answer> {
  const result = await client.callTool({ name, arguments: args });
  if (result.isError) throw new Error(`${name} failed: ${JSON.stringify(result.content)}`);
  return result.structuredContent as Answer;
}

const nameOf = (row: Row) => [row.first_name, row.last_name].filter(Boolean).join(' ') || '(no name)';
const short = (text: string) => (text.length > 70 ? `${text.slice(0, 69)}…` : text).replace(/\s+/g, ' ');

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(`expected ${what}`);
}

async function run(): Promise<void> {
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [server, '--sandbox'], stderr: 'inherit' }),
  );

  step('1. The server');
  const info = client.getServerVersion();
  say(`${info?.name} ${info?.version}, MCP ${client.getNegotiatedProtocolVersion()}, over stdio, against the sandbox`);

  step('2. Its tools');
  const { tools } = await client.listTools();
  const reads = tools.filter((tool) => tool.annotations?.readOnlyHint);
  say(`${tools.length} tools: ${reads.length} read, ${tools.length - reads.length} write`);
  for (const set of toolsets) say(`${set.name}: ${set.tools.map((tool) => tool.name).join(', ')}`);
  must(tools.length === toolsets.flatMap((set) => set.tools).length, 'every tool');

  step('3. How is the programme doing this month?');
  const overview = await call('program_overview');
  const revenue = overview.month?.this?.revenue ?? [];
  say(
    `${overview.month?.this?.purchases_not_cancelled} purchases, ${revenue.map((sum) => `${sum.amount} ${sum.currency}`).join(' and ')}`,
  );
  for (const line of overview.scanned ?? []) say(`(${line})`);
  must((overview.month?.this?.purchases_not_cancelled ?? 0) > 0 && revenue.length > 0, 'purchases and revenue');

  step('4. Who is waiting for approval, and does anybody look odd?');
  const queue = await call('list_pending_affiliates', { limit: 200 });
  const applicants = queue.applicants ?? [];
  for (const row of applicants) {
    const flags = (row.red_flags ?? []).map(({ flag }) => flag).join(', ');
    say(`${row.affiliate_id}  ${short(nameOf(row))}  ${row.email}${flags === '' ? '' : `  [${flags}]`}`);
  }
  must(queue.pending === 23, '23 applicants');

  const chosen = applicants.filter((row) => row.red_flags?.length === 0).slice(0, 3);
  const affiliate_ids = chosen.map((row) => row.affiliate_id);
  step('5. Approve the three who waited longest, and decline at first');
  answer = { action: 'decline', tick: false };
  const declined = await call('review_affiliates', { action: 'approve', affiliate_ids });
  must(declined.declined === true, 'the approval to be declined');
  const waiting = await call('get_affiliate', { affiliate_id: affiliate_ids[0] });
  say(`Nothing was done: the first is ${waiting.affiliate?.status}.`);
  must(waiting.affiliate?.status === 'Pending Approval', 'the first to be waiting still');

  step('6. Once more, and accept');
  answer = { action: 'accept', tick: true };
  const approved = await call('review_affiliates', { action: 'approve', affiliate_ids });
  for (const row of approved.done ?? []) say(`${row.affiliate_id}: ${row.outcome}`);
  must(approved.done?.length === 3, 'three to be approved');

  step('7. What do we owe?');
  const report = await call('payout_report', { limit: 200 });
  for (const total of report.totals ?? []) say(`${total.currency}: ${total.ready} ready, ${total.held} held back`);
  for (const file of report.files ?? []) say(`file: ${file.name}`);
  const ready = (report.lines ?? []).filter((line) => line.state === 'ready').slice(0, 2);
  must(ready.length === 2, 'two lines ready to be paid');

  step('8. The money for two of them was sent: mark it');
  const paid = [...new Set(ready.map((line) => line.affiliate_id))];
  const settled = await call('settle_payouts', { affiliate_ids: paid, due_by: report.due_by });
  for (const total of settled.totals ?? []) say(`${total.marked} ${total.currency} marked as paid`);
  say(settled.undo ?? '');
  must((settled.marked ?? 0) > 0, 'commissions to be marked');

  step('9. What was changed?');
  const { changes: lines = [] } = await call('list_recent_changes', { limit: 200 });
  const count = lines.reduce((sum, { changes = 1 }) => sum + changes, 0);
  const done = lines.reduce((sum, { outcome, outcomes }) => sum + (outcomes?.done ?? (outcome === 'done' ? 1 : 0)), 0);
  say(`${count} changes, all confirmed by ${[...new Set(lines.map(({ confirmed }) => confirmed))].join(', ')}`);
  must(count > 3 && done === count, 'every change to be done');

  console.log('\nDone: every step did what it should.');
}

try {
  await run();
} catch (error) {
  console.error(`\nThe demo failed: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await client.close();
}
