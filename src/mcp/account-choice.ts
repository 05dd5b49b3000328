import type { CallToolResult, InputRequiredResult } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { JsonObject } from '../json.ts';
import { isWorkflow, type Tool } from '../workflows/workflow.ts';
import type { Services } from './services.ts';

/** The accounts that a caller may use, where the server has several. */
export interface AccountChoice {
  readonly names: readonly string[];
  /** The account of a call that names none; undefined if every call must name one. */
  readonly fallback: string | undefined;
  /** The services of one account. @throws Error if the caller has no account of this name */
  readonly servicesOf: (name: string) => Services;
}

/** All accounts at once, for tools that can show them side by side. */
export const ALL = 'all';

/**
 * The choice of one caller. The services of each account know its name and the caller's other accounts, so that they
 * can tell what belongs to another account from what never existed.
 * @param accounts by name, in order; at least one
 */
export function createChoice(accounts: ReadonlyMap<string, Services>, fallback: string | undefined): AccountChoice {
  const all = [...accounts].map(([name, { account }]) => ({ name, account }));
  const known = new Map<string, Services>();
  const names = all.map(({ name }) => name);
  return {
    names,
    fallback: fallback !== undefined && accounts.has(fallback) ? fallback : names.length === 1 ? names[0] : undefined,
    servicesOf(name) {
      const before = known.get(name);
      if (before) return before;
      const services = accounts.get(name);
      if (!services) throw new Error(`no account ${name}`);
      const named = {
        ...services,
        accountName: name,
        otherAccounts: all.filter((one) => one.name !== name),
        maxResultChars: services.maxResultChars - roomFor(name),
      };
      known.set(name, named);
      return named;
    },
  };
}

/** Characters that the name takes in a result. */
const roomFor = (name: string) => JSON.stringify({ account: name }).length;

const DESCRIPTION = 'The LeadDyno account';

/** Whether a tool can show all accounts side by side. */
export const takesAll = (tool: Tool, { names }: AccountChoice): boolean =>
  names.length > 1 && isWorkflow(tool) && tool.sideBySide === true;

function valuesFor(tool: Tool, choice: AccountChoice): [string, ...string[]] {
  const [first = '', ...rest] = choice.names;
  return takesAll(tool, choice) ? [first, ...rest, ALL] : [first, ...rest];
}

const shapes = new WeakMap<AccountChoice, Map<Tool, z.core.$ZodLooseShape>>();

/** The schema that checks the arguments that choose among accounts. The same object for the same tool and choice. */
export function accountShape(tool: Tool, choice: AccountChoice): z.core.$ZodLooseShape {
  const known = shapes.get(choice) ?? new Map<Tool, z.core.$ZodLooseShape>();
  shapes.set(choice, known);
  const shape = known.get(tool) ?? shapeOf(tool, choice);
  known.set(tool, shape);
  return shape;
}

function shapeOf(tool: Tool, choice: AccountChoice): z.core.$ZodLooseShape {
  const account = z.enum(valuesFor(tool, choice));
  return {
    account: choice.fallback === undefined ? account : account.optional(),
    ...(takesAll(tool, choice) && { skip: z.int().min(0).optional() }),
  };
}

/** The listed schema of a tool's arguments, with those that choose among accounts. */
export function withAccountArgument(input: JsonObject, tool: Tool, choice: AccountChoice): JsonObject {
  const { fallback } = choice;
  const chosen = fallback === undefined ? '' : `; default: ${fallback}`;
  const all = takesAll(tool, choice);
  const account = {
    type: 'string',
    enum: valuesFor(tool, choice),
    description: `${DESCRIPTION}${chosen}${all ? `; ${ALL}: each by itself, side by side` : ''}`,
  };
  const skip = { type: 'integer', minimum: 0, description: `With account ${ALL}: accounts to skip` };
  const required = Array.isArray(input.required) ? input.required : [];
  return {
    ...input,
    properties: { account, ...(input.properties as JsonObject), ...(all && { skip }) },
    ...(fallback === undefined && { required: ['account', ...required] }),
  };
}

/** The listed schema of a tool's result, which names its account. */
export function withAccountResult(output: JsonObject, tool: Tool, choice: AccountChoice): JsonObject {
  const accounts = {
    type: 'array',
    items: { type: 'object' },
    description: `With account ${ALL}: what the tool says of each, or error`,
  };
  return {
    ...output,
    properties: {
      account: { type: 'string', description: DESCRIPTION },
      ...(output.properties as JsonObject),
      ...(takesAll(tool, choice) && { accounts }),
    },
  };
}

/** A question as it is asked: where there are several accounts, it names the one it is about. */
export function inAccount<Question extends string | undefined>(question: Question, { accountName }: Services) {
  return question === undefined || accountName === undefined ? question : `Account ${accountName}: ${question}`;
}

/** A result that names its account, where there are several. */
export function namingAccount<Result extends CallToolResult | InputRequiredResult>(
  result: Result,
  { accountName: account }: Services,
): Result {
  if (account === undefined || !('content' in result) || !Array.isArray(result.content)) return result;
  const { content, structuredContent, isError } = result as CallToolResult;
  const named = Object.assign({ account }, structuredContent, { account });
  const [first, ...rest] = content;
  const text = isError && first?.type === 'text' ? `Account ${account}: ${first.text}` : JSON.stringify(named);
  return { ...result, content: [{ type: 'text', text }, ...rest], structuredContent: named };
}
