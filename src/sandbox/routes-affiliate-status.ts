import { ApiError } from './api-error.ts';
import { affiliatePayload } from './payload-affiliate.ts';
import type { Affiliate } from './records.ts';
import { type Call, ok, type Reply, type Route } from './route.ts';
import { affiliateOf } from './routes-affiliates.ts';

function change(call: Call, affiliate: Affiliate, status: Affiliate['status']): Reply {
  if (affiliate.status !== status) {
    affiliate.status = status;
    affiliate.updatedAt = call.programme.now();
  }
  return ok(affiliatePayload(call.programme, affiliate));
}

/** Archiving a pending applicant is allowed and is not a rejection (not established). */
function archive(call: Call): Reply {
  return change(call, affiliateOf(call), 'Archived');
}

function unarchive(call: Call): Reply {
  const affiliate = affiliateOf(call);
  // The help pages call a rejection final; whether the API refuses here is not established.
  if (affiliate.rejected) throw new ApiError(400, 'Rejected affiliates cannot be unarchived');
  // Someone who is not archived stays as is: this must not become a way around the approval.
  if (affiliate.status !== 'Archived') return ok(affiliatePayload(call.programme, affiliate));
  return change(call, affiliate, 'Active');
}

/** Approving an archived affiliate is refused too (not established): unarchiving is the way back. */
function approve(call: Call): Reply {
  const affiliate = affiliateOf(call);
  if (affiliate.rejected) throw new ApiError(400, 'Rejected affiliates cannot be approved');
  if (affiliate.status === 'Archived') throw new ApiError(400, 'Archived affiliates cannot be approved');
  return change(call, affiliate, 'Active');
}

function reject(call: Call): Reply {
  const affiliate = affiliateOf(call);
  if (affiliate.status !== 'Pending Approval') {
    throw new ApiError(400, 'Only affiliates pending approval can be rejected');
  }
  affiliate.rejected = true;
  return change(call, affiliate, 'Archived');
}

export const affiliateStatusRoutes: readonly Route[] = [
  { method: 'POST', path: '/affiliates/{id}/archive', handle: archive },
  { method: 'POST', path: '/affiliates/{id}/unarchive', handle: unarchive },
  { method: 'POST', path: '/affiliates/{id}/approve', handle: approve },
  { method: 'POST', path: '/affiliates/{id}/reject', handle: reject },
];
