import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { KEY, SMALL } from './harness.ts';
import { listenOnLoopback } from './loopback.ts';
import { closeAtEnd } from './protocol-leaks.ts';

/** A request as received; `path` is below the base address. */
export interface OddRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

export interface OddAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Changes the answer of the simulation to one request; `count` is 1 for the first request. */
export type Oddity = (answer: OddAnswer, request: OddRequest, count: number) => OddAnswer;

const BASE = '/v1';

/** The simulated LeadDyno, with answers changed by `oddity`. */
export async function startOddLeadDyno(oddity: Oddity = (answer) => answer, options: SandboxOptions = {}) {
  const sandbox = await startSandbox({ rateLimit: 0, key: KEY, ...SMALL, ...options });
  const requests: OddRequest[] = [];
  const sent: unknown[] = [];
  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://odd');
    const { method = 'GET', headers } = incoming;
    const request = { method, path: url.pathname.slice(BASE.length), query: url.searchParams, headers };
    requests.push(request);
    const key = Array.isArray(headers.key) ? headers.key[0] : headers.key;
    const count = requests.length;
    fetch(`${sandbox.url}${request.path}${url.search}`, { method, headers: key === undefined ? {} : { key } })
      .then(async (answered) => {
        const body: unknown = JSON.parse(await answered.text());
        const answer = oddity({ status: answered.status, body }, request, count);
        sent.push(answer.body);
        response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
        response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
      })
      .catch((error: unknown) => response.destroy(error as Error));
  });
  const { port, close } = await listenOnLoopback(server);
  return closeAtEnd({
    url: `http://127.0.0.1:${port}${BASE}`,
    programme: sandbox.programme,
    requests,
    /** The bodies of all answers so far. */
    sent,
    async close() {
      await sandbox.close();
      await close();
    },
  });
}
