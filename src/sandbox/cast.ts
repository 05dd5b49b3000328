/** Affiliates with a part to play, in the order of their ids, from 1001 on, whatever the seed. */
export interface CastMember {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly code?: string;
  readonly group: string;
  readonly paypalEmail: string | null;
  readonly customFields?: Readonly<Record<string, string>>;
  readonly recruiterEmail?: string;
}

export const annId = 1_001;
export const benId = 1_002;

export const ann: CastMember = {
  email: 'ann.arbor@example.com',
  firstName: 'Ann',
  lastName: 'Arbor',
  code: 'ann',
  group: 'V.I.P.',
  paypalEmail: 'ann.arbor@example.com',
  customFields: { Website: 'https://ann-arbor.example.com', 'Audience size': '18500' },
};

/** Pending and harmless. He applied lately, but keeps an early id, so that it does not depend on the numbers asked for. */
export const ben: CastMember = {
  email: 'ben.okafor@example.com',
  firstName: 'Ben',
  lastName: 'Okafor',
  code: 'ben',
  group: 'Default',
  paypalEmail: 'ben.okafor@example.com',
  customFields: { Website: 'https://okafor-outdoors.example.com', 'Audience size': '4200' },
  recruiterEmail: 'carla.mendes@example.org',
};

const jose: CastMember = {
  email: 'jose.alvarez@example.net',
  firstName: 'Jos\u00e9',
  lastName: '\u00c1lvarez',
  code: 'jose10',
  group: 'Influencers',
  paypalEmail: 'jose.alvarez@example.net',
  recruiterEmail: 'carla.mendes@example.org',
};

/** Where several unrelated people want their money. */
const sharedPayout = 'payouts@example.net';

export const cast: readonly CastMember[] = [
  ann,
  ben,
  {
    email: 'carla.mendes@example.org',
    firstName: 'Carla',
    lastName: 'Mendes',
    code: 'carla',
    group: 'Partners',
    paypalEmail: 'carla.mendes@example.org',
    customFields: { Website: 'https://mendes-media.example.org', 'Audience size': '96000' },
  },
  {
    email: 'soren.kjaer@example.com',
    firstName: 'S\u00f8ren',
    lastName: 'Kj\u00e6r',
    code: 'soren',
    group: 'Influencers',
    paypalEmail: 'soren.kjaer@example.com',
    recruiterEmail: 'carla.mendes@example.org',
  },
  jose,
  {
    email: 'fang.wang@example.org',
    firstName: '\u82b3',
    lastName: '\u738b',
    group: 'Partners',
    paypalEmail: 'fang.wang@example.org',
    customFields: { Website: 'https://fang.example.org' },
  },
  {
    email: 'dana.whitlock@example.com',
    firstName: 'Dana',
    lastName: 'Whitlock',
    group: 'Default',
    paypalEmail: sharedPayout,
  },
  { email: 'kit.rowe@example.net', firstName: 'Kit', lastName: 'Rowe', group: 'Default', paypalEmail: sharedPayout },
  {
    email: 'lior.stern@example.org',
    firstName: 'Lior',
    lastName: 'Stern',
    group: 'Default',
    // The same address in another spelling.
    paypalEmail: 'Payouts@Example.net',
  },
  {
    email: 'mei.tanaka@example.com',
    firstName: 'Mei',
    lastName: 'Tanaka',
    group: 'Influencers',
    paypalEmail: 'tanaka.family@example.com',
  },
  {
    email: 'ken.tanaka@example.com',
    firstName: 'Ken',
    lastName: 'Tanaka',
    group: 'Default',
    paypalEmail: 'tanaka.family@example.com',
  },
  {
    email: 'maria.garcia@example.com',
    firstName: 'Maria',
    lastName: 'Garcia',
    code: 'MARIA10',
    group: 'Default',
    paypalEmail: 'maria.garcia@example.com',
  },
  {
    email: 'mgarcia.shop@example.net',
    firstName: 'Mar\u00eda',
    lastName: 'Garc\u00eda',
    group: 'Default',
    paypalEmail: null,
  },
  {
    email: 'chris.taylor@example.org',
    firstName: 'Chris',
    lastName: 'Taylor',
    group: 'Default',
    paypalEmail: 'chris.taylor@example.org',
  },
  {
    email: 'c.taylor84@example.net',
    firstName: 'Chris',
    lastName: 'Taylor',
    group: 'V.I.P.',
    paypalEmail: 'c.taylor84@example.net',
  },
  // The official sample holds just such a payout address.
  { email: 'theo.brandt@example.com', firstName: 'Theo', lastName: 'Brandt', group: 'Default', paypalEmail: 'te' },
];

/** A customer who is always there, with purchases at fixed ages in days. */
export interface StoryLead {
  readonly affiliateEmail: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly leadAge: number;
  readonly purchases: readonly { readonly age: number; readonly amount: number }[];
}

/** Gives Ann paid, due and pending commissions, and makes José his own customer. */
export const storyLeads: readonly StoryLead[] = [
  {
    affiliateEmail: ann.email,
    email: 'lena.hofer@example.net',
    firstName: 'Lena',
    lastName: 'Hofer',
    leadAge: 420,
    purchases: [
      { age: 410, amount: 12_350 },
      { age: 36, amount: 8_000 },
    ],
  },
  {
    affiliateEmail: ann.email,
    email: 'omar.haddad@example.org',
    firstName: 'Omar',
    lastName: 'Haddad',
    leadAge: 60,
    purchases: [
      { age: 6, amount: 24_999 },
      { age: 34, amount: 4_900 },
    ],
  },
  {
    affiliateEmail: jose.email,
    email: jose.email,
    firstName: 'Jos\u00e9',
    lastName: '\u00c1lvarez',
    leadAge: 200,
    purchases: [{ age: 190, amount: 15_900 }],
  },
  {
    affiliateEmail: ann.email,
    email: 'priya.nair@example.com',
    firstName: 'Priya',
    lastName: 'Nair',
    leadAge: 310,
    purchases: [
      { age: 300, amount: 6_750 },
      { age: 118, amount: 39_900 },
    ],
  },
];
