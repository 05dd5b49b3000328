import { readFileSync } from 'node:fs';
import type { Config } from './config/config.ts';

/** A start that cannot be: the message for the person who started it. */
export class CannotStart extends Error {}

/** The LeadDyno to talk to: the real one, or the simulated one inside this process. */
export interface Upstream {
  readonly url: string;
  /** Absent where every caller brings its own. */
  readonly key: string | undefined;
  close(): Promise<void>;
}

/** @throws CannotStart where the key cannot be used */
export async function openUpstream(config: Config): Promise<Upstream> {
  if (config.sandbox) return await startSandbox(config);
  const key = config.http?.callerKey ? undefined : readKey(config);
  return { url: config.baseUrl, key, close: async () => undefined };
}

/** The simulated LeadDyno, keeping to the same limit as the server does. */
async function startSandbox(config: Config) {
  const { startSandbox: start } = await import('./sandbox/index.ts');
  return await start({ rateLimit: config.rateLimit });
}

function readKey({ key, keyFile }: Config): string {
  const found = key ?? readKeyFile(keyFile ?? '');
  if (/^\$\{?\w/.test(found)) {
    throw new CannotStart(
      `LEADDYNO_API_KEY is the text ${JSON.stringify(found)}: this host does not fill in variables. Put the key itself there, or its file into LEADDYNO_API_KEY_FILE.`,
    );
  }
  if (!/^\S+$/.test(found))
    throw new CannotStart(
      'The API key is empty or holds spaces. Copy the private key from LeadDyno once more (Account, Profile).',
    );
  return found;
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    // Without what was given for its path: it may be the key itself.
    throw new CannotStart(`The key file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
}
