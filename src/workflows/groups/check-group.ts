import { Refusal } from '../../operations/operation.ts';
import { listed } from '../../operations/questions.ts';
import { keyForm } from '../../records/keys.ts';
import type { Affiliate } from '../../records/parse.ts';
import { quote } from '../../text.ts';
import type { Scan } from '../reading/scans.ts';
import type { Work } from '../workflow.ts';

/* LeadDyno has no list of groups, so only groups with at least one affiliate are known. */

/** The most groups named in a refusal. */
const NAMED = 30;

/** @throws Refusal for a group that no affiliate is in; it names the known groups */
export function checkGroup(group: string, people: Scan<Affiliate>, work: Pick<Work, 'prechecks'>): void {
  if (!work.prechecks || !people.complete) return;
  const groups = new Map<string, string>();
  for (const one of people.records) if (one.group !== '') groups.set(keyForm(one.group), one.group);
  if (groups.has(keyForm(group))) return;
  const known = [...groups.values()].sort().map((code) => quote(code, 40));
  throw new Refusal(
    known.length === 0
      ? 'group: none of the affiliates is in any group'
      : `group: no affiliate is in ${quote(group)}; the groups are ${listed(known, NAMED)}`,
  );
}
