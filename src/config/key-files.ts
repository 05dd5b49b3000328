import { isObject } from '../json.ts';
import { Refusal } from './options.ts';

/* The files that hold LeadDyno keys: a file with one key, and the accounts file, which names one for each account. */

/** The key in a file, or why it cannot be used, in words that follow the file's name. */
export type FoundKey = { readonly key: string } | { readonly problem: string };

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

/** The accounts of one server, as its accounts file names them. */
export interface AccountsFile {
  /** The path of each account's key file, by the account's name, in the order of the file. */
  readonly keyFiles: ReadonlyMap<string, string>;
  /** The account for calls that name none; undefined: each call must name one. */
  readonly fallback: string | undefined;
}

/** Names appear in URLs, file names and lists that models read. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
/** Words that the file and the tools use for something else. */
const RESERVED: ReadonlySet<string> = new Set(['all', 'accounts', 'default']);
/** Each name is listed in the schema of every tool. */
const MOST = 100;

const EXAMPLE = 'such as {"accounts": {"acme": "acme.key", "globex": "globex.key"}, "default": "acme"}';

/**
 * The accounts in the text of an accounts file. Errors never quote its values: a key may have been put there.
 * @throws Refusal that says what is wrong and where
 */
export function readAccountsFile(text: string): AccountsFile {
  const value = parse(text.replace(/^\ufeff/, ''));
  if (!isObject(value) || !isObject(value.accounts)) throw refused(`needs an object named "accounts", ${EXAMPLE}`);
  const unknown = Object.keys(value).find((name) => name !== 'accounts' && name !== 'default');
  if (unknown !== undefined) throw refused(`has the unknown field ${JSON.stringify(unknown)}`);

  const keyFiles = new Map<string, string>();
  for (const [name, file] of Object.entries(value.accounts)) {
    const flaw = flawOf(name, text);
    if (flaw !== undefined) throw refused(`names an account ${JSON.stringify(name)}, ${flaw}`);
    if (typeof file !== 'string' || file.trim() === '') throw refused(`needs the path of a key file for ${name}`);
    keyFiles.set(name, file.trim());
  }
  if (keyFiles.size === 0) throw refused('names no accounts');
  if (keyFiles.size > MOST) throw refused(`names ${keyFiles.size} accounts; one server takes at most ${MOST}`);
  return { keyFiles, fallback: readFallback(value.default, keyFiles) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused(`is not JSON, ${EXAMPLE}`);
  }
}

function flawOf(name: string, text: string): string | undefined {
  if (!NAME.test(name)) return 'but names have up to 32 small letters, digits and hyphens';
  if (RESERVED.has(name)) return 'which has another meaning';
  // JSON would silently take the last of two.
  const times = text.match(new RegExp(`"${name}"\\s*:`, 'g'))?.length ?? 0;
  return times > 1 ? 'more than once' : undefined;
}

function readFallback(given: unknown, accounts: ReadonlyMap<string, string>): string | undefined {
  if (given !== undefined && (typeof given !== 'string' || !accounts.has(given)))
    throw refused('has a "default" that is not the name of one of its accounts');
  // A single account needs no choice.
  return given ?? (accounts.size === 1 ? [...accounts.keys()][0] : undefined);
}

const refused = (what: string) => new Refusal(`The file for --accounts ${what}.`);
