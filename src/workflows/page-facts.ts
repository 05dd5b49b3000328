import type { JsonObject } from '../json.ts';
import type { Affiliate } from '../records/parse.ts';
import { iso } from '../records/period.ts';
import { groupBy } from '../records/values.ts';
import type { Work } from './workflow.ts';

/**
 * Facts for the page that hosts show, which a model does not need (`Workflow.picture`): when it was made, for which
 * account, and which of these tools it can offer to call.
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

/** LeadDyno does not name the account, so the site that most referral links lead to stands for it. */
function siteOf(affiliates: readonly Affiliate[]): string | null {
  const hosts = affiliates.flatMap(({ raw }) => {
    const link = String(raw.affiliate_url ?? '');
    const host = URL.canParse(link) ? new URL(link).hostname : '';
    return host === '' ? [] : [host];
  });
  const counted = [...groupBy(hosts, (host) => host)].sort(([, a], [, b]) => b.length - a.length);
  return counted[0]?.[0] ?? null;
}
