import { payloadOf } from './payloads.ts';
import { ApiError, type Call, created, fixedPage, found, newestFirst, ok, type Reply, type Route } from './route.ts';

/** The affiliate code in a landing page URL. */
function codeIn(url: string | null): string | null {
  const query = url?.split('#', 1)[0]?.split('?', 2)[1];
  return query === undefined ? null : new URLSearchParams(query).get('afmc');
}

/** Needs `url` or `tracking_code`: sources disagree on which. A known tracking code returns the existing visitor. */
function create({ programme, params }: Call): Reply {
  const url = params.filledText('url');
  const trackingCode = params.filledText('tracking_code');
  params.check();
  if (url === null && trackingCode === null) throw new ApiError(400, { url: ["can't be blank"] });
  const known = trackingCode === null ? undefined : programme.visitorByTrackingCode(trackingCode);
  if (known !== undefined) return created(payloadOf(programme, 'visitor', known));
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
  return created(payloadOf(programme, 'visitor', visitor));
}

function list({ programme, params }: Call): Reply {
  const rows = newestFirst(programme.visitors.rows, fixedPage(params));
  return ok(rows.map((row) => payloadOf(programme, 'visitor', row)));
}

function byTrackingCode({ programme, params }: Call): Reply {
  return ok(payloadOf(programme, 'visitor', programme.visitorByTrackingCode(params.requiredText('tracking_code'))));
}

function campaigns({ programme }: Call): Reply {
  return ok(programme.campaigns.rows.map((row) => payloadOf(programme, 'campaign', row)));
}

function campaign({ programme, id }: Call): Reply {
  return ok(payloadOf(programme, 'campaign', found(programme.campaigns.get(id), 'Campaign')));
}

export const visitorRoutes: readonly Route[] = [
  ['POST /visitors', create],
  ['GET /visitors', list],
  ['GET /visitors/count', ({ programme }) => ok({ count: programme.visitors.rows.length })],
  ['GET /visitors/by_tracking_code', byTrackingCode],
  ['GET /campaigns', campaigns],
  ['GET /campaigns/{id}', campaign],
];
