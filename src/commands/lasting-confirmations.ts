import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Confirmations, createConfirmations } from '../mcp/confirmations.ts';
import { createMemory, type Memory } from '../ports/memory.ts';
import { Unavailable } from '../ports/unavailable.ts';

/** Older files are useless: confirmations are valid for five minutes and remembered for a day. */
const OLD_MS = 2 * 24 * 60 * 60_000;
const SECRET_BYTES = 32;
/** Key prefix for the state of many records when a question was asked: ids and digests, not the records themselves. */
const QUESTIONS = 'items:';

export interface LastingConfirmations {
  readonly confirmations: Confirmations;
  readonly memory: Memory;
}

/**
 * Confirmations that outlive a process, so that one `call` can ask a question and the next can answer it. The secret,
 * and which confirmations were used, are stored in a folder that only its owner can read.
 * @throws Error if that folder cannot be used
 */
export function openLastingConfirmations(folder: string): LastingConfirmations {
  const [used, questions] = ['used', 'questions'].map((name) => join(folder, name)) as [string, string];
  for (const one of [used, questions]) mkdirSync(one, { recursive: true, mode: 0o700 });
  for (const one of [used, questions]) removeOld(one);
  const secret = readSecret(join(folder, 'secret'));
  const fileOf = (place: string, key: string) => join(place, createHash('sha256').update(key).digest('hex'));
  return {
    confirmations: createConfirmations({
      secret,
      used: {
        async use(id) {
          try {
            writeFileSync(fileOf(used, id), '', { flag: 'wx', mode: 0o600 });
            return true;
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
            throw new Unavailable('confirmations', `${used} cannot be written`, error);
          }
        },
        wasUsed: async (id) => existsSync(fileOf(used, id)),
      },
    }),
    memory: withQuestions((key) => fileOf(questions, key)),
  };
}

/** A memory in this process, except that what belongs to a question is stored in files. */
function withQuestions(fileOf: (key: string) => string): Memory {
  const memory = createMemory();
  return {
    ...memory,
    async put(key, text, ttlMs) {
      if (!key.startsWith(QUESTIONS)) return await memory.put(key, text, ttlMs);
      const path = fileOf(key);
      const aside = `${path}.${randomUUID()}`;
      try {
        writeFileSync(aside, JSON.stringify({ until: Date.now() + ttlMs, text }), { flag: 'wx', mode: 0o600 });
        renameSync(aside, path);
      } catch (error) {
        throw new Unavailable('memory', `${path} cannot be written`, error);
      }
    },
    async get(key) {
      if (!key.startsWith(QUESTIONS)) return await memory.get(key);
      const path = fileOf(key);
      if (!existsSync(path)) return undefined;
      const { until, text } = JSON.parse(readFileSync(path, 'utf8')) as { until: number; text: string };
      return until > Date.now() ? text : undefined;
    },
  };
}

function removeOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    // The file may be gone: another call may be cleaning up too.
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changed < Date.now() - OLD_MS) rmSync(path, { force: true });
  }
}

/** The secret of this folder. If two calls create it at the same time, both use the first one's. */
function readSecret(path: string): Uint8Array {
  if (!existsSync(path)) {
    const aside = `${path}.${randomUUID()}`;
    try {
      writeFileSync(aside, randomBytes(SECRET_BYTES), { flag: 'wx', mode: 0o600 });
      linkSync(aside, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(aside, { force: true });
    }
  }
  const secret = readFileSync(path);
  if (secret.length !== SECRET_BYTES) throw new Error(`${path} is not what leaddyno-mcp wrote there: delete it`);
  return secret;
}
