import type { Call, Reply, Route } from './route.ts';
import { affiliateRecordRoutes } from './routes-affiliate-records.ts';
import { affiliateStatusRoutes } from './routes-affiliate-status.ts';
import { affiliateRoutes } from './routes-affiliates.ts';
import { commissionRoutes } from './routes-commissions.ts';
import { customFieldRoutes } from './routes-custom-fields.ts';
import { leadRoutes } from './routes-leads.ts';
import { purchaseChangeRoutes } from './routes-purchase-changes.ts';
import { purchaseRoutes } from './routes-purchases.ts';
import { campaignRoutes, visitorRoutes } from './routes-visitors.ts';

export const routes: readonly Route[] = [
  ...affiliateRoutes,
  ...affiliateStatusRoutes,
  ...affiliateRecordRoutes,
  ...purchaseRoutes,
  ...purchaseChangeRoutes,
  ...commissionRoutes,
  ...leadRoutes,
  ...visitorRoutes,
  ...campaignRoutes,
  ...customFieldRoutes,
];

const byPath = new Map(routes.map((route) => [`${route.method} ${route.path}`, route.handle]));

// Ids are numeric, so `count` and `by_email` never look like one, and a word in their place is no route.
const ID_SEGMENT = /^(\/[a-z_]+)\/(\d{1,15})(\/[a-z_]+)?$/;

/** The handler for a path below the base, bound to the id in it. */
export function findRoute(method: string, path: string): ((call: Omit<Call, 'id'>) => Reply) | null {
  const match = ID_SEGMENT.exec(path);
  const pattern = match === null ? path : `${match[1]}/{id}${match[3] ?? ''}`;
  const handle = byPath.get(`${method} ${pattern}`);
  if (handle === undefined || (match === null && path.includes('{'))) return null;
  const id = Number(match?.[2] ?? 0);
  return (call) => handle({ ...call, id });
}
