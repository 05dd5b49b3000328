import type { JsonObject } from '../json.ts';
import type { FailureReason, LeadDynoError } from '../leaddyno/errors.ts';
import { checkOf } from '../operations/operation.ts';
import type { Tool } from '../workflows/workflow.ts';

/** What to do next, by reason. The only table of advice. */
const ADVICE: Record<FailureReason, string> = {
  auth: 'Ask the operator to check the API key (LEADDYNO_API_KEY; in LeadDyno under Account, Profile, the private key). Repeating the call will not help.',
  forbidden:
    'The key or the LeadDyno plan does not allow this. Ask the operator to check both. Repeating the call will not help.',
  not_found: 'Check the id, code or e-mail; the list and find tools search.',
  invalid: 'Correct the arguments and call again.',
  conflict: 'Another record is in the way: look it up with the find tools first.',
  rate_limited: 'Wait, then call again; ask for fewer or larger pages.',
  upstream: 'LeadDyno has a fault. Try again in a minute; if it persists, tell the user.',
  network:
    'The connection to LeadDyno failed. Try again in a minute; if it persists, the operator should check network and proxy.',
  timeout: 'LeadDyno was slow. Try again, with a smaller page if it is a list; the operator can raise --timeout.',
  unexpected:
    'LeadDyno answered in a way that is not understood. Tell the user; repeating the call is unlikely to help.',
};

/** What became of a write that failed, and what to do about it. */
function fateOf(error: LeadDynoError, operation: Tool, args: JsonObject): string {
  if (operation.effect === 'read') return ADVICE[error.reason];
  if (error.fate === 'unknown') {
    return `It was sent and no clear answer came, so it may have happened. Do not repeat it blindly: check with ${checkOf(operation, args)} first.`;
  }
  return `Nothing was changed. ${ADVICE[error.reason]}`;
}

/** One text for the model: what happened, what LeadDyno said, what to do next. */
export function explain(
  error: LeadDynoError,
  operation: Tool,
  args: JsonObject,
  clean: (text: string) => string,
): string {
  const said = error.detail ? ` LeadDyno's words: ${JSON.stringify(clean(error.detail))}.` : '';
  return `${sentence(clean(error.message))}${said} ${fateOf(error, operation, args)}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
