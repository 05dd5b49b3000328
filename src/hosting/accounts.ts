import { type AuthInfo, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import { accountOf } from '../account.ts';
import { ACCOUNTS_OF } from '../auth/tokens.ts';
import { type AccountChoice, createChoice } from '../mcp/account-choice.ts';
import type { Services } from '../mcp/services.ts';

/* The LeadDyno accounts behind one HTTP server: those of callers who send their own key, and its own named ones. */

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

/** Maximum number of cached choices, one per set of accounts; the cache is cleared when full. */
const KEPT = 1_000;

/** Which of the server's accounts a caller may use. */
export interface AccountAccess {
  /** @throws OAuthError if the token is for none of them */
  check(auth: AuthInfo): AuthInfo;
  /** What the caller chooses from; undefined if the server has a single account. */
  choiceOf(auth: AuthInfo | undefined): AccountChoice | undefined;
}

/**
 * @param names of the server's accounts; undefined if it has a single account without a name
 * @param named the services of each account, if there are several
 */
export function createAccountAccess(
  names: readonly string[] | undefined,
  named: ReadonlyMap<string, Services> | undefined,
  fallback: string | undefined,
): AccountAccess {
  const choices = new Map<string, AccountChoice>();

  /** In the order of the accounts file. A caller without a token is on this machine and may use all. */
  function allowed(auth: AuthInfo | undefined): readonly string[] {
    const given = auth ? auth.extra?.[ACCOUNTS_OF] : 'all';
    if (given === 'all') return names ?? [];
    return Array.isArray(given) ? (names ?? []).filter((name) => given.includes(name)) : [];
  }

  return {
    check(auth) {
      if (names === undefined) {
        // The token was made for a server with named accounts: the account here may be none of those.
        if (!Array.isArray(auth.extra?.[ACCOUNTS_OF])) return auth;
        throw refused('This token is for named accounts, and this server names none (--accounts).');
      }
      if (allowed(auth).length > 0) return auth;
      throw refused('This token is for none of the accounts of this server.');
    },
    choiceOf(auth) {
      if (!named) return undefined;
      const mine = allowed(auth);
      const id = mine.join(' ');
      const known = choices.get(id);
      if (known) return known;
      const choice = createChoice(new Map([...named].filter(([name]) => mine.includes(name))), fallback);
      if (choices.size >= KEPT) choices.clear();
      choices.set(id, choice);
      return choice;
    },
  };
}

const refused = (message: string) => new OAuthError(OAuthErrorCode.InsufficientScope, message);
