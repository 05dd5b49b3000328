import { notFound } from './api-error.ts';
import { DEFAULT_SIZE, oldestFirst, requestedPage } from './paging.ts';
import type { Params } from './params.ts';
import { affiliatePayload } from './payload-affiliate.ts';
import type { Programme } from './programme.ts';
import type { Affiliate } from './records.ts';
import { type Call, created, ok, type Reply, type Route } from './route.ts';

export function affiliateOf(call: Call): Affiliate {
  const affiliate = call.programme.affiliates.get(call.id);
  if (affiliate === undefined) throw notFound('Affiliate');
  return affiliate;
}

/** A missed look-up is a success with the body `null`, unlike a wrong id. */
function foundOrNull(programme: Programme, affiliate: Affiliate | undefined): Reply {
  return ok(affiliate === undefined ? null : affiliatePayload(programme, affiliate));
}

function contains(text: string | null, wanted: string): boolean {
  return text?.toLowerCase().includes(wanted) === true;
}

/** Includes pending and archived affiliates (not established). */
function list({ programme, params }: Call): Reply {
  const wanted = (params.filledText('query') ?? '').toLowerCase();
  params.check();
  const { rows } = programme.affiliates;
  const matching =
    wanted === ''
      ? rows
      : rows.filter(
          (row) => contains(row.firstName, wanted) || contains(row.lastName, wanted) || contains(row.email, wanted),
        );
  const page = oldestFirst(matching, requestedPage(params, DEFAULT_SIZE));
  return ok(page.map((row) => affiliatePayload(programme, row)));
}

/** The name of the group parameter of an update is not established, so both candidates work. */
function groupParam(programme: Programme, params: Params): string | null {
  for (const name of ['affiliate_type', 'compensation_tier_code']) {
    const code = params.filledText(name);
    if (code === null) continue;
    if (programme.groupByCode(code) === undefined) params.complain(name, 'is not a known affiliate group');
    return code;
  }
  return null;
}

function recruiterParam(programme: Programme, params: Params, self?: Affiliate): Affiliate | null {
  const email = params.filledText('referring_affiliate');
  if (email === null) return null;
  const recruiter = programme.affiliateByEmail(email.trim());
  if (recruiter === undefined) params.complain('referring_affiliate', 'was not found');
  else if (recruiter === self) params.complain('referring_affiliate', 'is invalid');
  return recruiter ?? null;
}

function codeParam(programme: Programme, params: Params, self?: Affiliate): string | null {
  const code = params.filledText('affiliate_code')?.trim() || null;
  const owner = code === null ? undefined : programme.affiliateByCode(code);
  if (owner !== undefined && owner !== self) params.complain('affiliate_code', 'has already been taken');
  return code;
}

function create({ programme, params }: Call): Reply {
  const email = params.requiredEmail('email');
  const known = programme.affiliateByEmail(email);
  // Indistinguishable from a creation, and whatever else was sent is dropped.
  if (known !== undefined) return created(affiliatePayload(programme, known));
  const group = groupParam(programme, params);
  const recruiter = recruiterParam(programme, params);
  const code = codeParam(programme, params);
  const firstName = params.text('first_name') ?? null;
  const lastName = params.text('last_name') ?? null;
  const paypalEmail = params.text('paypal_email') ?? null;
  const unsubscribed = params.flag('unsubscribed') ?? false;
  const approved = params.flag('override_approval') ?? false;
  params.check();
  const now = programme.now();
  const affiliate = programme.addAffiliate({
    email,
    firstName,
    lastName,
    code: code ?? programme.takeAffiliateCode(),
    recruiterId: recruiter?.id ?? null,
    createdAt: now,
    updatedAt: now,
    // This programme requires approval.
    status: approved ? 'Active' : 'Pending Approval',
    rejected: false,
    paypalEmail,
    unsubscribed,
    dashboardToken: programme.random.hex(40),
    group: group ?? 'Default',
    customFields: {},
  });
  return created(affiliatePayload(programme, affiliate));
}

function update(call: Call): Reply {
  const { programme, params } = call;
  const affiliate = affiliateOf(call);
  const email = params.email('email');
  const holder = email === undefined ? undefined : programme.affiliateByEmail(email);
  if (holder !== undefined && holder !== affiliate) params.complain('email', 'has already been taken');
  const code = codeParam(programme, params, affiliate);
  if (code === null && params.raw('affiliate_code') !== undefined) params.complain('affiliate_code', "can't be blank");
  const group = groupParam(programme, params);
  const recruiter = recruiterParam(programme, params, affiliate);
  const firstName = params.text('first_name');
  const lastName = params.text('last_name');
  const paypalEmail = params.text('paypal_email');
  const unsubscribed = params.flag('unsubscribed');
  params.check();
  if (email !== undefined) programme.changeAffiliateEmail(affiliate, email);
  if (code !== null) programme.changeAffiliateCode(affiliate, code);
  if (group !== null) affiliate.group = group;
  if (recruiter !== null) affiliate.recruiterId = recruiter.id;
  if (firstName !== undefined) affiliate.firstName = firstName;
  if (lastName !== undefined) affiliate.lastName = lastName;
  if (paypalEmail !== undefined) affiliate.paypalEmail = paypalEmail;
  if (unsubscribed !== undefined) affiliate.unsubscribed = unsubscribed;
  affiliate.updatedAt = programme.now();
  return ok(affiliatePayload(programme, affiliate));
}

export const affiliateRoutes: readonly Route[] = [
  { method: 'POST', path: '/affiliates', handle: create },
  { method: 'GET', path: '/affiliates', handle: list },
  {
    method: 'GET',
    path: '/affiliates/count',
    handle: ({ programme }) => ok({ count: programme.affiliates.rows.length }),
  },
  {
    method: 'GET',
    path: '/affiliates/{id}',
    handle: (call) => ok(affiliatePayload(call.programme, affiliateOf(call))),
  },
  {
    method: 'GET',
    path: '/affiliates/by_email',
    handle: ({ programme, params }) => foundOrNull(programme, programme.affiliateByEmail(params.requiredText('email'))),
  },
  {
    method: 'GET',
    path: '/affiliates/by_affiliate_code',
    handle: ({ programme, params }) =>
      foundOrNull(programme, programme.affiliateByCode(params.requiredText('affiliate_code'))),
  },
  { method: 'PUT', path: '/affiliates/{id}', handle: update },
];
