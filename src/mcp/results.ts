import type { CallToolResult, InputRequiredResult } from '@modelcontextprotocol/server';
import { isObject, type JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import type { LeadDynoRequest } from '../leaddyno/request.ts';
import type { Operation } from '../operations/operation.ts';
import { PSEUDONYM_DOMAIN } from '../operations/shapes.ts';
import type { Tool, Workflow } from '../workflows/workflow.ts';
import { cutToSize } from './cut-to-size.ts';
import { explain } from './failures.ts';
import { PICTURE_KEY } from './page-resource.ts';
import type { Services } from './services.ts';

/** Text and structured content with the same facts: some hosts show the model only the one, some only the other. */
function result(structured: JsonObject): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(structured) }], structuredContent: structured };
}

/** A shaped answer, cleaned, masked and within the size budget, our own keys beside it. */
export function success(operation: Operation, shaped: JsonObject, own: JsonObject, services: Services): CallToolResult {
  const { returns } = operation;
  const shown = services.present.value(shaped, returns.record.reveals) as JsonObject;
  const rowsKey = returns.kind === 'many' ? returns.record.plural : undefined;
  return result(cutToSize({ ...shown, ...own }, services.maxResultChars, rowsKey));
}

/** The result of a workflow: cleaned, masked and within the size budget; `own` holds what this server says itself. */
export function workflowSuccess(
  { files, ...shown }: JsonObject,
  own: JsonObject,
  { rows, lists }: Pick<Workflow, 'rows' | 'lists'>,
  services: Services,
  drawn?: JsonObject,
): CallToolResult {
  const clean = services.present.value(shown) as JsonObject;
  // What the workflow notes and what its pipeline does: neither takes the other's place.
  const notes = [clean.note, own.note].filter((note) => typeof note === 'string');
  const note = notes.length > 0 && { note: notes.join(' ') };
  // Files are named by this server alone: there is nothing to mask in them.
  const whole = { ...clean, ...(files !== undefined && { files }), ...own, ...note };
  const shortened = cutToSize(whole, services.maxResultChars, rows, lists);
  const { content, structuredContent } = result(shortened);
  const picture = drawn && { _meta: { [PICTURE_KEY]: services.present.value(drawn) } };
  return { content: [...content, ...linksIn(shortened.files)], structuredContent, ...picture };
}

type Content = CallToolResult['content'][number];

/** The files of a result (`workflows/files.ts`) as links that a host can offer by itself. */
function linksIn(files: unknown): Content[] {
  return (Array.isArray(files) ? files : []).filter(isObject).flatMap(({ uri, name, mime_type, size }): Content[] => {
    if (typeof uri !== 'string' || typeof name !== 'string') return [];
    const facts = {
      ...(typeof mime_type === 'string' && { mimeType: mime_type }),
      ...(typeof size === 'number' && { size }),
    };
    return [{ type: 'resource_link', uri, name, ...facts }];
  });
}

/** The same result for a client that knows no links: its text says the same. */
export function withoutLinks(given: CallToolResult | InputRequiredResult): CallToolResult | InputRequiredResult {
  const { content } = given as Partial<CallToolResult>;
  if (!Array.isArray(content)) return given;
  return { ...given, content: content.filter(({ type }) => type !== 'resource_link') };
}

/** Requests of a batch that a dry run shows; the question names every record anyway. */
const SHOWN_REQUESTS = 60;

/** What a batch would have asked and sent. */
export function workflowDryRun(
  question: string | undefined,
  requests: readonly LeadDynoRequest[],
  services: Services,
): CallToolResult {
  const left = requests.length - SHOWN_REQUESTS;
  return result(
    cutToSize(
      {
        dry_run: {
          question: question ?? 'There is nothing to do.',
          requests: services.present.value(requests.slice(0, SHOWN_REQUESTS).map(shownRequest)),
          ...(left > 0 && { requests_left_off: left }),
        },
        note: 'This server runs with --dry-run: nothing was sent.',
      },
      services.maxResultChars,
    ),
  );
}

/** A request without what only the sending needs. */
const shownRequest = ({ method, path, query, body }: LeadDynoRequest) => ({
  method,
  path,
  query: query ?? {},
  body: body ?? {},
});

/** What would have been sent. */
export function dryRun(request: LeadDynoRequest, services: Services): CallToolResult {
  return result(
    cutToSize(
      {
        dry_run: services.present.value(shownRequest(request)),
        note: 'This server runs with --dry-run: nothing was read or sent, and whether the record exists was not checked.',
      },
      services.maxResultChars,
    ),
  );
}

/** The question, for a client that cannot show a form. */
export function question(text: string, token: string, expires: number, max: number): CallToolResult {
  const asked = result({
    confirmation: { question: text, confirmation_token: token, expires_at: new Date(expires).toISOString() },
    note: 'Nothing has been done. Put this question to the user in these words. Only if they agree, call this tool again with the same arguments and this confirmation_token; it works once.',
  });
  // A question that is cut might hide what it asks: none at all is better.
  if (JSON.stringify(asked.structuredContent).length <= max) return asked;
  return failure(
    'too_large',
    'The question for this call does not fit into --max-result-chars. Nothing was done. Ask for fewer records at once; the operator can raise it.',
  );
}

export function declined(): CallToolResult {
  return result({
    declined: true,
    note: 'The user did not agree. Nothing was done. Do not ask again unless they bring it up.',
  });
}

/** A failure the model can act on: the text says what happened and what to do next. */
export function failure(reason: string, text: string, more: JsonObject = {}): CallToolResult {
  return {
    isError: true,
    content: [{ type: 'text', text }],
    structuredContent: { error: { reason, message: text, ...more } },
  };
}

export function cannotRecord({ effect }: Tool): CallToolResult {
  const what =
    effect === 'read'
      ? 'The audit log cannot be read, so what was changed is not known now.'
      : 'The audit log cannot be written, so nothing was sent. Reads go on.';
  return failure('change_log_unavailable', `${what} Ask the operator to check the folder given with --audit-log.`);
}

/** A failed LeadDyno call; with masked people, a look-up by pseudonym says why it cannot match. */
export function leadDynoFailure(
  operation: Tool,
  args: JsonObject,
  error: LeadDynoError,
  services: Services,
): CallToolResult {
  const text = explain(error, operation, args, services.present.text);
  const masked =
    error.reason === 'not_found' && services.present.masksPeople && operation.name.endsWith('_by_email')
      ? ` This server masks people (--mask-pii): an address it has shown (…@${PSEUDONYM_DOMAIN}) is a pseudonym that LeadDyno does not know. Look up by id instead.`
      : '';
  return failure(error.reason, text + masked, {
    ...(error.status !== undefined && { status: error.status }),
    ...(error.retryAfterSeconds !== undefined && { retry_after_seconds: Math.ceil(error.retryAfterSeconds) }),
    ...(operation.effect !== 'read' && { may_have_happened: error.fate === 'unknown' }),
  });
}

export function isLeadDynoError(error: unknown): error is LeadDynoError {
  return error instanceof LeadDynoError;
}
