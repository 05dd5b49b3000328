import type { LeadDynoClient } from '../leaddyno/request.ts';
import type { Operation } from '../operations/operation.ts';
import type { Confirmations } from './confirmations.ts';
import type { Present } from './present.ts';

/** What a call needs besides its arguments: made once per process (per account where callers bring their own key). */
export interface Services {
  readonly client: LeadDynoClient;
  readonly present: Present;
  readonly confirmations: Confirmations;
  /** Identifies the LeadDyno account without naming its key: a confirmation works on that account alone. */
  readonly account: string;
  readonly confirm: 'ask' | 'strict' | 'off';
  readonly dryRun: boolean;
  /** Look up natural keys before creations. */
  readonly precheck: boolean;
  /** Milliseconds for one tool call: its look-ups, the reads of its question and the call itself together. */
  readonly timeoutMs: number;
  readonly maxResultChars: number;
  readonly report: Report;
}

/** Where faults and counts go: the log today, metrics as well over HTTP. Never record text, never a key. */
export interface Report {
  /** One finished tool call. */
  call(
    tool: string,
    outcome: 'ok' | 'error' | 'asked' | 'declined' | 'dry_run' | 'existed' | 'cancelled',
    ms: number,
  ): void;
  /** A bug of ours. */
  fault(tool: string, error: unknown): void;
}

/** The tools and the services behind them. */
export interface Selection {
  readonly operations: readonly Operation[];
}
