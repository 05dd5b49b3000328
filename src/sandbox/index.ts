import type { Server } from 'node:http';
import { annId, benId } from './cast.ts';
import { type KeyPlace, RateLimit, type SandboxRequest } from './gateway.ts';
import { generateProgramme } from './generate-programme.ts';
import { createApiServer } from './http.ts';
import type { Programme } from './programme.ts';
import { HOUR } from './wire-values.ts';

export type { Programme, SandboxRequest };
export { annId, benId };

export interface SandboxOptions {
  /** The same seed and the same `now` give identical data. */
  seed?: number;
  /**
   * The moment the programme is generated for; everything in it happened before. If given, the sandbox's clock
   * stands still there, so that writes are repeatable too (`programme.clock` can be replaced). The default is
   * the start of the current hour, with a running clock.
   */
  now?: Date;
  affiliates?: number;
  leads?: number;
  /** Ignored without leads. */
  purchases?: number;
  visitors?: number;
  /** Requests per window before the answer is 429; 0 turns the limit off. */
  rateLimit?: number;
  rateWindowMs?: number;
  key?: string;
  acceptKeyIn?: ReadonlyArray<KeyPlace>;
  /** 0 picks a free one. */
  port?: number;
}

export interface Sandbox {
  readonly url: string;
  readonly key: string;
  /** Every request answered, in order, without its key. */
  readonly requests: SandboxRequest[];
  /** The live state, to read and to change. */
  readonly programme: Programme;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const DEFAULT_SEED = 20_250_607;

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // An error here only means that it was already closed.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A simulated LeadDyno account behind real HTTP on the loopback interface. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const fixed = options.now?.getTime();
  const current = Date.now();
  const programme = generateProgramme({
    seed: options.seed ?? DEFAULT_SEED,
    now: fixed ?? current - (current % HOUR),
    clock: fixed === undefined ? Date.now : () => fixed,
    affiliates: options.affiliates ?? 250,
    leads: options.leads ?? 2_000,
    purchases: options.purchases ?? 1_200,
    visitors: options.visitors ?? 5_000,
  });
  const key = options.key ?? 'sandbox-key';
  const requests: SandboxRequest[] = [];
  const server = createApiServer({
    programme,
    key,
    acceptKeyIn: options.acceptKeyIn ?? ['header', 'query', 'body'],
    rateLimit: new RateLimit(options.rateLimit ?? 200, options.rateWindowMs ?? 60_000),
    log: requests,
  });
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://${HOST}:${port}/v1`,
    key,
    requests,
    programme,
    close: () => close(server),
  };
}
