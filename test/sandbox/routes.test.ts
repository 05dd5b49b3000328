import { describe, expect, it } from 'vitest';
import { routes } from '../../src/sandbox/http.ts';

/** Every row of the reference; A15 and C2 share a path, so 48 rows make 47 routes. */
const documented = `
POST /affiliates
GET /affiliates
GET /affiliates/count
GET /affiliates/{id}
GET /affiliates/by_email
GET /affiliates/by_affiliate_code
PUT /affiliates/{id}
POST /affiliates/{id}/archive
POST /affiliates/{id}/unarchive
POST /affiliates/{id}/approve
POST /affiliates/{id}/reject
GET /affiliates/{id}/leads
GET /affiliates/{id}/purchases
GET /affiliates/{id}/commissions_total
GET /affiliates/{id}/commissions
POST /affiliates/{id}/sign_in_link
POST /purchases
GET /purchases
GET /purchases/count
GET /purchases/{id}
GET /purchases/by_purchase_code
GET /purchases/{id}/commissions
PUT /purchases/{id}
POST /purchases/{id}/approve
POST /purchases/{id}/reject
DELETE /purchases
DELETE /purchases/{id}
POST /affiliates/{id}/commissions
GET /commissions
GET /commissions/totals
POST /commissions/mark_as_paid
POST /leads
GET /leads
GET /leads/count
GET /leads/{id}
GET /leads/by_email
PUT /leads/{id}
GET /leads/{id}/purchases
POST /visitors
GET /visitors
GET /visitors/count
GET /visitors/by_tracking_code
GET /campaigns
GET /campaigns/{id}
POST /custom_fields
DELETE /custom_fields
GET /affiliates/{id}/subids
`;

describe('the routes', () => {
  it('are those of the reference, each once', () => {
    const expected = documented.trim().split('\n');
    expect(expected).toHaveLength(47);
    expect(routes.map(([pattern]) => pattern).toSorted()).toEqual(expected.toSorted());
  });
});
