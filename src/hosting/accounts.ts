import { accountOf } from '../account.ts';
import type { Services } from '../mcp/services.ts';

/** Accounts unused for this long are closed; their callers' next request opens them again. */
const IDLE_MS = 10 * 60_000;
/**
 * Beyond this number the least recently used accounts are closed, except those with a call in flight. Accounts whose
 * key LeadDyno has accepted are counted separately from those whose key may be invented, so no number of strangers
 * closes a known account.
 */
const MAX_ACCOUNTS = 1_000;

interface Account {
  readonly services: Services;
  usedAt: number;
  /** Requests to LeadDyno in flight. */
  running: number;
}

type Shelf = Map<string, Account>;

/** The accounts of callers who send their own key: one set of services each, stored by the digest of the key. */
export function createAccounts(open: (key: string) => Services, onProven: (account: string) => void = () => undefined) {
  const known: Shelf = new Map();
  const strangers: Shelf = new Map();

  function makeRoom(accounts: Shelf, now: number, most = MAX_ACCOUNTS): void {
    for (const [id, { services, usedAt, running }] of accounts) {
      if (accounts.size < most && now - usedAt < IDLE_MS) break;
      if (running > 0) continue;
      accounts.delete(id);
      void services.client.close();
    }
  }

  /** LeadDyno accepted this key: moves the account to the known ones. */
  function prove(id: string, account: Account): void {
    if (strangers.get(id) !== account) return;
    strangers.delete(id);
    makeRoom(known, Date.now());
    known.set(id, account);
    onProven(id);
  }

  function openCounted(key: string, id: string, now: number): Account {
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
              const answer = await client.send(request, options);
              prove(id, account);
              return answer;
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
      const shelf = known.has(id) ? known : strangers;
      const found = shelf.get(id);
      if (found) {
        // Moves it to the end: the map is in order of last use.
        shelf.delete(id);
        shelf.set(id, found);
        found.usedAt = now;
        return found.services;
      }
      makeRoom(strangers, now);
      makeRoom(known, now, Number.POSITIVE_INFINITY);
      const account = openCounted(key, id, now);
      strangers.set(id, account);
      return account.services;
    },
    async close(): Promise<void> {
      const all = [...known.values(), ...strangers.values()];
      await Promise.all(all.map(({ services }) => services.client.close()));
      known.clear();
      strangers.clear();
    },
  };
}
