import type { JsonObject } from '../../../src/json.ts';
import { affiliates } from './affiliates.ts';
import { campaigns, subIds } from './campaigns-and-sub-ids.ts';
import { commissions } from './commissions.ts';
import { customFields } from './custom-fields.ts';
import type { Entry, Example, Table } from './entry.ts';
import { leads } from './leads.ts';
import { purchases } from './purchases.ts';
import { visitors } from './visitors.ts';

/** Group by group. */
export const table: Readonly<Record<string, Table>> = {
  affiliates,
  commissions,
  purchases,
  leads,
  visitors,
  campaigns,
  custom_fields: customFields,
  sub_ids: subIds,
};

/** Every operation by its name. */
export const entries: Table = Object.assign({}, ...Object.values(table));

export function entryOf(name: string): Entry {
  const found = entries[name];
  if (!found) throw new Error(`${name} has no entry under test/operations/table/`);
  return found;
}

/** Method and path of a call: `{id}` is the id among its arguments. */
export function requestLine({ route }: Entry, input: JsonObject): { method: string; path: string } {
  const [method = '', path = ''] = route.split(' ');
  const id = Object.entries(input).find(([field]) => field.endsWith('_id'))?.[1];
  return { method, path: path.replace('{id}', String(id)) };
}

export type SentExample = Example & { readonly method: string; readonly path: string };

/** The examples of a tool, each with the line of its request. */
export const examplesOf = (name: string): readonly SentExample[] =>
  entryOf(name).examples.map((example) => ({ ...example, ...requestLine(entryOf(name), example.input) }));

/** The example that gives the most arguments. */
export const fullestInput = (name: string): JsonObject =>
  entryOf(name)
    .examples.map(({ input }) => input)
    .reduce((most, input) => (Object.keys(input).length > Object.keys(most).length ? input : most));
