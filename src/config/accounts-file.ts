import { Refusal } from './options.ts';

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

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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
