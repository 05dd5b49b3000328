import { isObject, type JsonObject } from '../json.ts';
import { findRows } from '../operations/paging.ts';
import { flagOf } from '../records/values.ts';
import { type Ask, type ListSeen, readCount } from './check-lists.ts';
import { compared, type Finding, failureOf, isUnanswered, open, settled, settledBy } from './finding.ts';
import type { Asked } from './probe.ts';
import { formOf, typeOf } from './shape-of.ts';

/** Records that the lists showed, to ask for one by one. */
export interface Samples {
  readonly affiliates: readonly JsonObject[];
  readonly purchases: readonly JsonObject[];
  readonly leads: readonly JsonObject[];
  readonly visitors: readonly JsonObject[];
  readonly campaigns: readonly JsonObject[];
  readonly commissions: readonly JsonObject[];
}

export function samplesOf(lists: readonly ListSeen[], campaigns: readonly JsonObject[]): Samples {
  const rows = (plural: string) => lists.find((list) => list.plural === plural)?.rows ?? [];
  return {
    affiliates: rows('affiliates'),
    purchases: rows('purchases'),
    leads: rows('leads'),
    visitors: rows('visitors'),
    commissions: rows('commissions'),
    campaigns,
  };
}

/** An id, code or address that nobody has. */
const NOBODY = { id: 999_999_999, email: 'nobody.with.this.address@example.invalid', code: 'no-such-code-0000' };

/** Reads that show one record each, and what a miss looks like. */
export async function checkLookups(samples: Samples, ask: Ask, findings: Finding[]): Promise<void> {
  const [affiliate] = samples.affiliates;
  const [purchase] = samples.purchases;
  const [lead] = samples.leads;
  const visitor = samples.visitors.find(({ tracking_code }) => typeof tracking_code === 'string');
  const [campaign] = samples.campaigns;
  const lookups: [point: string, operation: string, args: JsonObject | undefined, id: unknown][] = [
    ['A4', 'get_affiliate', affiliate && { affiliate_id: affiliate.id }, affiliate?.id],
    ['A5', 'find_affiliate_by_email', affiliate && { email: affiliate.email }, affiliate?.id],
    ['A6', 'find_affiliate_by_code', affiliate && { affiliate_code: affiliate.affiliate_code }, affiliate?.id],
    ['P4', 'get_purchase', purchase && { purchase_id: purchase.id }, purchase?.id],
    ['P5', 'find_purchase_by_code', purchase && { purchase_code: purchase.purchase_code }, purchase?.id],
    ['L4', 'get_lead', lead && { lead_id: lead.id }, lead?.id],
    ['L5', 'find_lead_by_email', lead && { email: lead.email }, lead?.id],
    ['V4', 'find_visitor_by_tracking_code', visitor && { tracking_code: visitor.tracking_code }, visitor?.id],
    ['K2', 'get_campaign', campaign && { campaign_id: campaign.id }, campaign?.id],
  ];
  for (const [point, operation, args, id] of lookups) findings.push(await checkOne(point, operation, args, id, ask));

  const misses: [point: string, operation: string, args: JsonObject][] = [
    ['A4', 'get_affiliate', { affiliate_id: NOBODY.id }],
    ['A5', 'find_affiliate_by_email', { email: NOBODY.email }],
    ['A6', 'find_affiliate_by_code', { affiliate_code: NOBODY.code }],
    ['P5', 'find_purchase_by_code', { purchase_code: NOBODY.code }],
    ['L5', 'find_lead_by_email', { email: NOBODY.email }],
    ['V4', 'find_visitor_by_tracking_code', { tracking_code: NOBODY.code }],
  ];
  for (const [point, operation, args] of misses) {
    const asked = await ask(operation, args);
    const found = () => `${asked.status ?? 200} with ${formOf(asked.body)}`;
    findings.push(settledBy(asked, `${point}, 5.8`, `What ${operation} answers for nobody`, '404 or null', found));
  }
}

async function checkOne(
  point: string,
  operation: string,
  args: JsonObject | undefined,
  id: unknown,
  ask: Ask,
): Promise<Finding> {
  const question = `Whether ${operation} finds a record that a list showed`;
  if (!isAskable(args)) return open(point, question, 'yes', 'no record to ask for');
  const asked = await ask(operation, args);
  if (isUnanswered(asked)) return open(point, question, 'yes', failureOf(asked));
  if (!asked.ok) return compared(point, question, 'yes', failureOf(asked), false);
  const record = isObject(asked.body) ? asked.body : {};
  const same = id !== undefined && String(record.id) === String(id);
  return compared(point, question, 'yes', same ? 'yes' : `it answered with ${formOf(asked.body)}`, same);
}

/** Whether a record showed what is needed to ask for it: ids and codes are numbers or texts. */
function isAskable(args: JsonObject | undefined): args is JsonObject {
  const usable = (value: unknown) => typeof value === 'number' || (typeof value === 'string' && /[^\s.]/.test(value));
  return args !== undefined && Object.values(args).every(usable);
}

const rowsOf = (asked: Asked, plural: string) =>
  asked.ok ? (findRows(asked.body, plural)?.rows ?? []).filter(isObject) : [];

/** Lists below a record, whose form is not established, and filters that may be ignored. */
export async function checkRelated(samples: Samples, ask: Ask, findings: Finding[]): Promise<void> {
  const named = samples.commissions.map(({ affiliate }) => affiliate).find(isObject);
  const earner = named && isAskable({ id: named.id }) ? named : samples.affiliates[0];
  const [purchase] = samples.purchases;
  const bought = samples.purchases.map(({ lead }) => lead).find(isObject);
  const buyer = bought && isAskable({ id: bought.id }) ? bought : samples.leads[0];
  const related: [point: string, operation: string, args: JsonObject | undefined][] = [
    ['A12', 'list_affiliate_leads', earner && { affiliate_id: earner.id }],
    ['A13', 'list_affiliate_purchases', earner && { affiliate_id: earner.id }],
    ['A14', 'get_affiliate_commission_totals', earner && { affiliate_id: earner.id }],
    ['C2', 'list_affiliate_commissions', earner && { affiliate_id: earner.id }],
    ['B1', 'list_affiliate_sub_ids', earner && { affiliate_id: earner.id }],
    ['P6', 'list_purchase_commissions', purchase && { purchase_id: purchase.id }],
    ['L7', 'list_lead_purchases', buyer && { lead_id: buyer.id }],
    ['C4', 'get_commission_totals', {}],
  ];
  for (const [point, operation, args] of related) {
    const question = `How ${operation} answers`;
    if (!isAskable(args)) findings.push(open(point, question, 'not established', 'no record to ask for'));
    else {
      const asked = await ask(operation, args);
      findings.push(settledBy(asked, point, question, 'not established', () => formOf(asked.body)));
    }
  }
  if (earner && isAskable({ id: earner.id })) await checkStatusFilter(earner, ask, findings);
  await checkPurchaseWindow(samples.purchases, ask, findings);
  await checkQueryCase(samples.affiliates, ask, findings);
  await checkTotals(samples.commissions, ask, findings);
}

async function checkStatusFilter(earner: JsonObject, ask: Ask, findings: Finding[]): Promise<void> {
  for (const status of ['paid', 'cancelled', 'unpaid'] as const) {
    const question = `Whether list_affiliate_commissions filters by status=${status}`;
    const asked = await ask('list_affiliate_commissions', { affiliate_id: earner.id, status });
    const rows = rowsOf(asked, 'commissions');
    const wrong = rows.filter(({ paid, cancelled }) =>
      status === 'paid'
        ? !flagOf(paid)
        : status === 'cancelled'
          ? !flagOf(cancelled)
          : flagOf(paid) || flagOf(cancelled),
    );
    if (!asked.ok) findings.push(settledBy(asked, 'A15', question, 'yes (name inferred)', () => ''));
    else if (rows.length === 0)
      findings.push(open('A15', question, 'yes (name inferred)', 'no such commission to tell by'));
    else
      findings.push(
        settled(
          'A15',
          question,
          'yes (name inferred)',
          wrong.length === 0 ? 'yes' : `no: ${wrong.length} of ${rows.length} rows are others`,
        ),
      );
  }
}

async function checkPurchaseWindow(purchases: readonly JsonObject[], ask: Ask, findings: Finding[]): Promise<void> {
  const question = 'Whether list_purchases filters by created_after';
  const times = purchases
    .map(({ created_at }) => created_at)
    .filter((time) => typeof time === 'string')
    .sort();
  const middle = times[Math.floor(times.length / 2)];
  if (middle === undefined || times[0] === times.at(-1)) {
    findings.push(open('P2', question, 'one source says so', 'too few purchases to tell'));
    return;
  }
  const asked = await ask('list_purchases', { created_after: middle });
  const rows = rowsOf(asked, 'purchases');
  const before = rows.filter(({ created_at }) => typeof created_at === 'string' && created_at < middle).length;
  const found = () => (rows.length === 0 ? 'it answers nothing at all' : before === 0 ? 'yes' : 'no, it is ignored');
  findings.push(settledBy(asked, 'P2', question, 'one source says so', found));
}

async function checkQueryCase(affiliates: readonly JsonObject[], ask: Ask, findings: Finding[]): Promise<void> {
  const question = 'Whether the query of list_affiliates minds case';
  const known = affiliates.find(({ email }) => typeof email === 'string' && /[a-z]/.test(email));
  if (!known) {
    findings.push(open('A2', question, 'not established', 'no affiliate to search for'));
    return;
  }
  const email = String(known.email);
  const plain = await ask('list_affiliates', { query: email });
  const upper = await ask('list_affiliates', { query: email.toUpperCase() });
  const finds = (asked: Asked) => rowsOf(asked, 'affiliates').some(({ id }) => id === known.id);
  const found = () =>
    !finds(plain) ? 'the search does not find an address as it is written' : finds(upper) ? 'no' : 'yes';
  findings.push(settledBy(plain.ok ? upper : plain, 'A2', question, 'not established', found));
}

async function checkTotals(commissions: readonly JsonObject[], ask: Ask, findings: Finding[]): Promise<void> {
  const question = 'Whether get_commission_totals without a currency covers all currencies';
  const currencies = [...new Set(commissions.map(({ currency }) => currency))].filter((one) => typeof one === 'string');
  const count = (asked: Asked) =>
    asked.ok && isObject(asked.body) ? readCount({ count: asked.body.total_count }) : undefined;
  const totals = await ask('get_commission_totals');
  const all = count(totals);
  if (all === undefined || currencies.length < 2) {
    const told = totals.ok ? `no total_count in ${formOf(totals.body)}` : failureOf(totals);
    const why = all === undefined ? told : 'fewer than two currencies were seen';
    findings.push(open('C4', question, 'not established', why));
    return;
  }
  const each: number[] = [];
  for (const currency of currencies) {
    const asked = await ask('get_commission_totals', { currency });
    const one = count(asked);
    if (one === undefined) {
      const why = asked.ok ? formOf(asked.body) : failureOf(asked);
      findings.push(open('C4', question, 'not established', `asked for one currency: ${why}`));
      return;
    }
    each.push(one);
  }
  const sum = each.reduce((total, one) => total + one, 0);
  findings.push(
    settled('C4', question, 'not established', all >= sum ? 'yes' : all === each[0] ? 'no, one currency alone' : 'no'),
  );
}

/** Words that the API reference knows. */
const KNOWN: ReadonlySet<string> = new Set(
  'Active,Inactive,Archived,Pending Approval,Registered,Customer,Cancelled,cash,money,custom'.split(','),
);

/** Words that LeadDyno itself uses in fields whose vocabulary is not established: never what a person typed. */
export function checkWords(samples: Samples, findings: Finding[]): void {
  const words = (rows: readonly JsonObject[], field: string) => {
    const times = new Map<string, number>();
    for (const { [field]: word } of rows) if (typeof word === 'string') times.set(word, (times.get(word) ?? 0) + 1);
    // A word that is there once and nobody knows may be somebody's text after all.
    const told = [...times].filter(
      ([word, count]) => KNOWN.has(word) || (count > 1 && /^[A-Za-z][a-z_ ]{0,23}$/.test(word)),
    );
    const rest = times.size - told.length;
    return [
      ...told
        .map(([word]) => word)
        .sort()
        .slice(0, 12),
      ...(rest > 0 ? [`${rest} not shown`] : []),
    ].join(', ');
  };
  const asked: [point: string, what: string, rows: readonly JsonObject[], field: string][] = [
    ['A2', 'Statuses of affiliates (are archived and pending ones listed?)', samples.affiliates, 'status'],
    ['3, Lead', 'Statuses of leads', samples.leads, 'status'],
    ['3, Commission', 'Payment types of commissions', samples.commissions, 'payment_type'],
  ];
  for (const [point, question, rows, field] of asked) {
    const found = words(rows, field);
    findings.push(
      found === ''
        ? open(point, question, 'not established', 'none seen')
        : settled(point, question, 'not established', found),
    );
  }
  const amounts = [...new Set(samples.purchases.map(({ purchase_amount }) => typeOf(purchase_amount)))].join(' or ');
  findings.push(
    amounts === ''
      ? open('5.4', 'Type of purchase_amount', 'text or number', 'no purchase')
      : settled('5.4', 'Type of purchase_amount', 'text or number', amounts),
  );
}
