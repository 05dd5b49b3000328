import { join } from 'node:path';
import type { SignInClient } from '../sign-in-hosts.ts';
import { must, start } from './host.ts';

/* How each client is brought to sign in. */

const AUTHORIZE = /https:\/\/localhost:\d+\/oauth\/authorize\?\S+/;

/** The messages of a client of stdio. */
const message = (id: number, method: string, params: object) =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;

/** `mcp-remote`, which brings a server over HTTP to a client that speaks only stdio. */
export const mcpRemote: SignInClient = {
  title: 'mcp-remote',
  package: 'mcp-remote',
  version: '0.15.1',
  tries: async (host, server) => {
    const env = { ...host.env, NODE_EXTRA_CA_CERTS: server.trust, BROWSER: 'none' };
    const { child, stop } = start(host.node, [join(host.bin, 'mcp-remote'), server.url], { cwd: host.folder, env });
    let [out, all] = ['', ''];
    let signing: Promise<void> | undefined;
    child.stdout.on('data', (chunk: string) => {
      out += chunk;
      all += chunk;
    });
    const initialize = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    child.stdin.write(message(1, 'initialize', initialize));
    try {
      await new Promise<void>((resolve, reject) => {
        child.stderr.on('data', (chunk: string) => {
          all += chunk;
          const [address] = AUTHORIZE.exec(all) ?? [];
          if (address && !signing) signing = server.signIn(address);
          signing?.catch(reject);
        });
        child.stdout.on('data', () => {
          if (out.includes('"id":1,') || out.includes('"id":1}')) resolve();
        });
        child.once('exit', () => reject(new Error(`it ended: ${all.slice(-600)}`)));
      });
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
      child.stdin.write(message(2, 'tools/call', { name: 'get_affiliate', arguments: { affiliate_id: 1001 } }));
      await new Promise<void>((resolve) => {
        child.stdout.on('data', () => {
          if (out.includes('ann.arbor@example.com')) resolve();
        });
        child.once('exit', () => resolve());
      });
      must(out.includes('ann.arbor@example.com'), 'an affiliate', all.slice(-600));
      return 'get_affiliate over stdio';
    } finally {
      stop();
    }
  },
};
