/*
 * What the columns of somebody's list are called, and which field of LeadDyno's each of them is. A name is compared by
 * its letters and digits alone.
 */

/** A field of `create_affiliate`, or a whole name that is to be split. */
export type ColumnField =
  | 'email'
  | 'first_name'
  | 'last_name'
  | 'name'
  | 'affiliate_code'
  | 'affiliate_type'
  | 'paypal_email'
  | 'referring_affiliate'
  | 'unsubscribed';

const NAMES: Readonly<Record<ColumnField, string>> = {
  email: 'email emailaddress mail mailaddress affiliateemail',
  first_name: 'firstname givenname forename vorname prenom',
  last_name: 'lastname surname familyname nachname nom',
  name: 'name fullname affiliatename',
  affiliate_code: 'affiliatecode code coupon couponcode discountcode promocode referralcode',
  affiliate_type: 'affiliatetype group affiliategroup groupcode tier compensationtiercode',
  paypal_email: 'paypalemail paypal paypaladdress payoutaddress payoutemail paymentemail payto',
  referring_affiliate:
    'referringaffiliate referringaffiliateemail recruiter recruiteremail recruitedby referrer referredby sponsor upline',
  unsubscribed: 'unsubscribed optout optedout nomails',
};

const FIELDS = new Map<string, ColumnField>(
  (Object.entries(NAMES) as [ColumnField, string][]).flatMap(([field, names]) =>
    names.split(' ').map((name) => [name, field] as const),
  ),
);

/** The field that a column holds; undefined if it is none that is known. */
export const fieldOfColumn = (column: string): ColumnField | undefined =>
  FIELDS.get(
    column
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, ''),
  );
