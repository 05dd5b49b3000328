/** An applicant's details. */
export interface Profile {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly code?: string;
  readonly group: string;
  readonly paypalEmail: string | null;
  readonly customFields?: Readonly<Record<string, string>>;
  readonly recruiterEmail?: string;
}

/** Payouts go to the member's own address unless `more` names another. */
function member(
  email: string,
  firstName: string,
  lastName: string,
  group: 'Default' | 'Influencers' | 'Partners' | 'V.I.P.',
  more: Partial<Profile> = {},
): Profile {
  return { email, firstName, lastName, group, paypalEmail: email, ...more };
}

const website = (address: string, audience: string) => ({ Website: `https://${address}`, 'Audience size': audience });

export const annId = 1_001;
export const benId = 1_002;

const ann = member('ann.arbor@example.com', 'Ann', 'Arbor', 'V.I.P.', {
  code: 'ann',
  customFields: website('ann-arbor.example.com', '18500'),
});

const recruitedByCarla = { recruiterEmail: 'carla.mendes@example.org' };

/** Pending and harmless. He applied recently but has an early id, so that it does not depend on the record counts. */
export const ben = member('ben.okafor@example.com', 'Ben', 'Okafor', 'Default', {
  code: 'ben',
  customFields: website('okafor-outdoors.example.com', '4200'),
  ...recruitedByCarla,
});

const jose = member('jose.alvarez@example.net', 'Jos\u00e9', '\u00c1lvarez', 'Influencers', {
  code: 'jose10',
  ...recruitedByCarla,
});

/** A payout address that several unrelated people share. */
const sharedPayout = { paypalEmail: 'payouts@example.net' };
const family = { paypalEmail: 'tanaka.family@example.com' };

/** Affiliates with a role in the tests and demos, in order of their ids, from 1001 on, whatever the seed. */
export const cast: readonly Profile[] = [
  ann,
  ben,
  member('carla.mendes@example.org', 'Carla', 'Mendes', 'Partners', {
    code: 'carla',
    customFields: website('mendes-media.example.org', '96000'),
  }),
  member('soren.kjaer@example.com', 'S\u00f8ren', 'Kj\u00e6r', 'Influencers', { code: 'soren', ...recruitedByCarla }),
  jose,
  member('fang.wang@example.org', '\u82b3', '\u738b', 'Partners', {
    customFields: { Website: 'https://fang.example.org' },
  }),
  member('dana.whitlock@example.com', 'Dana', 'Whitlock', 'Default', sharedPayout),
  member('kit.rowe@example.net', 'Kit', 'Rowe', 'Default', sharedPayout),
  // The same address, spelled differently.
  member('lior.stern@example.org', 'Lior', 'Stern', 'Default', { paypalEmail: 'Payouts@Example.net' }),
  member('mei.tanaka@example.com', 'Mei', 'Tanaka', 'Influencers', family),
  member('ken.tanaka@example.com', 'Ken', 'Tanaka', 'Default', family),
  member('maria.garcia@example.com', 'Maria', 'Garcia', 'Default', { code: 'MARIA10' }),
  member('mgarcia.shop@example.net', 'Mar\u00eda', 'Garc\u00eda', 'Default', { paypalEmail: null }),
  member('chris.taylor@example.org', 'Chris', 'Taylor', 'Default'),
  member('c.taylor84@example.net', 'Chris', 'Taylor', 'V.I.P.'),
  // The official sample has exactly this payout address.
  member('theo.brandt@example.com', 'Theo', 'Brandt', 'Default', { paypalEmail: 'te' }),
];

/** A customer who exists whatever the seed, with purchases at fixed ages in days; amounts in cents. */
export interface StoryLead {
  readonly affiliateEmail: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly leadAge: number;
  readonly purchases: readonly { readonly age: number; readonly amount: number }[];
}

function customer(
  of: Profile,
  who: Pick<Profile, 'email' | 'firstName' | 'lastName'>,
  leadAge: number,
  purchases: StoryLead['purchases'],
): StoryLead {
  const { email, firstName, lastName } = who;
  return { affiliateEmail: of.email, email, firstName, lastName, leadAge, purchases };
}

const lena = { email: 'lena.hofer@example.net', firstName: 'Lena', lastName: 'Hofer' };
const omar = { email: 'omar.haddad@example.org', firstName: 'Omar', lastName: 'Haddad' };
const priya = { email: 'priya.nair@example.com', firstName: 'Priya', lastName: 'Nair' };

/** Gives Ann paid, due and pending commissions, and makes José his own customer. */
export const storyLeads: readonly StoryLead[] = [
  customer(ann, lena, 420, [
    { age: 410, amount: 12_350 },
    { age: 36, amount: 8_000 },
  ]),
  customer(ann, omar, 60, [
    { age: 6, amount: 24_999 },
    { age: 34, amount: 4_900 },
  ]),
  customer(jose, jose, 200, [{ age: 190, amount: 15_900 }]),
  customer(ann, priya, 310, [
    { age: 300, amount: 6_750 },
    { age: 118, amount: 39_900 },
  ]),
];
