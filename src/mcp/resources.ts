import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  ResourceTemplate,
  UriTemplate,
} from '@modelcontextprotocol/server';
import { isObject, type JsonObject } from '../json.ts';
import { bind, type Operation } from '../operations/operation.ts';
import { affiliateIndex, program, type RecordResource, recordResources } from '../operations/resources.ts';
import { numberOf } from '../records/values.ts';
import { cutText } from '../text.ts';
import type { Tool } from '../workflows/workflow.ts';
import { cutToSize } from './cut-to-size.ts';
import { explain } from './failures.ts';
import { isLeadDynoError } from './results.ts';
import type { Services } from './services.ts';

/** How many affiliates `resources/list` names. */
const LISTED = 25;
const INDEXED = 100;
const LABEL_LENGTH = 60;
/** From how many characters on a completion searches: never a directory of everybody by one letter. */
const SEARCH_FROM = 3;
/** A list or a completion is a convenience: it does not wait for a slow LeadDyno. */
const PATIENCE_MS = 5_000;

const mimeType = 'application/json';
const cacheHint = { ttlMs: 15_000, cacheScope: 'private' } as const;

/** Registers the resources whose operations are among the tools: what is off does not exist here either. */
export function registerResources(server: McpServer, tools: readonly Tool[], services: Services): void {
  const isOn = (operation: Operation) => tools.includes(operation);

  if (isOn(affiliateIndex.operation)) {
    const { uri, title, description } = affiliateIndex;
    server.registerResource('affiliates', uri, { title, description, mimeType, cacheHint }, async (_, ctx) => {
      const { operation } = affiliateIndex;
      const shaped = await read(operation, affiliateIndex.args(INDEXED), uri, services, ctx.mcpReq.signal);
      const rows = rowsWithId(shaped);
      // An answer that is no list is shown as it came: it must not read as an empty programme.
      if (!rows) return contents(uri, shaped, services);
      const affiliates = rows.map((row) => ({ uri: affiliateIndex.recordUri(row.id), ...affiliateIndex.row(row) }));
      return contents(uri, { affiliates, next_page: shaped.next_page ?? null }, services, 'affiliates');
    });
  }

  const parts = program.parts.filter(({ operation }) => isOn(operation));
  const { sums } = program;
  if (parts.length > 0 || isOn(sums.operation)) {
    const { uri, title, description } = program;
    server.registerResource('program', uri, { title, description, mimeType, cacheHint }, async (_, ctx) => {
      const { signal } = ctx.mcpReq;
      const [answers, totals] = await Promise.all([
        Promise.all(
          parts.map(async ({ key, operation }) => [key, await read(operation, {}, uri, services, signal)] as const),
        ),
        isOn(sums.operation) ? readSums(uri, services, signal) : undefined,
      ]);
      return contents(uri, { ...Object.fromEntries(answers), ...(totals && { [sums.key]: totals }) }, services);
    });
  }

  for (const resource of recordResources) {
    if (isOn(resource.operation)) registerRecord(server, resource, isOn(affiliateIndex.operation), services);
  }
}

/** Read once per process: reading a template costs more than all the rest of its registration. */
const uriTemplates = new Map(recordResources.map((resource) => [resource, new UriTemplate(resource.uriTemplate)]));

function registerRecord(server: McpServer, resource: RecordResource, searchable: boolean, services: Services): void {
  const { name, title, description, operation } = resource;
  const isRecord = operation.returns.kind === 'one';
  const template = new ResourceTemplate(uriTemplates.get(resource) ?? resource.uriTemplate, {
    list: isRecord && searchable ? (ctx) => listFirst(services, ctx.mcpReq.signal) : undefined,
    complete: { affiliate_id: (typed) => (searchable ? complete(typed, services) : []) },
  });
  server.registerResource(name, template, { title, description, mimeType, cacheHint }, async (uri, variables, ctx) => {
    const id = String(variables.affiliate_id);
    if (!/^[1-9]\d{0,15}$/.test(id)) throw new ResourceNotFoundError(uri.href);
    const shaped = await read(operation, resource.args(Number(id)), uri.href, services, ctx.mcpReq.signal);
    return contents(uri.href, shaped, services, isRecord ? undefined : operation.returns.record.plural);
  });
}

/** The first affiliates by name; none on any failure, because one failing callback takes the whole list with it. */
async function listFirst(services: Services, signal: AbortSignal) {
  const rows = await readRows(affiliateIndex.args(LISTED), services, signal).catch(() => []);
  return {
    resources: rows.slice(0, LISTED).map((row) => ({
      uri: affiliateIndex.recordUri(row.id),
      name: labelOf(row, services),
    })),
  };
}

function labelOf(row: Row, services: Services): string {
  const label = services.present.masksPeople
    ? ''
    : services.present.text(affiliateIndex.label(row)).replace(/\s+/g, ' ').trim();
  return cutText(label, LABEL_LENGTH) || `Affiliate ${row.id}`;
}

/** Ids of the affiliates whose name or e-mail contains all words that were typed; ids alone, so that nothing else leaks. */
async function complete(typed: string, services: Services): Promise<string[]> {
  const query = typed.trim();
  if (Array.from(query).length < SEARCH_FROM || services.present.masksPeople) return [];
  const words = query.split(/\s+/);
  const { findable, holds } = await import('../workflows/profile/find-affiliate.ts');
  const rows = await readRows(affiliateIndex.search(findable(words)), services).catch(() => []);
  // What a single word finds is LeadDyno's to say: it may know more spellings of it.
  return rows.filter((row) => words.length === 1 || holds(row, words)).map((row) => String(row.id));
}

type Row = JsonObject & { readonly id: number };

/** Rows of the index that have an id to address them by; undefined where the answer was no list. */
function rowsWithId(shaped: JsonObject): Row[] | undefined {
  const rows = shaped[affiliateIndex.operation.returns.record.plural];
  if (!Array.isArray(rows)) return undefined;
  return rows.filter(isObject).flatMap((row) => {
    const id = numberOf(row.id);
    return id === undefined ? [] : [{ ...row, id }];
  });
}

/** Rows for a list or a completion. */
async function readRows(args: JsonObject, services: Services, signal?: AbortSignal): Promise<Row[]> {
  const { operation } = affiliateIndex;
  const body = await services.client.send(bind(operation, args), { timeoutMs: PATIENCE_MS, ...(signal && { signal }) });
  return rowsWithId(operation.returns.shape(body, args, services.now())) ?? [];
}

/** One read for a resource. */
async function read(
  operation: Operation,
  args: JsonObject,
  uri: string,
  services: Services,
  signal: AbortSignal,
): Promise<JsonObject> {
  return await orProtocolError(operation, uri, services, async () =>
    operation.returns.shape(await services.client.send(bind(operation, args), { signal }), args, services.now()),
  );
}

/** The totals of each currency that is met, as the workflows show them; loaded on its first use as they are. */
async function readSums(uri: string, services: Services, signal: AbortSignal): Promise<JsonObject> {
  const { commissionTotals } = await import('../workflows/overview/commission-totals.ts');
  const readOne = (operation: Operation, args: JsonObject) => read(operation, args, uri, services, signal);
  // A part that cannot be read fails the resource, as its counts do.
  const attempt = async <Value>(one: () => Promise<Value>) => ({ read: true, value: await one() }) as const;
  return await commissionTotals([], { read: readOne, attempt });
}

/** A miss is -32602 with the URI in both revisions; other failures are -32603 with what to do next. */
async function orProtocolError<Value>(
  operation: Operation,
  uri: string,
  services: Services,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!isLeadDynoError(error)) throw error;
    if (error.reason === 'not_found') throw new ResourceNotFoundError(uri);
    throw new ProtocolError(ProtocolErrorCode.InternalError, explain(error, operation, {}, services.present.text));
  }
}

function contents(uri: string, value: JsonObject, services: Services, rowsKey?: string) {
  const shown = cutToSize(services.present.value(value) as JsonObject, services.maxResultChars, rowsKey);
  return { contents: [{ uri, mimeType, text: JSON.stringify(shown) }] };
}
