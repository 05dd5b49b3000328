import { type GetPromptResult, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { cutText, quote } from '../text.ts';
import { forms, isGiven, suggestions } from '../workflows/prompt-values.ts';
import { briefOf, type Filled, type Prompt, prompts } from '../workflows/prompts.ts';
import type { Tool } from '../workflows/workflow.ts';
import type { AccountChoice } from './account-choice.ts';

/**
 * Answers everything that the protocol asks about prompts. Made once, used by every server with these tools.
 * @param choice where there are several accounts: each prompt then takes an account, and its brief names it
 */
export function servePrompts(tools: readonly Tool[], now: () => number, choice?: AccountChoice) {
  const on = promptsWith(tools);
  const byName = new Map(on.map((prompt) => [prompt.name, prompt]));
  const listed = on.map(({ name, title, description, arguments: fields }) => ({
    name,
    title,
    description,
    arguments: [
      ...(choice
        ? [{ name: ACCOUNT, description: `One of ${choice.names.join(', ')}`, required: !choice.fallback }]
        : []),
      ...fields.map((field) => ({ name: field.name, description: field.description, required: field.required })),
    ],
  }));

  function find(name: string): Prompt {
    const prompt = byName.get(name);
    if (!prompt) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Prompt ${name} not found`);
    return prompt;
  }

  return {
    offered: on.length > 0,
    completes:
      (choice !== undefined && on.length > 0) ||
      on.some((prompt) => prompt.arguments.some(({ suggest }) => suggest !== undefined)),
    list: () => ({ prompts: listed }),
    get(name: string, given: Readonly<Record<string, unknown>> = {}): GetPromptResult {
      const prompt = find(name);
      const { [ACCOUNT]: account, ...own } = given;
      const brief = briefOf(prompt, fillIn(prompt, choice ? own : given), now());
      const text = choice ? `${brief}\n\n${accountBrief(prompt, account, choice)}` : brief;
      return { messages: [{ role: 'user', content: { type: 'text', text } }] };
    },
    /** @returns undefined if that argument has no completion */
    complete(name: string, argument: string, typed: string): readonly string[] | undefined {
      if (choice && argument === ACCOUNT) return choice.names.filter((one) => one.startsWith(typed.trim()));
      const suggest = find(name).arguments.find((field) => field.name === argument)?.suggest;
      if (suggest === undefined) return undefined;
      return suggestions[suggest](now()).filter((value) => value.startsWith(typed.trim()));
    },
  };
}

const ACCOUNT = 'account';

/** @throws ProtocolError if the account is missing or is not one of the caller's */
function accountBrief({ name }: Prompt, given: unknown, { names, fallback }: AccountChoice): string {
  const account = given === undefined || given === '' ? fallback : given;
  if (typeof account === 'string' && names.includes(account))
    return `This is about the LeadDyno account ${account}: give account ${account} in each call.`;
  const what = `Invalid arguments for prompt ${name}: account: must be one of ${names.join(', ')}`;
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, what);
}

/** The prompts that name only tools that are on. */
export function promptsWith(tools: readonly Tool[]): readonly Prompt[] {
  const names = new Set(tools.map(({ name }) => name));
  return prompts.filter((prompt) => prompt.tools.every((name) => names.has(name)));
}

/** The arguments as the brief writes them. @throws ProtocolError with everything that is wrong with them */
function fillIn(prompt: Prompt, given: Readonly<Record<string, unknown>>): Filled {
  const known = prompt.arguments.map(({ name }) => name);
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  const wrong: string[] = [];
  if (unknown.length > 0) {
    const names = cutText(unknown.map((name) => quote(name, 40)).join(', '), 160);
    wrong.push(`unknown argument ${names}. This prompt takes: ${known.join(', ')}`);
  }
  const filled = new Map<string, string>();
  for (const { name, form, required } of prompt.arguments) {
    const text = Object.hasOwn(given, name) ? given[name] : undefined;
    if (text === undefined || !isGiven(text)) {
      if (required) wrong.push(`${name}: is missing`);
      continue;
    }
    const written = typeof text === 'string' ? forms[form].write(text.trim()) : undefined;
    if (written === undefined) wrong.push(`${name}: must be ${forms[form].wanted}`);
    else filled.set(name, written);
  }
  const { oneOf } = prompt;
  if (wrong.length === 0 && oneOf && !oneOf.some((name) => filled.has(name))) wrong.push(`give ${oneOf.join(' or ')}`);
  if (wrong.length === 0) return Object.fromEntries(filled);
  const what = `Invalid arguments for prompt ${prompt.name}: ${wrong.join(', ')}`;
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, what);
}
