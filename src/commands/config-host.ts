import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandLine, hosts, type Launch } from './hosts.ts';
import type { Printed } from './printed.ts';

/** What the command takes from the process. */
export interface ConfigSurroundings {
  /** The file this process runs. */
  readonly script: string;
  /** The Node that runs it. */
  readonly node: string;
  readonly platform: string;
}

const USAGE = `Usage: leaddyno-mcp config HOST\nHosts: ${hosts.map(({ id }) => id).join(', ')}\n`;

/** `leaddyno-mcp config HOST`: the snippet for one host on stdout (so that it can be piped), where it goes on stderr. */
export function runConfigCommand(args: readonly string[], { script, node, platform }: ConfigSurroundings): Printed {
  const [id, ...rest] = args;
  if (id === '--help' || id === '-h') return { code: 0, out: USAGE, error: '' };
  const host = hosts.find((one) => one.id === id?.toLowerCase());
  if (!host || rest.length > 0) {
    const what = id === undefined ? '' : `There is no host ${JSON.stringify(args.join(' '))}. `;
    return { code: 2, out: '', error: `${what}${USAGE}` };
  }
  const launch = launchOf({ script, node, platform });
  const link = host.link ? `\nOr open: ${host.link(launch)}` : '';
  const about = `${host.title}: put this into ${host.where}.\nThe key: ${host.key}\nTo try it without an account add "--sandbox" to args (it starts: ${commandLine(launch)}).${link}\n`;
  return { code: 0, out: `${host.snippet(launch)}\n`, error: about };
}

/** As npm starts it where it came from npm; otherwise this very file. */
function launchOf({ script, node, platform }: ConfigSurroundings): Launch {
  const file = realPath(script);
  if (/[\\/]node_modules[\\/]/.test(file)) {
    const npx = ['npx', '-y', 'leaddyno-mcp'];
    // On Windows npx is a script, which hosts cannot start by itself.
    const [command = '', ...args] = platform === 'win32' ? ['cmd', '/c', ...npx] : npx;
    return { command, args };
  }
  // Run from its source, which Node alone does not take.
  if (file.endsWith('.ts')) return { command: 'npx', args: ['--prefix', join(dirname(file), '..'), 'tsx', file] };
  return { command: node, args: [file] };
}

/** Where npm's links lead to: to the package among others, or to a checkout. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
