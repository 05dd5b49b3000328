import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../src/leaddyno/answer.ts';
import { readErrorBody } from '../../src/leaddyno/answer-text.ts';
import { createScrub, scrubValues } from '../../src/leaddyno/scrub.ts';
import { cleanText } from '../../src/text.ts';
import { secret } from '../support/written.ts';

const each = (key: string, write: (char: string, index: number) => string) => [...key].map(write).join('');
const hex = (char: string) => char.charCodeAt(0).toString(16).padStart(2, '0');

/** Ways to spell a key so that a reader still gets it. */
const SPELLINGS: Readonly<Record<string, (key: string) => string>> = {
  plain: (key) => key,
  'JSON escapes': (key) => each(key, (char) => `\\u00${hex(char)}`),
  'JSON escapes of signs, as Gson and .NET write them': (key) =>
    each(key, (char) => (/\w/.test(char) ? char : `\\u00${hex(char).toUpperCase()}`)),
  'percent-encoding of everything': (key) => each(key, (char) => `%${hex(char)}`),
  'percent-encoding twice': (key) => each(key, (char) => `%25${hex(char)}`),
  'HTML entities': (key) => each(key, (char, index) => (index % 2 ? `&#${char.charCodeAt(0)};` : `&#x${hex(char)};`)),
  'soft hyphens between': (key) => each(key, (char) => `${char}\u00ad`),
  'zero width spaces between': (key) => each(key, (char) => `\u200b${char}`),
  'blanks between': (key) => each(key, (char) => `${char} `),
  'other case': (key) => each(key, (char, index) => (index % 2 ? char.toUpperCase() : char.toLowerCase())),
  'full-width letters': (key) =>
    each(key, (char) => (/[!-~]/.test(char) ? String.fromCodePoint(char.charCodeAt(0) + 0xfee0) : char)),
  base64: (key) => Buffer.from(key).toString('base64'),
  'base64 within': (key) => Buffer.from(`x:${key}:y`).toString('base64'),
  base64url: (key) => Buffer.from(`key=${key}`).toString('base64url'),
  hexadecimal: (key) => Buffer.from(key).toString('hex'),
};

/** Whether a reader of a text gets the key, whatever he decodes. */
const tells = (text: string, spelled: string, key: string) => {
  const plain = cleanText(text).toLowerCase();
  return text.includes(spelled) || plain.replace(/\s/g, '').includes(key.toLowerCase());
};

const keys = fc
  .array(fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'), {
    minLength: 20,
    maxLength: 48,
  })
  .map((chars) => chars.join(''));

describe.each(Object.entries(SPELLINGS))('a key in %s', (_, spell) => {
  test('is in no value and no name of what is read', () => {
    fc.assert(
      fc.property(keys, fc.string({ maxLength: 12 }), fc.boolean(), (key, around, asName) => {
        const spelled = spell(key);
        const text = `${around} ${spelled} ${around}`;
        const value = scrubValues(asName ? { [text]: 1 } : { a: [{ note: text }] }, createScrub(key));
        expect(tells(JSON.stringify(value), spelled, key)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test('is in no answer and no error, in JSON or not', () => {
    const key = secret('key-of-the-scrub-test');
    const spelled = spell(key);
    const scrub = createScrub(key);
    for (const text of [
      JSON.stringify({ id: 1, notes: `You sent ${spelled}` }),
      `{"id":1,"notes":"${spelled}"}`,
      JSON.stringify({ error: spelled }),
      `<html><h1>Bad key ${spelled}</h1></html>`,
    ]) {
      for (const status of [200, 422, 500]) {
        const outcome = readAnswer({ status, contentType: '', retryAfterSeconds: undefined, text, scrub }, false);
        expect(tells(JSON.stringify(outcome), spelled, key), text).toBe(false);
      }
      expect(tells(readErrorBody(text, scrub) ?? '', spelled, key), `${text} → ${readErrorBody(text, scrub)}`).toBe(
        false,
      );
    }
  });
});

test('what holds no key stays as it is, an own __proto__ too', () => {
  const scrub = createScrub('0123456789abcdef0123456789abcdef01234567');
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(scrubValues(JSON.parse(text), scrub)).toEqual(JSON.parse(text));
    }),
  );
  const value = scrubValues(JSON.parse('{"__proto__":{"a":"x"},"b":1}'), scrub);
  expect(JSON.stringify(value)).toBe('{"__proto__":{"a":"x"},"b":1}');
});
