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

/** What a call needs besides its arguments: made once per process (per account if callers bring their own key). */
export interface Services {
  readonly client: LeadDynoClient;
  readonly present: Present;
  readonly confirmations: Confirmations;
  /** Identifies the LeadDyno account without naming its key: a confirmation works on that account alone. */
  readonly account: string;
  /** What it is called where the server has several; absent where it has one. */
  readonly accountName?: string | undefined;
  /** The caller's other accounts, where the server has several. */
  readonly otherAccounts?: readonly { readonly name: string; readonly account: string }[] | undefined;
  readonly confirm: 'ask' | 'strict' | 'token' | 'off';
  /** Milliseconds for the forms of one call; then the question is handed to the model. */
  readonly formWaitMs: number;
  /** Milliseconds: an answer that comes sooner after its form is not a person's. */
  readonly readingMs: number;
  readonly dryRun: boolean;
  /** Look up natural keys before creations. */
  readonly precheck: boolean;
  /** Milliseconds for one tool call: its look-ups, the reads of its question and the call itself together. */
  readonly timeoutMs: number;
  /** Milliseconds for one call of a workflow; then it says what is done and how to go on. */
  readonly workflowMs: number;
  /** Milliseconds that this call has worked, over the rounds of its form together; absent outside of a call. */
  readonly spentMs?: () => number;
  /** Requests to LeadDyno that may start in a minute; 0 for no limit. */
  readonly requestsAMinute: number;
  /** Notes whether a write of this call may have happened, whatever the call ends with; absent outside of a call. */
  readonly sending?: { mayHaveHappened: boolean };
  readonly maxResultChars: number;
  /** Largest pages that LeadDyno was found to send to this account, by the name of the list (`doctor --save`). */
  readonly pageSizes?: Readonly<Record<string, number>> | undefined;
  readonly memory: Memory;
  /** Absent: nothing that was read is kept (`--no-cache`). */
  readonly cache: RecordCache | undefined;
  /** The lists of this account that are being read. */
  readonly readings: Readings;
  /** Tells what was read before a write from what was read after it. */
  readonly writeCounter: WriteCounter;
  /** Writes a file where its person finds it (`--export-folder`); absent: nowhere. @returns its path. @throws Error */
  readonly saveFile?: ((name: string, text: string) => Promise<string>) | undefined;
  /** Reads a list of the user's from the same folder; absent: this server reads none. */
  readonly readGiven?: ((name: string) => Promise<GivenFile>) | undefined;
  /** A link by which a browser gets what lies under a key of the memory; absent: there are none. @throws Unavailable */
  readonly linkTo?: ((key: string, expires: number) => Promise<string>) | undefined;
  /** Tells the client that the list of resources is another now; absent where none can be told. */
  readonly tellListChanged?: (() => void) | undefined;
  readonly changes: ChangeLog;
  /** What was paid although LeadDyno may not show it. */
  readonly payments: PaymentMemory;
  /** A record or arguments as the change log may hold them: clean, without anything that logs its bearer in. */
  readonly recordable: (value: unknown) => unknown;
  /** Names of the tools that this server serves. */
  readonly served: ReadonlySet<string>;
  /** Whether LeadDyno is the simulated one. */
  readonly isSandbox: boolean;
  /** Tools that the operator took away by name: no workflow may carry them out either. */
  readonly switchedOff: ReadonlySet<string>;
  readonly now: () => number;
  /** Milliseconds that never go back, for the time that calls have left; absent: those of this machine. */
  readonly ticks?: (() => number) | undefined;
  /** Tells LeadDyno's time from `now`. */
  readonly leaddynoClock: LeadDynoClock;
  /** The page that hosts draw results with. */
  readonly page: () => Promise<string>;
  readonly telemetry: Telemetry;
}

/** How a tool call ended. */
export type CallOutcome = 'ok' | 'error' | 'asked' | 'declined' | 'dry_run' | 'existed' | 'cancelled';

/** Where faults and counts go: the log, and metrics over HTTP. Never record text, never a key. */
export interface Telemetry {
  /** One finished tool call, how long it took, in milliseconds, who called, and on which account if there are several. */
  callEnded(tool: string, outcome: CallOutcome, ms: number, caller: string, account?: string): void;
  /** What became of a question: it was put, answered with yes or no, or answered with a confirmation used before. */
  confirmation(event: 'asked' | 'given' | 'declined' | 'replayed'): void;
  /** A bug of ours. */
  fault(tool: string, error: unknown): void;
}
