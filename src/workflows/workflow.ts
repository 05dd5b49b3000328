import type * as z from 'zod';
import type { JsonObject } from '../json.ts';
import type { Effect, Operation } from '../operations/operation.ts';
import type { Change, ChangeQuery } from '../ports/change-log.ts';
import type { Payment } from '../ports/payment-memory.ts';
import type { TryPart } from './reading/attempt.ts';
import type { Scans } from './reading/scans.ts';
import type { Unread } from './reading/unread.ts';
import type { Resource } from './resource.ts';

/** A tool that takes several LeadDyno calls: what a list of tools says of it. The rest is loaded on its first call. */
export interface Workflow {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  readonly idempotent?: boolean;
  readonly moves?: Operation['moves'];
  /** Reads whole collections: it then takes `fresh` and `cursor`, and its result says what was scanned. */
  readonly scans: boolean;
  /** The result's rows, left off the end where the result grows too large; the tool then takes `skip`. */
  readonly rows?: string;
  /** The field that tells the rows of several lists apart; `skip` then passes over so many rows of each. */
  readonly lists?: string;
  /** For those that write: when they ask and what the question shows, in words (`docs/security.md`). */
  readonly asks?: { readonly when: string; readonly shows: string };
  /** For those that write: how to undo it. */
  readonly undo?: string;
  /** For those that write: which tool tells whether it happened. */
  readonly check?: string;
  /**
   * Drawn where a host can: arguments for the picture's sake, and the keys of the result that go to it alone, unless the
   * call itself gave the argument of that name.
   */
  readonly picture?: { readonly args: JsonObject; readonly keys: readonly string[] };
  /** Several accounts can be shown side by side in one result: it only reads, and takes no list of one account. */
  readonly sideBySide?: true;
  /** Its result names files, which can be read by their address for as long as they are kept. */
  readonly makesFiles?: true;
  /** What can be read by its address while the workflow is on. */
  readonly resources?: readonly Resource[];
  readonly load: () => Promise<WorkflowModule>;
}

/** What a file of this folder exports. */
export interface WorkflowModule {
  readonly input: () => z.core.$ZodLooseShape;
  /** JSON Schema of each key of the result that is the workflow's own (`output.ts`). */
  readonly output: JsonObject;
  /** The question before its writes; every workflow that writes has one. */
  readonly batch?: Batch;
  /** @throws LeadDynoError where nothing could be done or read; Refusal where the arguments do not go together */
  readonly run: (args: JsonObject, work: Work) => Promise<JsonObject>;
}

/** One confirmation for many records, each of which counts by itself: one that has changed since is passed over. */
export interface Batch<Plan = unknown> {
  /** Reads, fresh, everything that the writes are about. */
  readonly plan: (args: JsonObject, work: Work) => Promise<Plan>;
  /** The question, naming every record; undefined where nothing would be written. */
  readonly question: (args: JsonObject, plan: Plan) => string | undefined;
  /** The writes that a yes leads to, as far as nothing changes until then: what a dry run shows. */
  readonly writes: (plan: Plan) => readonly { readonly operation: Operation; readonly args: JsonObject }[];
  /** The records the question names, with the state they were shown in. */
  readonly items: (plan: Plan) => readonly { readonly key: string; readonly state: unknown }[];
}

/** How one record of a batch is looked at by itself, right before it is written. */
export interface Still {
  readonly operation: Operation;
  readonly args: JsonObject;
  /** Whether the answer shows it as the question did; it is undefined where LeadDyno has no such record. */
  readonly holds: (shaped: JsonObject | undefined) => boolean;
}

/** What a workflow works with: LeadDyno's operations, within one call's time. Never a request of its own. */
export interface Work {
  readonly signal: AbortSignal;
  /** Milliseconds until the call has to answer; never below 0. */
  timeLeft(): number;
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds that LeadDyno's clock is ahead of `now`, at the least; undefined before its first answer. */
  leaddynoAhead(): number | undefined;
  /** Requests to LeadDyno that may start in a minute; 0 for no limit. */
  readonly requestsAMinute: number;
  /**
   * One reading operation, shaped (`{ affiliate: {…} }`).
   * @throws LeadDynoError, `not_found` where there is no such record
   */
  read(operation: Operation, args: JsonObject): Promise<JsonObject>;
  /** Every record of a collection, from the cache if it is young enough. Stops when the time is over. */
  scan: Scans['scan'];
  /** The records of a collection that were created in a window of time, without reading what lies outside if possible. */
  scanWindow: Scans['scanWindow'];
  /** Tries a part of the answer that the rest can do without. If no read of a call succeeds, the call fails. */
  attempt: TryPart;
  /** Records whose fields can be read; the others are told once, in the answer (`reading/unread.ts`). */
  readable: Unread['readable'];
  /**
   * One write, once the batch was confirmed; recorded in the change log. What creates a record looks it up right before,
   * like the operation by itself: if it is there, nothing is sent and the answer says `already_existed`.
   * @param before the record as it was read for the question; null for one that is created
   * @param still what is looked at right before, if too long has passed since the question's records were read
   * @throws LeadDynoError with what became of the request; `changed` if it was not sent for that
   */
  write(operation: Operation, args: JsonObject, before: JsonObject | null, still?: Still): Promise<JsonObject>;
  /** Which commissions this server remembers as paid, by id, on this account. */
  readonly payments: {
    /** Whether that outlives this process. */
    readonly lasts: boolean;
    /** @throws Unavailable */
    find(ids: readonly string[]): Promise<ReadonlyMap<string, Payment>>;
  };
  /**
   * Remembers commissions as paid, once the batch was confirmed; sends nothing to LeadDyno.
   * @throws Unavailable
   */
  remember(ids: readonly string[], how: Payment['how'], amount?: string): Promise<void>;
  /**
   * Carries out what changes no record of LeadDyno, and notes it in the change log like a write.
   * @param what for the log, in place of arguments that were sent
   * @throws Unavailable: if it cannot be noted, nothing is done
   */
  recordOwn(what: JsonObject, perform: () => Promise<void>): Promise<void>;
  /** What `batch.plan` read, in the call that carries it out. */
  readonly plan: unknown;
  /** Keys of `batch.items` that have changed since the question was put. */
  readonly changed: ReadonlySet<string>;
  /** Notes a bug of ours that the rest of a call survives. */
  report(error: unknown): void;
  /** Tells a waiting person how far it is. */
  progress(done: number, total: number | undefined, message: string): void;
  /** Reads a list that lies on the user's machine, where this server may (`--export-folder`); absent where it may not. */
  readonly readGiven?: ((name: string) => Promise<GivenFile>) | undefined;
  /** A value as a result would show it: cleaned, and masked where people are. For all that goes into a file. */
  present(value: unknown): unknown;
  /** Keeps a file for this caller alone, where every replica can serve it. @throws Unavailable */
  keepFile(file: KeptFile): Promise<SavedFile>;
  /** A file of this caller by its resource URI; undefined if it is gone, or another's. @throws Unavailable */
  readFile(uri: string): Promise<KeptFile | undefined>;
  /** This caller's files that are not gone, the newest first. @throws Unavailable */
  listFiles(): Promise<readonly FileListing[]>;
  /** Keeps a text of this server's own for this caller alone, for a day. @returns the id to find it by. @throws Unavailable */
  keepNote(kind: string, text: string): Promise<string>;
  /** Such a text; undefined if it is gone, or another's. @throws Unavailable */
  findNote(kind: string, id: string): Promise<string | undefined>;
  /** What was changed through this server: from the audit log, or of this process where there is none. */
  changes(query: ChangeQuery): Promise<{ readonly changes: readonly Change[]; readonly source: string }>;
  /** Every tool there is, be it switched on or off. */
  readonly tools: readonly Tool[];
  /** Whether this server serves a tool: `--read-only`, `--toolsets` and the like leave some out. */
  serves(tool: string): boolean;
  /** Whether the data is that of the sandbox (`--sandbox`). */
  readonly isSandbox: boolean;
  /** Whether the operator has switched a tool off by name: a workflow must not be a way around that. */
  isSwitchedOff(tool: string): boolean;
  /** Whether what is named is looked up first, so that a misspelt name is refused (off by `--no-precheck`). */
  readonly prechecks: boolean;
  /** Whether people are shown as pseudonyms (`--mask-pii`). */
  readonly masksPeople: boolean;
}

/** Now by LeadDyno's clock, as far as it is known to be ahead: its records carry that time. Epoch milliseconds. */
export const leaddynoNow = (work: Pick<Work, 'now' | 'leaddynoAhead'>): number =>
  work.now() + Math.max(0, work.leaddynoAhead() ?? 0);

/** A file that a tool made: text whose cells and strings are as they should leave. */
export interface KeptFile {
  readonly name: string;
  readonly mimeType: string;
  readonly text: string;
  /** Its first line is a row like the others. */
  readonly headless?: true;
}

/** A file of the user's: what stands in it, or why it is not read, as a sentence without its full stop. */
export type GivenFile = { readonly text: string } | { readonly problem: string };

/** A file without what is in it. */
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

/** Where a file can be had. */
export interface SavedFile {
  /** Its address as a resource. */
  readonly uri: string;
  /** Its name, if it is kept under another one than was asked for. */
  readonly name?: string;
  /** Where it lies on this machine. */
  readonly path?: string;
  /** Why it does not lie there. */
  readonly not_written?: string;
  /** What a person can click. */
  readonly download_url?: string;
  /** UTC; afterwards it is gone, other than from the disk. */
  readonly expires_at: string;
}

/** One tool as the server serves it. */
export type Tool = Operation | Workflow;

export function isWorkflow(tool: Tool): tool is Workflow {
  return 'load' in tool;
}

/** Tools that are switched on and off together. */
export interface Toolset {
  readonly name: string;
  readonly description: string;
  readonly tools: readonly Tool[];
}
