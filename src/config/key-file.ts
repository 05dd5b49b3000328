/** The key in a file, or why it cannot be used, in words that follow the file's name. */
export type FoundKey = { readonly key: string } | { readonly problem: string };

const UTF16: Readonly<Record<string, 'utf-16le' | 'utf-16be'>> = { fffe: 'utf-16le', feff: 'utf-16be' };

/** The text of a file: UTF-8 with or without a byte order mark, or UTF-16 with one. Undefined for anything else. */
function decode(bytes: Uint8Array): string | undefined {
  const mark = [...bytes.subarray(0, 2)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    return new TextDecoder(UTF16[mark] ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The private key in a key file: its only word. The content is never quoted. */
export function readKeyIn(bytes: Uint8Array): FoundKey {
  const text = decode(bytes)?.trim();
  if (text === undefined) return { problem: 'is not text in UTF-8. Save it as UTF-8' };
  if (text.includes('\0')) return { problem: 'is UTF-16 without a byte order mark, or not text. Save it as UTF-8' };
  if (text === '') return { problem: 'is empty. Put the private key in it (LeadDyno: Account, Profile)' };
  if (/^(export\s+|set\s+)?[A-Za-z_]\w*\s*=/.test(text)) {
    return { problem: 'contains NAME=value. Put only the key in it, without a name in front' };
  }
  if (/^["'`\u2018\u201c]|["'`\u2019\u201d]$/u.test(text)) {
    return { problem: 'contains quotation marks. Put only the key in it, without them' };
  }
  if (/\s/.test(text)) return { problem: 'contains several words or lines. Put only the key in it' };
  return { key: text };
}
