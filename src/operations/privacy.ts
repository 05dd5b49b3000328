/*
 * Which fields are secret and which are personal (API reference, section 8, end). The MCP side masks by these lists
 * and knows no field by itself.
 */

/** Shown only if the operator asks for it. */
export const DASHBOARD_LINK = 'affiliate_dashboard_url';

/** Shown only by the tool whose purpose it is. */
export const SIGN_IN_LINK = 'sign_in_url';

/** Replaced by stable pseudonyms under `--mask-pii`, at any depth. `email` fields keep the form of an address. */
export const PERSONAL_FIELDS: ReadonlySet<string> = new Set([
  'first_name',
  'last_name',
  'name',
  'full_name',
  'referring_affiliate',
  'address1',
  'address2',
  'city',
  'zipcode',
  'phone',
]);

export const EMAIL_FIELDS: ReadonlySet<string> = new Set(['email', 'paypal_email', 'affiliate_email']);

/** Objects whose every text was typed by the person or taken from the merchant's records of them. */
export const PERSONAL_OBJECTS: ReadonlySet<string> = new Set(['custom_fields', 'crm_data']);

/** Addresses of people never end so; a pseudonym is recognised by it. */
export const PSEUDONYM_DOMAIN = 'masked.invalid';

/** Whether an address is one that a server with masked people has shown: LeadDyno does not know it. */
export const isPseudonym = (address: string): boolean => address.trim().toLowerCase().endsWith(`@${PSEUDONYM_DOMAIN}`);
