import { ApiError, notFound } from './api-error.ts';
import { fixedPage, newestFirst } from './paging.ts';
import { campaignPayload, visitorPayload } from './payload-lead.ts';
import { type Call, created, ok, type Reply, type Route } from './route.ts';

/** The affiliate code in a landing address. */
function codeIn(url: string | null): string | null {
  const query = url?.split('#', 1)[0]?.split('?', 2)[1];
  return query === undefined ? null : new URLSearchParams(query).get('afmc');
}

/** One of the two is needed: the sources disagree on which. A known tracking code gives the existing visitor. */
function create({ programme, params }: Call): Reply {
  const url = params.filledText('url');
  const trackingCode = params.filledText('tracking_code');
  params.check();
  if (url === null && trackingCode === null) throw new ApiError(400, { url: ["can't be blank"] });
  const known = trackingCode === null ? undefined : programme.visitorByTrackingCode(trackingCode);
  if (known !== undefined) return created(visitorPayload(programme, known));
  const code = codeIn(url);
  const affiliate = code === null ? undefined : programme.affiliateByCode(code);
  const now = programme.now();
  const visitor = programme.addVisitor({
    trackingCode: trackingCode ?? programme.random.hex(32),
    createdAt: now,
    updatedAt: now,
    latestClickAt: now,
    affiliateId: affiliate?.id ?? null,
    campaignId: null,
    leadId: null,
    url,
    referrer: null,
    searchTerm: null,
  });
  return created(visitorPayload(programme, visitor));
}

function byTrackingCode({ programme, params }: Call): Reply {
  const visitor = programme.visitorByTrackingCode(params.requiredText('tracking_code'));
  return ok(visitor === undefined ? null : visitorPayload(programme, visitor));
}

function campaign({ programme, id }: Call): Reply {
  const found = programme.campaigns.get(id);
  if (found === undefined) throw notFound('Campaign');
  return ok(campaignPayload(found));
}

export const visitorRoutes: readonly Route[] = [
  { method: 'POST', path: '/visitors', handle: create },
  {
    method: 'GET',
    path: '/visitors',
    handle: ({ programme, params }) =>
      ok(newestFirst(programme.visitors.rows, fixedPage(params)).map((row) => visitorPayload(programme, row))),
  },
  { method: 'GET', path: '/visitors/count', handle: ({ programme }) => ok({ count: programme.visitors.rows.length }) },
  { method: 'GET', path: '/visitors/by_tracking_code', handle: byTrackingCode },
];

export const campaignRoutes: readonly Route[] = [
  { method: 'GET', path: '/campaigns', handle: ({ programme }) => ok(programme.campaigns.rows.map(campaignPayload)) },
  { method: 'GET', path: '/campaigns/{id}', handle: campaign },
];
