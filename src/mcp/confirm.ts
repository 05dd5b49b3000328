import {
  type CallToolResult,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { JsonObject } from '../json.ts';
import { type Check, type Confirm, checkOf, type Read } from '../operations/operation.ts';
import { stateOf } from '../operations/questions.ts';
import type { Change } from '../ports/change-log.ts';
import { standingFor } from '../ports/unavailable.ts';
import type { Batch } from '../workflows/workflow.ts';
import { CONFIRMATION_MS, type Confirmation, digest, USED_MS } from './confirmations.ts';
import * as results from './results.ts';
import type { Services } from './services.ts';

/** A tool as far as its confirmation goes. */
export interface Asking {
  readonly name: string;
  readonly check?: Check | undefined;
  readonly confirm?: Confirm | undefined;
  /** Where one question covers many records: each is bound by itself, and one that has changed is passed over. */
  readonly items?: Batch['items'] | undefined;
}

/** Go on, spending the confirmation right before the bytes leave; or end the call with this result. */
export type Verdict =
  | {
      readonly go: true;
      readonly beforeSend?: () => Promise<void>;
      readonly confirmed: Change['confirmed'];
      /** What the question was built from. */
      readonly record?: unknown;
      /** Keys of the items that have changed since the question. */
      readonly changed?: ReadonlySet<string>;
    }
  | {
      readonly go: false;
      readonly outcome: 'asked' | 'declined' | 'error';
      readonly result: CallToolResult | InputRequiredResult;
    };

/** Thrown out of `beforeSend`: nothing is sent. */
export class ConfirmationRefused extends Error {
  override readonly name = 'ConfirmationRefused';
}

const FORM = 'confirm';

/**
 * Asks the person before an operation is carried out (design, section 5): by a form where the client can show one,
 * otherwise by handing the question to the model together with a token. The question is built from a fresh read.
 */
export async function confirm(
  asking: Asking,
  { confirmation_token: token, ...args }: JsonObject,
  ctx: ServerContext,
  canShowForm: boolean,
  read: Read,
  services: Services,
): Promise<Verdict> {
  const asks = asking.confirm;
  if (!asks || (asks.when && !asks.when(args))) return { go: true, confirmed: 'not_asked' };
  if (services.confirm === 'off') return { go: true, confirmed: 'off' };

  const answer = formAnswer(ctx);
  const given = await presented(answer, token, canShowForm, ctx, services);
  if (answer === 'no') {
    if (given) await services.confirmations.used.use(given.id, USED_MS).catch(() => false);
    services.report.confirmation('declined');
    return { go: false, outcome: 'declined', result: results.declined() };
  }

  const record = await asks.read?.(args, read);
  const question = asks.question(args, record);
  if (question === undefined) {
    // What carried out a change once leaves nothing to ask about, and must not pass again for that.
    const replayed = given !== undefined && (await services.confirmations.used.wasUsed(given.id));
    return replayed ? refuseReplay(asking, args, services) : { go: true, confirmed: 'not_asked', record };
  }

  // What was issued for a form is no token, and the other way round.
  const call = digest(canShowForm ? 'form' : 'token', asking.name, args, callerOf(ctx), services.account);
  const items = asking.items && new Map(asking.items(record).map((item) => [item.key, digest(item.state)]));
  // What many records were like is too long for a token: it is kept under the token's id.
  const state = items ? 'items' : digest(question, stateOf(record));
  const claimed = answer === 'yes' || (!canShowForm && typeof token === 'string');
  const changed = items && given && (await changedSince(items, given, services));
  const allChanged = items !== undefined && changed?.size === items.size;
  const reason =
    (await whyNot(given, claimed, call, state, services)) ??
    (given && allChanged ? 'The records have changed since the confirmation was given.' : undefined);
  if (reason === 'used') return refuseReplay(asking, args, services);
  if (given && reason === undefined) {
    const confirmed = canShowForm ? 'form' : 'token';
    return { go: true, confirmed, record, beforeSend: () => spend(given, services), ...(changed && { changed }) };
  }

  if (!canShowForm && services.confirm === 'strict')
    return { go: false, outcome: 'error', result: cannotAsk(question) };
  services.report.confirmation('asked');
  const text = reason ? `${reason} ${question}` : question;
  const issued = await services.confirmations.issue(call, state);
  if (items) await keepItems(issued.id, items, services);
  const result = canShowForm
    ? form(text, issued.token)
    : results.question(text, issued.token, issued.expires, services.maxResultChars);
  return { go: false, outcome: 'asked', result };
}

function refuseReplay(asking: Asking, args: JsonObject, services: Services): Verdict {
  services.report.confirmation('replayed');
  return { go: false, outcome: 'error', result: alreadyUsed(asking, args) };
}

const itemsKey = (id: string) => `items:${id}`;

async function keepItems(id: string, items: ReadonlyMap<string, string>, services: Services): Promise<void> {
  await standingFor('confirmations', services.memory.put(itemsKey(id), JSON.stringify([...items]), CONFIRMATION_MS));
}

/** The items that are not as the question showed them; all of them where it is not known how it showed them. */
async function changedSince(
  items: ReadonlyMap<string, string>,
  given: Confirmation,
  services: Services,
): Promise<Set<string>> {
  const kept = await standingFor('confirmations', services.memory.get(itemsKey(given.id)));
  const shown = new Map<string, string>(kept === undefined ? [] : JSON.parse(kept));
  return new Set([...items].filter(([key, state]) => shown.get(key) !== state).map(([key]) => key));
}

/** What the person answered in a form, if this round carries an answer: only a ticked box is a yes. */
function formAnswer(ctx: ServerContext): 'yes' | 'no' | undefined {
  const answer = inputResponse(ctx.mcpReq.inputResponses, FORM);
  if (answer.kind !== 'elicit') return undefined;
  return answer.action === 'accept' && answer.content?.[FORM] === true ? 'yes' : 'no';
}

/** The signed confirmation that came with this call. An answer to a form counts with the form's own state alone. */
async function presented(
  answer: 'yes' | 'no' | undefined,
  token: unknown,
  canShowForm: boolean,
  ctx: ServerContext,
  services: Services,
): Promise<Confirmation | undefined> {
  if (answer !== undefined) return ctx.mcpReq.requestState<FormState>()?.confirmation;
  if (canShowForm || typeof token !== 'string') return undefined;
  return await services.confirmations.read(token);
}

/** What the SDK hands back for an echoed `requestState`. Altered state is no protocol error: the person is asked anew. */
export interface FormState {
  readonly confirmation: Confirmation | undefined;
}

/** Why a confirmation does not do, in words for the person; 'used' where it worked before; undefined where it does. */
async function whyNot(
  given: Confirmation | undefined,
  claimed: boolean,
  call: string,
  state: string,
  services: Services,
): Promise<string | undefined> {
  if (!given) return claimed ? 'The confirmation is not one of this server, so it does not count.' : undefined;
  // After the record was read: a parallel call that used this confirmation did so before it changed the record.
  if (await services.confirmations.used.wasUsed(given.id)) return 'used';
  if (given.expires <= services.confirmations.now()) return 'The confirmation has expired.';
  if (given.call !== call) return 'The confirmation was given for another call.';
  if (given.state !== state) return 'The record has changed since the confirmation was given.';
  return undefined;
}

async function spend(given: Confirmation, services: Services): Promise<void> {
  if (given.expires <= services.confirmations.now()) throw new ConfirmationRefused('expired');
  const first = await services.confirmations.used.use(given.id, USED_MS);
  services.report.confirmation(first ? 'given' : 'replayed');
  if (!first) throw new ConfirmationRefused('used');
}

export function alreadyUsed(operation: Pick<Asking, 'check'>, args: JsonObject): CallToolResult {
  return results.failure(
    'already_used',
    `This confirmation was already used, and nothing was sent now. Check with ${checkOf(operation, args)} whether the first call did it.`,
  );
}

export function expired(): CallToolResult {
  return results.failure(
    'expired',
    'The confirmation expired while the call waited for the request limit. Nothing was sent. Call again without confirmation_token for a new question.',
  );
}

export function cannotRemember(): CallToolResult {
  return results.failure(
    'confirmations_unavailable',
    'The shared memory that makes sure a confirmation works once cannot be reached, so nothing was sent. Reads go on. Try the same confirmation again in a minute; if it persists, the operator should check Redis.',
  );
}

function cannotAsk(question: string): CallToolResult {
  return results.failure(
    'confirmation_required',
    `This needs a person's yes in a form, and this client cannot show one. Nothing was done. The question would be: ${question} The operator can start the server with --confirm ask to allow confirmation by token.`,
  );
}

function form(question: string, state: string): InputRequiredResult {
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

/** Who is calling: the authenticated caller over HTTP, the one local client over stdio. */
export function callerOf(ctx: ServerContext): string {
  return ctx.http?.authInfo?.clientId ?? 'local';
}

/** Whether a client can show a form: an empty declaration of elicitation counts as one. */
export function showsForms(capabilities: ClientCapabilities | undefined): boolean {
  const elicitation = capabilities?.elicitation;
  return elicitation !== undefined && (elicitation.form !== undefined || Object.keys(elicitation).length === 0);
}
