import * as z from 'zod';
import { hasRows, type JsonObject, recordIn, rowsIn } from '../json.ts';
import { flagOf } from '../records/values.ts';
import { askCreation, askUpdate, PLAIN, readRedirect, SENSITIVE, whyUnknownGroup } from './affiliate-questions.ts';
import { byEmail, byId, remarkUnchanged } from './asked-for.ts';
import { affiliateId, code, email, page, perPage, text, words } from './inputs.ts';
import { type Group, operation, type Read } from './operation.ts';
import { NO_UNDO, nameAffiliate, required } from './questions.ts';
import { count, many, one } from './returns.ts';
import * as shapes from './shapes.ts';

/** A4 `GET /affiliates/{id}`, official-current. */
export const getAffiliate = operation({
  name: 'get_affiliate',
  title: 'Get an affiliate',
  description: 'One affiliate by id: payout address, group, referral link, custom fields, lifetime counts.',
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
  description: 'The affiliate with exactly this e-mail. By name or part of an e-mail: list_affiliates with query.',
  method: 'GET',
  path: '/affiliates/by_email',
  input: () => ({ email: email('Full address') }),
  returns: one(shapes.affiliate, byEmail),
  effect: 'read',
});

/** A6 `GET /affiliates/by_affiliate_code`, official-current. No `Key`: an affiliate may have several codes. */
export const findAffiliateByCode = operation({
  name: 'find_affiliate_by_code',
  title: 'Find an affiliate by code',
  description: 'The affiliate with this code: the one in referral links (afmc=CODE), also their coupon code.',
  method: 'GET',
  path: '/affiliates/by_affiliate_code',
  input: () => ({ affiliate_code: code('Affiliate or coupon code') }),
  returns: one(shapes.affiliate),
  effect: 'read',
});

/** Reads the affiliate that a question names. Its id is always the one that will be sent. */
export async function readAffiliate({ affiliate_id }: { affiliate_id: number }, read: Read): Promise<JsonObject> {
  const found = required(await read(getAffiliate, { affiliate_id }), `affiliate with the id ${affiliate_id}`);
  return { ...recordIn(found, 'affiliate'), id: affiliate_id };
}

const describe = (record: unknown) => nameAffiliate(record as JsonObject);

/** A question about one affiliate as a whole. */
const ABOUT_AFFILIATE = {
  asks: 'always',
  shows: 'who it is: name, e-mail, id, status',
  names: ['affiliate_id'],
  read: readAffiliate,
} as const;

/** A1 `POST /affiliates`, official-current. A known e-mail gets the existing record back (API reference, A1). */
export const createAffiliate = operation({
  name: 'create_affiliate',
  title: 'Create an affiliate',
  description:
    'Add an affiliate. If the e-mail is known, nothing is sent and the existing record is returned with already_existed. LeadDyno may send an e-mail. If the programme reviews applicants, they wait in the approval queue.',
  method: 'POST',
  path: '/affiliates',
  input: () => ({
    email: email("Affiliate's e-mail"),
    first_name: text('First name').optional(),
    last_name: text('Last name').optional(),
    affiliate_code: code('For links and coupons; default: generated').optional(),
    paypal_email: email('Payout address').optional(),
    unsubscribed: z.boolean().optional().describe('true: no e-mails from LeadDyno'),
    affiliate_type: code('Group code (list_groups)').optional(),
    override_approval: z.boolean().optional().describe('true: active without approval'),
    referring_affiliate: email("Recruiting affiliate's e-mail").optional(),
  }),
  returns: one(shapes.affiliate),
  effect: 'create',
  existing: { find: findAffiliateByEmail, by: 'email', change: 'update_affiliate' },
  precheck: ({ affiliate_type }, read) => whyUnknownGroup(affiliate_type, listAffiliates, read),
  confirm: {
    asks: 'if it skips approval (override_approval), sets a payout address other than the e-mail, or names a group or recruiter',
    shows: 'what affects money, and whose e-mail the payout address is',
    names: ['email'],
    when: (args) =>
      args.override_approval === true ||
      args.affiliate_type !== undefined ||
      args.referring_affiliate !== undefined ||
      (args.paypal_email !== undefined && args.paypal_email !== args.email),
    read: async (args, read) => ({ redirect: await readRedirect(args, undefined, redirectReads(), read) }),
    question: askCreation,
  },
  undo: 'An affiliate cannot be deleted; archive_affiliate takes them out of the programme.',
  check: 'find_affiliate_by_email',
});

const searched = many(shapes.affiliate, 100);

/** Explains an empty result: LeadDyno looks for all words of a query as one text in one field (API reference, A2). */
const searchReturns: typeof searched = {
  ...searched,
  shape(body, args, now) {
    const shaped = searched.shape(body, args, now);
    const nobody = hasRows(shaped, 'affiliates') && rowsIn(shaped, 'affiliates').length === 0;
    if (!nobody || args.page !== 1 || !/\S\s+\S/.test(String(args.query ?? ''))) return shaped;
    const note =
      'LeadDyno looks for the whole query within a first name, a last name or an e-mail, so a full name finds nobody. Search for one word of it, or pass it to affiliate_profile as name.';
    return { ...shaped, note };
  },
};

/** A2 `GET /affiliates`, official-current. Whether it includes archived affiliates is not established. */
export const listAffiliates = operation({
  name: 'list_affiliates',
  title: 'List or search affiliates',
  description:
    "Affiliates page by page, or only those whose name or e-mail contains query. LeadDyno cannot filter by status: read each row's status (Active, Pending Approval, Archived).",
  method: 'GET',
  path: '/affiliates',
  input: () => ({
    query: words('Part of a first name, last name or e-mail').trim().optional(),
    page: page(),
    per_page: perPage(100),
  }),
  returns: searchReturns,
  effect: 'read',
});

/** A3 `GET /affiliates/count`, official-current (path from a client that ran in production). */
export const countAffiliates = operation({
  name: 'count_affiliates',
  title: 'Count affiliates',
  description: 'How many affiliates the programme has.',
  method: 'GET',
  path: '/affiliates/count',
  input: () => ({}),
  returns: count(shapes.affiliate),
  effect: 'read',
});

/** A function, because `getAffiliateCommissionTotals` is defined further down. */
const redirectReads = () => ({ byEmail: findAffiliateByEmail, totals: getAffiliateCommissionTotals });

/** A7 `PUT /affiliates/{id}`, official-current; the name of the group parameter is not established. */
const updateAffiliate = operation({
  name: 'update_affiliate',
  title: 'Update an affiliate',
  description:
    'Change fields of one affiliate. A new affiliate_code breaks old links and coupons; a new paypal_email redirects payouts. Whether affiliate_type moves them to that group is unverified.',
  method: 'PUT',
  path: '/affiliates/{affiliate_id}',
  input: () => ({
    affiliate_id: affiliateId(),
    email: email('New e-mail').optional(),
    first_name: text('First name').optional(),
    last_name: text('Last name').optional(),
    affiliate_code: code('For links and coupons').optional(),
    paypal_email: email('New payout address').optional(),
    unsubscribed: z.boolean().optional().describe('true: no e-mails from LeadDyno'),
    affiliate_type: code('Group code (list_groups)').optional(),
    referring_affiliate: email("Recruiting affiliate's e-mail").optional(),
  }),
  returns: one(shapes.affiliate),
  effect: 'update',
  moves: 'money',
  precheck: ({ affiliate_type }, read) => whyUnknownGroup(affiliate_type, listAffiliates, read),
  confirm: {
    asks: 'if it changes email, paypal_email, affiliate_code, affiliate_type or referring_affiliate, or empties a field',
    shows: 'old and new value of each field; for a new payout address, whose e-mail it is and what is due',
    names: ['affiliate_id', ...SENSITIVE.map(([field]) => field), ...PLAIN],
    when: (args) => SENSITIVE.some(([it]) => args[it] !== undefined) || args.first_name === '' || args.last_name === '',
    read: async (args, read) => {
      const before = await readAffiliate(args, read);
      const redirect = await readRedirect(args, before, redirectReads(), read);
      return redirect ? { ...before, redirect } : before;
    },
    question: (args, record) => askUpdate(args, record as JsonObject),
  },
  remark: remarkUnchanged([...SENSITIVE, ...PLAIN.map((field) => [field, field] as const)]),
  undo: 'Write the old values back with update_affiliate; a field that was empty may not be emptied again.',
  check: 'get_affiliate',
});

/** A8 `POST /affiliates/{id}/archive`, official-current. */
export const archiveAffiliate = operation({
  name: 'archive_affiliate',
  title: 'Archive an affiliate',
  description:
    'Take an affiliate out of the programme: inactive, data kept. Undo: unarchive_affiliate. LeadDyno has no delete. To decline an applicant: reject_affiliate.',
  method: 'POST',
  path: '/affiliates/{affiliate_id}/archive',
  input: () => ({ affiliate_id: affiliateId() }),
  returns: one(shapes.affiliate),
  effect: 'destroy',
  idempotent: true,
  confirm: {
    ...ABOUT_AFFILIATE,
    question: (_, record) =>
      `Archive the ${describe(record)}? They become inactive and earn no more; their data is kept. Can be undone with unarchive_affiliate.`,
  },
  leaves: { archived: true },
  undo: 'Undo with unarchive_affiliate.',
  check: 'get_affiliate',
});

/** A9 `POST /affiliates/{id}/unarchive`, official-current. */
export const unarchiveAffiliate = operation({
  name: 'unarchive_affiliate',
  title: 'Bring an affiliate back',
  description:
    'Reactivate an archived affiliate, who can then earn again. Whether this works for a rejected one is unverified.',
  method: 'POST',
  path: '/affiliates/{affiliate_id}/unarchive',
  input: () => ({ affiliate_id: affiliateId() }),
  returns: one(shapes.affiliate),
  effect: 'enable',
  confirm: {
    ...ABOUT_AFFILIATE,
    question: (_, record) =>
      `Bring the ${describe(record)} back from the archive? They can earn again and count towards the plan. Whether this works for a rejected affiliate is not known. Can be undone with archive_affiliate.`,
  },
  leaves: { archived: false },
  undo: 'Undo with archive_affiliate.',
  check: 'get_affiliate',
});

/** A10 `POST /affiliates/{id}/approve`, official-current. */
export const approveAffiliate = operation({
  name: 'approve_affiliate',
  title: 'Approve an affiliate',
  description:
    'Accept an applicant (Pending Approval): they become active, can earn and may get an e-mail. No way back to pending; archive_affiliate takes them out.',
  method: 'POST',
  path: '/affiliates/{affiliate_id}/approve',
  input: () => ({ affiliate_id: affiliateId() }),
  returns: one(shapes.affiliate),
  effect: 'enable',
  confirm: {
    ...ABOUT_AFFILIATE,
    question: (_, record) => {
      const pending = flagOf((record as JsonObject).pending_approval) !== false;
      const effect = pending
        ? 'They become active and can earn, and LeadDyno may send them an e-mail.'
        : 'They are not waiting for approval: LeadDyno may refuse or change nothing, and a rejection is final.';
      return `Approve the ${describe(record)}? ${effect} This cannot be undone: archive_affiliate takes them out of the programme.`;
    },
  },
  leaves: { pending_approval: false },
  undo: 'They cannot go back to pending; archive_affiliate takes them out of the programme.',
  check: 'get_affiliate',
});

/** A11 `POST /affiliates/{id}/reject`, official-current. Final, according to LeadDyno's help. */
export const rejectAffiliate = operation({
  name: 'reject_affiliate',
  title: 'Reject an affiliate',
  description:
    'Decline an applicant (Pending Approval). Final: they are archived without notice, cannot be approved later and must reapply with another address. For an active affiliate: archive_affiliate.',
  method: 'POST',
  path: '/affiliates/{affiliate_id}/reject',
  input: () => ({ affiliate_id: affiliateId() }),
  returns: one(shapes.affiliate),
  effect: 'destroy',
  idempotent: true,
  confirm: {
    ...ABOUT_AFFILIATE,
    question: (_, record) => {
      const pending = flagOf((record as JsonObject).pending_approval) !== false;
      const hint = pending ? '' : ' They are not waiting for approval: did you mean archive_affiliate?';
      return `Reject the ${describe(record)}?${hint} This is final: they cannot be approved later and must reapply with another address.`;
    },
  },
  undo: 'A rejection is final; the person must reapply with another address.',
  check: 'get_affiliate',
});

/** A12 `GET /affiliates/{id}/leads`, official-current. Fixed at 100 a page. */
export const listAffiliateLeads = operation({
  name: 'list_affiliate_leads',
  title: 'List leads of an affiliate',
  description: 'Leads one affiliate referred, 100 per page.',
  method: 'GET',
  path: '/affiliates/{affiliate_id}/leads',
  input: () => ({ affiliate_id: affiliateId(), page: page() }),
  returns: many(shapes.lead, 100),
  effect: 'read',
});

/** A13 `GET /affiliates/{id}/purchases`, official-current. Fixed at 100 a page. */
export const listAffiliatePurchases = operation({
  name: 'list_affiliate_purchases',
  title: 'List purchases of an affiliate',
  description: 'Purchases credited to one affiliate, including cancelled ones, 100 per page.',
  method: 'GET',
  path: '/affiliates/{affiliate_id}/purchases',
  input: () => ({ affiliate_id: affiliateId(), page: page() }),
  returns: many(shapes.purchase, 100),
  effect: 'read',
});

/** A14 `GET /affiliates/{id}/commissions_total`, official-current / path third-party. */
export const getAffiliateCommissionTotals = operation({
  name: 'get_affiliate_commission_totals',
  title: 'Get totals of an affiliate',
  description:
    "What one affiliate is due now, has pending, was paid, and the total: decimal strings, in the account's default currency only.",
  method: 'GET',
  path: '/affiliates/{affiliate_id}/commissions_total',
  input: () => ({ affiliate_id: affiliateId() }),
  returns: one(shapes.affiliateTotals),
  effect: 'read',
});

/** A16 `POST /affiliates/{id}/sign_in_link`, official-current / path third-party. Each call makes a new link. */
const createAffiliateSignInLink = operation({
  name: 'create_affiliate_sign_in_link',
  title: 'Create a sign-in link',
  description:
    'Make a short-lived link that logs anyone who opens it in as the affiliate. Secret: give it only to that affiliate, or to support staff who asked. Unverified.',
  method: 'POST',
  path: '/affiliates/{affiliate_id}/sign_in_link',
  input: () => ({ affiliate_id: affiliateId() }),
  returns: one(shapes.signInLink),
  effect: 'create',
  moves: 'credentials',
  confirm: {
    ...ABOUT_AFFILIATE,
    question: (_, record) =>
      `Create a link that logs anyone who opens it in to the dashboard of the ${describe(record)}? It will be shown in this conversation. ${NO_UNDO} The link expires by itself.`,
  },
  undo: 'A link cannot be revoked; it expires by itself.',
  check: 'get_affiliate',
});

export const affiliates: Group = {
  name: 'affiliates',
  description: 'The people who refer customers',
  operations: [
    createAffiliate,
    listAffiliates,
    countAffiliates,
    getAffiliate,
    findAffiliateByEmail,
    findAffiliateByCode,
    updateAffiliate,
    archiveAffiliate,
    unarchiveAffiliate,
    approveAffiliate,
    rejectAffiliate,
    listAffiliateLeads,
    listAffiliatePurchases,
    getAffiliateCommissionTotals,
    createAffiliateSignInLink,
  ],
};
