import * as z from 'zod';
import { quote } from '../text.ts';
import { code, words } from './inputs.ts';
import { type Group, operation } from './operation.ts';
import { NO_UNDO } from './questions.ts';
import { either } from './returns.ts';
import * as shapes from './shapes.ts';

/** F1 `POST /custom_fields`, official-current (slug); its body is not established. */
const createCustomField = operation({
  name: 'create_custom_field',
  title: 'Create a custom field',
  description:
    "Define a custom field for affiliates (shown in their custom_fields). Needs LeadDyno's Essential plan or higher. Unverified.",
  method: 'POST',
  path: '/custom_fields',
  input: () => ({
    name: words('Name of the field'),
    type: code('text, boolean, date, email, number or website (exact words undocumented)').optional(),
    required: z.boolean().optional().describe('true: applicants must fill it in'),
  }),
  returns: either(shapes.customField),
  effect: 'create',
  unasked: 'it only defines a field and moves no money',
  undo: 'Remove it with delete_custom_field, which likely drops the stored values.',
  check: 'list_affiliates (detail: full)',
});

/** F2 `DELETE /custom_fields`, official-current (slug, no id in the path); its parameters are not established. */
const deleteCustomField = operation({
  name: 'delete_custom_field',
  title: 'Delete a custom field',
  description:
    "Delete a custom field of affiliates, most likely with all its values and perhaps more than that field: LeadDyno's page on this call could not be read. No undo. Unverified.",
  method: 'DELETE',
  path: '/custom_fields',
  input: () => ({ name: words('Name of the field') }),
  returns: either(shapes.customField),
  effect: 'destroy',
  idempotent: false,
  confirm: {
    asks: 'always',
    shows: 'that it may delete more than the named field',
    names: ['name'],
    question: ({ name }) =>
      `Delete the custom field ${quote(name)} from all affiliates, most likely with every value stored in it? No record could be read for this question, nor LeadDyno's page on this call: it may delete more than the named field. ${NO_UNDO}`,
  },
  undo: 'A deleted custom field and its values cannot be brought back.',
  check: 'list_affiliates (detail: full)',
});

export const customFields: Group = {
  name: 'custom_fields',
  description: 'Extra fields of affiliate records',
  operations: [createCustomField, deleteCustomField],
};
