import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { builtMain, cleanEnv } from './protocol-built.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** What npm reports about a package that it packs. */
export interface Packed {
  readonly filename: string;
  /** Size of the archive in bytes. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** An environment in which npm has its home and cache in `home` and cannot reach a registry. */
export const npmEnv = (home: string) =>
  cleanEnv({
    HOME: home,
    npm_config_cache: `${home}/npm-cache`,
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_update_notifier: 'false',
  });

/** Runs `npm pack` on the built project. */
export async function pack(home: string, ...options: string[]): Promise<Packed> {
  await builtMain();
  const { stdout } = await run('npm', ['pack', '--json', ...options], { cwd: root, env: npmEnv(home) });
  // npm up to version 10 prints a list; newer versions print an object by package name.
  const told: Record<string, Packed> = JSON.parse(stdout);
  const [packed] = Object.values(told);
  if (!packed) throw new Error(`npm packed nothing: ${stdout}`);
  return packed;
}
