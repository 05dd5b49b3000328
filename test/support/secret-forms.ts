/*
 * Finds secrets in texts, in all the forms in which a text could contain them.
 */

/** The base64 forms of a secret at each offset in a group of three bytes, without letters that depend on neighbours. */
function base64Forms(secret: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const before = Buffer.alloc(offset, 0x20);
    const whole = Buffer.concat([before, Buffer.from(secret)]);
    const text = whole.toString('base64').replace(/=+$/, '');
    const start = Math.ceil((offset * 8) / 6);
    const end = Math.floor((whole.length * 8) / 6);
    const sure = text.slice(start, end);
    return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** A secret as is, percent-encoded once and twice, escaped as in JSON and HTML, in base64, hexadecimal and reversed. */
export function formsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret);
  const lower = encoded.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
  const hex = Buffer.from(secret).toString('hex');
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  return [
    ...new Set([
      secret,
      encoded,
      lower,
      encodeURIComponent(encoded),
      new URLSearchParams({ a: secret }).toString().slice(2),
      json,
      json.replaceAll('/', '\\/'),
      JSON.stringify(json).slice(1, -1),
      html,
      hex,
      hex.toUpperCase(),
      Array.from(secret, (letter) => `\\u00${letter.charCodeAt(0).toString(16).padStart(2, '0')}`).join(''),
      [...secret].reverse().join(''),
      ...base64Forms(secret),
    ]),
  ];
}

/** A text that was written, and where. */
export interface Written {
  readonly where: string;
  readonly text: string;
}

/** Describes where each secret was found, by its name. */
export function findSecrets(secrets: Readonly<Record<string, string>>, written: readonly Written[]): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    formsOf(secret).flatMap((form, index) =>
      written.flatMap(({ where, text }) => {
        const at = text.indexOf(form);
        return at < 0 ? [] : [`${name} (form ${index}) in ${where}: …${text.slice(Math.max(0, at - 60), at)}<here>`];
      }),
    ),
  );
}
