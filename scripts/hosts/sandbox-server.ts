import { MAIN, start } from './host.ts';

const LIMIT_MS = 10 * 60_000;

/** Starts the built server over HTTP with its sandbox, for hosts whose commands make a new connection for each call. */
export function startSandboxServer(): Promise<{ readonly url: string; readonly stop: () => void }> {
  const env = { PATH: process.env.PATH ?? '' };
  const args = [MAIN, '--sandbox', '--http', '0', '--rate-limit', '0'];
  const { child, stop } = start(process.execPath, args, { env, limitMs: LIMIT_MS });
  return new Promise((resolve, reject) => {
    let log = '';
    child.once('exit', () => reject(new Error(`the server did not start: ${log}`)));
    child.stderr.on('data', (chunk: string) => {
      log += chunk;
      const port = /"port":(\d+)/.exec(log)?.[1];
      if (port) resolve({ url: `http://127.0.0.1:${port}/mcp`, stop });
    });
  });
}
