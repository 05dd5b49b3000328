import type { JsonObject } from '../../src/json.ts';
import { type Sandbox, type SandboxRequest, startSandbox } from '../../src/sandbox/index.ts';
import { toolsets } from '../../src/workflows/index.ts';
import { isWorkflow, type Tool } from '../../src/workflows/workflow.ts';
import { PROGRAMME, SEED } from '../operations/table/entry.ts';
import { examplesOf, type SentExample, table } from '../operations/table/index.ts';
import { call as callSandbox, send } from '../sandbox/api-call.ts';
import { KEY, startHarnessAt } from './harness.ts';
import { workflowCalls } from './workflow-calls.ts';

/*
 * One good call of every tool on a programme of its own, and its result without a fault, with which the calls under
 * faults are compared.
 */

export const tools: readonly Tool[] = toolsets.flatMap((set) => set.tools);

/** A fixed time, so that two calls of the same tool give the same result. */
const NOW = new Date('2026-06-01T12:00:00Z');
export const clock = () => NOW.getTime();

/** Several pages of each list, but still quick to create. */
const SEVERAL_PAGES = { affiliates: 250, leads: 300, purchases: 300, visitors: 300 } as const;

/** All tools in the group of `tool`, in the order of their examples. */
const groupOf = (tool: Tool) =>
  Object.values(table)
    .map(Object.keys)
    .find((names) => names.includes(tool.name)) ?? [];

/** The arguments of a tool's good call, without a confirmation. */
export function argsOf(tool: Tool): JsonObject {
  const call = isWorkflow(tool) ? workflowCalls[tool.name]?.shown : examplesOf(tool.name)[0]?.input;
  const { confirmation_token: _, ...args } = call ?? {};
  return args;
}

/** A sandbox on which that call works. */
export async function stageFor(tool: Tool): Promise<Sandbox> {
  const size = isWorkflow(tool) ? SEVERAL_PAGES : PROGRAMME;
  const sandbox = await startSandbox({ ...size, rateLimit: 0, key: KEY, now: NOW });
  if (isWorkflow(tool)) return sandbox;
  for (const [path, body] of SEED) await callSandbox(sandbox, 'POST', path, body);
  const group = groupOf(tool);
  const earlier = group.slice(0, group.indexOf(tool.name));
  for (const example of earlier.flatMap(examplesOf)) {
    if (example.method !== 'GET') await carryOut(sandbox, example);
  }
  sandbox.requests.length = 0;
  return sandbox;
}

async function carryOut(sandbox: Sandbox, { method, path, query, body }: SentExample): Promise<void> {
  const search = query ? `?${new URLSearchParams(query)}` : '';
  await send(sandbox, `${path}${search}`, {
    method,
    headers: { key: sandbox.key, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** Identifies a write. */
export const writeKey = ({ method, path, query, body }: Pick<SandboxRequest, 'method' | 'path' | 'query' | 'body'>) =>
  `${method} ${path} ${JSON.stringify(query)} ${JSON.stringify(body)}`;

/** The writes that the sandbox carried out. */
export const writesAt = ({ requests }: Sandbox): string[] =>
  requests.filter(({ method, status }) => method !== 'GET' && status < 400).map(writeKey);

/** How a call goes without a fault. */
export interface Clean {
  readonly text: string;
  /** The number of requests it takes. */
  readonly requests: number;
  /** The writes among them, sorted. */
  readonly writes: readonly string[];
}

const known = new Map<string, Promise<Clean>>();

export function cleanCall(tool: Tool): Promise<Clean> {
  const found = known.get(tool.name) ?? perform(tool);
  known.set(tool.name, found);
  return found;
}

async function perform(tool: Tool): Promise<Clean> {
  const sandbox = await stageFor(tool);
  const harness = startHarnessAt(sandbox.url, { keyTransport: 'header', clock, cache: false });
  try {
    const { call } = await harness.connect('modern', { answers: 'yes' });
    const result = await call(tool.name, argsOf(tool));
    if (result.isError) throw new Error(`${tool.name} fails without a fault: ${result.text}`);
    return { text: steady(result.text), requests: sandbox.requests.length, writes: writesAt(sandbox).sort() };
  } finally {
    await harness.close();
    await sandbox.close();
  }
}

/**
 * A result without what may differ between two equal calls: the addresses of files, report ids, the order and length of
 * the lists read, and whether the end of a list was known from LeadDyno's count or by reading. The rows have to match.
 */
export function steady(text: string): string {
  const fixed = text
    .replace(/exports\/[\w-]+/g, 'exports/…')
    .replace(/"report":"[0-9a-f]{12}"/g, '"report":"…"')
    .replace(/(\d+) of \1 (\w+), complete,/g, '$1 $2, to the end of the list,')
    .replace(/\d+ (\w+) read, newest first/g, '… $1 read, newest first');
  return JSON.stringify(JSON.parse(fixed), (key, value) => (key === 'scanned' ? [...value].sort() : value));
}
