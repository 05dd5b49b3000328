import { accountOf } from '../account.ts';
import type { Services } from '../mcp/services.ts';

/** Accounts that were not used for so long are closed; their callers open them anew. */
const IDLE_MS = 10 * 60_000;
/** Beyond so many the longest unused goes first, but none with a call under way. */
const MAX_ACCOUNTS = 1_000;

interface Account {
  readonly services: Services;
  usedAt: number;
  /** Requests to LeadDyno under way. */
  running: number;
}

/** The accounts of callers who bring their own key: one set of services each, kept by the digest of the key. */
export function createAccounts(open: (key: string) => Services) {
  const accounts = new Map<string, Account>();

  function makeRoom(now: number): void {
    for (const [id, { services, usedAt, running }] of accounts) {
      if (accounts.size < MAX_ACCOUNTS && now - usedAt < IDLE_MS) break;
      if (running > 0) continue;
      accounts.delete(id);
      void services.client.close();
    }
  }

  function openCounted(key: string, now: number): Account {
    const services = open(key);
    const { client } = services;
    const account: Account = {
      services: {
        ...services,
        client: {
          ...client,
          async send(request, options) {
            account.running += 1;
            try {
              return await client.send(request, options);
            } finally {
              account.running -= 1;
            }
          },
        },
      },
      usedAt: now,
      running: 0,
    };
    return account;
  }

  return {
    of(key: string): Services {
      const id = accountOf(key);
      const now = Date.now();
      const known = accounts.get(id);
      if (known) {
        // Moves to the end: the map is in order of last use.
        accounts.delete(id);
        accounts.set(id, known);
        known.usedAt = now;
        return known.services;
      }
      makeRoom(now);
      const account = openCounted(key, now);
      accounts.set(id, account);
      return account.services;
    },
    async close(): Promise<void> {
      await Promise.all([...accounts.values()].map(({ services }) => services.client.close()));
      accounts.clear();
    },
  };
}
