import { type JsonObject, recordIn } from '../json.ts';
import { byEmail, byId } from './asked-for.ts';
import { affiliateId, code, email } from './fields.ts';
import { operation, type Read } from './operation.ts';
import { required } from './questions.ts';
import { one } from './returns.ts';
import * as shapes from './shapes.ts';

/** A4 `GET /affiliates/{id}`, official-current. */
export const getAffiliate = operation({
  name: 'get_affiliate',
  title: 'Get an affiliate',
  description: 'One affiliate by id, with payout address, group, referral link, custom fields and lifetime counts.',
  method: 'GET',
  path: '/affiliates/{affiliate_id}',
  input: () => ({ affiliate_id: affiliateId() }),
  returns: one(shapes.affiliate, byId('affiliate_id')),
  effect: 'read',
});

/** A5 `GET /affiliates/by_email`, official-current. A miss is a `null` body or a 404. */
export const findAffiliateByEmail = operation({
  name: 'find_affiliate_by_email',
  title: 'Find an affiliate by e-mail',
  description:
    'The one affiliate with exactly this e-mail address. For part of an address or for a name use list_affiliates with query.',
  method: 'GET',
  path: '/affiliates/by_email',
  input: () => ({ email: email('Whole address of the affiliate') }),
  returns: one(shapes.affiliate, byEmail),
  effect: 'read',
});

/** A6 `GET /affiliates/by_affiliate_code`, official-current. Without a key: an affiliate may have several codes. */
export const findAffiliateByCode = operation({
  name: 'find_affiliate_by_code',
  title: 'Find an affiliate by code',
  description:
    'The one affiliate with this affiliate code: the code in referral links (afmc=CODE), also the coupon code.',
  method: 'GET',
  path: '/affiliates/by_affiliate_code',
  input: () => ({ affiliate_code: code('Affiliate or coupon code') }),
  returns: one(shapes.affiliate),
  effect: 'read',
});

/** Reads the affiliate that a question names; the id is always the one that will be sent. */
export async function readAffiliate({ affiliate_id }: { affiliate_id: number }, read: Read): Promise<JsonObject> {
  const found = required(await read(getAffiliate, { affiliate_id }), `affiliate with the id ${affiliate_id}`);
  return { ...recordIn(found, 'affiliate'), id: affiliate_id };
}
