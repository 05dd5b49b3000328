import { isObject, type JsonObject, parseJson } from '../json.ts';
import { cleanText, quote } from '../text.ts';

/**
 * The arguments that hosts actually send, converted to what the tool's listed schema asks for, before they are checked.
 * Only lossless conversions are made; anything else stays as it is, for the check to refuse.
 */
export interface Normalised {
  readonly value: unknown;
  /** Problems that no conversion may settle and that the check could miss, as `argument: what is wrong`. */
  readonly wrong: readonly string[];
  /** The name that an argument was sent under, by its listed name; only where the two differ. */
  readonly cameAs: ReadonlyMap<string, string>;
}

/** Models know the alias from other servers. */
const PAGE_SIZE = { listed: 'per_page', alias: 'limit' } as const;

/**
 * @param given the `arguments` of a call
 * @param schema the listed JSON Schema of the tool's arguments
 * @param keptEmpty optional arguments for which an empty text is a value
 */
export function normalise(given: unknown, schema: JsonObject, keptEmpty: ReadonlySet<string> = new Set()): Normalised {
  const wrong: string[] = [];
  const cameAs = new Map<string, string>();
  const object = typeof given === 'string' ? (objectIn(given) ?? given) : (given ?? {});
  if (!isObject(object)) return { value: object, wrong, cameAs };
  const named = withoutAlias(object, schema, cameAs);
  const empty = Object.fromEntries(
    Object.entries(named).filter(([name, value]) => value === '' && keptEmpty.has(name)),
  );
  return { value: { ...convertObject(named, schema, '', wrong), ...empty }, wrong, cameAs };
}

function withoutAlias(object: JsonObject, { properties }: JsonObject, cameAs: Map<string, string>): JsonObject {
  const { listed, alias } = PAGE_SIZE;
  const takesAlias = isObject(properties) && listed in properties && !(alias in properties);
  if (!takesAlias || !(alias in object) || !isNothing(object[listed])) return object;
  cameAs.set(listed, alias);
  const { [alias]: value, ...rest } = object;
  return { ...rest, [listed]: value };
}

/** Hosts send null or an empty text for arguments that the model left out. A text that nobody sees is empty as well. */
const isNothing = (value: unknown) =>
  value === undefined || value === null || (typeof value === 'string' && cleanText(value).trim() === '');

function convertObject(object: JsonObject, schema: JsonObject, path: string, wrong: string[]): JsonObject {
  const { properties, required } = schema;
  if (!isObject(properties)) return object;
  const needed = new Set(Array.isArray(required) ? required : []);
  const entries = Object.entries(object).flatMap(([name, value]): [string, unknown][] => {
    const where = path === '' ? name : `${path}.${name}`;
    if (!Object.hasOwn(properties, name)) return [[name, value]];
    if (isNothing(value) && !needed.has(name)) return [];
    const wanted = properties[name];
    return [[name, isObject(wanted) ? convert(value, wanted, where, wrong) : value]];
  });
  return Object.fromEntries(entries);
}

function convert(value: unknown, schema: JsonObject, where: string, wrong: string[]): unknown {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    wrong.push(`${where}: ${LOSES_DIGITS}`);
    return value;
  }
  switch (schema.type) {
    case 'integer':
    case 'number':
      return typeof value === 'string' ? toNumber(value, where, wrong) : value;
    case 'string':
      return typeof value === 'number' ? toText(value, where, wrong) : asListed(value, schema.enum);
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'array':
      return convertList(value, schema, where, wrong);
    case 'object': {
      const object = typeof value === 'string' ? objectIn(value) : value;
      return isObject(object) ? convertObject(object, schema, where, wrong) : value;
    }
    default:
      return value;
  }
}

const LOSES_DIGITS = 'this number has too many digits to arrive unchanged, so it was not used';

/** A number as JSON writes it, without an exponent. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** `2.50` as `2.5`, `2.00` as `2`; not by a regular expression, which would try each run of zeros from each of them. */
function withoutEndingZeros(text: string): string {
  if (!text.includes('.')) return text;
  let end = text.length;
  while (text[end - 1] === '0') end -= 1;
  return text.slice(0, text[end - 1] === '.' ? end - 1 : end);
}

function toNumber(text: string, where: string, wrong: string[]): unknown {
  if (!NUMBER.test(text)) return text;
  const number = Number(text);
  const shortest = withoutEndingZeros(text);
  if (String(number) !== shortest) wrong.push(`${where}: ${LOSES_DIGITS}`);
  return number;
}

/** A word in the spelling of the list, whatever its case was. */
function asListed(value: unknown, words: unknown): unknown {
  if (typeof value !== 'string' || !Array.isArray(words) || words.includes(value)) return value;
  const alike = words.filter((word) => String(word).toLowerCase() === value.toLowerCase());
  return alike.length === 1 ? alike[0] : value;
}

/** A number with more digits may have been rounded before it arrived. */
const SURE_DIGITS = 15;

function toText(number: number, where: string, wrong: string[]): string {
  const text = String(number);
  const digits = text.replace(/\D/g, '').replace(/^0+/, '').length;
  const sure = NUMBER.test(text) && (Number.isSafeInteger(number) || digits <= SURE_DIGITS);
  if (!sure) wrong.push(`${where}: ${LOSES_DIGITS}`);
  return text;
}

const isNumeric = ({ type }: JsonObject) => type === 'integer' || type === 'number';
/** Whole numbers separated by commas or semicolons; and text that may be one number with commas between thousands. */
const NUMBERS = /^\s*\d+(?:\s*[,;]\s*\d+)+\s*$/;
const MAY_BE_ONE = /^\s*\d{1,3}(?:,\d{3})+\s*$/;

/** Takes a list, a list as JSON text, numbers separated by commas or semicolons, or a single item by itself. */
function convertList(value: unknown, { items }: JsonObject, where: string, wrong: string[]): unknown {
  if (!isObject(items)) return value;
  if (typeof value === 'string' && isNumeric(items) && NUMBERS.test(value)) {
    if (!MAY_BE_ONE.test(value))
      return convertList(
        value.split(/[,;]/).map((part) => part.trim()),
        { items },
        where,
        wrong,
      );
    wrong.push(`${where}: this could be one number or several; write a list such as [101, 102]`);
    return value;
  }
  const parsed = typeof value === 'string' ? parseJson(value)?.value : value;
  const list = Array.isArray(parsed) ? parsed : items.type === 'object' && isObject(parsed) ? [parsed] : undefined;
  const alone = typeof value === 'number' || (typeof value === 'string' && value !== '');
  if (!list && !alone) return value;
  return (list ?? [value]).map((item, index) => convert(item, items, `${where}.${index}`, wrong));
}

function objectIn(text: string): JsonObject | undefined {
  const value = parseJson(text)?.value;
  return isObject(value) ? value : undefined;
}

/**
 * Which argument holds markup of a tool call, in words; undefined if none does. A client that encoded the call wrongly
 * has put the end of the call, or its next argument, into a text. The arguments are then not what was meant, so nothing
 * is sent.
 */
export function findCallMarkup(value: unknown, at = ''): string | undefined {
  if (typeof value === 'string') {
    const piece = pieceIn(value);
    return piece === undefined
      ? undefined
      : `${at} contains a piece of a tool call (${quote(piece, 40)}), so the call was not encoded correctly and what follows it may be missing. Send ${at} again without it`;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, item] of Object.entries(value)) {
    const found = findCallMarkup(item, at === '' ? name : `${at}.${name}`) ?? findCallMarkupInName(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findCallMarkupInName(name: string): string | undefined {
  return pieceIn(name) === undefined ? undefined : findCallMarkup(name, 'the name of an argument');
}

const TAGS = [
  'antml:\\w+',
  'function_calls?',
  'function_results?',
  'invoke',
  'parameters?',
  'tool_calls?',
  'tool_use',
  'tool_result',
  'tool_response',
  'arg_key',
  'arg_value',
].join('|');

/** How a tag begins. Each run of blanks has one place, or long ones would take time by the square of their length. */
const OPENING = '<\\s*(?:\\\\\\s*)?(?:/\\s*)?';

const MARKUP: readonly RegExp[] = [
  new RegExp(`${OPENING}(?:antml:)?(?:${TAGS})(?![\\w-])[^<>]{0,80}>?`, 'i'),
  // <function=name>, <parameter=name>
  new RegExp(`${OPENING}(?:function|parameter)\\s*(?:=[^<>]{0,80})?>`, 'i'),
  /<[|｜]\s*(?:tool|python|im_start|im_end|eom|eot|call|channel|message)[^<>]{0,40}[|｜]>/i,
  /\[\/?TOOL_(?:CALLS?|RESULTS?|REQUEST)\]/,
];

/** The end of a JSON string and what would follow it in a call: the next argument or the end of the arguments. */
const JSON_TAIL: readonly RegExp[] = [
  /"\s*,\s*"\w+"\s*:/,
  /"\s*\}(?:\s*[\]}])*\s*$/,
  /^\s*\{?\s*"(?:name|arguments|parameters)"\s*:/,
];

const ENTITIES: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"' };

/** The piece of a tool call in a text; undefined if there is none. In text that is itself valid JSON, only markup counts. */
function pieceIn(text: string): string | undefined {
  const plain = cleanText(text).replace(/&(?:lt|gt|quot);/gi, (entity) => ENTITIES[entity.toLowerCase()] ?? entity);
  for (const pattern of MARKUP) {
    const found = pattern.exec(plain);
    if (found) return found[0];
  }
  if (isJson(plain)) return undefined;
  for (const pattern of JSON_TAIL) {
    const found = pattern.exec(plain);
    // After an opening bracket in the text, this is JSON that the text quotes.
    if (found && !/[{[]/.test(plain.slice(0, found.index))) return found[0];
  }
  return undefined;
}

function isJson(text: string): boolean {
  if (!/^\s*[{["]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
