import { ANN, BEN, ID, NEW_AFFILIATES, PAGE, type Question, type Table } from './entry.ts';
import { ANN_AS_ASKED, affiliateOf, renameAffiliate } from './simulated.ts';

const [plain, full] = NEW_AFFILIATES;

const everything = {
  email: 'zoe.oneil@example.net',
  first_name: 'Zoë',
  last_name: "O'Neil & daughters",
  affiliate_code: 'zoe 10%',
  paypal_email: 'pay+zoe@example.net',
  unsubscribed: true,
  affiliate_type: 'V.I.P.',
  override_approval: true,
  referring_affiliate: ANN.email,
};

const changes = {
  email: 'zoe@example.net',
  first_name: 'Zo',
  last_name: 'Öztürk',
  affiliate_code: 'zoe20',
  paypal_email: 'jürgen@bücher.example',
  unsubscribed: false,
  affiliate_type: 'Partners',
  referring_affiliate: 'ben.okafor@example.com',
};

type UpdatedField = 'email' | 'paypal_email' | 'affiliate_code' | 'affiliate_type' | 'referring_affiliate';

const changeOf = (field: UpdatedField, value: string, was: string, other: string): Question => ({
  which: `of ${field}`,
  args: () => ({ affiliate_id: 1001, [field]: value }),
  state: ({ programme }) => JSON.stringify(programme.affiliates.get(1001)),
  meddle: (programme) => {
    affiliateOf(programme, 1001).lastName = 'Arbour';
  },
  otherwise: { affiliate_id: 1001, [field]: other },
  says: () => [`${field} from ${was} to "${value}"`, ANN_AS_ASKED, 'update_affiliate'],
});

export const affiliates: Table = {
  create_affiliate: {
    codes: ['A1'],
    route: 'POST /affiliates',
    parameters: {
      email: 'required string',
      first_name: 'string',
      last_name: 'string',
      affiliate_code: 'string',
      paypal_email: 'string',
      unsubscribed: 'boolean',
      affiliate_type: 'string',
      override_approval: 'boolean',
      referring_affiliate: 'string',
    },
    answer: 'affiliate',
    effect: 'create',
    existing: { by: 'email', find: 'find_affiliate_by_email', change: 'update_affiliate' },
    asks: ['paypal_email', 'affiliate_type', 'override_approval', 'referring_affiliate'],
    examples: [
      {
        input: { email: 'new.partner@example.org' },
        body: { email: 'new.partner@example.org' },
        shows: { id: plain, status: 'Pending Approval', pending_approval: true },
      },
      {
        input: everything,
        body: everything,
        shows: { id: full, status: 'Active', compensation_tier_code: 'V.I.P.', referring_affiliate_id: ANN.id },
      },
    ],
    call: () => ({ email: 'new@example.com', paypal_email: 'new@example.com' }),
    questions: [
      {
        which: 'without approval',
        args: () => ({ email: 'new@example.com', first_name: 'Nora', override_approval: true }),
        state: ({ programme }) => programme.affiliates.rows.length,
        otherwise: { email: 'other@example.com', override_approval: true },
        says: () => ['"new@example.com"', 'without approval', 'first_name "Nora"', 'archive_affiliate'],
      },
      {
        which: 'with another payout address',
        args: () => ({ email: 'new@example.com', paypal_email: 'money@example.com' }),
        state: ({ programme }) => programme.affiliates.rows.length,
        otherwise: { email: 'new@example.com', paypal_email: 'other@example.com' },
        says: () => ['"new@example.com"', 'an address other than their e-mail', 'paypal_email "money@example.com"'],
      },
    ],
  },
  list_affiliates: {
    codes: ['A2'],
    route: 'GET /affiliates',
    parameters: { query: 'string', page: PAGE, per_page: 'integer 1..200 = 100' },
    answer: 'affiliates',
    examples: [
      { input: {}, query: { page: '1', per_page: '100' }, shows: { id: ANN.id } },
      {
        input: { query: 'new.partner@', page: 1, per_page: 5, detail: 'full', skip: 0 },
        query: { query: 'new.partner@', page: '1', per_page: '5' },
        shows: { id: plain },
      },
      {
        input: { query: 'nobody & co', page: 2, per_page: 200, detail: 'concise', skip: 7 },
        query: { query: 'nobody & co', page: '2', per_page: '200' },
      },
    ],
    call: () => ({ per_page: 200, detail: 'full' }),
  },
  count_affiliates: {
    codes: ['A3'],
    route: 'GET /affiliates/count',
    unverified: true,
    parameters: {},
    answer: 'count',
    examples: [{ input: {} }],
    call: () => ({}),
  },
  get_affiliate: {
    codes: ['A4'],
    route: 'GET /affiliates/{id}',
    parameters: { affiliate_id: ID },
    answer: 'affiliate',
    examples: [{ input: { affiliate_id: ANN.id }, shows: { id: ANN.id, email: ANN.email } }],
    call: () => ({ affiliate_id: 1002 }),
  },
  find_affiliate_by_email: {
    codes: ['A5'],
    route: 'GET /affiliates/by_email',
    parameters: { email: 'required string' },
    answer: 'affiliate',
    examples: [
      { input: { email: 'zoe.oneil@example.net' }, query: { email: 'zoe.oneil@example.net' }, shows: { id: full } },
    ],
    call: () => ({ email: 'ann.arbor@example.com' }),
  },
  find_affiliate_by_code: {
    codes: ['A6'],
    route: 'GET /affiliates/by_affiliate_code',
    parameters: { affiliate_code: 'required string' },
    answer: 'affiliate',
    examples: [
      {
        input: { affiliate_code: 'zoe 10%' },
        query: { affiliate_code: 'zoe 10%' },
        shows: { id: full, affiliate_code: 'zoe 10%' },
      },
    ],
    call: () => ({ affiliate_code: 'carla' }),
  },
  update_affiliate: {
    codes: ['A7'],
    route: 'PUT /affiliates/{id}',
    parameters: {
      affiliate_id: ID,
      email: 'string',
      first_name: 'string',
      last_name: 'string',
      affiliate_code: 'string',
      paypal_email: 'string',
      unsubscribed: 'boolean',
      affiliate_type: 'string',
      referring_affiliate: 'string',
    },
    empties: ['first_name', 'last_name'],
    answer: 'affiliate',
    effect: 'update',
    asks: ['email', 'paypal_email', 'affiliate_code', 'affiliate_type', 'referring_affiliate'],
    examples: [
      {
        input: { affiliate_id: full, first_name: 'Zoe', confirmation_token: 'never-travels' },
        body: { first_name: 'Zoe' },
        shows: { id: full, first_name: 'Zoe', last_name: "O'Neil & daughters" },
      },
      {
        input: { affiliate_id: full, ...changes },
        body: changes,
        shows: { first_name: 'Zo', affiliate_code: 'zoe20', compensation_tier_code: 'Partners', unsubscribed: false },
      },
    ],
    call: () => ({ affiliate_id: 1001, first_name: 'Anne', unsubscribed: true }),
    questions: [
      changeOf('email', 'ann@new.example.com', '"ann.arbor@example.com"', 'other@example.com'),
      changeOf('paypal_email', 'money@new.example.com', '"ann.arbor@example.com"', 'other@example.com'),
      changeOf('affiliate_code', 'ann-2', '"ann"', 'ann-3'),
      changeOf('affiliate_type', 'Partners', '"V.I.P."', 'Influencers'),
      changeOf('referring_affiliate', 'carla.mendes@example.org', 'nothing', 'jose.alvarez@example.net'),
      {
        which: 'that empties a field',
        args: () => ({ affiliate_id: 1001, clear: ['first_name'] }),
        state: ({ programme }) => affiliateOf(programme, 1001).firstName,
        meddle: renameAffiliate(1001),
        otherwise: { affiliate_id: 1001, clear: ['last_name'] },
        says: () => ['first_name from "Ann" to nothing', ANN_AS_ASKED],
      },
    ],
  },
  archive_affiliate: {
    codes: ['A8'],
    route: 'POST /affiliates/{id}/archive',
    parameters: { affiliate_id: ID },
    answer: 'affiliate',
    effect: 'destroy',
    asks: 'always',
    examples: [
      {
        input: { affiliate_id: full, confirmation_token: 'never-travels' },
        shows: { id: full, status: 'Archived', archived: true },
      },
    ],
    questions: [
      {
        args: () => ({ affiliate_id: 1001 }),
        state: ({ programme }) => affiliateOf(programme, 1001).status,
        meddle: renameAffiliate(1001),
        otherwise: { affiliate_id: 1003 },
        says: () => [ANN_AS_ASKED, 'Can be undone with unarchive_affiliate'],
      },
    ],
  },
  unarchive_affiliate: {
    codes: ['A9'],
    route: 'POST /affiliates/{id}/unarchive',
    parameters: { affiliate_id: ID },
    answer: 'affiliate',
    effect: 'enable',
    examples: [{ input: { affiliate_id: full }, shows: { id: full, status: 'Active', archived: false } }],
    asks: 'always',
    questions: [
      {
        args: () => ({ affiliate_id: 1018 }),
        state: ({ programme }) => affiliateOf(programme, 1018).status,
        meddle: renameAffiliate(1018),
        otherwise: { affiliate_id: 1001 },
        says: () => ['id 1018', 'can earn again', 'archive_affiliate'],
      },
    ],
  },
  approve_affiliate: {
    codes: ['A10'],
    route: 'POST /affiliates/{id}/approve',
    parameters: { affiliate_id: ID },
    answer: 'affiliate',
    effect: 'enable',
    examples: [{ input: { affiliate_id: BEN.id }, shows: { id: BEN.id, status: 'Active', pending_approval: false } }],
    asks: 'always',
    questions: [
      {
        args: () => ({ affiliate_id: 1002 }),
        state: ({ programme }) => affiliateOf(programme, 1002).status,
        meddle: renameAffiliate(1002),
        otherwise: { affiliate_id: 1039 },
        says: () => ['"Ben Okafor", "ben.okafor@example.com", id 1002, status "Pending Approval"', 'can earn'],
      },
    ],
  },
  reject_affiliate: {
    codes: ['A11'],
    route: 'POST /affiliates/{id}/reject',
    parameters: { affiliate_id: ID },
    answer: 'affiliate',
    effect: 'destroy',
    asks: 'always',
    examples: [{ input: { affiliate_id: plain }, shows: { id: plain, status: 'Archived', archived: true } }],
    questions: [
      {
        args: () => ({ affiliate_id: 1002 }),
        state: ({ programme }) => affiliateOf(programme, 1002).rejected,
        meddle: (programme) => {
          affiliateOf(programme, 1002).status = 'Active';
        },
        otherwise: { affiliate_id: 1039 },
        says: () => ['"Ben Okafor", "ben.okafor@example.com", id 1002, status "Pending Approval"', 'This is final'],
      },
    ],
  },
  list_affiliate_leads: {
    codes: ['A12'],
    route: 'GET /affiliates/{id}/leads',
    parameters: { affiliate_id: ID, page: PAGE },
    answer: 'leads',
    examples: [
      { input: { affiliate_id: ANN.id }, query: { page: '1' }, shows: { affiliate: { id: ANN.id, email: ANN.email } } },
      { input: { affiliate_id: ANN.id, page: 9 }, query: { page: '9' } },
    ],
    call: () => ({ affiliate_id: 1001, detail: 'full' }),
  },
  list_affiliate_purchases: {
    codes: ['A13'],
    route: 'GET /affiliates/{id}/purchases',
    parameters: { affiliate_id: ID, page: PAGE },
    answer: 'purchases',
    examples: [
      { input: { affiliate_id: ANN.id }, query: { page: '1' }, shows: { affiliate: { id: ANN.id, email: ANN.email } } },
      { input: { affiliate_id: ANN.id, page: 9, skip: 2 }, query: { page: '9' } },
    ],
    call: () => ({ affiliate_id: 1001, detail: 'full' }),
  },
  get_affiliate_commission_totals: {
    codes: ['A14'],
    route: 'GET /affiliates/{id}/commissions_total',
    unverified: true,
    parameters: { affiliate_id: ID },
    answer: 'affiliateTotals',
    examples: [{ input: { affiliate_id: ANN.id }, shows: { currency: 'USD' } }],
    call: () => ({ affiliate_id: 1001 }),
  },
  create_affiliate_sign_in_link: {
    codes: ['A16'],
    route: 'POST /affiliates/{id}/sign_in_link',
    unverified: true,
    parameters: { affiliate_id: ID },
    answer: 'signInLink',
    effect: 'create',
    asks: 'always',
    examples: [{ input: { affiliate_id: ANN.id }, shows: { affiliate_id: ANN.id } }],
    questions: [
      {
        args: () => ({ affiliate_id: 1001 }),
        state: ({ requests }) => requests.filter(({ path }) => path.endsWith('/sign_in_link')).length,
        meddle: renameAffiliate(1001),
        otherwise: { affiliate_id: 1003 },
        says: () => [ANN_AS_ASKED, 'logs anyone who opens it in', 'cannot be undone', 'expires by itself'],
      },
    ],
  },
};
