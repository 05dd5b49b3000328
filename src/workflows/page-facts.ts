import type { JsonObject } from '../json.ts';
import type { Affiliate } from '../records/parse.ts';
import { iso } from '../records/period.ts';
import { groupBy } from '../records/values.ts';
import type { Work } from './workflow.ts';

/**
 * What the page that hosts draw says of itself and a model has no need of (`Workflow.picture`): when it was made, of
 * which account, and which of these tools it can offer to call.
 */
export function pageFacts(
  work: Pick<Work, 'now' | 'isSandbox' | 'serves'>,
  tools: readonly string[],
  affiliates: readonly Affiliate[] = [],
): JsonObject {
  return {
    made_at: iso(work.now()),
    sandbox: work.isSandbox,
    site: siteOf(affiliates),
    offers: tools.filter((tool) => work.serves(tool)),
  };
}

/** LeadDyno names no account: the shop that most referral links lead to stands for it. */
function siteOf(affiliates: readonly Affiliate[]): string | null {
  const hosts = affiliates.flatMap(({ raw }) => {
    const link = String(raw.affiliate_url ?? '');
    const host = URL.canParse(link) ? new URL(link).hostname : '';
    return host === '' ? [] : [host];
  });
  const counted = [...groupBy(hosts, (host) => host)].sort(([, a], [, b]) => b.length - a.length);
  return counted[0]?.[0] ?? null;
}
