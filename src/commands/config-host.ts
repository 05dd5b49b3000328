import { commandLine, hosts, type Launch } from './hosts.ts';
import type { Printed } from './printed.ts';

const USAGE = `Usage: leaddyno-mcp config HOST\nHosts: ${hosts.map(({ id }) => id).join(', ')}\n`;

/**
 * `leaddyno-mcp config HOST`: the snippet for one host on stdout (so that it can be piped), where it goes on stderr.
 * @param script the file this process runs
 * @param node the Node that runs it
 */
export function runConfigCommand(args: readonly string[], script: string, node: string): Printed {
  const [id, ...rest] = args;
  if (id === '--help' || id === '-h') return { code: 0, out: USAGE, error: '' };
  const host = hosts.find((one) => one.id === id?.toLowerCase());
  if (!host || rest.length > 0) {
    const what = id === undefined ? '' : `There is no host ${JSON.stringify(args.join(' '))}. `;
    return { code: 2, out: '', error: `${what}${USAGE}` };
  }
  const launch = launchOf(script, node);
  const link = host.link ? `\nOr open: ${host.link(launch)}` : '';
  const about = `${host.title}: put this into ${host.where}.\nThe key: ${host.key}\nTo try it without an account add "--sandbox" to args (it starts: ${commandLine(launch)}).${link}\n`;
  return { code: 0, out: `${host.snippet(launch)}\n`, error: about };
}

/** As npm starts it where it came from npm; otherwise this very file. */
function launchOf(script: string, node: string): Launch {
  const installed = /[\\/]node_modules[\\/]/.test(script);
  if (installed) return { command: 'npx', args: ['-y', 'leaddyno-mcp'] };
  return { command: node, args: [script] };
}
