import type { CallToolResult } from '@modelcontextprotocol/server';
import type { JsonObject } from '../json.ts';
import { type FailureReason, LeadDynoError } from '../leaddyno/errors.ts';
import { checkOf, type Effect, Refusal } from '../operations/operation.ts';
import { EMAIL_FIELDS, PSEUDONYM_DOMAIN } from '../operations/shapes.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import { isWorkflow, type Tool } from '../workflows/workflow.ts';
import { ConfirmationRefused } from './confirmations.ts';
import type { Services } from './services.ts';

/** A failure the model can act on: the text says what happened and what to do next. */
export function failure(reason: string, text: string, more: JsonObject = {}): CallToolResult {
  return {
    isError: true,
    content: [{ type: 'text', text }],
    structuredContent: { error: { reason, message: text, ...more } },
  };
}

/** The failure that tells the model about an error of a call; undefined if the error is a bug in this server. */
export function tellFailure(
  error: unknown,
  tool: Tool,
  args: JsonObject,
  services: Services,
): CallToolResult | undefined {
  // An error after a write has left must never say that nothing was sent.
  if (services.sending?.mayHaveHappened && !(isLeadDynoError(error) && error.fate === 'unknown')) {
    return isLeadDynoError(error) || error instanceof Refusal ? sentBefore(tool, args, error, services) : undefined;
  }
  if (error instanceof ConfirmationRefused) return error.flaw === 'used' ? alreadyUsed(tool, args) : expired();
  if (isUnavailable(error, 'confirmations')) return cannotRemember();
  if (isUnavailable(error, 'change_log')) return cannotRecord(tool);
  if (isLeadDynoError(error)) return leadDynoFailure(tool, args, error, services);
  if (error instanceof Refusal) return failure('invalid', `${error.message}. Nothing was sent.`);
  return undefined;
}

export function isLeadDynoError(error: unknown): error is LeadDynoError {
  return error instanceof LeadDynoError;
}

/** The failure of a call that had already sent a write. */
function sentBefore(tool: Tool, args: JsonObject, error: Error, { present }: Services): CallToolResult {
  const text = `${sentence(present.text(error.message))} Part of this call was sent before, so it may have partly happened. Do not repeat it blindly: check with ${checkOf(tool, args)} first.`;
  return failure(isLeadDynoError(error) ? error.reason : 'unexpected', text, { may_have_happened: true });
}

/** The error of a read that came before a write. However the read ended, nothing of the write was sent. */
export function asNotSent(error: unknown): unknown {
  if (!isLeadDynoError(error)) return error;
  return new LeadDynoError(error.reason, error.message, { ...error, fate: 'not_sent' });
}

/** The failure for a bug in this server. The details are in its log only: the model may not see them. */
export function fault(tool: Tool, args: JsonObject): CallToolResult {
  const fate =
    tool.effect === 'read' ? '' : ` Whether it was carried out is unknown: check with ${checkOf(tool, args)}.`;
  return failure('internal', `This server had an internal error (see its log).${fate}`);
}

/** What to do next, by reason. The only table of advice. */
const ADVICE: Record<FailureReason, string> = {
  auth: 'Ask the operator to check the API key (LEADDYNO_API_KEY; in LeadDyno under Account, Profile: the private key). Repeating the call will not help.',
  forbidden:
    'The key or the LeadDyno plan does not allow this. Ask the operator to check both. Repeating the call will not help.',
  not_found: 'Check the id, code or e-mail; the list and find tools can search.',
  invalid: 'Correct the arguments and call again.',
  conflict: 'It conflicts with another record: look that up with the find tools first.',
  rate_limited: 'Wait, then call again.',
  upstream: 'LeadDyno had an error. Try again in a minute; if it persists, tell the user.',
  network:
    'The connection to LeadDyno failed. Try again in a minute; if it persists, the operator should check the network and proxy.',
  timeout: 'LeadDyno was slow. Try again, with a smaller page for a list; the operator can raise --timeout.',
  changed: 'Call again: the question will be about the record as it is now.',
  unexpected: "LeadDyno's answer could not be understood. Tell the user; repeating the call is unlikely to help.",
};

/**
 * One text for the model: what happened, what LeadDyno said, what to do next.
 * @param effect of the tool that failed
 * @param check the tools that tell whether a write happened
 */
export function failureText(
  error: LeadDynoError,
  effect: Effect,
  check: string | undefined,
  clean: (text: string) => string,
): string {
  const said = error.detail ? ` LeadDyno said: ${JSON.stringify(clean(error.detail))}.` : '';
  return `${sentence(clean(error.message))}${said} ${nextStep(error, effect, check)}`;
}

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** What to do now; for a failed write, also what became of it. */
function nextStep({ reason, fate }: LeadDynoError, effect: Effect, check: string | undefined): string {
  if (effect === 'read') return ADVICE[reason];
  if (fate === 'unknown') {
    return `It was sent but no clear answer came, so it may have happened. Do not repeat it blindly: check with ${check} first.`;
  }
  return `Nothing was changed. ${ADVICE[reason]}`;
}

/** A failed LeadDyno call. If people are masked, an unsuccessful look-up by e-mail says that pseudonyms never match. */
function leadDynoFailure(tool: Tool, args: JsonObject, error: LeadDynoError, { present }: Services): CallToolResult {
  const text = failureText(error, tool.effect, checkOf(tool, args), present.text);
  const masked =
    error.reason === 'not_found' && present.masksPeople && looksUpByEmail(tool)
      ? ` This server masks people (--mask-pii): an address it has shown (…@${PSEUDONYM_DOMAIN}) is a pseudonym that LeadDyno does not know. Look up by id instead.`
      : '';
  return failure(error.reason, text + masked, {
    ...(error.status !== undefined && { status: error.status }),
    ...(error.retryAfterSeconds !== undefined && { retry_after_seconds: Math.ceil(error.retryAfterSeconds) }),
    ...(tool.effect !== 'read' && { may_have_happened: error.fate === 'unknown' }),
  });
}

function looksUpByEmail(tool: Tool): boolean {
  const key = isWorkflow(tool) ? undefined : tool.returns.key;
  return key !== undefined && EMAIL_FIELDS.has(key.argument);
}

function cannotRecord({ effect }: Tool): CallToolResult {
  const what =
    effect === 'read'
      ? 'The audit log cannot be read, so past changes are not known now.'
      : 'The audit log cannot be written, so nothing was sent. Reads still work.';
  return failure('change_log_unavailable', `${what} Ask the operator to check the folder given with --audit-log.`);
}

export function alreadyUsed(tool: Pick<Tool, 'check'>, args: JsonObject): CallToolResult {
  return failure(
    'already_used',
    `This confirmation was already used, and nothing was sent now. Check with ${checkOf(tool, args)} whether the first call did it.`,
  );
}

function expired(): CallToolResult {
  return failure(
    'expired',
    'The confirmation expired while the call waited for the request limit. Nothing was sent. Call again without confirmation_token for a new question.',
  );
}

function cannotRemember(): CallToolResult {
  return failure(
    'confirmations_unavailable',
    'The shared memory that makes each confirmation work only once cannot be reached, so nothing was sent. Reads still work. Try the same confirmation again in a minute; if it persists, the operator should check Redis.',
  );
}

/** @param unanswered whether a form was shown and nobody answered it */
export function cannotAsk(question: string, unanswered: boolean): CallToolResult {
  const why = unanswered ? 'no one answered the one shown' : 'this client cannot show one';
  return failure(
    'confirmation_required',
    `This needs a person's yes in a form, but ${why}. Nothing was done. The question would be: ${question} The operator can start the server with --confirm ask to allow confirmation by token.`,
  );
}

export function questionTooLarge(): CallToolResult {
  return failure(
    'too_large',
    'The question for this call does not fit into --max-result-chars. Nothing was done. Ask for fewer records at once; the operator can raise the limit.',
  );
}

export function fileNotKept(why: string): CallToolResult {
  return failure('file_not_kept', `The file cannot be kept or read: ${why}. Try again in a minute, or ask for less.`);
}

export function unknownCursor(): CallToolResult {
  return failure(
    'invalid',
    'This cursor is not known: it works only with the same arguments and for ten minutes. Call again without cursor.',
  );
}

export function cursorOfAnother(account: string): CallToolResult {
  return failure(
    'invalid',
    `This cursor belongs to the account ${account}. Call again without cursor, or with account ${account}.`,
  );
}

export function cursorBeforeChange(): CallToolResult {
  return failure(
    'invalid',
    'What was read for this cursor predates a change made through this server, so it cannot continue: mixing both would give wrong figures. Call again without cursor.',
  );
}
