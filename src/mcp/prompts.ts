import {
  completable,
  type McpServer,
  type StandardSchemaV1,
  type StandardSchemaWithJSON,
} from '@modelcontextprotocol/server';
import { isObject } from '../json.ts';
import { cutText, quote } from '../text.ts';
import { forms, isGiven, suggestions } from '../workflows/prompt-values.ts';
import { type Filled, type Prompt, type PromptArgument, prompts } from '../workflows/prompts.ts';
import type { Tool } from '../workflows/workflow.ts';
import type { Services } from './services.ts';

interface Prepared {
  readonly prompt: Prompt;
  readonly schema: StandardSchemaWithJSON<unknown, Filled>;
}

/** Made once: over HTTP every request builds a server. */
const prepared = new WeakMap<Services, readonly Prepared[]>();
const offered = new WeakMap<readonly Tool[], ReadonlySet<Prompt>>();

/** Offers each prompt whose tools are all on; without any, the server does not speak of prompts at all. */
export function registerPrompts(server: McpServer, tools: readonly Tool[], services: Services): void {
  const on = offeredWith(tools);
  if (on.size === 0) return;
  server.server.registerCapabilities({ prompts: { listChanged: false } });
  for (const { prompt, schema } of preparedFor(services)) {
    if (!on.has(prompt)) continue;
    const { name, title, description } = prompt;
    server.registerPrompt(name, { title, description, argsSchema: schema }, (filled) => ({
      messages: [{ role: 'user', content: { type: 'text', text: prompt.text(filled, services.now()) } }],
    }));
  }
}

function offeredWith(tools: readonly Tool[]): ReadonlySet<Prompt> {
  let on = offered.get(tools);
  if (!on) {
    const names = new Set(tools.map(({ name }) => name));
    on = new Set(prompts.filter((prompt) => prompt.tools.every((name) => names.has(name))));
    offered.set(tools, on);
  }
  return on;
}

function preparedFor(services: Services): readonly Prepared[] {
  let made = prepared.get(services);
  if (!made) {
    made = prompts.map((prompt) => ({ prompt, schema: toSchema(prompt, services.now) }));
    prepared.set(services, made);
  }
  return made;
}

/** What the SDK asks of a prompt's arguments: how they are listed, checked and completed. */
function toSchema(prompt: Prompt, now: () => number): Prepared['schema'] & { readonly shape: object } {
  const required = prompt.arguments.filter((argument) => argument.required).map(({ name }) => name);
  const properties = Object.fromEntries(
    prompt.arguments.map(({ name, description }) => [name, { type: 'string', description }]),
  );
  const listed = () => ({ type: 'object', properties, required });
  return {
    '~standard': {
      version: 1,
      vendor: 'leaddyno-mcp',
      validate: (value) => fillIn(prompt, value),
      jsonSchema: { input: listed, output: listed },
    },
    // Where the SDK looks for completion.
    shape: Object.fromEntries(prompt.arguments.map((argument) => [argument.name, toField(argument, now)])),
  };
}

function toField({ suggest }: PromptArgument, now: () => number): StandardSchemaV1<string> {
  const field: StandardSchemaV1<string> = {
    '~standard': { version: 1, vendor: 'leaddyno-mcp', validate: (value) => ({ value: String(value) }) },
  };
  if (suggest === undefined) return field;
  return completable(field, (typed) => suggestions[suggest](now()).filter((value) => value.startsWith(typed.trim())));
}

/** The arguments as they stand in the brief, or all that is wrong with them. */
function fillIn(prompt: Prompt, value: unknown): StandardSchemaV1.Result<Filled> {
  const given = isObject(value) ? value : {};
  const known = prompt.arguments.map(({ name }) => name);
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  const issues: StandardSchemaV1.Issue[] = [];
  if (unknown.length > 0) {
    const names = cutText(unknown.map((name) => quote(name, 40)).join(', '), 160);
    issues.push({ message: `unknown argument ${names}. This prompt takes: ${known.join(', ')}` });
  }
  const filled = new Map<string, string>();
  for (const { name, form, required } of prompt.arguments) {
    const text = given[name];
    if (text === undefined || !isGiven(text)) {
      if (required) issues.push({ message: 'is missing', path: [name] });
      continue;
    }
    const written = typeof text === 'string' ? forms[form].write(text.trim()) : undefined;
    if (written === undefined) issues.push({ message: `must be ${forms[form].wanted}`, path: [name] });
    else filled.set(name, written);
  }
  const { oneOf } = prompt;
  if (issues.length === 0 && oneOf && !oneOf.some((name) => filled.has(name))) {
    issues.push({ message: `give ${oneOf.join(' or ')}` });
  }
  return issues.length > 0 ? { issues } : { value: Object.fromEntries(filled) };
}
