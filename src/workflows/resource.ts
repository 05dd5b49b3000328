import type { JsonObject } from '../json.ts';
import type { Operation } from '../operations/operation.ts';
import type { Change, ChangeQuery } from '../ports/change-log.ts';

/** JSON that a client can read by its address, without calling a tool. */
export interface Resource {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Its address; with `{variables}`, a template for many addresses. */
  readonly uri: string;
  /** Whether the tools that it reads with are on; absent if it belongs to a workflow and is on with it. */
  readonly isOffered?: (isOn: IsOn) => boolean;
  /** Key of the rows that are left off the end if the JSON grows too large. */
  readonly rows?: string;
  /** Says how to get what was left off, if no page of this resource can. */
  readonly cutNote?: string;
  /** @returns undefined if there is no such resource. @throws LeadDynoError, Unavailable */
  readonly read: (variables: Variables, reader: ResourceReader) => Promise<JsonObject | undefined>;
  /** Entries for the list of resources, each with a label. One for a fixed resource replaces that resource's title. */
  readonly list?: (reader: ResourceReader) => Promise<readonly ListedAddress[]>;
  /** Suggestions for a variable that was typed in part. */
  readonly complete?: Readonly<Record<string, (typed: string, reader: ResourceReader) => Promise<readonly string[]>>>;
}

export interface ListedAddress {
  readonly uri: string;
  readonly name: string;
  /** What a person reads in a list. */
  readonly title: string;
}

/** The values of a template's variables in an address. */
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
  /** The address as a client needs it: with several accounts, it names the account. */
  addressOf(uri: string): string;
  /** Epoch milliseconds. */
  now(): number;
  /** Text as a result would show it: cleaned, and masked if people are. */
  presentText(text: string): string;
  readonly masksPeople: boolean;
}
