import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { builtMain, cleanEnv } from './protocol-built.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** What npm tells of a package it makes. */
export interface Packed {
  readonly filename: string;
  /** Bytes of the archive. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** An environment in which npm has an empty home and cache, and no registry that it could reach. */
export const npmEnv = (home: string) =>
  cleanEnv({
    HOME: home,
    npm_config_cache: `${home}/npm-cache`,
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_update_notifier: 'false',
  });

/** `npm pack` of the built project. */
export async function pack(home: string, ...options: string[]): Promise<Packed> {
  await builtMain();
  const { stdout } = await run('npm', ['pack', '--json', ...options], { cwd: root, env: npmEnv(home) });
  // A list up to npm 10, by name since then.
  const told: Record<string, Packed> = JSON.parse(stdout);
  const [packed] = Object.values(told);
  if (!packed) throw new Error(`npm packed nothing: ${stdout}`);
  return packed;
}
