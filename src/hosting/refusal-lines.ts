import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Log } from '../log.ts';
import type { Refused } from '../transports/http.ts';

/** Maximum lines per minute, for one address and in total. */
const OF_ONE = 10;
const IN_ALL = 60;
const MINUTE_MS = 60_000;
/** Hex digits of a token's digest: enough to tell tokens apart, too few to try others against. */
const DIGITS = 8;

/** Logs each refusal and its reason, one line each, within the limits; the next line says how many were left out. */
export function createRefusalLines(
  log: Pick<Log, 'warn'>,
  tokenOf: (headers: IncomingHttpHeaders) => string | undefined,
  now: () => number = Date.now,
): (refused: Refused) => void {
  let since = Number.NEGATIVE_INFINITY;
  let left = 0;
  let unsaid = 0;
  const lines = new Map<string, number>();

  return ({ status, reason, address = 'unknown', headers }) => {
    if (now() - since >= MINUTE_MS) {
      since = now();
      left = IN_ALL;
      lines.clear();
    }
    const own = lines.get(address) ?? 0;
    if (left <= 0 || own >= OF_ONE) {
      unsaid += 1;
      return;
    }
    left -= 1;
    lines.set(address, own + 1);
    const token = tokenOf(headers);
    log.warn(status === 0 ? 'connection ended' : 'request refused', {
      ...(status !== 0 && { status }),
      reason,
      address,
      ...(token !== undefined && { token: createHash('sha256').update(token).digest('hex').slice(0, DIGITS) }),
      ...(unsaid > 0 && { not_logged_before: unsaid }),
    });
    unsaid = 0;
  };
}
