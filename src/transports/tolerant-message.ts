import { isObject, type JsonObject, parseJson } from '../json.ts';

/*
 * Messages as hosts send them. The SDK checks the outer form of a message by strict schemas: over stdio it drops what
 * does not fit without an answer, and elsewhere it answers in its own terms. A host that writes null for what is not
 * given means nothing else by it.
 */

const FIELDS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params']);

/** A message in the form that the SDK takes: without what is null or foreign, arguments sent as JSON text as an object. */
export function tolerant(message: unknown): unknown {
  if (!isObject(message) || typeof message.method !== 'string') return message;
  const { params, ...rest } = message;
  const known = Object.fromEntries(Object.entries(rest).filter(([name]) => FIELDS.has(name)));
  const given = paramsOf(params, message.method);
  return given === undefined ? known : { ...known, params: given };
}

function paramsOf(params: unknown, method: string): unknown {
  if (params === null || params === '' || (Array.isArray(params) && params.length === 0)) return undefined;
  if (!isObject(params)) return params;
  const given = withoutNulls(params);
  if (isObject(given._meta)) given._meta = withoutNulls(given._meta);
  if (method === 'tools/call' || method === 'prompts/get') {
    const { arguments: args } = given;
    if (args === '' || (Array.isArray(args) && args.length === 0)) delete given.arguments;
    const parsed = typeof args === 'string' ? parseJson(args)?.value : undefined;
    if (isObject(parsed)) given.arguments = parsed;
  }
  return given;
}

const withoutNulls = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));

/** An error for a request that the SDK would drop without an answer; undefined if it takes it. */
export function refusalOf(message: unknown): object | undefined {
  if (!isObject(message)) return refusal(null, -32600, 'A message must be a JSON object.');
  const { jsonrpc, id, method, params } = message;
  // What has no id gets no answer, and an answer has no method.
  if (!('id' in message) || !('method' in message)) return undefined;
  if (!isId(id)) return refusal(null, -32600, 'The id of a request must be text or a whole number.');
  if (jsonrpc !== '2.0') return refusal(id, -32600, 'jsonrpc must be "2.0".');
  if (typeof method !== 'string') return refusal(id, -32600, 'method must be text.');
  if (params !== undefined && !isObject(params)) return refusal(id, -32602, 'params must be a JSON object.');
  const meta = isObject(params) ? params._meta : undefined;
  if (meta !== undefined && !isObject(meta)) return refusal(id, -32602, 'params._meta must be a JSON object.');
  const token = isObject(meta) ? meta.progressToken : undefined;
  return token === undefined || isId(token)
    ? undefined
    : refusal(id, -32602, 'params._meta.progressToken must be text or a whole number.');
}

const isId = (value: unknown): value is string | number => typeof value === 'string' || Number.isInteger(value);

const refusal = (id: string | number | null, code: number, message: string) => ({
  jsonrpc: '2.0',
  id,
  error: { code, message },
});
