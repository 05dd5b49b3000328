import {
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
  type StandardSchemaV1,
} from '@modelcontextprotocol/server';
import type { Skill as ListedSkill } from '@modelcontextprotocol/server/ext/skills';
import { skillOf } from '../workflows/skills.ts';
import type { Tool } from '../workflows/workflow.ts';
import { promptsWith } from './prompts.ts';
import type { ServedResource } from './served-resource.ts';

/*
 * Skills over MCP (SEP-2640). The SDK attaches its extension only to its high-level server, which we do not use. What
 * it does for an entry (digests, sizes, the rules of a `SKILL.md`) is used as it is, and loaded when a client first
 * asks.
 */

export const SKILLS_EXTENSION = 'io.modelcontextprotocol/skills';

const BASE = 'skill://';
const MARKDOWN = 'text/markdown';
/** Skills change only with the version. */
const CACHE = { ttlMs: 60 * 60_000, cacheScope: 'private' } as const;

const uriOf = (name: string) => `${BASE}${name}/SKILL.md`;

/** The skills that these tools can carry out, as resources. */
export function skillResources(tools: readonly Tool[]): ServedResource[] {
  return promptsWith(tools)
    .map(skillOf)
    .map(({ name, title, description, markdown }) => ({
      uri: uriOf(name),
      about: { name, title, description, mimeType: MARKDOWN },
      cacheHint: CACHE,
      read: async () => ({ mimeType: MARKDOWN, text: markdown() }),
    }));
}

interface GetParams {
  readonly uri: string;
}

/** Checks the parameters of `skills/get`: one address. */
export const skillAddress: StandardSchemaV1<unknown, GetParams> = {
  '~standard': {
    version: 1,
    vendor: 'leaddyno-mcp',
    validate: (value) => {
      const uri = (value as { readonly uri?: unknown } | undefined)?.uri;
      return typeof uri === 'string' ? { value: { uri } } : { issues: [{ message: 'uri is missing' }] };
    },
  },
};

/** Answers everything that the protocol asks about skills. Made once, used by every server with these tools. */
export function serveSkills(tools: readonly Tool[]) {
  const offered = promptsWith(tools).map(skillOf);
  let entries: Promise<ListedSkill[]> | undefined;
  const load = () => {
    entries ??= import('@modelcontextprotocol/server/ext/skills').then(({ skillEntry }) =>
      Promise.all(offered.map(({ name, markdown }) => skillEntry(name, { 'SKILL.md': markdown() }))),
    );
    return entries;
  };
  // The older revisions have no cache hints.
  const cache = ({ mcpReq }: ServerContext) => (mcpReq.envelope ? CACHE : {});
  return {
    offered: offered.length > 0,
    list: async (ctx: ServerContext) => ({ skills: await load(), ...cache(ctx) }),
    async get(uri: string, ctx: ServerContext) {
      const skill = (await load()).find((one) => one.uri === uri);
      if (skill) return { skill, ...cache(ctx) };
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no skill at ${uri}`);
    },
  };
}
