import { cleanText } from '../text.ts';
import { readJson } from './answer-json.ts';
import { type Scrub, scrubValues } from './scrub.ts';

const MAX_CHARACTERS = 300;
/** How much of a text is looked at; an error that needs more than this says nothing in its first 300 characters. */
const MAX_LOOK = 8_192;
const MAX_DEPTH = 4;
const MAX_ITEMS = 10;

/**
 * What an error body says, as one line of at most 300 characters, or `undefined` where it says nothing. Knows the
 * shapes of API reference 4.4 (`error` as text or as field map, `message`, `null`, HTML, nothing) and their likely
 * relatives; never throws.
 * @param scrub takes the key out, before anything is cut
 */
export function readErrorBody(body: string, scrub: Scrub = asItIs): string | undefined {
  const parsed = readJson(body);
  const text = parsed === undefined ? readMarkup(body) : describe(scrubValues(parsed.value, scrub), 0);
  return oneLine(scrub(text), MAX_CHARACTERS);
}

/** The start of an unexpected body: tags and invisible characters gone, at most `max` characters. */
export function excerpt(body: string, max: number, scrub: Scrub = asItIs): string | undefined {
  return oneLine(scrub(stripTags(body.slice(0, MAX_LOOK))), max);
}

const asItIs: Scrub = (text) => text;

/** The error part of a parsed body as text; '' for nothing. */
function describe(value: unknown, depth: number): string {
  if (typeof value === 'string') return value.slice(0, MAX_LOOK);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return '';
  if (Array.isArray(value)) return join(value.slice(0, MAX_ITEMS).map((item) => describe(item, depth + 1)));
  const fields = new Map<string, unknown>(Object.entries(value));
  return describeMessage(fields, depth) || describeFields(fields, depth);
}

/** The text under the usual names of an error; a nested `message` counts only as text, for it may be a field's name. */
function describeMessage(fields: ReadonlyMap<string, unknown>, depth: number): string {
  const message = fields.get('message');
  const candidates = depth === 0 ? [fields.get('error'), fields.get('errors'), message] : [message];
  for (const candidate of candidates) {
    // `error: true` and `error: 422` only say that the words are elsewhere.
    if (typeof candidate === 'boolean' || typeof candidate === 'number') continue;
    if (depth > 0 && typeof candidate !== 'string') continue;
    const text = describe(candidate, depth + 1);
    if (text.trim() !== '') return text;
  }
  return '';
}

/** `{"email": ["is invalid"]}` as "email: is invalid". */
function describeFields(fields: ReadonlyMap<string, unknown>, depth: number): string {
  const lines = [...fields].slice(0, MAX_ITEMS).map(([name, value]) => {
    const text = describe(value, depth + 1);
    return text === '' ? '' : `${name.slice(0, MAX_LOOK)}: ${text}`;
  });
  return join(lines, '; ');
}

function join(parts: readonly string[], separator = ', '): string {
  // Cut on the way: nested lists would otherwise multiply.
  return parts
    .filter((part) => part.trim() !== '')
    .join(separator)
    .slice(0, MAX_LOOK);
}

/** The title of an HTML page, else its first heading, else its text; any other text as it is. */
function readMarkup(body: string): string {
  const start = body.slice(0, MAX_LOOK);
  for (const element of [/<title[^>]*>([^<]+)/i, /<h1[^>]*>([^<]+)/i]) {
    const text = element.exec(start)?.[1];
    if (text !== undefined && text.trim() !== '') return stripTags(text);
  }
  return stripTags(start);
}

function stripTags(text: string): string {
  return text
    .replace(/<(script|style)\b.*?(?:<\/\1[^>]*>|$)/gis, ' ')
    .replace(/<!--.*?(?:-->|$)/gs, ' ')
    .replace(/<[/!?a-z][^>]*(?:>|$)/gi, ' ')
    .replace(/&(amp|lt|gt|quot|nbsp|#39);/g, (entity) => entities[entity] ?? entity);
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&nbsp;': ' ',
  '&#39;': "'",
};

function oneLine(text: string, max: number): string | undefined {
  const line = cleanText(text.slice(0, MAX_LOOK)).replace(/\s+/g, ' ').trim();
  if (line.length <= max) return line === '' ? undefined : line;
  // A character outside the basic plane must not be cut in half.
  return `${line.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
