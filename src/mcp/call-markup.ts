import { cleanText, quote } from '../text.ts';

/*
 * Markup of a tool call inside an argument: a client that encoded the call wrongly has put the end of the call, or its
 * next argument, into a text. The arguments are then not what was meant, so nothing is sent.
 */

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

const MARKUP: readonly RegExp[] = [
  new RegExp(`<\\s*\\\\?/?\\s*(?:antml:)?(?:${TAGS})(?![\\w-])[^<>]{0,80}>?`, 'i'),
  // <function=name>, <parameter=name>
  /<\s*\\?\/?\s*(?:function|parameter)\s*(?:=[^<>]{0,80})?>/i,
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

/** The piece of a call in a text; undefined if there is none. In text that is itself valid JSON, only markup counts. */
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

/** Which argument holds markup of a call, in words; undefined if none does. */
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
