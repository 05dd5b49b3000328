import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Agent, fetch } from 'undici';
import { startSandbox } from '../../src/sandbox/index.ts';
import { MAIN, must, start } from './host.ts';
import { makeCertificate, startFront } from './tls-front.ts';

/* The built server with `--sign-in` behind TLS on this machine, and a person who signs in to it. */

const LIMIT_MS = 10 * 60_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface SignInServer {
  /** The MCP endpoint, over https. */
  readonly url: string;
  /** Path of a file with the certificate to trust. */
  readonly trust: string;
  /** What the person pastes into the page. */
  readonly key: string;
  readonly code: string;
  /** What the server has logged so far. */
  readonly log: () => string;
  /** Fills in the page as the person would, and follows the redirect to the client. @returns the redirect's address */
  signIn(address: string): Promise<string>;
  stop(): Promise<void>;
}

/** @param documents whether clients are told that metadata documents work; without a network none can be read */
export async function startSignInServer(folder: string, documents: boolean): Promise<SignInServer> {
  const key = randomBytes(16).toString('hex');
  const code = randomBytes(16).toString('hex');
  const sandbox = await startSandbox({ rateLimit: 0, key });
  const certificate = makeCertificate('localhost');
  const trust = join(folder, 'trust.pem');
  writeFileSync(trust, certificate.cert);
  const port = await freePort();
  const hide = (_: string, body: string) => body.replace('"client_id_metadata_document_supported":true,', '');
  const front = await startFront(certificate, port, documents ? undefined : hide);
  const origin = `https://localhost:${front.port}`;
  const env = {
    PATH: process.env.PATH ?? '',
    LEADDYNO_BASE_URL: sandbox.url,
    LEADDYNO_MCP_STATE_SECRET: randomBytes(32).toString('hex'),
    LEADDYNO_MCP_SIGN_IN_CODE: code,
  };
  const flags = [
    '--http',
    String(port),
    '--sign-in',
    '--public-url',
    origin,
    '--rate-limit',
    '0',
    '--log-level',
    'info',
  ];
  const { child, stop } = start(process.execPath, [MAIN, ...flags], { env, limitMs: LIMIT_MS });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the server did not start: ${log}`)));
    child.stderr.on('data', (chunk: string) => {
      log += chunk;
      if (log.includes('"port":')) resolve();
    });
  });
  const dispatcher = new Agent({ connect: { ca: certificate.cert } });

  return {
    url: `${origin}/mcp`,
    trust,
    key,
    code,
    log: () => log,
    async signIn(address) {
      const page = await fetch(address, { dispatcher });
      const html = await page.text();
      const request = /name="request" value="([^"]*)"/.exec(html)?.[1] ?? '';
      must(page.status === 200 && request !== '', 'the page that asks', `${page.status} ${html.slice(-600)}`);
      const body = new URLSearchParams({ request, leaddyno_key: key, access_code: code, decision: 'allow' });
      for (const [, scope = ''] of html.matchAll(/name="scope" value="([^"]*)" checked/g)) body.append('scope', scope);
      const cookie = page.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const answer = await fetch(new URL('/oauth/authorize', origin), {
        method: 'POST',
        body,
        headers: { cookie, origin, 'sec-fetch-site': 'same-origin' },
        dispatcher,
      });
      const text = await answer.text();
      const back = /content="0;url=([^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
      must(back !== undefined, 'the way back', `${answer.status} ${text.slice(-400)}`);
      // If nothing listens there, the client takes the address by hand.
      await fetch(back, { dispatcher }).then(
        (answer) => answer.text(),
        () => undefined,
      );
      return back;
    },
    async stop() {
      stop();
      await dispatcher.close();
      await front.close();
      await sandbox.close();
    },
  };
}
