import type { JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import { keyForm } from '../records/keys.ts';
import { codeOf } from '../records/values.ts';
import { quote } from '../text.ts';
import type { Operation, Read } from './operation.ts';
import { listed } from './questions.ts';
import { type PageAnswer, readList } from './read-list.ts';

/*
 * LeadDyno has no list of groups, and what it does with an unknown code is not established: it may put the affiliate
 * into the default group, which decides what they are paid. So a group is known if an affiliate is in it.
 */

/** 2,000 affiliates; a larger programme is not read completely before one write. */
const MOST_PAGES = 10;
const PER_PAGE = 200;

/**
 * Why a group is refused: no affiliate is in it. Undefined if it has members, or if that cannot be determined.
 * @throws LeadDynoError `auth`, because the write would fail as well
 */
export async function whyUnknownGroup(group: unknown, list: Operation, read: Read): Promise<string | undefined> {
  if (typeof group !== 'string') return undefined;
  const { plural } = list.returns.record;
  let isKnown = false;
  const ask = async (page: number): Promise<PageAnswer> => {
    const answer = await readPage(page, list, read);
    if (typeof answer !== 'object') return answer;
    const rows = answer[plural];
    isKnown ||= Array.isArray(rows) && rows.some((row) => keyForm(groupOf(row)) === keyForm(group));
    return isKnown ? 'failed' : answer;
  };
  const all = await readList(ask, { plural, mostPages: MOST_PAGES });
  if (isKnown || !all?.complete) return undefined;
  const groups = new Map(all.rows.map((row) => [keyForm(groupOf(row)), groupOf(row)]));
  groups.delete('');
  if (groups.size === 0) return undefined;
  const known = [...groups.values()].sort().map((code) => quote(code, 40));
  return `affiliate_type: no affiliate is in the group ${quote(group, 60)}; the groups are ${listed(known, 30)}. LeadDyno does not list empty groups: to use one, start the server with --no-precheck`;
}

const groupOf = (row: unknown): string =>
  typeof row === 'object' && row !== null ? codeOf((row as JsonObject).compensation_tier_code).trim() : '';

async function readPage(page: number, list: Operation, read: Read): Promise<PageAnswer> {
  try {
    return (await read(list, { page, per_page: PER_PAGE, skip: 0, detail: 'full' })) ?? 'missing';
  } catch (error) {
    if (error instanceof LeadDynoError && error.reason !== 'auth') return 'failed';
    throw error;
  }
}
