import { notFound } from './api-error.ts';
import { type Call, created, ok, type Reply, type Route } from './route.ts';

/** The types the product offers; how the API spells them is not established. */
const TYPES = ['boolean', 'date', 'email', 'decimal', 'whole_number', 'number', 'text', 'website'];

/** Bodies and responses of both operations are not established: one field per call, known by its name. */
function define({ programme, params }: Call): Reply {
  const name = params.requiredText('name');
  const type = params.filledText('type') ?? 'text';
  const required = params.flag('required') ?? false;
  if (programme.customFields.has(name)) params.complain('name', 'has already been taken');
  if (!TYPES.includes(type)) params.complain('type', 'is not included in the list');
  params.check();
  return created(programme.addCustomField({ name, type, required }));
}

function remove({ programme, params }: Call): Reply {
  const name = params.requiredText('name');
  const field = programme.customFields.get(name);
  if (field === undefined) throw notFound('Custom field');
  programme.customFields.delete(name);
  for (const affiliate of programme.affiliates.rows) delete affiliate.customFields[name];
  return ok(field);
}

export const customFieldRoutes: readonly Route[] = [
  { method: 'POST', path: '/custom_fields', handle: define },
  { method: 'DELETE', path: '/custom_fields', handle: remove },
];
