import { type CacheHint, type Resource, type ServerContext, UriTemplate } from '@modelcontextprotocol/server';
import type { Variables } from '../workflows/resource.ts';
import type { Services } from './services.ts';

/** A resource as the protocol side serves it, whatever it is made from. */
export interface ServedResource {
  /** Its address, or a template for addresses. */
  readonly uri: string;
  /** What the lists say of it. */
  readonly about: Omit<Resource, 'uri'>;
  readonly cacheHint: Required<CacheHint>;
  /** Reading it, or listing its addresses, may take requests to LeadDyno. */
  readonly asksLeadDyno?: true;
  /** @returns undefined if there is no such resource */
  readonly read: (variables: Variables, ctx: ServerContext) => Promise<Content | undefined>;
  /** What a template adds to the list of resources. An entry for a fixed resource adds to what is said of that one. */
  readonly list?: (ctx: ServerContext) => Promise<readonly Resource[]>;
  /** @returns undefined if the variable has no completion */
  readonly complete?: (variable: string, typed: string, ctx: ServerContext) => Promise<readonly string[] | undefined>;
}

/** The content at an address. */
export interface Content {
  readonly mimeType: string;
  readonly text: string;
  readonly _meta?: Record<string, unknown>;
}

export const isTemplate = (uri: string): boolean => uri.includes('{');

/** The address of a record or file; it names the account where there are several. */
export function addressIn(uri: string, { accountName }: Pick<Services, 'accountName'>): string {
  return accountName === undefined
    ? uri
    : uri.replace(/^leaddyno:\/\/(?!accounts\/)/, `leaddyno://accounts/${accountName}/`);
}

/** Parsed once per process: parsing costs more than everything else that serving a resource takes. */
const uriTemplates = new Map<string, UriTemplate>();

/** Makes a function that returns the values of the variables in an address; undefined if the address does not match. */
export function matcherOf(uri: string): (given: string) => Variables | undefined {
  if (!isTemplate(uri)) return (given) => (given === uri ? {} : undefined);
  const template = uriTemplates.get(uri) ?? new UriTemplate(uri);
  uriTemplates.set(uri, template);
  // None of ours takes several values for one variable.
  return (given) => (template.match(given) as Variables | null) ?? undefined;
}
