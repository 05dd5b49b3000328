import type { JsonObject } from '../json.ts';
import type { Operation } from '../operations/operation.ts';
import type { Change, ChangeQuery } from '../ports/change-log.ts';

/** JSON that a client can read by its address, besides calling tools. */
export interface Resource {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Its address; with `{variables}` the template of many. */
  readonly uri: string;
  /** Whether what it reads is on; absent: it belongs to a workflow and is on with it. */
  readonly isOffered?: (isOn: IsOn) => boolean;
  /** Rows that are left off the end if the JSON grows too large. */
  readonly rows?: string;
  /** Says how to get what was left off, if no page of this resource can. */
  readonly cutNote?: string;
  /** @returns undefined if there is no such resource. @throws LeadDynoError, Unavailable */
  readonly read: (variables: Variables, reader: ResourceReader) => Promise<JsonObject | undefined>;
  /** Addresses that a list of resources names, each with a label. One of a fixed resource says more of that. */
  readonly list?: (reader: ResourceReader) => Promise<readonly ListedAddress[]>;
  /** Values for a variable that has been typed in part. */
  readonly complete?: Readonly<Record<string, (typed: string, reader: ResourceReader) => Promise<readonly string[]>>>;
}

export interface ListedAddress {
  readonly uri: string;
  readonly name: string;
  /** What a person reads in a list. */
  readonly title: string;
}

/** What stands in an address in place of the variables of its template. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Whether a tool is served to the caller. */
export type IsOn = (tool: { readonly name: string }) => boolean;

/** What a resource is read with. */
export interface ResourceReader {
  readonly isOn: IsOn;
  /** One reading operation, shaped (`{ affiliate: {…} }`). @throws LeadDynoError */
  read(operation: Operation, args: JsonObject): Promise<JsonObject>;
  /** What was changed through this server, the newest first. @throws Unavailable */
  changes(query: ChangeQuery): Promise<{ readonly changes: readonly Change[]; readonly source: string }>;
  /** An address of this file's as a client has it: where there are several accounts it names one. */
  addressOf(uri: string): string;
  /** Epoch milliseconds. */
  now(): number;
  /** Text as a result would show it: cleaned, and masked if people are. */
  presentText(text: string): string;
  readonly masksPeople: boolean;
}
