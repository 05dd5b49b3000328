import { iso } from '../records/period.ts';
import { sumByState } from './bookkeeping.ts';
import { payloadOf, subIdPayload } from './payloads.ts';
import type { Programme } from './programme.ts';
import type { Affiliate } from './records.ts';
import {
  ApiError,
  type Call,
  created,
  fixedPage,
  found,
  newestFirst,
  ok,
  oldestFirst,
  type Params,
  type Reply,
  type Route,
  requestedPage,
  writeSent,
} from './route.ts';
import { formatCents, SECOND } from './wire-values.ts';

export function affiliateOf(call: Call): Affiliate {
  return found(call.programme.affiliates.get(call.id), 'Affiliate');
}

/** A look-up that finds nothing answers 200 with `null`, unlike an unknown id. */
function shown(programme: Programme, affiliate: Affiliate | undefined): Reply {
  return ok(payloadOf(programme, 'affiliate', affiliate));
}

function byEmail({ programme, params }: Call): Reply {
  return shown(programme, programme.affiliateByEmail(params.requiredText('email')));
}

function byCode({ programme, params }: Call): Reply {
  return shown(programme, programme.affiliateByCode(params.requiredText('affiliate_code')));
}

/** Includes pending and archived affiliates (not established). */
function list({ programme, params }: Call): Reply {
  const wanted = (params.filledText('query') ?? '').toLowerCase();
  params.check();
  const matching = programme.affiliates.rows.filter(({ firstName, lastName, email }) =>
    [firstName, lastName, email].some((text) => text?.toLowerCase().includes(wanted)),
  );
  const page = oldestFirst(matching, requestedPage(params));
  return ok(page.map((row) => payloadOf(programme, 'affiliate', row)));
}

/** The name of the group parameter is not established, so both candidates work. */
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
  // Looks like a creation, and drops everything else that was sent.
  if (known !== undefined) return created(payloadOf(programme, 'affiliate', known));
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
  return created(payloadOf(programme, 'affiliate', affiliate));
}

function update(call: Call): Reply {
  const { programme, params } = call;
  const affiliate = affiliateOf(call);
  const email = params.email('email');
  const holder = email === undefined ? undefined : programme.affiliateByEmail(email);
  if (holder !== undefined && holder !== affiliate) params.complain('email', 'has already been taken');
  const code = codeParam(programme, params, affiliate);
  if (code === null && params.raw('affiliate_code') !== undefined) params.complain('affiliate_code', "can't be blank");
  const sent = {
    group: groupParam(programme, params) ?? undefined,
    recruiterId: recruiterParam(programme, params, affiliate)?.id,
    firstName: params.text('first_name'),
    lastName: params.text('last_name'),
    paypalEmail: params.text('paypal_email'),
    unsubscribed: params.flag('unsubscribed'),
  };
  params.check();
  if (email !== undefined) programme.changeAffiliateEmail(affiliate, email);
  if (code !== null) programme.changeAffiliateCode(affiliate, code);
  writeSent(affiliate, { ...sent, updatedAt: programme.now() });
  return shown(programme, affiliate);
}

function changeStatus(call: Call, affiliate: Affiliate, status: Affiliate['status']): Reply {
  if (affiliate.status !== status) {
    affiliate.status = status;
    affiliate.updatedAt = call.programme.now();
  }
  return shown(call.programme, affiliate);
}

/** Archiving a pending applicant is allowed and is not a rejection (not established). */
function archive(call: Call): Reply {
  return changeStatus(call, affiliateOf(call), 'Archived');
}

function unarchive(call: Call): Reply {
  const affiliate = affiliateOf(call);
  // The help pages call a rejection final; whether the API refuses this is not established.
  if (affiliate.rejected) throw new ApiError(400, 'Rejected affiliates cannot be unarchived');
  // No change unless archived: this must not become a way around the approval.
  if (affiliate.status !== 'Archived') return shown(call.programme, affiliate);
  return changeStatus(call, affiliate, 'Active');
}

/** Also refuses archived affiliates (not established): they have to be unarchived. */
function approve(call: Call): Reply {
  const affiliate = affiliateOf(call);
  if (affiliate.rejected) throw new ApiError(400, 'Rejected affiliates cannot be approved');
  if (affiliate.status === 'Archived') throw new ApiError(400, 'Archived affiliates cannot be approved');
  return changeStatus(call, affiliate, 'Active');
}

function reject(call: Call): Reply {
  const affiliate = affiliateOf(call);
  if (affiliate.status !== 'Pending Approval') {
    throw new ApiError(400, 'Only affiliates pending approval can be rejected');
  }
  affiliate.rejected = true;
  return changeStatus(call, affiliate, 'Archived');
}

function leads(call: Call): Reply {
  const rows = call.programme.leadsOf(affiliateOf(call).id);
  return ok(newestFirst(rows, fixedPage(call.params)).map((row) => payloadOf(call.programme, 'lead', row)));
}

function purchases(call: Call): Reply {
  const rows = call.programme.purchasesOf(affiliateOf(call).id);
  return ok(newestFirst(rows, fixedPage(call.params)).map((row) => payloadOf(call.programme, 'purchase', row)));
}

/** In the account's default currency only: other currencies are silently left out. */
function commissionsTotal(call: Call): Reply {
  const { programme } = call;
  const { currency } = programme;
  const { due, pending, paid } = sumByState(programme, programme.commissionsOf(affiliateOf(call).id), currency);
  return ok({
    currency,
    due: formatCents(due.cents),
    pending: formatCents(pending.cents),
    paid: formatCents(paid.cents),
    total: formatCents(due.cents + pending.cents + paid.cents),
  });
}

const SIGN_IN_SECONDS = 300;

/** Two guesses: the status 200, and that pending and archived affiliates get a link too. */
function signInLink(call: Call): Reply {
  const { programme } = call;
  const affiliate = affiliateOf(call);
  return ok({
    affiliate_id: affiliate.id,
    sign_in_url: `${programme.dashboardUrl}/sign_in/${programme.random.hex(48)}`,
    expires_at: iso(programme.now() + SIGN_IN_SECONDS * SECOND),
    expires_in_seconds: SIGN_IN_SECONDS,
  });
}

function subIds(call: Call): Reply {
  return ok((call.programme.subIds.get(affiliateOf(call).id) ?? []).map(subIdPayload));
}

/** The types that the product offers; their spelling in the API is not established. */
const FIELD_TYPES = ['boolean', 'date', 'email', 'decimal', 'whole_number', 'number', 'text', 'website'];

/** Bodies and responses of both operations are not established; here each call takes one field, by name. */
function defineField({ programme, params }: Call): Reply {
  const name = params.requiredText('name');
  const type = params.filledText('type') ?? 'text';
  const required = params.flag('required') ?? false;
  if (programme.customFields.has(name)) params.complain('name', 'has already been taken');
  if (!FIELD_TYPES.includes(type)) params.complain('type', 'is not included in the list');
  params.check();
  return created(programme.addCustomField({ name, type, required }));
}

function removeField({ programme, params }: Call): Reply {
  const name = params.requiredText('name');
  const field = found(programme.customFields.get(name), 'Custom field');
  programme.customFields.delete(name);
  for (const affiliate of programme.affiliates.rows) delete affiliate.customFields[name];
  return ok(field);
}

export const affiliateRoutes: readonly Route[] = [
  ['POST /affiliates', create],
  ['GET /affiliates', list],
  ['GET /affiliates/count', ({ programme }) => ok({ count: programme.affiliates.rows.length })],
  ['GET /affiliates/{id}', (call) => shown(call.programme, affiliateOf(call))],
  ['GET /affiliates/by_email', byEmail],
  ['GET /affiliates/by_affiliate_code', byCode],
  ['PUT /affiliates/{id}', update],
  ['POST /affiliates/{id}/archive', archive],
  ['POST /affiliates/{id}/unarchive', unarchive],
  ['POST /affiliates/{id}/approve', approve],
  ['POST /affiliates/{id}/reject', reject],
  ['GET /affiliates/{id}/leads', leads],
  ['GET /affiliates/{id}/purchases', purchases],
  ['GET /affiliates/{id}/commissions_total', commissionsTotal],
  ['POST /affiliates/{id}/sign_in_link', signInLink],
  ['GET /affiliates/{id}/subids', subIds],
  ['POST /custom_fields', defineField],
  ['DELETE /custom_fields', removeField],
];
