import {
  type CallToolResult,
  type ElicitResult,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  SdkError,
  SdkErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { CONFIRMATION_MS, type Confirmation } from './confirmations.ts';
import type { Services } from './services.ts';

type ToolResult = CallToolResult | InputRequiredResult;

const FORM = 'confirm';

/** What the SDK makes of an echoed `requestState`. Altered state is no protocol error: the person is asked again. */
export interface FormState {
  readonly confirmation: Confirmation | undefined;
}

/** The confirmation that the form was shown with, if this round carries a genuine one. */
export const shownWith = (ctx: ServerContext) => ctx.mcpReq.requestState<FormState>()?.confirmation;

export function form(question: string, state: string): InputRequiredResult {
  return inputRequired({
    inputRequests: {
      [FORM]: inputRequired.elicit({
        message: question,
        requestedSchema: {
          type: 'object',
          properties: { [FORM]: { type: 'boolean', title: 'Yes, do this', default: false } },
          required: [FORM],
        },
      }),
    },
    requestState: state,
  });
}

/**
 * Milliseconds. Nobody can read the question of a form, tick its box and accept in less: a faster answer comes from the
 * host, not from a person.
 */
export const READING_MS = 800;

/** A ticked box is a yes; a decline or an unticked box is a no. Anything else, and any answer too soon, is `nobody`. */
export type FormAnswer = 'yes' | 'no' | 'nobody';

/** The answer to the form, if this round carries one. */
export function formAnswer(ctx: ServerContext, { confirmations, readingMs }: Services): FormAnswer | undefined {
  const { inputResponses, droppedInputResponseKeys: malformed } = ctx.mcpReq;
  const shown = shownWith(ctx);
  const answer = inputResponse(inputResponses, FORM);
  if (answer.kind !== 'elicit') return malformed?.includes(FORM) ? 'nobody' : undefined;
  const sinceShown = shown && confirmations.now() - (shown.expires - CONFIRMATION_MS);
  if (sinceShown !== undefined && sinceShown < readingMs) return 'nobody';
  if (answer.action === 'decline') return 'no';
  const box = answer.action === 'accept' ? answer.content?.[FORM] : undefined;
  return box === true ? 'yes' : box === false ? 'no' : 'nobody';
}

/** How often one call shows a form at most. It shows another if, for example, the record has changed meanwhile. */
const MOST_ROUNDS = 4;

const NO_ANSWER: ElicitResult = { action: 'cancel' };
const TIMED_OUT: ElicitResult = { action: 'cancel' };

/** Whether any form of a connection was ever answered, or forms only timed out. */
const brought = new WeakMap<Server, 'answer' | 'silence'>();

/** A person who has answered before may just be away once. A host that never returned an answer is not tried again. */
function remember(answer: ElicitResult, server: Server): void {
  if (answer.action !== 'cancel') brought.set(server, 'answer');
  else if (answer === TIMED_OUT && !brought.has(server)) brought.set(server, 'silence');
}

/** Whether a form of this connection timed out and none was ever answered. --confirm strict shows forms even so. */
export const isSilent = (server: Server, { confirm }: Services): boolean =>
  confirm !== 'strict' && brought.get(server) === 'silence';

/**
 * Shows the form of a call on a connection with a revision before 2026-07-28, where the server asks and waits, and then
 * continues the call with the answer. Some hosts declare forms but do not show them, so the wait is limited, and any
 * failure counts as no answer. (The SDK does this too, but waits ten minutes and reports failures in its own words.)
 * @param again continues the call with an answer
 */
export async function askInForms(
  first: ToolResult,
  ctx: ServerContext,
  server: Server,
  { confirmations, formWaitMs, ticks = () => performance.now() }: Services,
  again: (ctx: ServerContext) => Promise<ToolResult>,
): Promise<ToolResult> {
  let result = first;
  let waitLeft = formWaitMs;
  for (let round = 1; isForm(result); round += 1) {
    const began = ticks();
    const answer = round > MOST_ROUNDS || waitLeft <= 0 ? NO_ANSWER : await show(result, ctx, waitLeft);
    remember(answer, server);
    waitLeft -= ticks() - began;
    const state: FormState = { confirmation: await confirmations.read(result.requestState) };
    const mcpReq = { ...ctx.mcpReq, inputResponses: { [FORM]: answer }, requestState: <T>() => state as T };
    result = await again({ ...ctx, mcpReq });
  }
  return result;
}

export function isForm(result: ToolResult): result is InputRequiredResult {
  return 'resultType' in result && result.resultType === 'input_required';
}

async function show({ inputRequests }: InputRequiredResult, ctx: ServerContext, waitMs: number): Promise<ElicitResult> {
  const request = inputRequests?.[FORM];
  if (request?.method !== 'elicitation/create') return NO_ANSWER;
  const { signal } = ctx.mcpReq;
  try {
    // When the time is over, the SDK withdraws the request (`notifications/cancelled`).
    return await ctx.mcpReq.send(request, { timeout: Math.max(1, Math.ceil(waitMs)), signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout ? TIMED_OUT : NO_ANSWER;
  }
}
