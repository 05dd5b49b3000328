/** Something that an answer must hold, or must not hold. It is data, so that no model has to judge. */
export type Fact = Readonly<
  { what: string; not?: true; near?: readonly string[] } & (
    | { amount: string; currency: string }
    | { count: number }
    | { anyOf: readonly string[] }
    | { day: string }
    | { says: readonly string[] }
  )
>;

/** What an answer may call a currency, in lower case. */
const CURRENCY_WORDS: Readonly<Record<string, readonly string[]>> = {
  USD: ['usd', '$', 'dollar'],
  EUR: ['eur', '€'],
  JPY: ['jpy', '¥', 'yen'],
};

const NUMBER_WORDS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');
const NONE = /\b(none|nothing|nobody|no|zero)\b/;
const MONTHS = 'january february march april may june july august september october november december'.split(' ');

/** Whether an answer holds a fact, or, if the fact is marked `not`, does not hold it. */
export function holds(fact: Fact, answer: string): boolean {
  return isSaid(fact, plainOf(answer)) !== (fact.not === true);
}

function isSaid(fact: Fact, answer: string): boolean {
  const text = fact.near ? about(answer, fact.near.map(plainOf)) : answer;
  if ('amount' in fact) {
    const words = CURRENCY_WORDS[fact.currency] ?? [fact.currency.toLowerCase()];
    return hasNumber(text, Number(fact.amount)) && words.some((word) => answer.includes(word));
  }
  if ('count' in fact) return hasNumber(text, fact.count);
  if ('anyOf' in fact) return fact.anyOf.some((form) => text.includes(plainOf(form)));
  if ('says' in fact) return fact.says.some((pattern) => new RegExp(pattern, 'i').test(text));
  return daysIn(fact.day).some((pattern) => pattern.test(text));
}

/** Lower case, without accents or Markdown emphasis, so that different spellings of the same text match. */
function plainOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}|\*\*|`/gu, '')
    .replaceAll('’', "'")
    .replaceAll('−', '-')
    .toLowerCase()
    .replace(/ø/g, 'o');
}

function hasNumber(text: string, value: number): boolean {
  const isThere = numbersIn(text).some((number) => Math.round(number * 100) === Math.round(value * 100));
  const word = NUMBER_WORDS[value];
  return isThere || (word !== undefined && new RegExp(`\\b${word}\\b`).test(text)) || (value === 0 && NONE.test(text));
}

/**
 * The numbers in a text, with any of the usual separators for thousands and decimals. Leaves out numbers in ISO dates
 * and e-mail addresses, and those that number a list.
 */
export function numbersIn(text: string): number[] {
  const rest = text
    .replace(/\S+@\S+/g, ' ')
    .replace(/\d{4}-\d\d-\d\d(t[\d:.]+z?)?/gi, ' ')
    .replace(/^\s*\d{1,2}[.)] /gm, ' ');
  const spaced = rest.match(/(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f']\d{3})+(?:[.,]\d{1,2})?(?!\d)/g) ?? [];
  const plain = rest.match(/\d(?:[\d.,]*\d)?/g) ?? [];
  return [...spaced, ...plain].map(numberOf);
}

/** Three digits after a separator are thousands: no amount has more than two decimals. */
function numberOf(written: string): number {
  const digits = written.replace(/[\s']/g, '');
  const decimals = /[.,](\d{1,2})$/.exec(digits)?.[1];
  const whole = decimals === undefined ? digits : digits.slice(0, -decimals.length - 1);
  return Number(`${whole.replace(/[.,]/g, '')}.${decimals ?? '0'}`);
}

const isItem = (line: string) => /^\s*([-*•|]|\d+[.)])/.test(line);
const isHeading = (line: string) => /^#|:\s*$/.test(line);
const indentOf = (line: string) => line.length - line.trimStart().length;

/** The lines of a text about somebody: those that hold one of the names, with the lines below that belong to them. */
function about(text: string, names: readonly string[]): string {
  const lines = text.split('\n');
  return lines
    .flatMap((line, index) => (names.some((name) => line.includes(name)) ? below(lines, index) : []))
    .join('\n');
}

function below(lines: readonly string[], index: number): string[] {
  const [first = '', ...rest] = lines.slice(index);
  const belongs = (line: string) =>
    isHeading(first)
      ? !(line.startsWith('#') || (isHeading(line) && indentOf(line) <= indentOf(first)))
      : line.trim() !== '' && (indentOf(line) > indentOf(first) || (isItem(line) && !isItem(first)));
  const end = rest.findIndex((line) => !belongs(line));
  return [first, ...(end < 0 ? rest : rest.slice(0, end))];
}

function daysIn(day: string): RegExp[] {
  const [year = '', month = '', date = ''] = day.split('-');
  const name = MONTHS[Number(month) - 1] ?? '';
  const word = `(?:${name}|${name.slice(0, 3)}\\.?)`;
  const [m, d] = [Number(month), Number(date)];
  return [
    `${year}-${month}-${date}`,
    `\\b${d}(?:st|nd|rd|th)?(?: of)? ${word}`,
    `${word} 0?${d}\\b`,
    `\\b0?${d}\\.\\s?0?${m}\\.`,
    `\\b0?${m}/0?${d}\\b`,
    `\\b0?${d}/0?${m}\\b`,
  ].map((pattern) => new RegExp(pattern));
}
