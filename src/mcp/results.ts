import type { CallToolResult } from '@modelcontextprotocol/server';
import { isObject, type JsonObject } from '../json.ts';
import type { LeadDynoRequest } from '../leaddyno/request.ts';
import type { Operation } from '../operations/operation.ts';
import type { Workflow } from '../workflows/workflow.ts';
import type { ClientAbilities } from './client-abilities.ts';
import type { Issued } from './confirmations.ts';
import { cutToSize } from './cut-to-size.ts';
import { questionTooLarge } from './failures.ts';
import { PICTURE_KEY } from './page.ts';
import type { Services } from './services.ts';

/** Text and structured content with the same facts, because some hosts show the model only one of them. */
function result(structured: JsonObject): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(structured) }], structuredContent: structured };
}

/** A shaped answer, cleaned, masked and within the size budget, with this server's own keys beside it. */
export function operationResult(
  { returns }: Operation,
  shaped: JsonObject,
  own: JsonObject,
  { present, maxResultChars }: Services,
): CallToolResult {
  const shown = present.value(shaped, returns.record.reveals) as JsonObject;
  const rowsKey = returns.kind === 'many' ? returns.record.plural : undefined;
  return result(cutToSize({ ...shown, ...own }, maxResultChars, rowsKey));
}

/**
 * What a caller who may write but not read gets of the answer to a write: of each record the id, the plain values of
 * the fields that they sent, and what the answer exists to show. Otherwise any harmless update would show the whole
 * record.
 */
export function withoutRecord({ returns }: Operation, shaped: JsonObject, sent: JsonObject): JsonObject {
  const { singular, plural, reveals = [] } = returns.record;
  const names = new Set(['id', ...Object.keys(sent), ...reveals]);
  const own = (row: unknown) =>
    isObject(row)
      ? Object.fromEntries(
          Object.entries(row).filter(
            ([name, value]) => names.has(name) && (typeof value !== 'object' || value === null),
          ),
        )
      : null;
  const [one, many] = [shaped[singular], shaped[plural]];
  return {
    ...(one !== undefined && { [singular]: own(one) }),
    ...(Array.isArray(many) && { [plural]: many.map(own) }),
    ...(shaped.result === null && { result: null }),
    ...(typeof shaped.note === 'string' && { note: shaped.note }),
  };
}

/**
 * The result of a workflow: cleaned, masked and within the size budget.
 * @param own what this server adds itself
 * @param drawn data for the picture alone
 */
export function workflowResult(
  { files, ...shown }: JsonObject,
  own: JsonObject,
  drawn: JsonObject | undefined,
  { rows, lists }: Pick<Workflow, 'rows' | 'lists'>,
  { takesLinks }: ClientAbilities,
  { present, maxResultChars }: Services,
): CallToolResult {
  const clean = present.value(shown) as JsonObject;
  // The notes of the workflow and of its pipeline: neither replaces the other.
  const notes = [clean.note, own.note, whereFilesAre(files)].filter((note) => typeof note === 'string');
  const note = notes.length > 0 && { note: notes.join(' ') };
  // This server alone writes the list of files: there is nothing to mask in it.
  const whole = { ...clean, ...(files !== undefined && { files }), ...own, ...note };
  const shortened = cutToSize(whole, maxResultChars, rows, lists);
  const { content, structuredContent } = result(shortened);
  const picture = drawn && { _meta: { [PICTURE_KEY]: present.value(drawn) } };
  // A client that does not know links finds the same in the text.
  const links = takesLinks ? linksIn(shortened.files) : [];
  return { content: [...content, ...links], structuredContent, ...picture };
}

/** Without this note, models do not tell the user where the files are. */
function whereFilesAre(files: unknown): string | undefined {
  const found = (Array.isArray(files) ? files : []).filter(isObject);
  if (found.some(({ path }) => path !== undefined)) return "The files are on the user's disk: tell them the path.";
  if (found.some(({ download_url: link }) => link !== undefined))
    return 'The user can download each file by its download_url until expires_at: give them the link.';
  return undefined;
}

type Content = CallToolResult['content'][number];

/** The files of a result (`workflows/exports/`) as links that a host can offer on its own. */
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

/** The most requests of a batch that a dry run shows; the question names every record anyway. */
const SHOWN_REQUESTS = 60;

/** What a batch would have asked and sent. */
export function batchDryRun(
  question: string | undefined,
  requests: readonly LeadDynoRequest[],
  services: Services,
): CallToolResult {
  const left = requests.length - SHOWN_REQUESTS;
  const would = {
    question: question ?? 'There is nothing to do.',
    requests: services.present.value(requests.slice(0, SHOWN_REQUESTS).map(shownRequest)),
    ...(left > 0 && { requests_left_off: left }),
  };
  return dryRun(would, 'nothing was sent.', services);
}

/** What an operation would have sent. */
export function operationDryRun(request: LeadDynoRequest, services: Services): CallToolResult {
  const note = 'nothing was read or sent, and whether the record exists was not checked.';
  return dryRun(services.present.value(shownRequest(request)), note, services);
}

function dryRun(would: unknown, note: string, { maxResultChars }: Services): CallToolResult {
  return result(cutToSize({ dry_run: would, note: `This server runs with --dry-run: ${note}` }, maxResultChars));
}

/** A request without the parts that only sending needs. */
const shownRequest = ({ method, path, query, body }: LeadDynoRequest) => ({
  method,
  path,
  query: query ?? {},
  body: body ?? {},
});

const ASK_THE_USER =
  'Nothing has been done. Put this question to the user word for word. Only if they agree, call this tool again with the same arguments and this confirmation_token; it works once.';

/** What the model is told of a form that nobody answered. */
export const UNANSWERED = 'No one answered the form with this question: that is neither a yes nor a no.';

const UNANSWERED_BEFORE =
  'An earlier form on this connection was not answered in time, so this question comes without a form.';

const WHY_NO_FORM = { this: UNANSWERED, earlier: UNANSWERED_BEFORE } as const;

/**
 * The question, for the model to ask the user.
 * @param unanswered which form nobody answered: the one with this question, or an earlier one
 */
export function askingResult(
  text: string,
  { token, expires }: Issued,
  unanswered: 'this' | 'earlier' | undefined,
  { maxResultChars }: Services,
): CallToolResult {
  const asked = result({
    confirmation: { question: text, confirmation_token: token, expires_at: new Date(expires).toISOString() },
    note: [...(unanswered ? [WHY_NO_FORM[unanswered]] : []), ASK_THE_USER].join(' '),
  });
  // A question that is cut might hide what it asks for: no question is better.
  return JSON.stringify(asked.structuredContent).length <= maxResultChars ? asked : questionTooLarge();
}

export function declinedResult(): CallToolResult {
  return result({
    declined: true,
    note: 'The user did not agree. Nothing was done. Do not ask again unless they bring it up.',
  });
}
