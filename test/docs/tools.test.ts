import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isObject, type JsonObject, rowsIn } from '../../src/json.ts';
import { listedSchemas } from '../../src/mcp/listed-schemas.ts';
import { toolsets } from '../../src/workflows/index.ts';
import { isWorkflow, type Tool } from '../../src/workflows/workflow.ts';
import { NEW_AFFILIATES, NINA, ORDER, SEED } from '../operations/table/entry.ts';
import { entries } from '../operations/table/index.ts';
import { call as callSandbox } from '../sandbox/api-call.ts';
import type { Connection } from '../support/clients.ts';
import { startHarness } from '../support/harness.ts';
import { readableJson } from '../support/readable-json.ts';
import { workflowCalls } from '../support/workflow-calls.ts';

/*
 * This writes `docs/tools.md`: every tool with its arguments and one real call to the simulated LeadDyno at a fixed
 * moment. `npx vitest run test/docs/tools.test.ts -u` updates it.
 */

const NOW = new Date('2026-06-01T12:00:00Z');
const START = { seed: 20_250_607, now: NOW };
const SIZE = { affiliates: 250, leads: 2_000, purchases: 1_200, visitors: 5_000 };
const LONGEST = 90;

/** The examples of operations are written for a smaller programme: what its newest records are called in this one. */
const IDS = new Map<unknown, number>([
  [NEW_AFFILIATES[0], 1_251],
  [NEW_AFFILIATES[1], 1_252],
  [NINA.id, 22_001],
  [ORDER.id, 301_201],
]);

const inThisProgramme = (input: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(input).map(([name, value]) => [name, IDS.get(value) ?? value]));

/** Long lists and texts shortened, and what differs at each run masked. */
function shorten(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    if (key === 'confirmation_token' || key === 'cursor') return 'v1.eyJw…';
    if (key === 'report' || key === 'batch') return '…';
    if (key === 'uri' || key === 'expires_at' || key === 'at' || key === 'first_at')
      return value.replace(/exports\/.*/, 'exports/…').replace(/^\d{4}-.*/, '…');
    if (key === 'question' || key === 'note' || key === 'scanned') return value;
    return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  }
  if (Array.isArray(value)) {
    // Lists are named as they come in, which is not the same each time.
    const shown = key === 'scanned' ? value.toSorted() : value.slice(0, 1);
    const rest = value.length - shown.length;
    return [...shown.map((item) => shorten(item, key)), ...(rest > 0 ? [`… ${rest} more`] : [])];
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shorten(item, name)]));
}

const json = (value: unknown) => JSON.stringify(value);

async function argumentsOf(tool: Tool): Promise<string> {
  const { input } = await listedSchemas(tool);
  const properties = isObject(input.properties) ? input.properties : {};
  const required = Array.isArray(input.required) ? input.required : [];
  const rows = Object.entries(properties).map(([name, field]) => {
    const { type, enum: choices, default: fallback, description } = isObject(field) ? field : {};
    const kind = Array.isArray(choices) ? choices.join(' \\| ') : String(type ?? '');
    // A field with a default is listed as required by what it is after filling in.
    const must = required.includes(name) && fallback === undefined ? 'yes' : '';
    const text = `${String(description ?? '')}${fallback === undefined ? '' : ` (default: ${json(fallback)})`}`;
    return `| \`${name}\` | ${kind} | ${must} | ${text.replaceAll('|', '\\|')} |`;
  });
  if (rows.length === 0) return 'No arguments.';
  return ['| argument | type | needed | what it is |', '|---|---|---|---|', ...rows].join('\n');
}

/** The address of the file that an example made last. */
let lastFile = '';

/** The call, its answer, and where it asks first the second call with its answer. */
async function exampleOf(tool: string, given: JsonObject, { call }: Connection): Promise<string> {
  // An example's own token is one that never travels.
  const { confirmation_token: _, ...rest } = given;
  const args = tool === 'read_export' ? { uri: lastFile, limit: 1 } : rest;
  const first = await call(tool, args);
  expect(first.isError, `${tool}: ${first.text}`).toBe(false);
  lastFile = (rowsIn(first.data, 'files')[0]?.uri as string | undefined) ?? lastFile;
  const lines = [...shown(tool, args === rest ? args : shorten(args), first.data)];
  const asked = isObject(first.data.confirmation) ? first.data.confirmation.confirmation_token : undefined;
  if (typeof asked === 'string') {
    const second = await call(tool, { ...args, confirmation_token: asked });
    expect(second.isError, `${tool}: ${second.text}`).toBe(false);
    lines.push('', ...shown(tool, { ...args, confirmation_token: 'v1.eyJw…' }, second.data));
  }
  return lines.join('\n');
}

/** A call and its answer, in a block each. */
function shown(tool: string, args: unknown, answer: unknown): string[] {
  return ['```', `> ${tool} ${json(args)}`, '```', '', '```json', readableJson(shorten(answer)), '```'];
}

async function render(): Promise<string> {
  const parts: string[] = [];
  for (const { name, description, tools } of toolsets) {
    // The same programme for every group. Nothing is cached, so that each example reads as the first of a conversation.
    const harness = await startHarness({ sandbox: { ...START, ...SIZE }, clock: () => NOW.getTime(), cache: false });
    for (const [path, body] of SEED) await callSandbox(harness.sandbox, 'POST', path, body);
    const connection = await harness.connect('modern');
    parts.push(`## ${name}\n\n${description}.`);
    for (const tool of tools) {
      const examples = entries[tool.name]?.examples ?? [];
      const args = isWorkflow(tool) ? workflowCalls[tool.name]?.shown : examples[0]?.input;
      expect(args, `no example of ${tool.name}`).toBeDefined();
      const example = await exampleOf(tool.name, inThisProgramme(args ?? {}), connection);
      // Later examples build on all of them.
      for (const { input } of examples.slice(1)) await exampleOf(tool.name, inThisProgramme(input), connection);
      parts.push(`### ${tool.name}\n\n${tool.description}\n\n${await argumentsOf(tool)}\n\n${example}`);
    }
  }
  return parts.join('\n\n');
}

const HEAD = `# Tools

Every tool with its arguments and one example. All examples come from the same sandbox of invented people, on 1 June 2026; each group of tools starts with a fresh copy. Lists show their first row, and long texts end in \`…\`. \`test/docs/tools.test.ts\` generates this page.

If a tool asks first, you see what a client without forms gets: the question, then the same call with the token.
`;

test('docs/tools.md shows every tool as it is now', { timeout: 300_000 }, async () => {
  await expect(`${HEAD}\n${await render()}\n`).toMatchFileSnapshot('../../docs/tools.md');
});

test('the README leads to it', () => {
  expect(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')).toContain('(docs/tools.md)');
});
