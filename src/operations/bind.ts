import type { JsonObject } from '../json.ts';
import type { LeadDynoRequest } from '../leaddyno/request.ts';
import { RESERVED } from './fields.ts';
import type { Operation } from './operation.ts';

const reserved: ReadonlySet<string> = new Set(RESERVED);

/**
 * The request of an operation with these arguments: `{field}` in the path takes the field of that name, the rest goes
 * to the query (GET, DELETE) or to a JSON body (POST, PUT). Our own fields never travel.
 * @throws RangeError where a value would leave its path segment
 */
export function bind(operation: Pick<Operation, 'method' | 'path'>, args: JsonObject): LeadDynoRequest {
  const used = new Set<string>();
  const path = operation.path.replace(/\{(\w+)\}/g, (_, field: string) => {
    used.add(field);
    return segment(field, args[field]);
  });
  const rest = Object.entries(args).filter(
    ([name, value]) => value !== undefined && !used.has(name) && !reserved.has(name),
  );
  const { method } = operation;
  if (method === 'GET' || method === 'DELETE') {
    const query = Object.fromEntries(rest.map(([name, value]) => [name, String(value)]));
    return rest.length > 0 ? { method, path, query } : { method, path };
  }
  return rest.length > 0 ? { method, path, body: Object.fromEntries(rest) } : { method, path };
}

/** One path segment; `.` and `..` survive encoding and are refused. */
function segment(field: string, value: unknown): string {
  const text = String(value ?? '');
  if (text === '' || text === '.' || text === '..') throw new RangeError(`${field} cannot stand in a path`);
  return encodeURIComponent(text.toWellFormed());
}
