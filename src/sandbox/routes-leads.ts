import { registerLead } from './bookkeeping.ts';
import { payloadOf } from './payloads.ts';
import type { Programme } from './programme.ts';
import type { Affiliate, Lead } from './records.ts';
import {
  type Call,
  created,
  fixedPage,
  found,
  newestFirst,
  ok,
  type Params,
  type Reply,
  type Route,
  writeSent,
} from './route.ts';
import { alsoWanted } from './routes-purchases.ts';

function leadOf(call: Call): Lead {
  return found(call.programme.leads.get(call.id), 'Lead');
}

/** The affiliate by the e-mail in `affiliate`, which must exist, or by `code`; an unknown code is ignored. */
function affiliateParam(programme: Programme, params: Params): Affiliate | undefined {
  const email = params.filledText('affiliate');
  if (email !== null) {
    const affiliate = programme.affiliateByEmail(email.trim());
    if (affiliate === undefined) params.complain('affiliate', 'was not found');
    return affiliate;
  }
  const code = params.filledText('code');
  return code === null ? undefined : programme.affiliateByCode(code);
}

function contactIn(params: Params) {
  const customStatus = params.text('custom_status');
  return {
    firstName: params.text('first_name'),
    lastName: params.text('last_name'),
    address1: params.text('address1'),
    address2: params.text('address2'),
    city: params.text('city'),
    state: params.text('state'),
    zipcode: params.text('zipcode'),
    country: params.text('country'),
    customStatus: customStatus === null ? '' : customStatus,
  };
}

/** Links the lead to the visitor with this tracking code, and to that visitor's affiliate if the lead has none. */
function follow(programme: Programme, lead: Lead, trackingCode: string): void {
  lead.trackingCode = trackingCode;
  const visitor = programme.visitorByTrackingCode(trackingCode);
  if (visitor === undefined) return;
  lead.visitorId = visitor.id;
  lead.url ??= visitor.url;
  lead.referrer ??= visitor.referrer;
  visitor.leadId = lead.id;
  if (lead.affiliateId === null && visitor.affiliateId !== null) programme.assignLead(lead, visitor.affiliateId);
}

/** A known e-mail returns the existing lead, unchanged (not established, but likely). */
function create({ programme, params }: Call): Reply {
  const email = params.requiredEmail('email');
  const known = programme.leadByEmail(email);
  if (known !== undefined) return created(payloadOf(programme, 'lead', known));
  const affiliate = affiliateParam(programme, params);
  const trackingCode = params.filledText('tracking_code');
  const contact = contactIn(params);
  params.check();
  const lead = registerLead(programme, { email });
  writeSent(lead, contact);
  if (affiliate !== undefined) programme.assignLead(lead, affiliate.id);
  follow(programme, lead, trackingCode ?? programme.random.hex(32));
  return created(payloadOf(programme, 'lead', lead));
}

function update(call: Call): Reply {
  const { programme, params } = call;
  const lead = leadOf(call);
  const email = params.requiredEmail('email');
  const holder = programme.leadByEmail(email);
  if (holder !== undefined && holder !== lead) params.complain('email', 'has already been taken');
  const affiliate = affiliateParam(programme, params);
  const trackingCode = params.filledText('tracking_code');
  const contact = contactIn(params);
  params.check();
  writeSent(lead, { ...contact, updatedAt: programme.now() });
  programme.changeLeadEmail(lead, email);
  if (affiliate !== undefined) programme.assignLead(lead, affiliate.id);
  if (trackingCode !== null) follow(programme, lead, trackingCode);
  return ok(payloadOf(programme, 'lead', lead));
}

function list({ programme, params }: Call): Reply {
  const rows = newestFirst(programme.leads.rows, fixedPage(params));
  return ok(rows.map((row) => payloadOf(programme, 'lead', row)));
}

function byEmail({ programme, params }: Call): Reply {
  return ok(payloadOf(programme, 'lead', programme.leadByEmail(params.requiredText('email'))));
}

/** All of them in a bare array: no source mentions paging here. */
function purchases(call: Call): Reply {
  const also = alsoWanted(call.params);
  const rows = call.programme.purchasesOfLead(leadOf(call).id);
  return ok(rows.toReversed().map((row) => payloadOf(call.programme, 'purchase', row, also)));
}

export const leadRoutes: readonly Route[] = [
  ['POST /leads', create],
  ['GET /leads', list],
  ['GET /leads/count', ({ programme }) => ok({ count: programme.leads.rows.length })],
  ['GET /leads/{id}', (call) => ok(payloadOf(call.programme, 'lead', leadOf(call)))],
  ['GET /leads/by_email', byEmail],
  ['PUT /leads/{id}', update],
  ['GET /leads/{id}/purchases', purchases],
];
