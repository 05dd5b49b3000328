/** Shorter keys are no real keys, and would be found inside ordinary words. */
const SHORTEST_KEY = 8;

/** Takes a secret out of a text. */
export type Scrub = (text: string) => string;

/** A function that replaces every occurrence of `key` by `[key]`: plain, percent-encoded or escaped as in JSON. */
export function createScrub(key: string): Scrub {
  if (key.length < SHORTEST_KEY) return (text) => text;
  const encoded = [encodeURIComponent(key), new URLSearchParams([['', key]]).toString().slice(1)];
  const lowerHex = encoded.map((form) => form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()));
  const escaped = JSON.stringify(key).slice(1, -1);
  // As Rails writes JSON.
  const railsEscaped = escaped.replace(/[&<>]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
  // The longest first, so that no form is broken by a shorter one inside it.
  const forms = [
    ...new Set([key, ...encoded, ...lowerHex, escaped, escaped.replaceAll('/', '\\/'), railsEscaped]),
  ].sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((rest, form) => rest.replaceAll(form, '[key]'), text);
}
