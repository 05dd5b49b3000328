import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Installed, must, start } from './host.ts';
import type { SignInServer } from './sign-in-server.ts';

/* What the clients that sign in have in common, and how to run those of their commands that open a browser. */

export interface SignInClient {
  readonly title: string;
  readonly package: string;
  /** The version that was last seen to work. */
  readonly version: string;
  /** The oldest major version of Node that it runs on, if that is newer than ours. */
  readonly needsNode?: number;
  /** Connects, signs in and reads. Returns what it saw, or throws. */
  readonly tries: (host: Installed, server: SignInServer) => Promise<string>;
}

export const AUTHORIZE = /https:\/\/localhost:\d+\/oauth\/authorize\?\S+/;

/** What is read after a sign-in, and what the result must contain. */
export const READ = { affiliate_id: 1001 } as const;
export const ANN = 'ann.arbor@example.com';

export const trusting = ({ env }: Installed, { trust }: SignInServer) => ({ ...env, NODE_EXTRA_CA_CERTS: trust });

/** Puts a browser in place for commands that open one; it only records the addresses it is given. */
export function layBrowser(host: Installed) {
  const [folder, opened] = [join(host.home, 'browser'), join(host.home, 'opened')];
  mkdirSync(folder, { recursive: true });
  writeFileSync(opened, '');
  const script = join(folder, 'xdg-open');
  writeFileSync(script, `#!/bin/sh\nprintf '%s\\n' "$@" >> '${opened}'\n`, { mode: 0o755 });
  const env = { BROWSER: script, PATH: `${folder}:${host.env.PATH ?? ''}`, DISPLAY: ':0' };
  return { env, opened: () => readFileSync(opened, 'utf8') };
}

/** Runs a command that opens a browser or prints an address, and signs in there. @returns all that it printed */
export async function signInWith(host: Installed, server: SignInServer, [command = '', ...args]: readonly string[]) {
  const browser = layBrowser(host);
  const run = { cwd: host.folder, env: { ...trusting(host, server), ...browser.env } };
  // Some commands sign in only in a terminal.
  const line = [join(host.bin, command), ...args].map((word) => `'${word}'`).join(' ');
  const { child, stop } = start('script', ['-qec', line, '/dev/null'], run);
  let all = '';
  let signing: Promise<unknown> | undefined;
  const hear = (chunk: string) => {
    all += chunk;
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const look = setInterval(() => {
    const [address] = AUTHORIZE.exec(`${browser.opened()} ${all}`) ?? [];
    if (address && !signing) signing = server.signIn(address);
  }, 200);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(look);
  stop();
  await signing;
  must(signing !== undefined, 'an address to sign in at', all.slice(-600));
  must(code === 0, `${command} to end with 0`, `${code}: ${all.slice(-600)}`);
  return all;
}
