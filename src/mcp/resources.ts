import {
  type Resource as ListedResource,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type ResourceTemplateType,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { isObject, type JsonObject } from '../json.ts';
import { bind } from '../operations/operation.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import type { IsOn, Resource, ResourceReader } from '../workflows/resource.ts';
import { recordResources } from '../workflows/resources.ts';
import { isWorkflow, type Tool } from '../workflows/workflow.ts';
import type { AccountChoice } from './account-choice.ts';
import { cutToSize } from './cut-to-size.ts';
import { failureText, isLeadDynoError } from './failures.ts';
import { keptFiles } from './kept-files.ts';
import { page } from './page.ts';
import { addressIn, isTemplate, matcherOf, type ServedResource } from './served-resource.ts';
import type { Services } from './services.ts';
import { skillResources } from './skills.ts';

/** Answers everything that the protocol asks about resources. Made once, used by every server with these tools. */
export function serveResources(tools: readonly Tool[], services: Services) {
  const served = offeredWith(tools, services).map((resource) => ({ ...resource, match: matcherOf(resource.uri) }));
  const fixed = served
    .filter(({ uri }) => !isTemplate(uri))
    .map(({ uri, about }): ListedResource => ({ uri, ...about }));
  const templates = served.filter(({ uri }) => isTemplate(uri));
  const resourceTemplates = templates.map(({ uri, about }): ResourceTemplateType => ({ uriTemplate: uri, ...about }));
  return {
    completes: served.some(({ complete }) => complete !== undefined),
    /** Whether the list can change while the server runs, apart from changes of records. */
    changes: makesFiles(tools),
    /** @param which `without records`: of the templates it lists no records, only files that tools made */
    async list(ctx: ServerContext, which: 'all' | 'without records' = 'all') {
      const found = await Promise.all(
        templates
          .filter(({ asksLeadDyno }) => which === 'all' || !asksLeadDyno)
          .map(async ({ about, list }) => ((await list?.(ctx)) ?? []).map((one) => ({ about, one }))),
      );
      const listed = found.flat();
      // If a template lists a fixed resource, what it says is merged into that resource's entry.
      const more = new Map(listed.map(({ one }) => [one.uri, one]));
      const known = new Set(fixed.map(({ uri }) => uri));
      const others = listed.filter(({ one }) => !known.has(one.uri)).map(({ about, one }) => ({ ...about, ...one }));
      return { resources: [...fixed.map((one) => ({ ...one, ...more.get(one.uri) })), ...others] };
    },
    templates: () => ({ resourceTemplates }),
    async read(given: string, ctx: ServerContext) {
      const uri = normalised(given);
      for (const resource of served) {
        const variables = resource.match(uri);
        if (!variables) continue;
        const content = await resource.read(variables, ctx);
        if (!content) throw new ResourceNotFoundError(uri);
        // The older revisions have no cache hints.
        return { contents: [{ uri, ...content }], ...(ctx.mcpReq.envelope && resource.cacheHint) };
      }
      throw new ResourceNotFoundError(given);
    },
    /**
     * @param _chosen the values of other variables of the same address
     * @returns undefined if that variable has no completion
     */
    async complete(
      uri: string,
      variable: string,
      typed: string,
      ctx: ServerContext,
      _chosen: Readonly<Record<string, string>> = {},
    ) {
      const resource = served.find((one) => one.uri === uri);
      if (!resource) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Resource template ${uri} not found`);
      return await resource.complete?.(variable, typed, ctx);
    },
  };
}

const makesFiles = (tools: readonly Tool[]) => tools.some((tool) => isWorkflow(tool) && tool.makesFiles);

/** Resources of tools that are off do not exist either. */
function offeredWith(tools: readonly Tool[], services: Services): ServedResource[] {
  const names = new Set(tools.map(({ name }) => name));
  const isOn: IsOn = ({ name }) => names.has(name);
  const workflows = tools.filter(isWorkflow);
  return [
    ...recordResources.filter(({ isOffered }) => isOffered?.(isOn)).map((one) => serveJson(one, isOn, services)),
    ...(makesFiles(tools) ? [keptFiles(services)] : []),
    ...(workflows.some(({ picture }) => picture) ? [page(services)] : []),
    ...workflows.flatMap(({ resources = [] }) => resources.map((one) => serveJson(one, isOn, services))),
    ...skillResources(tools),
  ];
}

function normalised(uri: string): string {
  if (URL.canParse(uri)) return new URL(uri).href;
  const where = { uri, reason: 'invalid_uri' };
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Resource URI ${uri} is invalid`, where);
}

const JSON_TYPE = 'application/json';
/** Milliseconds. Lists and completions are a convenience: they do not wait for a slow LeadDyno. */
const PATIENCE_MS = 5_000;

function serveJson(resource: Resource, isOn: IsOn, services: Services): ServedResource {
  const { name, title, description, uri, list, complete } = resource;
  return {
    uri,
    about: { name, title, description, mimeType: JSON_TYPE },
    cacheHint: { ttlMs: 15_000, cacheScope: 'private' },
    asksLeadDyno: true,
    async read(variables, ctx) {
      try {
        const value = await resource.read(variables, readerOf(isOn, services, ctx));
        return value && { mimeType: JSON_TYPE, text: JSON.stringify(shown(resource, value, services)) };
      } catch (error) {
        return missOrFail(error, services);
      }
    },
    // Empty after any failure: otherwise one failure would fail the whole list of resources.
    ...(list && { list: (ctx) => list(readerOf(isOn, services, ctx, PATIENCE_MS)).catch(() => []) }),
    ...(complete && {
      async complete(variable, typed, ctx) {
        const one = Object.hasOwn(complete, variable) ? complete[variable] : undefined;
        return await one?.(typed, readerOf(isOn, services, ctx, PATIENCE_MS)).catch(() => []);
      },
    }),
  };
}

function readerOf(
  isOn: IsOn,
  services: Services,
  { mcpReq: { signal } }: ServerContext,
  timeoutMs?: number,
): ResourceReader {
  const { account, changes, client, now, present } = services;
  return {
    isOn,
    addressOf: (uri) => addressIn(uri, services),
    now,
    presentText: present.text,
    masksPeople: present.masksPeople,
    changes: (query) => changes.list(account, query),
    async read(operation, args) {
      const options = timeoutMs === undefined ? { signal } : { signal, timeoutMs };
      return operation.returns.shape(await client.send(bind(operation, args), options), args, now());
    },
  };
}

/** Cleaned, masked and within the size budget. */
function shown({ rows, cutNote }: Resource, value: JsonObject, services: Services): unknown {
  const { accountName: account, maxResultChars } = services;
  const presented = services.present.value(value);
  const clean = isObject(presented) && account !== undefined ? { account, ...presented } : presented;
  if (!isObject(clean) || JSON.stringify(clean).length <= maxResultChars) return clean;
  if (cutNote === undefined) return cutToSize(clean, maxResultChars, rows);
  const { next_page: _, next_skip: __, ...cut } = cutToSize({ ...clean, note: cutNote }, maxResultChars, rows);
  return cut;
}

/** A miss is -32602 with the URI in both revisions; other failures are -32603 with what to do next. */
function missOrFail(error: unknown, { present }: Services): undefined {
  if (isLeadDynoError(error)) {
    if (error.reason === 'not_found') return undefined;
    throw new ProtocolError(ProtocolErrorCode.InternalError, failureText(error, 'read', undefined, present.text));
  }
  if (!isUnavailable(error, 'change_log')) throw error;
  const message = 'The audit log cannot be read. Ask the operator to check the folder given with --audit-log.';
  throw new ProtocolError(ProtocolErrorCode.InternalError, message);
}

type Resources = ReturnType<typeof serveResources>;

/** An address of one account: `leaddyno://accounts/acme/affiliates/7`; `{account}` in a template. */
const OF_ACCOUNT = /^leaddyno:\/\/accounts\/([^/]+)\/(.*)$/s;
const isRecord = (uri: string) => uri.startsWith('leaddyno://');
/** The variable for the account in templates. */
const VARIABLE = '{account}';

/**
 * Answers everything that the protocol asks about resources if there are several accounts: each account has its own
 * addresses, below its name. Single affiliates are not listed then: that would take a request for each account.
 */
export function serveResourcesOfSeveral(tools: readonly Tool[], choice: AccountChoice): Resources {
  const { names, fallback, servicesOf } = choice;
  const known = new Map<string, Resources>();
  function of(name: string): Resources {
    const served = known.get(name) ?? serveResources(tools, servicesOf(name));
    known.set(name, served);
    return served;
  }
  const first = of(fallback ?? names[0] ?? '');

  function findAccount(uri: string) {
    const [, name = '', rest = ''] = OF_ACCOUNT.exec(uri) ?? [];
    return names.includes(name) ? { name, uri: `leaddyno://${rest}` } : undefined;
  }

  return {
    completes: true,
    changes: first.changes,
    async list(ctx: ServerContext) {
      const lists = await Promise.all(
        names.map(async (name) => ({ name, listed: await of(name).list(ctx, 'without records') })),
      );
      const resources = lists.flatMap(({ name, listed }, index) =>
        listed.resources.flatMap((one) => {
          // Pages and skills are the same for all accounts.
          if (!isRecord(one.uri)) return index === 0 ? [one] : [];
          const uri = addressIn(one.uri, { accountName: name });
          return [{ ...one, uri, name: `${name}-${one.name}`, title: `${one.title ?? one.name} (${name})` }];
        }),
      );
      return { resources };
    },
    templates: () => ({
      resourceTemplates: first.templates().resourceTemplates.map((one) => ({
        ...one,
        uriTemplate: addressIn(one.uriTemplate, { accountName: VARIABLE }),
      })),
    }),
    async read(given, ctx) {
      if (!isRecord(given)) return await first.read(given, ctx);
      const found = findAccount(given);
      if (!found) {
        if (OF_ACCOUNT.test(given)) throw new ResourceNotFoundError(given);
        const message = `${given} does not say which account: write leaddyno://accounts/NAME/… with one of ${names.join(', ')}`;
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, message, { uri: given });
      }
      const { contents, ...hints } = await of(found.name).read(found.uri, ctx);
      return {
        ...hints,
        contents: contents.map((one) => ({ ...one, uri: addressIn(one.uri, { accountName: found.name }) })),
      };
    },
    async complete(uri, variable, typed, ctx, chosen = {}) {
      const [, place, rest = ''] = OF_ACCOUNT.exec(uri) ?? [];
      if (place !== VARIABLE) return await first.complete(uri, variable, typed, ctx);
      if (variable === 'account') return names.filter((name) => name.startsWith(typed.trim()));
      const name = chosen.account ?? fallback ?? '';
      return names.includes(name) ? await of(name).complete(`leaddyno://${rest}`, variable, typed, ctx) : [];
    },
  };
}
