import { type CacheHint, type Resource, type ServerContext, UriTemplate } from '@modelcontextprotocol/server';
import type { Variables } from '../workflows/resource.ts';

/** A resource as the protocol side serves it, whatever stands behind it. */
export interface ServedResource {
  /** Its address, or the template of its addresses. */
  readonly uri: string;
  /** What the lists say of it. */
  readonly about: Omit<Resource, 'uri'>;
  readonly cacheHint: Required<CacheHint>;
  /** It is read from LeadDyno, and so is what it lists. */
  readonly asksLeadDyno?: true;
  /** @returns undefined if there is no such resource */
  readonly read: (variables: Variables, ctx: ServerContext) => Promise<Content | undefined>;
  /** Addresses of a template that the list of resources names; or what more it says of one that it names anyway. */
  readonly list?: (ctx: ServerContext) => Promise<readonly Resource[]>;
  /** @returns undefined if the variable has no completion */
  readonly complete?: (variable: string, typed: string, ctx: ServerContext) => Promise<readonly string[] | undefined>;
}

/** What is read at an address. */
export interface Content {
  readonly mimeType: string;
  readonly text: string;
  readonly _meta?: Record<string, unknown>;
}

export const isTemplate = (uri: string): boolean => uri.includes('{');

/** Parsed once per process: that costs more than all the rest of a resource. */
const uriTemplates = new Map<string, UriTemplate>();

/** What stands in an address in place of the variables; undefined for an address of something else. */
export function matcherOf(uri: string): (given: string) => Variables | undefined {
  if (!isTemplate(uri)) return (given) => (given === uri ? {} : undefined);
  const template = uriTemplates.get(uri) ?? new UriTemplate(uri);
  uriTemplates.set(uri, template);
  // None of ours takes several values for one variable.
  return (given) => (template.match(given) as Variables | null) ?? undefined;
}
