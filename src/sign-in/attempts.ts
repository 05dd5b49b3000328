/** Failed attempts allowed within the window: from one network (`networkOf`) and in total. */
export const ATTEMPTS = { ofOne: 5, inAll: 60, windowMs: 10 * 60_000 } as const;

/** Counts failed attempts. Too many from one network make it wait; too many in total make everybody wait. */
export interface Attempts {
  /** Seconds to wait; undefined if another attempt is allowed. */
  waitFor(address: string): number | undefined;
  /** Counts an attempt as failed, in advance if its check takes a while. @returns a function that undoes it */
  failed(address: string): () => void;
}

export function createAttempts(now: () => number, { ofOne, inAll, windowMs } = ATTEMPTS): Attempts {
  let since = now();
  let all = 0;
  const byAddress = new Map<string, number>();

  function renew(): void {
    if (now() - since < windowMs) return;
    since = now();
    all = 0;
    byAddress.clear();
  }

  return {
    waitFor(address) {
      renew();
      const isOver = all >= inAll || (byAddress.get(networkOf(address)) ?? 0) >= ofOne;
      return isOver ? Math.max(1, Math.ceil((since + windowMs - now()) / 1_000)) : undefined;
    },
    failed(address) {
      renew();
      all += 1;
      const network = networkOf(address);
      byAddress.set(network, (byAddress.get(network) ?? 0) + 1);
      const counted = since;
      return () => {
        if (counted !== since) return;
        all -= 1;
        byAddress.set(network, (byAddress.get(network) ?? 1) - 1);
      };
    },
  };
}

/** The network whose attempts count together: a household or server has a whole IPv6 /64 to itself. */
function networkOf(address: string): string {
  if (!address.includes(':') || !URL.canParse(`http://[${address}]`)) return address;
  const whole = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = whole.split('::');
  const before = head.split(':').filter((part) => part !== '');
  const after = (tail ?? '').split(':').filter((part) => part !== '');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after].slice(0, 4).join(':');
}
