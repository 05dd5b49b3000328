import type { Example, Table } from './entry.ts';

/** Every kind of value that the description of the field names. */
const ofType = (type: string): Example => ({
  input: { name: `A ${type} field`, type },
  body: { name: `A ${type} field`, type },
});

export const customFields: Table = {
  create_custom_field: {
    codes: ['F1'],
    route: 'POST /custom_fields',
    unverified: true,
    parameters: { name: 'required string', type: 'string', required: 'boolean' },
    answer: 'customField',
    effect: 'create',
    examples: [
      { input: { name: 'Shoe size' }, body: { name: 'Shoe size' } },
      {
        input: { name: 'Größe & "Form"', type: 'text', required: true },
        body: { name: 'Größe & "Form"', type: 'text', required: true },
      },
      ...['text', 'boolean', 'date', 'email', 'number', 'website'].map(ofType),
    ],
    call: () => ({ name: 'Newsletter', type: 'text' }),
  },
  delete_custom_field: {
    codes: ['F2'],
    route: 'DELETE /custom_fields',
    unverified: true,
    parameters: { name: 'required string' },
    answer: 'customField',
    effect: 'destroy',
    asks: 'always',
    examples: [
      { input: { name: 'Größe & "Form"', confirmation_token: 'never-travels' }, query: { name: 'Größe & "Form"' } },
    ],
    questions: [
      {
        args: () => ({ name: 'Website' }),
        state: ({ programme }) => [...programme.customFields.keys()],
        otherwise: { name: 'Audience size' },
        says: () => ['"Website"', 'may delete more than the named field', 'cannot be undone'],
      },
    ],
  },
};
