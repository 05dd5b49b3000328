import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isObject, type JsonObject, rowsIn } from '../../src/json.ts';
import { listedSchemas } from '../../src/mcp/listed-schemas.ts';
import { toolsets } from '../../src/workflows/index.ts';
import { isWorkflow, type Tool } from '../../src/workflows/workflow.ts';
import { PROGRAMME, SEED } from '../operations/table/entry.ts';
import { entries } from '../operations/table/index.ts';
import { call as callSandbox } from '../sandbox/api-call.ts';
import type { Connection } from '../support/clients.ts';
import { startHarness } from '../support/harness.ts';
import { workflowCalls } from '../support/workflow-calls.ts';

/*
 * `docs/tools.md` is made here: every tool with its arguments and one call that really was made, on the simulated
 * LeadDyno at a fixed moment. `npx vitest run -u` writes it anew.
 */

const NOW = new Date('2026-06-01T12:00:00Z');
const START = { seed: 20_250_607, now: NOW };
const DEFAULT_SIZE = { affiliates: 250, leads: 2_000, purchases: 1_200, visitors: 5_000 };
const LONGEST = 90;

/** Long lists and texts shortened, and what differs at each run masked. */
function shorten(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    if (key === 'confirmation_token' || key === 'cursor') return 'v1.eyJw…';
    if (key === 'report') return '…';
    if (key === 'uri' || key === 'expires_at' || key === 'at')
      return value.replace(/exports\/.*/, 'exports/…').replace(/^\d{4}-.*/, '…');
    if (key === 'question' || key === 'note' || key === 'scanned') return value;
    return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  }
  if (Array.isArray(value)) {
    const shown = key === 'scanned' ? value : value.slice(0, 1);
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
  const lines = [`> ${tool} ${json(args === rest ? args : shorten(args))}`, json(shorten(first.data))];
  const asked = isObject(first.data.confirmation) ? first.data.confirmation.confirmation_token : undefined;
  if (typeof asked === 'string') {
    const second = await call(tool, { ...args, confirmation_token: asked });
    expect(second.isError, `${tool}: ${second.text}`).toBe(false);
    lines.push('', `> ${tool} ${json({ ...args, confirmation_token: 'v1.eyJw…' })}`, json(shorten(second.data)));
  }
  return ['```', ...lines, '```'].join('\n');
}

async function render(): Promise<string> {
  // Every example as the first call of a conversation.
  const large = await startHarness({
    sandbox: { ...START, ...DEFAULT_SIZE },
    clock: () => NOW.getTime(),
    cache: false,
  });
  const forWorkflows = await large.connect('modern');
  const parts: string[] = [];
  for (const { name, description, tools } of toolsets) {
    const small = await startHarness({ sandbox: { ...START, ...PROGRAMME }, clock: () => NOW.getTime() });
    for (const [path, body] of SEED) await callSandbox(small.sandbox, 'POST', path, body);
    const forOperations = await small.connect('modern');
    parts.push(`## ${name}\n\n${description}.`);
    for (const tool of tools) {
      const workflow = isWorkflow(tool);
      const examples = entries[tool.name]?.examples ?? [];
      const args = workflow ? workflowCalls[tool.name]?.shown : examples[0]?.input;
      expect(args, `no example of ${tool.name}`).toBeDefined();
      const shown = await exampleOf(tool.name, args ?? {}, workflow ? forWorkflows : forOperations);
      // Later examples build on all of them.
      for (const { input } of examples.slice(1)) await exampleOf(tool.name, input, forOperations);
      parts.push(`### ${tool.name}\n\n${tool.description}\n\n${await argumentsOf(tool)}\n\n${shown}`);
    }
  }
  return parts.join('\n\n');
}

const HEAD = `# Tools

Every tool with its arguments and one call on the built-in sandbox (invented people, seen on 1 June 2026). Of each list the first row is shown, long texts are cut at \`…\`. This page is generated by \`test/docs/tools.test.ts\`.

Where a tool asks first, the answer is shown as a client without forms gets it: the question, then the same call with the token.
`;

test('docs/tools.md shows every tool as it is now', async () => {
  await expect(`${HEAD}\n${await render()}\n`).toMatchFileSnapshot('../../docs/tools.md');
});

test('the README leads to it', () => {
  expect(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')).toContain('(docs/tools.md)');
});
