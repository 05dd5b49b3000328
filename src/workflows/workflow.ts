import type * as z from 'zod';
import type { JsonObject } from '../json.ts';
import type { Effect, Operation } from '../operations/operation.ts';
import type { Change, ChangeQuery } from '../ports/change-log.ts';
import type { Payment } from '../ports/payment-memory.ts';
import type { TryPart } from './reading/attempt.ts';
import type { Scans } from './reading/scans.ts';
import type { Unread } from './reading/unread.ts';
import type { Resource } from './resource.ts';

/** A tool that takes several LeadDyno calls: what a list of tools needs of it. The rest is loaded on its first call. */
export interface Workflow {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  readonly idempotent?: boolean;
  readonly moves?: Operation['moves'];
  /** Whether it reads whole collections. It then takes `fresh` and `cursor`, and its result says what was scanned. */
  readonly scans: boolean;
  /** Key of the result's rows: the last ones are left off if the result grows too large. The tool then takes `skip`. */
  readonly rows?: string;
  /** The field that tells the rows of several lists apart; `skip` then skips that many rows of each list. */
  readonly lists?: string;
  /** For workflows that write: when they ask and what the question shows, in words (`docs/security.md`). */
  readonly asks?: { readonly when: string; readonly shows: string };
  /** For workflows that write: how to undo it. */
  readonly undo?: string;
  /** For workflows that write: which tool shows whether it happened. */
  readonly check?: string;
  /**
   * For hosts that can show the result as a page: arguments that are added for the page, and keys of the result that go
   * only to the page, unless the call itself gave the argument of that name.
   */
  readonly picture?: { readonly args: JsonObject; readonly keys: readonly string[] };
  /** One result can show several accounts side by side: it only reads, and its `skip` can count accounts, not rows. */
  readonly sideBySide?: true;
  /** Its result names files, which can be read by their address while they are kept. */
  readonly makesFiles?: true;
  /** Resources that are offered while the workflow is on. */
  readonly resources?: readonly Resource[];
  readonly load: () => Promise<WorkflowModule>;
}

/** What a file of this folder exports. */
export interface WorkflowModule {
  readonly input: () => z.core.$ZodLooseShape;
  /** JSON Schema of each key that the workflow itself puts into the result (`output.ts`). */
  readonly output: JsonObject;
  /** The question before its writes; every workflow that writes has one. */
  readonly batch?: Batch;
  /** @throws LeadDynoError if nothing could be done or read; Refusal if the arguments do not go together */
  readonly run: (args: JsonObject, work: Work) => Promise<JsonObject>;
}

/** One confirmation for many records. Each counts by itself: a record that has changed since is skipped. */
export interface Batch<Plan = unknown> {
  /** Reads afresh everything that the writes are about. */
  readonly plan: (args: JsonObject, work: Work) => Promise<Plan>;
  /** The question, which names every record; undefined if nothing would be written. */
  readonly question: (args: JsonObject, plan: Plan) => string | undefined;
  /** The writes that a yes leads to if nothing changes until then. A dry run shows them. */
  readonly writes: (plan: Plan) => readonly { readonly operation: Operation; readonly args: JsonObject }[];
  /** The records the question names, with the state they were shown in. */
  readonly items: (plan: Plan) => readonly { readonly key: string; readonly state: unknown }[];
}

/** How one record of a batch is checked again, right before it is written. */
export interface Still {
  readonly operation: Operation;
  readonly args: JsonObject;
  /** Whether the answer shows the record as the question did; it is undefined if LeadDyno has no such record. */
  readonly holds: (shaped: JsonObject | undefined) => boolean;
}

/** What a workflow works with: LeadDyno's operations, within the time of one call. It sends no requests of its own. */
export interface Work {
  readonly signal: AbortSignal;
  /** Milliseconds until the call has to answer; never below 0. */
  timeLeft(): number;
  /** Epoch milliseconds. */
  now(): number;
  /** Minimum milliseconds that LeadDyno's clock is ahead of `now`; negative if behind, undefined before an answer. */
  leaddynoAhead(): number | undefined;
  /** Requests to LeadDyno that may start in a minute; 0 for no limit. */
  readonly requestsAMinute: number;
  /**
   * One reading operation, shaped (`{ affiliate: {…} }`).
   * @throws LeadDynoError; `not_found` if there is no such record
   */
  read(operation: Operation, args: JsonObject): Promise<JsonObject>;
  /** The records of a collection, from the cache if recent enough. Stops when the call's time is over. */
  scan: Scans['scan'];
  /** The records of a collection that were created in a window of time. Reads the whole list, like `scan`. */
  scanWindow: Scans['scanWindow'];
  /** Tries a part of the answer that the rest can do without. If no read of a call succeeds, the call fails. */
  attempt: TryPart;
  /** Records whose fields can be read; the answer reports the others once (`reading/unread.ts`). */
  readable: Unread['readable'];
  /**
   * One write, after the batch was confirmed; recorded in the change log. An operation that creates a record looks for
   * it right before, as when called by itself: if it exists, nothing is sent and the answer has `already_existed`.
   * @param before the record as it was read for the question; null if it is to be created
   * @param still what to check right before, if too long has passed since the records of the question were read
   * @throws LeadDynoError with the fate of the request; `changed` if it was not sent because the record has changed
   */
  write(operation: Operation, args: JsonObject, before: JsonObject | null, still?: Still): Promise<JsonObject>;
  /** Commissions of this account that this server remembers as paid, by id. */
  readonly payments: {
    /** Whether they are remembered beyond the end of this process. */
    readonly lasts: boolean;
    /** @throws Unavailable */
    find(ids: readonly string[]): Promise<ReadonlyMap<string, Payment>>;
  };
  /**
   * Remembers how commissions were paid, or that they were not, after the batch was confirmed. Sends nothing to
   * LeadDyno.
   * @throws Unavailable
   */
  remember(ids: readonly string[], how: Payment['how'], amount?: string): Promise<void>;
  /**
   * Carries out something that changes no record of LeadDyno's, and notes it in the change log like a write.
   * @param what for the log, in place of the arguments of a request
   * @throws Unavailable: if it cannot be noted, nothing is done
   */
  recordOwn(what: JsonObject, perform: () => Promise<void>): Promise<void>;
  /** What `batch.plan` returned, in the call that carries it out. */
  readonly plan: unknown;
  /** Keys of `batch.items` that have changed since the question was asked. */
  readonly changed: ReadonlySet<string>;
  /** Reports a bug of ours that does not end the call. */
  report(error: unknown): void;
  /** Tells a waiting person how far the call is. */
  progress(done: number, total: number | undefined, message: string): void;
  /** Reads a file on the user's machine (`--export-folder`); absent if this server may not. */
  readonly readGiven?: ((name: string) => Promise<GivenFile>) | undefined;
  /** A value as a result would show it: cleaned, and masked if people are. For everything that goes into a file. */
  present(value: unknown): unknown;
  /** Keeps a file for this caller alone, where every replica can serve it. @throws Unavailable */
  keepFile(file: KeptFile): Promise<SavedFile>;
  /** A file of this caller by its resource URI; undefined if it is gone, or another caller's. @throws Unavailable */
  readFile(uri: string): Promise<KeptFile | undefined>;
  /** This caller's files that have not expired, newest first. @throws Unavailable */
  listFiles(): Promise<readonly FileListing[]>;
  /** Keeps a text of this server's for this caller, for a day. @returns the id to find it by. @throws Unavailable */
  keepNote(kind: string, text: string): Promise<string>;
  /** A text that `keepNote` kept; undefined if it is gone, or another caller's. @throws Unavailable */
  findNote(kind: string, id: string): Promise<string | undefined>;
  /** The same without an id: it replaces this caller's text of that kind. @throws Unavailable */
  keepLatest(kind: string, text: string): Promise<void>;
  /** What `keepLatest` kept last. @throws Unavailable */
  findLatest(kind: string): Promise<string | undefined>;
  /** Changes made through this server: from the audit log, or without one those of this process. */
  changes(query: ChangeQuery): Promise<{ readonly changes: readonly Change[]; readonly source: string }>;
  /** All tools, whether switched on or off. */
  readonly tools: readonly Tool[];
  /** Whether this server serves a tool: `--read-only`, `--toolsets` and the like leave some out. */
  serves(tool: string): boolean;
  /** Whether the data is the sandbox's (`--sandbox`). */
  readonly isSandbox: boolean;
  /** Whether the operator has switched off a tool by name: a workflow must not be a way around that. */
  isSwitchedOff(tool: string): boolean;
  /** Whether named records are looked up first, so that a misspelt name is refused (`--no-precheck` turns this off). */
  readonly prechecks: boolean;
  /** Whether people are shown as pseudonyms (`--mask-pii`). */
  readonly masksPeople: boolean;
}

/** Now by LeadDyno's clock, if that is known to be ahead: its records carry that time. Epoch milliseconds. */
export const leaddynoNow = (work: Pick<Work, 'now' | 'leaddynoAhead'>): number =>
  work.now() + Math.max(0, work.leaddynoAhead() ?? 0);

/** A file that a tool made. Its text is already as it may leave this server: cleaned, and masked if people are. */
export interface KeptFile {
  readonly name: string;
  readonly mimeType: string;
  readonly text: string;
  /** Its first line is a row like the others, not a header. */
  readonly headless?: true;
}

/** A file of the user's: its text, or why it was not read, as a sentence without a full stop. */
export type GivenFile = { readonly text: string } | { readonly problem: string };

/** A file without its text. */
export interface FileListing {
  readonly uri: string;
  readonly name: string;
  readonly mimeType: string;
  /** Bytes. */
  readonly size: number;
  /** Epoch milliseconds. */
  readonly made: number;
  /** Epoch milliseconds; afterwards it is gone. */
  readonly expires: number;
}

/** Where to get a file. */
export interface SavedFile {
  /** Its address as a resource. */
  readonly uri: string;
  /** Its name, if it is not the one that was asked for. */
  readonly name?: string;
  /** Its path on this machine. */
  readonly path?: string;
  /** Why it was not written to this machine's disk. */
  readonly not_written?: string;
  /** A link that a person can click. */
  readonly download_url?: string;
  /** UTC; afterwards it is gone, except from the disk. */
  readonly expires_at: string;
}

/** A tool of this server: one operation, or a workflow. */
export type Tool = Operation | Workflow;

export function isWorkflow(tool: Tool): tool is Workflow {
  return 'load' in tool;
}

/** Tools that are switched on or off together. */
export interface Toolset {
  readonly name: string;
  readonly description: string;
  readonly tools: readonly Tool[];
}
