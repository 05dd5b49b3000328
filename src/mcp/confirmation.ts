import type { CallToolResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';
import type { JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import type { Check, Confirm, Read } from '../operations/operation.ts';
import { boundStateOf } from '../operations/questions.ts';
import type { Change } from '../ports/change-log.ts';
import { standingFor } from '../ports/unavailable.ts';
import { type Batch, leaddynoNow } from '../workflows/workflow.ts';
import { inAccount } from './account-choice.ts';
import { callerOf, type Forms } from './client-abilities.ts';
import {
  CONFIRMATION_MS,
  type Confirmation,
  ConfirmationRefused,
  digest,
  USED_MS,
  unwrapped,
} from './confirmations.ts';
import { alreadyUsed, cannotAsk } from './failures.ts';
import { form, formAnswer, shownWith } from './forms.ts';
import { askingResult, declinedResult } from './results.ts';
import type { Services } from './services.ts';

/** The part of a tool that its confirmation needs. */
export interface AskingTool {
  readonly name: string;
  readonly check?: Check | undefined;
  readonly confirm?: Pick<Confirm, 'when' | 'read' | 'question'> | undefined;
  /** Set if one question covers many records: each is bound separately, and one that has changed is skipped. */
  readonly items?: Batch['items'] | undefined;
}

/** Either go on, and spend the confirmation right before the bytes leave; or end the call with this result. */
export type Verdict =
  | {
      readonly go: true;
      readonly beforeSend?: () => Promise<void>;
      /**
       * Checks, if the record was read more than `FRESH_MS` ago, that it is still as it was when this was decided.
       * @throws LeadDynoError `changed`
       */
      readonly stillSo?: (read: Read) => Promise<void>;
      readonly confirmed: Change['confirmed'];
      /** What the question was built from. */
      readonly record?: unknown;
      /** Keys of the items that have changed since the question was asked. */
      readonly changed?: ReadonlySet<string>;
    }
  | {
      readonly go: false;
      readonly outcome: 'asked' | 'declined' | 'error';
      readonly result: CallToolResult | InputRequiredResult;
    };

/**
 * Asks the person before an operation is carried out: by a form if the client can show one; otherwise, or if nobody
 * answered the form, by giving the model the question and a token. The question is built from a fresh read.
 */
export async function confirm(
  tool: AskingTool,
  { confirmation_token: token, ...args }: JsonObject,
  ctx: ServerContext,
  forms: Forms,
  read: Read,
  services: Services,
): Promise<Verdict> {
  const asks = tool.confirm;
  if (!asks || (asks.when && !asks.when(args))) return { go: true, confirmed: 'not_asked' };
  if (services.confirm === 'off') return { go: true, confirmed: 'off' };

  const answer = formAnswer(ctx, services);
  const byToken = answer === undefined && services.confirm !== 'strict' && typeof token === 'string';
  const given = byToken ? await services.confirmations.read(unwrapped(token)) : answer && shownWith(ctx);
  if (answer === 'no' || answer === 'nobody') {
    // A later answer to the same form has no effect.
    if (given) await services.confirmations.used.use(given.id, USED_MS).catch(() => false);
  }
  if (answer === 'no') {
    services.telemetry.confirmation('declined');
    return { go: false, outcome: 'declined', result: declinedResult() };
  }

  const { ticks = () => performance.now() } = services;
  // The time of the first read counts: its data is the oldest in the question.
  let seenAt: number | undefined;
  const record = await asks.read?.(args, async (...asked) => {
    const answer = await read(...asked);
    seenAt ??= ticks();
    return answer;
  });
  const leaddynoAhead = services.leaddynoClock.ahead;
  const questionOf = (looked: unknown) =>
    inAccount(asks.question(args, looked, leaddynoNow({ now: services.now, leaddynoAhead })), services);
  const question = questionOf(record);
  const stillSo = async (by: Read) => {
    if (tool.items || seenAt === undefined || ticks() - seenAt <= FRESH_MS) return;
    const again = await asks.read?.(args, by);
    // Counted from the end of this check, not from its first read: with slow reads the checks would never end.
    seenAt = ticks();
    const now = questionOf(again);
    const same = now === question && digest(boundStateOf(again)) === digest(boundStateOf(record));
    if (!same) throw changedMeanwhile(now);
  };
  if (question === undefined) {
    // After a confirmed change there may be nothing left to ask. A replay of its confirmation must not pass for that.
    const replayed =
      given !== undefined && answer !== 'nobody' && (await services.confirmations.used.wasUsed(given.id));
    return replayed ? refuseReplay(tool, args, services) : { go: true, confirmed: 'not_asked', record, stillSo };
  }

  // A confirmation counts only for the way it was issued for (form or token) and under the same --confirm mode.
  const callBy = (way: 'form' | 'token', account = services.account) =>
    digest(way, services.confirm, tool.name, args, callerOf(ctx), account);
  const items = tool.items && new Map(tool.items(record).map((item) => [item.key, digest(item.state)]));
  // The state of many records is too long for a token: it is kept in the memory under the token's id.
  const state = items ? 'items' : digest(question, boundStateOf(record));
  const changed = items && given && (await changedSince(items, given, services));
  const flaw =
    answer === 'nobody'
      ? undefined
      : ((await flawOf(given, answer === 'yes' || byToken, callBy(byToken ? 'token' : 'form'), state, services)) ??
        (given && items && changed?.size === items.size ? 'all_changed' : undefined));
  if (flaw === 'used') return refuseReplay(tool, args, services);
  if (given && answer !== 'nobody' && flaw === undefined) {
    const confirmed = byToken ? 'token' : 'form';
    return {
      go: true,
      confirmed,
      record,
      stillSo,
      beforeSend: () => spend(given, services),
      ...(changed && { changed }),
    };
  }

  const way = forms === 'shown' && services.confirm !== 'token' && answer !== 'nobody' ? 'form' : 'token';
  if (way === 'token' && services.confirm === 'strict') {
    return { go: false, outcome: 'error', result: cannotAsk(question, answer === 'nobody') };
  }
  services.telemetry.confirmation('asked');
  const other = services.otherAccounts?.find(
    ({ account }) => given?.call === callBy(byToken ? 'token' : 'form', account),
  );
  const why = other
    ? `The confirmation was given for the account ${other.name} and does not count for this one, which needs its own:`
    : flaw && FLAWS[flaw];
  const text = why ? `${why} ${question}` : question;
  const issued = await services.confirmations.issue(callBy(way), state, way === 'form' ? services.spentMs?.() : 0);
  if (items) await keepItems(issued.id, items, services);
  const unanswered = answer === 'nobody' ? 'this' : forms === 'unanswered' ? 'earlier' : undefined;
  const result = way === 'form' ? form(text, issued.token) : askingResult(text, issued, unanswered, services);
  return { go: false, outcome: 'asked', result };
}

/** Milliseconds. A record that was read longer ago than this is read again before it is written. */
export const FRESH_MS = 1_000;

function changedMeanwhile(question: string | undefined): LeadDynoError {
  const now = question === undefined ? 'nothing is left to ask about' : `the question would now be: ${question}`;
  const what = `The record changed while the call waited to be sent, so it was not sent; ${now}`;
  return new LeadDynoError('changed', what, { fate: 'not_sent' });
}

function refuseReplay(tool: AskingTool, args: JsonObject, services: Services): Verdict {
  services.telemetry.confirmation('replayed');
  return { go: false, outcome: 'error', result: alreadyUsed(tool, args) };
}

const itemsKey = (id: string, { account }: Services) => `items:${account}:${id}`;

async function keepItems(id: string, items: ReadonlyMap<string, string>, services: Services): Promise<void> {
  await standingFor(
    'confirmations',
    services.memory.put(itemsKey(id, services), JSON.stringify([...items]), CONFIRMATION_MS),
  );
}

/** Keys of the items that differ from what the question showed; of all items if that is no longer known. */
async function changedSince(
  items: ReadonlyMap<string, string>,
  given: Confirmation,
  services: Services,
): Promise<Set<string>> {
  const kept = await standingFor('confirmations', services.memory.get(itemsKey(given.id, services)));
  const shown = new Map<string, string>(kept === undefined ? [] : JSON.parse(kept));
  return new Set([...items].filter(([key, state]) => shown.get(key) !== state).map(([key]) => key));
}

/** Why a confirmation does not count, in words for the person who is asked again. */
const FLAWS = {
  foreign: 'The confirmation does not come from this server, so it does not count.',
  expired: 'The confirmation has expired.',
  other_call: 'The confirmation was given for another call and does not count for this one, which needs its own:',
  changed: 'The record has changed since the confirmation was given.',
  all_changed: 'The records have changed since the confirmation was given.',
} as const;

/** Why a confirmation does not count; undefined if it counts or none was given. After `used`, nobody is asked again. */
async function flawOf(
  given: Confirmation | undefined,
  claimed: boolean,
  call: string,
  state: string,
  services: Services,
): Promise<keyof typeof FLAWS | 'used' | undefined> {
  if (!given) return claimed ? 'foreign' : undefined;
  // Checked after the record was read: a parallel call uses this confirmation before it changes the record.
  if (await services.confirmations.used.wasUsed(given.id)) return 'used';
  if (given.expires <= services.confirmations.now()) return 'expired';
  if (given.call !== call) return 'other_call';
  return given.state === state ? undefined : 'changed';
}

async function spend(given: Confirmation, services: Services): Promise<void> {
  if (given.expires <= services.confirmations.now()) throw new ConfirmationRefused('expired');
  const first = await services.confirmations.used.use(given.id, USED_MS);
  services.telemetry.confirmation(first ? 'given' : 'replayed');
  if (!first) throw new ConfirmationRefused('used');
}
