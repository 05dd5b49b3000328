/*
 * Names of columns in users' lists, and the LeadDyno field of each. Names are compared by their letters and digits
 * only, without case and accents.
 */

/** A field of `create_affiliate`, or a full name to be split. */
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

/** English names, and usual headings in German, French and Spanish. */
const NAMES: Readonly<Record<ColumnField, string>> = {
  email:
    'email emailaddress mail mailaddress affiliateemail contactemail emailadresse mailadresse courriel adresseemail adressemail correo correoelectronico',
  first_name: 'firstname givenname forename fname vorname prenom nombre',
  last_name: 'lastname surname familyname lname nachname familienname nom apellido apellidos',
  name: 'name fullname affiliatename contactname vollername vollstandigername nomcomplet nombrecompleto',
  affiliate_code:
    'affiliatecode code coupon couponcode discountcode promocode referralcode gutscheincode gutschein rabattcode partnercode codepromo codigo',
  affiliate_type:
    'affiliatetype group affiliategroup groupcode tier compensationtiercode gruppe partnergruppe groupe grupo',
  paypal_email:
    'paypalemail paypal paypaladdress paypalemailaddress payoutaddress payoutemail paymentemail payto paypaladresse paypalmail paypalemailadresse paypalkonto auszahlungsadresse',
  referring_affiliate:
    'referringaffiliate referringaffiliateemail recruiter recruiteremail recruitedby referrer referredby sponsor upline werber geworbenvon empfohlenvon parrain',
  unsubscribed: 'unsubscribed optout optedout nomails abgemeldet',
};

const FIELDS = new Map<string, ColumnField>(
  (Object.entries(NAMES) as [ColumnField, string][]).flatMap(([field, names]) =>
    names.split(' ').map((name) => [name, field] as const),
  ),
);

/** The field that a column holds; undefined if its name is not known. */
export const fieldOfColumn = (column: string): ColumnField | undefined =>
  FIELDS.get(
    column
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, ''),
  );
