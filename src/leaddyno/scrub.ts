import { cleanText } from '../text.ts';

/** Removes a secret from a text. */
export type Scrub = (text: string) => string;

/** Shorter keys are no real keys, and would be found inside ordinary words. */
const SHORTEST_KEY = 8;
/** Replaces a text that held the key in a disguised spelling. */
const HIDDEN = '[a text that contained the API key]';
/** How many layers of nested encoding are searched. */
const ROUNDS = 3;

/**
 * A function that takes `key` out of a text. Where it stands plain, percent-encoded or escaped as in JSON, `[key]` takes
 * its place; where it is found only once the text is decoded and cleaned as it would be to be shown (escapes, percent,
 * HTML entities, invisible characters and blanks between, another case, base64, hexadecimal), the whole text goes.
 */
export function createScrub(key: string): Scrub {
  if (key.length < SHORTEST_KEY) return (text) => text;
  const forms = plainForms(key);
  const bareKey = bare(key);
  const lowerKey = key.replaceAll(' ', '').toLowerCase();
  const leastBase64 = Math.floor((key.length * 4) / 3);
  const base64 = new RegExp(`[A-Za-z0-9+/_-]{${leastBase64},}`, 'g');

  function isHidden(text: string): boolean {
    if (!DECODES.test(text)) return text.replaceAll(' ', '').toLowerCase().includes(lowerKey) || isInBase64(text);
    let decoded = text;
    for (let round = 0; ; round += 1) {
      if (bare(decoded).includes(bareKey) || isInBase64(decoded)) return true;
      const next = decodeOnce(decoded);
      if (next === decoded || round === ROUNDS) return false;
      decoded = next;
    }
  }

  function isInBase64(text: string): boolean {
    // Mails break it into lines.
    const pieces = text.length < leastBase64 ? [] : text.replace(/[\r\n]+/g, '').match(base64);
    return (pieces ?? []).some((piece) =>
      // The key may begin anywhere within what was encoded, and the piece within a longer word.
      [0, 1, 2, 3].some(
        (from) =>
          bare(Buffer.from(piece.slice(from), 'base64').toString()).includes(bareKey) ||
          bare(Buffer.from(piece.slice(from), 'hex').toString()).includes(bareKey),
      ),
    );
  }

  return (text) => {
    if (text.length < key.length) return text;
    const rest = forms.reduce((left, form) => left.replaceAll(form, '[key]'), text);
    return rest.length >= key.length && isHidden(rest) ? HIDDEN : rest;
  };
}

/** The same value without the secret in any of its texts and names; changed in place. */
export function scrubValues(value: unknown, scrub: Scrub): unknown {
  if (typeof value === 'string') return scrub(value);
  if (typeof value !== 'object' || value === null) return value;
  for (const [name, item] of Object.entries(value)) {
    const clean = scrubValues(item, scrub);
    const cleanName = scrub(name);
    if (clean === item && cleanName === name) continue;
    if (cleanName !== name) Reflect.deleteProperty(value, name);
    // Not by assignment: a field may be called __proto__.
    Object.defineProperty(value, cleanName, { value: clean, writable: true, enumerable: true, configurable: true });
  }
  return value;
}

/** What any other spelling has than blanks, another case, base64 and hexadecimal. */
const DECODES = /[\\%&]|[^ -~]/;

/** The ways in which a key is written on purpose. */
function plainForms(key: string): string[] {
  const encoded = [encodeURIComponent(key), new URLSearchParams([['', key]]).toString().slice(1)];
  const lowerHex = encoded.map((form) => form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()));
  const escaped = JSON.stringify(key).slice(1, -1);
  // As Rails writes JSON.
  const railsEscaped = escaped.replace(/[&<>]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
  // The longest first, so that no form is broken by a shorter one inside it.
  return [...new Set([key, ...encoded, ...lowerHex, escaped, escaped.replaceAll('/', '\\/'), railsEscaped])].sort(
    (a, b) => b.length - a.length,
  );
}

/** As it is compared: what is not seen, blanks and case make no difference. */
const bare = (text: string): string => cleanText(text.normalize('NFKC')).replace(/\s+/g, '').toLowerCase();

const NAMED: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', shy: '', zwj: '', zwnj: '', zerowidthspace: '' },
  ...{ hyphen: '-', dash: '-', lowbar: '_', period: '.', plus: '+', sol: '/', equals: '=', colon: ':', comma: ',' },
  ...{ num: '#', percnt: '%', dollar: '$', excl: '!', ast: '*', commat: '@', tilde: '~', verbar: '|', semi: ';' },
};

/** One layer of escapes (`\u002d`), percent-encoding and HTML entities taken off. */
function decodeOnce(text: string): string {
  return text
    .replace(/\\u\{([0-9a-f]{1,6})\}|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})/gi, (all, braced, four, two) =>
      charOf(Number.parseInt(braced ?? four ?? two, 16), all),
    )
    .replace(/\\([^\w\s])/g, '$1')
    .replace(/(?:%[0-9a-f]{2})+/gi, (all) => Buffer.from(all.replaceAll('%', ''), 'hex').toString())
    .replace(/&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));?/gi, (all, hex: string | undefined, digits: string) =>
      charOf(hex === undefined ? Number(digits) : Number.parseInt(hex, 16), all),
    )
    .replace(/&([a-z]{2,20});/gi, (all, name: string) => NAMED[name.toLowerCase()] ?? all);
}

const charOf = (code: number, otherwise: string) => (code <= 0x10ffff ? String.fromCodePoint(code) : otherwise);
