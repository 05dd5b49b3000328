import { accountOf } from './account.ts';
import type { Services } from './mcp/services.ts';

/** Accounts that were not used for so long are closed; their callers open them anew. */
const IDLE_MS = 10 * 60_000;
/** Beyond so many the longest unused goes first. */
const MAX_ACCOUNTS = 1_000;

/** The accounts of callers who bring their own key: one set of services each, kept by the digest of the key. */
export function createAccounts(open: (key: string) => Services) {
  const accounts = new Map<string, { services: Services; usedAt: number }>();

  function drop(id: string): void {
    const entry = accounts.get(id);
    accounts.delete(id);
    // Calls in flight end first: an account is dropped only long after its last call began.
    void entry?.services.client.close();
  }

  function makeRoom(now: number): void {
    for (const [id, { usedAt }] of accounts) {
      if (accounts.size < MAX_ACCOUNTS && now - usedAt < IDLE_MS) break;
      drop(id);
    }
  }

  return {
    of(key: string): Services {
      const id = accountOf(key);
      const now = Date.now();
      const known = accounts.get(id);
      if (known) {
        // Moves to the end: the map is in order of last use.
        accounts.delete(id);
        accounts.set(id, { services: known.services, usedAt: now });
        return known.services;
      }
      makeRoom(now);
      const services = open(key);
      accounts.set(id, { services, usedAt: now });
      return services;
    },
    async close(): Promise<void> {
      await Promise.all([...accounts.values()].map(({ services }) => services.client.close()));
      accounts.clear();
    },
  };
}
