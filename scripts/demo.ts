import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { groups } from '../src/operations/index.ts';

/*
 * `npm run demo`: the main job of an affiliate manager, through a real client that can show a form, against the built
 * server and its sandbox. Exits 0, or with the reason why not.
 */

const server = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** What the person answers to the next form. */
let answer: { action: 'accept' | 'decline'; tick: boolean } = { action: 'decline', tick: false };

const client = new Client(
  { name: 'leaddyno-mcp-demo', version: '1.0.0' },
  { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: { pin: '2026-07-28' } } },
);

client.setRequestHandler('elicitation/create', async ({ params }) => {
  say(`The server asks: ${params.message}`);
  say(answer.action === 'accept' ? 'The manager ticks the box and accepts.' : 'The manager declines.');
  return answer.action === 'accept' ? { action: 'accept', content: { confirm: answer.tick } } : { action: 'decline' };
});

interface Row {
  id: number;
  email?: string;
  first_name?: string | null;
  last_name?: string | null;
  status?: string;
}

interface Commission {
  amount: string;
  currency: string;
  due_at: string;
  affiliate?: { email: string };
}

interface Answer {
  affiliates?: Row[];
  affiliate?: Row;
  commissions?: Commission[];
  next_page?: number | null;
  next_skip?: number;
  declined?: boolean;
  undo?: string;
  totals?: Record<string, unknown>;
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

/** Every row of a paged list, the way a model would walk it. */
async function* affiliates(): AsyncGenerator<Row> {
  let page: number | null = 1;
  let skip = 0;
  while (page !== null) {
    const list: Answer = await call('list_affiliates', { page, skip, per_page: 200 });
    yield* list.affiliates ?? [];
    page = list.next_page ?? null;
    skip = list.next_skip ?? 0;
  }
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
  for (const group of groups) say(`${group.name}: ${group.operations.map((operation) => operation.name).join(', ')}`);
  must(tools.length > 47, 'every tool');

  step('3. Who is waiting for approval?');
  const pending: Row[] = [];
  for await (const row of affiliates()) if (row.status === 'Pending Approval') pending.push(row);
  say(`${pending.length} applicants:`);
  for (const row of pending) say(`${row.id}  ${short(nameOf(row))}  ${row.email}`);
  must(pending.length === 23, '23 applicants');

  step('4. Find an affiliate by e-mail');
  const ben = (await call('find_affiliate_by_email', { email: 'ben.okafor@example.com' })).affiliate;
  must(ben?.status === 'Pending Approval', 'Ben Okafor to be waiting');
  say(`${nameOf(ben as Row)}, id ${ben?.id}, ${ben?.status}`);

  step('5. Approve him');
  const approved = await call('approve_affiliate', { affiliate_id: ben?.id });
  say(`Now ${approved.affiliate?.status}. ${approved.undo}`);
  must(approved.affiliate?.status === 'Active', 'Ben Okafor to be active');

  step('6. Try to archive him, and decline');
  answer = { action: 'decline', tick: false };
  const declined = await call('archive_affiliate', { affiliate_id: ben?.id });
  must(declined.declined === true, 'the archiving to be declined');
  const still = await call('get_affiliate', { affiliate_id: ben?.id });
  say(`Nothing was done: he is ${still.affiliate?.status}.`);
  must(still.affiliate?.status === 'Active', 'Ben Okafor to be active still');

  step('7. Once more, and accept');
  answer = { action: 'accept', tick: true };
  const archived = await call('archive_affiliate', { affiliate_id: ben?.id });
  say(`Now ${archived.affiliate?.status}. ${archived.undo}`);
  must(archived.affiliate?.status === 'Archived', 'Ben Okafor to be archived');

  step('8. What is due to Ann Arbor?');
  const ann = (await call('find_affiliate_by_email', { email: 'ann.arbor@example.com' })).affiliate;
  const due = await call('list_affiliate_commissions', { affiliate_id: ann?.id, status: 'due' });
  for (const { amount, currency, due_at } of due.commissions ?? []) say(`${amount} ${currency}, due since ${due_at}`);
  const { totals } = await call('get_affiliate_commission_totals', { affiliate_id: ann?.id });
  say(`Totals: ${JSON.stringify(totals)}`);
  must((due.commissions?.length ?? 0) > 0, 'commissions due');

  step('9. Her record as a resource');
  const uri = `leaddyno://affiliates/${ann?.id}`;
  const { contents } = await client.readResource({ uri });
  const [first] = contents;
  const text = first && 'text' in first ? String(first.text) : '';
  say(`${uri} (${first?.mimeType})`);
  say(short(text));
  must(text.includes('ann.arbor@example.com'), 'the record of Ann Arbor');

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
