import type { LeadDynoClock } from '../leaddyno/clock.ts';
import type { LeadDynoClient } from '../leaddyno/request.ts';
import type { ChangeLog } from '../ports/change-log.ts';
import type { Memory } from '../ports/memory.ts';
import type { PaymentMemory } from '../ports/payment-memory.ts';
import type { WriteCounter } from '../ports/write-counter.ts';
import type { Readings } from '../workflows/reading/readings.ts';
import type { RecordCache } from '../workflows/reading/record-cache.ts';
import type { GivenFile } from '../workflows/workflow.ts';
import type { Confirmations } from './confirmations.ts';
import type { Present } from './present.ts';

/** What a call needs besides its arguments. Made once per process, or per account if there may be several. */
export interface Services {
  readonly client: LeadDynoClient;
  readonly present: Present;
  readonly confirmations: Confirmations;
  /** Identifies the LeadDyno account without revealing its key. A confirmation works only on that account. */
  readonly account: string;
  /** The name of the account, if the server has several; absent if it has one. */
  readonly accountName?: string | undefined;
  /** The caller's other accounts, if the server has several. */
  readonly otherAccounts?: readonly { readonly name: string; readonly account: string }[] | undefined;
  readonly confirm: 'ask' | 'strict' | 'token' | 'off';
  /** Milliseconds for all forms of one call; then the question goes to the model, unless `confirm` is `strict`. */
  readonly formWaitMs: number;
  /** Milliseconds. An answer that comes sooner after its form was shown is not a person's. */
  readonly readingMs: number;
  readonly dryRun: boolean;
  /** Whether creations look for an existing record, and operations run their `precheck` (off by `--no-precheck`). */
  readonly precheck: boolean;
  /** Milliseconds for one call of an operation: its look-ups, the reads for its question and the request itself. */
  readonly timeoutMs: number;
  /** Milliseconds for one call of a workflow; after that it says what is done and how to continue. */
  readonly workflowMs: number;
  /** Milliseconds that this call has worked, in all rounds of its form together; absent outside a call. */
  readonly spentMs?: () => number;
  /** Requests to LeadDyno that may start in a minute; 0 for no limit. */
  readonly requestsAMinute: number;
  /** Notes whether a write of this call may have happened, however the call ends; absent outside a call. */
  readonly sending?: { mayHaveHappened: boolean };
  readonly maxResultChars: number;
  /** The largest pages that LeadDyno was found to send to this account, by the name of the list (`doctor --save`). */
  readonly pageSizes?: Readonly<Record<string, number>> | undefined;
  readonly memory: Memory;
  /** Undefined if nothing that was read is kept (`--no-cache`). */
  readonly cache: RecordCache | undefined;
  /** The reads of this account's lists that are under way or can be continued. */
  readonly readings: Readings;
  /** Tells what was read before a write from what was read after it. */
  readonly writeCounter: WriteCounter;
  /** Writes a file to `--export-folder`; absent if there is no such folder. @returns its path. @throws Error */
  readonly saveFile?: ((name: string, text: string) => Promise<string>) | undefined;
  /** Reads a list of the user's from the same folder; absent if this server reads none. */
  readonly readGiven?: ((name: string) => Promise<GivenFile>) | undefined;
  /** Makes a download link to what the memory keeps under a key; absent if there are no links. @throws Unavailable */
  readonly linkTo?: ((key: string, expires: number) => Promise<string>) | undefined;
  /** Tells the client that the list of resources has changed; absent if the client cannot be told. */
  readonly tellListChanged?: (() => void) | undefined;
  readonly changes: ChangeLog;
  /** What is known to have been paid although LeadDyno may not show it. */
  readonly payments: PaymentMemory;
  /** A record or arguments as the change log may hold them: cleaned, without links that sign in whoever has them. */
  readonly recordable: (value: unknown) => unknown;
  /** Names of the tools that this server serves. */
  readonly served: ReadonlySet<string>;
  /** Whether this is the simulated LeadDyno. */
  readonly isSandbox: boolean;
  /** Tools that the operator excluded by name: no workflow may carry them out either. */
  readonly switchedOff: ReadonlySet<string>;
  readonly now: () => number;
  /** Milliseconds that never go back, for the time that calls have left; absent: `performance.now()`. */
  readonly ticks?: (() => number) | undefined;
  /** Tells how far LeadDyno's clock is from `now`. */
  readonly leaddynoClock: LeadDynoClock;
  /** The page that hosts draw results with. */
  readonly page: () => Promise<string>;
  readonly telemetry: Telemetry;
}

/** How a tool call ended. */
export type CallOutcome = 'ok' | 'error' | 'asked' | 'declined' | 'dry_run' | 'existed' | 'cancelled';

/** Where faults and counts go: the log, and over HTTP also metrics. Never the text of a record, never a key. */
export interface Telemetry {
  /** One finished tool call: how it ended, its milliseconds, who called, and on which account if there are several. */
  callEnded(tool: string, outcome: CallOutcome, ms: number, caller: string, account?: string): void;
  /** What became of a question: asked, answered with yes or no, or answered with a confirmation used before. */
  confirmation(event: 'asked' | 'given' | 'declined' | 'replayed'): void;
  /** A bug in this server. */
  fault(tool: string, error: unknown): void;
}
