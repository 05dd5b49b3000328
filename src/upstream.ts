import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config } from './config/config.ts';
import { readAccountsFile, readKeyIn } from './config/key-files.ts';
import { Refusal } from './config/options.ts';

/** The server or command cannot start; the message is for the person who started it. */
export class CannotStart extends Error {}

/** The accounts of a server with an accounts file: each key by the account's name. */
export interface Accounts {
  readonly keys: ReadonlyMap<string, string>;
  /** The account for calls that name none; undefined: each call must name one. */
  readonly fallback: string | undefined;
}

/** The LeadDyno to talk to: the real one, or the simulated one in this process. */
export interface Upstream {
  readonly url: string;
  /** Undefined if callers bring their own, if there are several accounts, or if `findKey` looks for it. */
  readonly key: string | undefined;
  /** All accounts in the accounts file, even if it has only one; absent without such a file. */
  readonly accounts?: Accounts | undefined;
  /** Looks for the key again, if the server may start without one. `missing` is a message about what is missing. */
  readonly findKey?: (() => { readonly key: string } | { readonly missing: string }) | undefined;
  /** What the operator should know about the permissions of these files. */
  readonly warning?: string | undefined;
  close(): Promise<void>;
}

/** @throws CannotStart if the key or the accounts file cannot be used */
export async function openUpstream(config: Config): Promise<Upstream> {
  if (config.sandbox) return await startSandbox(config);
  if (config.accountsFile !== undefined) return openAccounts(config.accountsFile, config.baseUrl);
  const findKey = config.startWithoutKey ? () => lookForKey(config) : undefined;
  const key = config.http?.callerKey || config.http?.signIn || findKey ? undefined : readKey(config);
  const warning = config.key === undefined && config.keyFile !== undefined ? warningOf(config.keyFile) : undefined;
  return { url: config.baseUrl, key, findKey, warning, close: async () => undefined };
}

/**
 * The LeadDyno for a command that works on one account.
 * @throws CannotStart if the key cannot be used, or if there are several accounts
 */
export async function openSoleUpstream(config: Config): Promise<Upstream & { readonly key: string }> {
  const upstream = await openUpstream({ ...config, startWithoutKey: false });
  const { key = '', accounts } = upstream;
  if (accounts && accounts.keys.size > 1) {
    await upstream.close();
    throw new CannotStart(
      'This command works on one account, and --accounts (LEADDYNO_MCP_ACCOUNTS) names several. Give --api-key-file in its place.',
    );
  }
  return { ...upstream, key };
}

function openAccounts(path: string, url: string): Upstream {
  const accounts = readAccounts(path);
  const open = [path, ...accounts.files].map(warningOf).filter((warning) => warning !== undefined);
  const [only] = accounts.keys.size === 1 ? accounts.keys.values() : [];
  return {
    url,
    key: only,
    accounts,
    warning: open.length > 0 ? open.join('; ') : undefined,
    close: async () => undefined,
  };
}

/** @throws CannotStart if the file, or one of the key files that it names, cannot be used */
function readAccounts(path: string): Accounts & { readonly files: readonly string[] } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CannotStart(`The file for --accounts cannot be read (${code}).`);
  }
  try {
    const { keyFiles, fallback } = readAccountsFile(text);
    const files = [...keyFiles].map(([name, file]) => ({ name, file: resolve(dirname(path), file) }));
    const keys = new Map(
      files.map(({ name, file }) => [name, readKey({ key: undefined, keyFile: file }, `account ${name}: `)]),
    );
    const [twice] = [...keys].filter(([name, key]) => [...keys].some(([other, same]) => other < name && same === key));
    if (twice) throw new CannotStart(`The file for --accounts gives ${twice[0]} the key of another account.`);
    return { keys, fallback, files: files.map(({ file }) => file) };
  } catch (error) {
    throw error instanceof Refusal ? new CannotStart(error.message) : error;
  }
}

/** The simulated LeadDyno, with the same rate limit as the server. */
async function startSandbox(config: Config) {
  const { startSandbox: start } = await import('./sandbox/index.ts');
  return await start({ rateLimit: config.rateLimit });
}

const MEND =
  "In this host's settings, put the private API key (in LeadDyno: Account, Profile) in LEADDYNO_API_KEY, or the path of a file containing it in LEADDYNO_API_KEY_FILE, and restart the server.";

function lookForKey(config: Config) {
  const { storedKeyFile } = config;
  const isNamed = config.key !== undefined || config.keyFile !== undefined;
  if (!isNamed && (storedKeyFile === undefined || !existsSync(storedKeyFile))) {
    const store = storedKeyFile && ` Or put only the key in ${storedKeyFile}, by hand or with "leaddyno-mcp key set".`;
    const again = storedKeyFile && ' That file is checked again on the next call.';
    return { missing: `leaddyno-mcp was started without a LeadDyno key. ${MEND}${store ?? ''}${again ?? ''}` };
  }
  try {
    return { key: readKey(isNamed ? config : { ...config, keyFile: storedKeyFile }) };
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    const again = 'It is checked again on the next call.';
    return { missing: `leaddyno-mcp has no LeadDyno key. ${error.message} ${config.key === undefined ? again : MEND}` };
  }
}

/** @param whose starts the message if the key file cannot be used. @throws CannotStart */
function readKey({ key, keyFile }: Pick<Config, 'key' | 'keyFile'>, whose = ''): string {
  if (key === undefined && keyFile === undefined) throw new CannotStart(`There is no LeadDyno key. ${MEND}`);
  const found = key ?? readKeyFile(keyFile ?? '', whose);
  if (/^\$\{?\w/.test(found)) {
    throw new CannotStart(
      `LEADDYNO_API_KEY is the text ${JSON.stringify(found)}: this host does not fill in variables. Put the key itself there, or the path of its file in LEADDYNO_API_KEY_FILE.`,
    );
  }
  if (!/^\S+$/.test(found))
    throw new CannotStart(
      'The API key is empty or contains spaces. Copy the private key from LeadDyno again (Account, Profile).',
    );
  return found;
}

/** A wrong path may be the key itself, so it is quoted only if it looks like a path. */
const named = (path: string) => (/^([./~]|[A-Za-z]:[\\/])/.test(path) ? `The key file ${path}` : 'The key file');

function readKeyFile(path: string, whose: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CannotStart(`${whose}${named(path)} cannot be read (${code}).`);
  }
  const found = readKeyIn(bytes);
  if ('problem' in found) throw new CannotStart(`${whose}The key file ${path} ${found.problem}.`);
  return found.key;
}

/** The permission to read for the group and for everybody. Windows reports it for any file, so `main.ts` ignores it. */
const READ_BY_OTHERS = 0o044;

function warningOf(path: string): string | undefined {
  const open = (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & READ_BY_OTHERS;
  return open === 0 ? undefined : `other users can read the key file ${path}: chmod 600`;
}
