import { OPTIONS, type Option, type OptionName } from './options.ts';

/** A configuration that cannot be: the message to print before ending. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** What was given for an option, by flag or environment; undefined where nothing was. */
export type Given = (name: OptionName) => string | boolean | undefined;

/** The text of an option, its default included. */
export function text(given: Given, name: OptionName): string | undefined {
  const option: Option = OPTIONS[name];
  const value = given(name) ?? option.default;
  return value === undefined ? undefined : String(value);
}

/** Where a value came from, as the person wrote it. */
export const spelled = (name: OptionName) => `--${OPTIONS[name].flag} (${OPTIONS[name].env})`;

export function isOn(given: Given, name: OptionName): boolean {
  const value = given(name);
  if (typeof value === 'boolean') return value;
  if (value === undefined) return false;
  if (/^(1|true|yes|on)$/i.test(value)) return true;
  if (/^(0|false|no|off)$/i.test(value)) return false;
  throw new Refusal(`${spelled(name)} is a switch: true or false, not ${JSON.stringify(value)}.`);
}

export function choice<Name extends 'keyTransport' | 'confirm' | 'logLevel'>(
  given: Given,
  name: Name,
): (typeof OPTIONS)[Name]['choices'][number] {
  const choices: readonly string[] = OPTIONS[name].choices;
  const value = text(given, name) ?? '';
  if (!choices.includes(value)) {
    throw new Refusal(`${spelled(name)} is one of ${choices.join(', ')}, not ${JSON.stringify(value)}.`);
  }
  return value as (typeof OPTIONS)[Name]['choices'][number];
}

export function integer(given: Given, name: 'timeout' | 'rateLimit' | 'maxResultChars' | 'maxConcurrent'): number {
  const { min } = OPTIONS[name];
  const value = text(given, name) ?? '';
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min)) {
    throw new Refusal(`${spelled(name)} is a whole number from ${min}, not ${JSON.stringify(value)}.`);
  }
  return number;
}

/** Names separated by commas, at least one; undefined where the option was not given. */
export function names(given: Given, name: OptionName): string[] | undefined {
  const found = text(given, name)
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  if (found?.length === 0) throw new Refusal(`${spelled(name)} names nothing.`);
  return found;
}
