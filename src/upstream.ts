import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Config } from './config/config.ts';
import { readKeyIn } from './config/key-file.ts';

/** A start that cannot be: the message for the person who started it. */
export class CannotStart extends Error {}

/** The LeadDyno to talk to: the real one, or the simulated one inside this process. */
export interface Upstream {
  readonly url: string;
  /** Absent where every caller brings its own. */
  readonly key: string | undefined;
  /** Looks for the key anew, where the server may be started without one: what is missing is said in a sentence. */
  readonly findKey?: (() => { readonly key: string } | { readonly missing: string }) | undefined;
  /** What the operator should know of the key file. */
  readonly warning?: string | undefined;
  close(): Promise<void>;
}

/** @throws CannotStart where the key cannot be used */
export async function openUpstream(config: Config): Promise<Upstream> {
  if (config.sandbox) return await startSandbox(config);
  const findKey = config.startWithoutKey ? () => lookForKey(config) : undefined;
  const key = config.http?.callerKey || config.http?.signIn || findKey ? undefined : readKey(config);
  const warning = config.key === undefined && config.keyFile !== undefined ? warningOf(config.keyFile) : undefined;
  return { url: config.baseUrl, key, findKey, warning, close: async () => undefined };
}

/** The simulated LeadDyno, keeping to the same limit as the server does. */
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

function readKey({ key, keyFile }: Config): string {
  if (key === undefined && keyFile === undefined) throw new CannotStart(`There is no LeadDyno key. ${MEND}`);
  const found = key ?? readKeyFile(keyFile ?? '');
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

/** What was given for a path and is none may be the key itself: it is named only if it looks like a path. */
const named = (path: string) => (/^([./~]|[A-Za-z]:[\\/])/.test(path) ? `The key file ${path}` : 'The key file');

function readKeyFile(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CannotStart(`${named(path)} cannot be read (${code}).`);
  }
  const found = readKeyIn(bytes);
  if ('problem' in found) throw new CannotStart(`The key file ${path} ${found.problem}.`);
  return found.key;
}

/** Permissions of a file for its group and for everybody; other systems have no such bits. */
const READ_BY_OTHERS = 0o044;

function warningOf(path: string): string | undefined {
  const open = (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & READ_BY_OTHERS;
  return open === 0 ? undefined : `other users can read the key file ${path}: chmod 600`;
}
