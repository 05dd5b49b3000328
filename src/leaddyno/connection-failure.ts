import { PROXY_CLOSED } from './connection.ts';
import type { Failure } from './failure.ts';

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'its name could not be resolved',
  EAI_AGAIN: 'its name could not be resolved for now',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no network',
  ETIMEDOUT: 'the connection timed out',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  [PROXY_CLOSED]: 'the proxy closed the connection',
};

const INSECURE = /^(ERR_TLS|ERR_SSL|CERT_|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;

export interface BrokenConnection {
  readonly error: Error;
  /**
   * Whether the request may have reached LeadDyno. This and not the error's code tells what became of it: unresolved
   * names, refused connections and bad certificates come before the start, but the same codes can also end a
   * connection that has carried a request.
   */
  readonly started: boolean;
  /** The status, where the answer had begun. */
  readonly status?: number | undefined;
}

/** The failure behind a connection that could not be made, or broke before the answer was complete. */
export function readConnectionFailure({ error, started, status }: BrokenConnection): Failure {
  const code = findCode(error);
  return {
    reason: 'network',
    fate: started ? 'unknown' : 'not_sent',
    status,
    said: describeStage(started, status),
    why: explain(error, code),
    // Undici's own errors can carry bytes of the answer: only the code and the sentence go on.
    cause: new Error(code === '' ? error.message : `${code}: ${error.message}`),
  };
}

function describeStage(started: boolean, status: number | undefined): string {
  if (!started) return 'LeadDyno could not be reached';
  return status === undefined ? 'LeadDyno did not answer' : 'The answer of LeadDyno broke off';
}

function explain(error: Error, code: string): string {
  const known = words[code];
  if (known !== undefined) return known;
  if (INSECURE.test(code)) return `no secure connection (${code})`;
  const proxyStatus = /^Proxy response \((\d+)\)/.exec(error.message)?.[1];
  if (proxyStatus !== undefined) return `the proxy answered ${proxyStatus}`;
  return code === '' ? 'the connection failed' : `the connection failed (${code})`;
}

/** The code of `error` or of what caused it; '' where there is none. */
function findCode(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 3) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return findCode(error.cause, depth + 1);
}
