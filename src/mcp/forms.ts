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

/** What the SDK hands back for an echoed `requestState`. Altered state is no protocol error: the person is asked anew. */
export interface FormState {
  readonly confirmation: Confirmation | undefined;
}

/** The confirmation that a form was shown with, if this round carries one of ours. */
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
 * Nobody sees a form, reads its question, ticks the box and accepts in less: an answer that comes sooner is the host's.
 * Milliseconds.
 */
export const READING_MS = 800;

/** What a form brought: only a person's tick is a yes, only their refusal is a no; everything else is nobody's answer. */
export type FormAnswer = 'yes' | 'no' | 'nobody';

/** What was answered in a form, if this round carries an answer. */
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

/** A question that is put again because the record moved while it was read; more often than this nobody is asked. */
const MOST_ROUNDS = 4;

const NO_ANSWER: ElicitResult = { action: 'cancel' };
const TIMED_OUT: ElicitResult = { action: 'cancel' };

/** What the forms of a connection have brought: an answer once, or only silence. */
const brought = new WeakMap<Server, 'answer' | 'silence'>();

/** A person who has answered before is away for once; a host that never brought an answer is not waited for again. */
function remember(answer: ElicitResult, server: Server): void {
  if (answer.action !== 'cancel') brought.set(server, 'answer');
  else if (answer === TIMED_OUT && !brought.has(server)) brought.set(server, 'silence');
}

/** Whether a form of this connection ran out of time, and none was ever answered. Where a form is a must, it is tried. */
export const isSilent = (server: Server, { confirm }: Services): boolean =>
  confirm !== 'strict' && brought.get(server) === 'silence';

/**
 * Shows the form of a call on a connection of the revisions before 2026-07-28, where the server asks and waits, and goes
 * on with what it brought. Hosts say that they show forms and do not: the wait is bounded, and whatever goes wrong is no
 * answer. (The SDK does this too, waits ten minutes and answers a failure in its own words.)
 * @param again the call with an answer
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
    // Past its time the SDK takes the request back (`notifications/cancelled`).
    return await ctx.mcpReq.send(request, { timeout: Math.max(1, Math.ceil(waitMs)), signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout ? TIMED_OUT : NO_ANSWER;
  }
}
