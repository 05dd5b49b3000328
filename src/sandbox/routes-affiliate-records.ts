import { commissionState } from './commission-state.ts';
import { formatCents } from './money.ts';
import { fixedPage, newestFirst } from './paging.ts';
import { subIdPayload } from './payload-affiliate.ts';
import { leadPayload } from './payload-lead.ts';
import { purchasePayload } from './payload-purchase.ts';
import { type Call, ok, type Reply, type Route } from './route.ts';
import { affiliateOf } from './routes-affiliates.ts';
import { formatTimestamp, SECOND } from './timestamps.ts';

const SIGN_IN_SECONDS = 300;

function leads(call: Call): Reply {
  const rows = call.programme.leadsOf(affiliateOf(call).id);
  return ok(newestFirst(rows, fixedPage(call.params)).map((lead) => leadPayload(call.programme, lead)));
}

function purchases(call: Call): Reply {
  const rows = call.programme.purchasesOf(affiliateOf(call).id);
  return ok(newestFirst(rows, fixedPage(call.params)).map((purchase) => purchasePayload(call.programme, purchase)));
}

/** In the account's default currency only: what was earned in another one is silently missing. */
function commissionsTotal(call: Call): Reply {
  const { programme } = call;
  const now = programme.now();
  const sums = { due: 0, pending: 0, paid: 0, cancelled: 0 };
  for (const commission of programme.commissionsOf(affiliateOf(call).id)) {
    if (commission.currency !== programme.currency) continue;
    sums[commissionState(programme, commission, now)] += commission.amount;
  }
  return ok({
    currency: programme.currency,
    due: formatCents(sums.due),
    pending: formatCents(sums.pending),
    paid: formatCents(sums.paid),
    total: formatCents(sums.due + sums.pending + sums.paid),
  });
}

/** 200 is a guess, as is that pending and archived affiliates get a link too. */
function signInLink(call: Call): Reply {
  const { programme } = call;
  const affiliate = affiliateOf(call);
  return ok({
    affiliate_id: affiliate.id,
    sign_in_url: `${programme.dashboardUrl}/sign_in/${programme.random.hex(48)}`,
    expires_at: formatTimestamp(programme.now() + SIGN_IN_SECONDS * SECOND),
    expires_in_seconds: SIGN_IN_SECONDS,
  });
}

function subIds(call: Call): Reply {
  return ok((call.programme.subIds.get(affiliateOf(call).id) ?? []).map(subIdPayload));
}

export const affiliateRecordRoutes: readonly Route[] = [
  { method: 'GET', path: '/affiliates/{id}/leads', handle: leads },
  { method: 'GET', path: '/affiliates/{id}/purchases', handle: purchases },
  { method: 'GET', path: '/affiliates/{id}/commissions_total', handle: commissionsTotal },
  { method: 'POST', path: '/affiliates/{id}/sign_in_link', handle: signInLink },
  { method: 'GET', path: '/affiliates/{id}/subids', handle: subIds },
];
