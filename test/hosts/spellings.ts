import { isObject, type JsonObject } from '../../src/json.ts';

/* Arguments as hosts are known to send them. Each way of writing keeps every value. */

type Write = (value: unknown, schema: JsonObject) => unknown;

const NUMBERS = ['integer', 'number'];

const numbersAsText: Write = (value, { type }) =>
  typeof value === 'number' && NUMBERS.includes(String(type)) ? String(value) : value;
const flagsAsText: Write = (value) => (typeof value === 'boolean' ? String(value) : value);
const textAsNumber: Write = (value, { type }) =>
  type === 'string' && typeof value === 'string' && String(Number(value)) === value ? Number(value) : value;
const listsAsText: Write = (value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value);
const loneItems: Write = (value) => (Array.isArray(value) && value.length === 1 ? value[0] : value);
const itemsAsText: Write = (value, { items }) =>
  Array.isArray(value) && isObject(items) ? value.map((item) => numbersAsText(item, items)) : value;

const eachWith =
  (write: Write) =>
  (args: JsonObject, { properties }: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(args).map(([name, value]) => {
        const schema = isObject(properties) ? properties[name] : undefined;
        return [name, isObject(schema) ? write(value, schema) : value];
      }),
    );

/** Everything that is optional and was not given, as `value`. */
const fillWith =
  (value: unknown) =>
  (args: JsonObject, { properties, required }: JsonObject): JsonObject => {
    const optional = Object.keys(Object(properties)).filter(
      (name) => !(Array.isArray(required) && required.includes(name)),
    );
    return { ...Object.fromEntries(optional.map((name) => [name, value])), ...args };
  };

export const spellings: Readonly<Record<string, (args: JsonObject, schema: JsonObject) => JsonObject>> = {
  'numbers as text': eachWith(numbersAsText),
  'flags as text': eachWith(flagsAsText),
  'text of digits as a number': eachWith(textAsNumber),
  'lists and objects as JSON text': eachWith(listsAsText),
  'a list of one as its item': eachWith(loneItems),
  'items of a list as text': eachWith(itemsAsText),
  'null for what is left out': fillWith(null),
  'an empty text for what is left out': fillWith(''),
};
