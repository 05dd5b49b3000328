import type { JsonObject } from '../../src/json.ts';
import { type HttpServer, type HttpSetup, startHttpAt } from './http-server.ts';
import { answerJson, type Received, type ScriptedLeadDyno, startLeadDyno } from './http-upstream.ts';
import { secret } from './written.ts';

/** Makes keys, by account name. */
export const keysOf = (...names: string[]): ReadonlyMap<string, string> =>
  new Map(names.map((name) => [name, secret(`key-of-${name}`)]));

/** A name in every record of an account, so that tests find the record wherever it does not belong. */
export const markOf = (name: string) => `mark${name.replaceAll('-', '')}mark`;

/** An answer full of the mark of the account whose key was sent. */
function record(accounts: ReadonlyMap<string, string>, { key, path, method }: Received): unknown {
  const index = [...accounts.values()].indexOf(key ?? '');
  const mark = index < 0 ? 'marknobodymark' : markOf([...accounts.keys()][index] ?? '');
  const owned = (id: number): JsonObject => ({
    id,
    email: `${mark}@owner.example`,
    first_name: mark,
    affiliate_code: `${mark}${id}`,
    status: 'active',
    created_at: '2026-01-05T10:00:00Z',
  });
  if (path.endsWith('/count')) return { count: 100 + index };
  if (path === '/affiliates' && method === 'GET') return [1, 2, 7].map(owned);
  if (/^\/affiliates\/\d+/.test(path) || method !== 'GET') return owned(7);
  return [];
}

export interface SeveralAccounts {
  readonly upstream: ScriptedLeadDyno;
  readonly server: HttpServer;
}

/** The HTTP server with several accounts, on a LeadDyno whose answers show which account they belong to. */
export async function startSeveral(
  accounts: ReadonlyMap<string, string>,
  setup: Omit<HttpSetup, 'accounts'> & { readonly slowMs?: number; readonly failing?: string } = {},
): Promise<SeveralAccounts> {
  const { slowMs = 0, failing } = setup;
  const upstream = await startLeadDyno((request, response) => {
    const broken = failing !== undefined && request.key === accounts.get(failing);
    const answer = () =>
      broken ? answerJson(response, { error: 'Invalid key' }, 401) : answerJson(response, record(accounts, request));
    // Random delays, so that answers overtake one another.
    if (slowMs > 0) setTimeout(answer, Math.random() * slowMs);
    else answer();
  });
  return { upstream, server: await startHttpAt(upstream.url, { ...setup, accounts }) };
}
