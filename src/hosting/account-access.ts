import { type AuthInfo, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import { ACCOUNTS_OF } from '../auth/tokens.ts';
import { type AccountChoice, createChoice } from '../mcp/account-choice.ts';
import type { Services } from '../mcp/services.ts';

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
