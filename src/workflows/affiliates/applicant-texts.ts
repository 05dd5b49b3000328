import { isObject, type JsonObject } from '../../json.ts';
import { cutText } from '../../text.ts';

/** Longer than any name, and than what an answer needs to be judged; the whole record is in get_affiliate. */
const LONGEST_NAME = 120;
const LONGEST_ANSWER = 300;

const cut = (value: unknown, max: number) => (typeof value === 'string' ? cutText(value, max) : value);

/** First and last name, cut to a sane length. */
export function namesOf({ first_name, last_name }: JsonObject): JsonObject {
  return { first_name: cut(first_name, LONGEST_NAME), last_name: cut(last_name, LONGEST_NAME) };
}

/** What they answered, each answer cut to a sane length; nothing where there are no answers. */
export function answersOf({ custom_fields }: JsonObject): JsonObject {
  if (!isObject(custom_fields)) return custom_fields ? { custom_fields } : {};
  const answers = Object.entries(custom_fields).map(([name, value]) => [name, cut(value, LONGEST_ANSWER)]);
  return answers.length === 0 ? {} : { custom_fields: Object.fromEntries(answers) };
}
