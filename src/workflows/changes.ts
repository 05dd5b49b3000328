import type { JsonObject } from '../operations/operation.ts';

/** One write that was sent to LeadDyno, or that came as far as being sent. */
export interface Change {
  /** UTC, when it was about to be sent. */
  readonly at: string;
  readonly id: string;
  /** Names the LeadDyno account without naming its key. */
  readonly account: string;
  /** Who called: the name of the token or the subject of the JWT over HTTP, `local` over stdio. */
  readonly caller: string;
  /** The tool that was called; the operation it carried out where that is another. */
  readonly tool: string;
  readonly operation: string;
  readonly arguments: JsonObject;
  /** By a form, by a token, not asked (the operation never asks), or `off` (--confirm off). */
  readonly confirmed: 'form' | 'token' | 'not_asked' | 'off';
  /** The record before, as it was read; null where it was not read. */
  readonly before: JsonObject | null;
  /** `unknown`: sent, and no clear answer came, or the process ended before one came. */
  readonly outcome: 'done' | 'refused' | 'not_sent' | 'unknown';
  /** Why it failed. */
  readonly reason?: string;
  /** LeadDyno's answer, shaped; null where there is none, or where it is a login. */
  readonly after: JsonObject | null;
}

export interface ChangeQuery {
  /** Epoch milliseconds; changes at or after it. */
  readonly since?: number | undefined;
  /** A month as `2026-11`. */
  readonly month?: string | undefined;
}

/** The audit log cannot be written: nothing is sent. */
export class ChangeLogUnavailable extends Error {
  override readonly name = 'ChangeLogUnavailable';
}
