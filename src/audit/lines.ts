import { isObject, type JsonObject } from '../json.ts';
import type { Change, Ending, Intent } from '../ports/change-log.ts';

/*
 * The lines of the audit log, JSON each. A write has two: one before it is sent, one with what became of it, tied by
 * `id`. A line that stands alone says that the write was about to be sent and that nobody saw how it ended.
 */

type Begun = Omit<Change, 'outcome' | 'reason' | 'after'>;

export function beginLine(id: string, at: string, intent: Intent): string {
  return JSON.stringify({ line: 'begin', id, at, ...intent });
}

export function endLine(id: string, at: string, ending: Ending): string {
  return JSON.stringify({ line: 'end', id, at, ...ending });
}

/** One line as it was read; undefined for what is none of ours, or was torn by the end of its process. */
export type Line =
  | { readonly line: 'begin'; readonly begun: Begun }
  | { readonly line: 'end'; readonly id: string; readonly ending: Ending };

const CONFIRMED: ReadonlySet<unknown> = new Set(['form', 'token', 'not_asked', 'off']);
const OUTCOMES: ReadonlySet<unknown> = new Set(['done', 'refused', 'not_sent', 'unknown']);

export function readLine(text: string): Line | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || typeof value.id !== 'string') return undefined;
  if (value.line === 'begin') return readBegin(value);
  return value.line === 'end' ? readEnd(value) : undefined;
}

const TEXTS = ['id', 'at', 'account', 'caller', 'tool', 'operation'] as const;

function readBegin(value: JsonObject): Line | undefined {
  const { arguments: args, before = null, confirmed } = value;
  if (TEXTS.some((name) => typeof value[name] !== 'string') || Number.isNaN(Date.parse(String(value.at)))) {
    return undefined;
  }
  if (!isObject(args) || !CONFIRMED.has(confirmed) || !(before === null || isObject(before))) return undefined;
  // Every field was looked at just now.
  const { id, at, account, caller, tool, operation } = value as unknown as Begun;
  const known = confirmed as Begun['confirmed'];
  return {
    line: 'begin',
    begun: { at, id, account, caller, tool, operation, arguments: args, confirmed: known, before },
  };
}

function readEnd({ id, outcome, reason, after = null }: JsonObject): Line | undefined {
  if (!OUTCOMES.has(outcome) || !(after === null || isObject(after))) return undefined;
  return {
    line: 'end',
    id: String(id),
    ending: {
      outcome: outcome as Ending['outcome'],
      ...(typeof reason === 'string' && { reason }),
      after,
    },
  };
}
