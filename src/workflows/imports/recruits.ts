import { addressForm, keyForm } from '../../records/keys.ts';
import { quote } from '../../text.ts';
import type { Entry, Kept } from './entries.ts';
import type { Programme } from './programme.ts';

/* Puts recruiters before the affiliates they recruited: LeadDyno knows a recruiter only once they exist. */

/**
 * Affiliates who can be created at the same time. `recruiter`: the recruiter's address as LeadDyno knows it; `after`:
 * the recruiter's row, if they are new.
 */
export type Step = readonly { readonly entry: Entry; readonly recruiter?: string; readonly after?: number }[];

type Resolved =
  | { readonly depth: number; readonly recruiter?: string; readonly after?: number }
  | { readonly why: string };

/**
 * @param free the rows that can be created by themselves
 * @param entries the whole list, to find recruiters in it who exist already or are not created
 */
export function orderByRecruiter(
  free: readonly Entry[],
  entries: readonly Entry[],
  programme: Programme,
): { steps: Step[]; without: Kept[] } {
  const isFree = new Set(free);
  const inList = new Map<string, Entry>();
  // Of two rows with the same address, the first counts.
  for (const entry of entries.toReversed()) {
    const { email, affiliate_code: code } = entry.fields;
    if (code !== undefined) inList.set(keyForm(code), entry);
    inList.set(addressForm(email), entry);
  }
  const resolved = new Map<Entry, Resolved>();
  const underWay = new Set<Entry>();

  function resolve(entry: Entry): Resolved {
    const done = resolved.get(entry);
    if (done) return done;
    if (underWay.has(entry)) return { why: 'recruited in a circle' };
    underWay.add(entry);
    const found = recruiterOf(entry);
    underWay.delete(entry);
    resolved.set(entry, found);
    return found;
  }

  function recruiterOf({ fields: { referring_affiliate: named } }: Entry): Resolved {
    if (named === undefined) return { depth: 0 };
    const isAddress = named.includes('@');
    const there = isAddress ? programme.findByEmail(named) : programme.findByCode(named);
    if (there) return { depth: 0, recruiter: there.email || named };
    const other = inList.get(isAddress ? addressForm(named) : keyForm(named));
    if (other && isFree.has(other)) {
      const before = resolve(other);
      if ('why' in before) return { why: `the recruiter (row ${other.row}) will not be created: ${before.why}` };
      return { depth: before.depth + 1, recruiter: other.fields.email, after: other.row };
    }
    if (other) return { why: `the recruiter (row ${other.row}) will not be created` };
    if (!isAddress) return { why: `no affiliate has the code ${quote(named, 40)}` };
    return programme.complete ? { why: `no affiliate has the e-mail ${quote(named, 80)}` } : { depth: 0 };
  }

  const without: Kept[] = [];
  const steps: Step[number][][] = [];
  for (const entry of free) {
    const found = resolve(entry);
    if ('why' in found) without.push({ entry, obstacle: 'recruiter_unknown', reason: found.why });
    else {
      const { depth, ...more } = found;
      for (let step = steps.length; step <= depth; step += 1) steps.push([]);
      steps[depth]?.push({ entry, ...more });
    }
  }
  return { steps, without };
}
