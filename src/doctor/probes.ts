import { isObject, type JsonObject } from '../json.ts';
import { flagOf, numberOf } from '../records/values.ts';
import {
  ask,
  type Call,
  type Coping,
  compared,
  differs,
  failureOf,
  formOf,
  NOT_ESTABLISHED,
  open,
  type Probe,
  recordsIn,
  type Seen,
  settled,
  typeOf,
  wordsIn,
} from './answers.ts';
import { LISTS, probesOfList } from './list-probes.ts';

/*
 * The points of the API reference that an account can show, one row each. `PROBES`, at the end, has them in the order
 * in which they are checked.
 */

/** Called before any probe: the lists and counts that probes use, and whose records they look up one by one. */
export const FIRST_CALLS: readonly Call[] = [
  ...LISTS.flatMap(({ list, count }): Call[] => (count ? [[list], [count]] : [[list]])),
  ['list_campaigns'],
];

const NO_RECORD = 'no record to ask for';

// Look-ups of single records, and the answer if there is none.

type Lookup = readonly [
  point: string,
  operation: string,
  plural: string,
  /** The parameter, and the field of a listed record that provides its value. */
  parameter: string,
  field: string,
  /** An id, code or address that no record has; absent if such a look-up is not an open point. */
  nobody?: string | number,
];

const NO_ID = 999_999_999;
const NO_EMAIL = 'nobody.with.this.address@example.invalid';
const NO_CODE = 'no-such-code-0000';

const LOOKUPS: readonly Lookup[] = [
  ['A4', 'get_affiliate', 'affiliates', 'affiliate_id', 'id', NO_ID],
  ['A5', 'find_affiliate_by_email', 'affiliates', 'email', 'email', NO_EMAIL],
  ['A6', 'find_affiliate_by_code', 'affiliates', 'affiliate_code', 'affiliate_code', NO_CODE],
  ['P4', 'get_purchase', 'purchases', 'purchase_id', 'id'],
  ['P5', 'find_purchase_by_code', 'purchases', 'purchase_code', 'purchase_code', NO_CODE],
  ['L4', 'get_lead', 'leads', 'lead_id', 'id'],
  ['L5', 'find_lead_by_email', 'leads', 'email', 'email', NO_EMAIL],
  ['V4', 'find_visitor_by_tracking_code', 'visitors', 'tracking_code', 'tracking_code', NO_CODE],
  ['K2', 'get_campaign', 'campaigns', 'campaign_id', 'id'],
];

/** Look-ups that a creation makes first, to see whether the record exists. */
const LOOKS_FIRST: Readonly<Record<string, string>> = {
  find_affiliate_by_email: 'create_affiliate',
  find_purchase_by_code: 'create_purchase',
  find_lead_by_email: 'create_lead',
};

function unfound(operation: string): Coping {
  const creation = LOOKS_FIRST[operation];
  const so = creation
    ? `${creation} cannot use it to see that a record already exists: check the list before you create.`
    : 'Records are found in the lists instead.';
  return { so, matters: true };
}

/** Whether a record can be looked up by this value: ids and codes are numbers or text. */
const isAskable = (value: unknown) => typeof value === 'number' || (typeof value === 'string' && /[^\s.]/.test(value));

const probeOfHit = ([point, operation, plural, parameter, field]: Lookup): Probe => ({
  point,
  question: `Does ${operation} find a record that a list showed?`,
  expected: 'yes',
  look: (seen) => {
    const listed = seen.rows(plural).find((row) => isAskable(row[field]));
    if (!listed) return open(NO_RECORD);
    const judge = (body: unknown) => {
      const same = listed.id !== undefined && isObject(body) && String(body.id) === String(listed.id);
      return compared(same ? 'yes' : `it answered with ${formOf(body)}`, same, unfound(operation));
    };
    return ask([operation, { [parameter]: listed[field] }], judge, (why) => differs(why, unfound(operation)));
  },
});

const probeOfMiss = ([point, operation, , parameter, , nobody]: Lookup): Probe => ({
  point: `${point}, 5.8`,
  question: `What ${operation} answers for nobody`,
  expected: '404 or null',
  look: (seen) => {
    const call: Call = [operation, { [parameter]: nobody }];
    return ask(call, (body) => settled(`${seen.answer(...call)?.status ?? 200} with ${formOf(body)}`));
  },
});

// Lists that belong to a record; their form is not established.

/** The id of a record that probably has such lists: one nested in other records, or else a listed one. */
const idAmong = (inner: string, outer: string, plural: string) => (seen: Seen) => {
  const within = seen.rows(outer).map((row) => row[inner]);
  return [...within.filter(isObject), ...seen.rows(plural)].find(({ id }) => isAskable(id))?.id;
};
/** The record that a list belongs to: the parameter, and its value. */
type Owner = readonly [parameter: string, idOf: (seen: Seen) => unknown];

const earnerOf = idAmong('affiliate', 'commissions', 'affiliates');
const EARNER: Owner = ['affiliate_id', earnerOf];
const BUYER: Owner = ['lead_id', idAmong('lead', 'purchases', 'leads')];
const PURCHASE: Owner = ['purchase_id', (seen) => seen.rows('purchases').find(({ id }) => isAskable(id))?.id];

const RELATED: readonly (readonly [point: string, operation: string, owner?: Owner])[] = [
  ['A12', 'list_affiliate_leads', EARNER],
  ['A13', 'list_affiliate_purchases', EARNER],
  ['A14', 'get_affiliate_commission_totals', EARNER],
  ['C2', 'list_affiliate_commissions', EARNER],
  ['B1', 'list_affiliate_sub_ids', EARNER],
  ['P6', 'list_purchase_commissions', PURCHASE],
  ['L7', 'list_lead_purchases', BUYER],
  ['C4', 'get_commission_totals'],
];

const probeOfRelated = ([point, operation, owner]: (typeof RELATED)[number]): Probe => ({
  point,
  question: `How ${operation} answers`,
  expected: NOT_ESTABLISHED,
  look: (seen) => {
    const [parameter, idOf] = owner ?? [];
    const id = idOf?.(seen);
    if (parameter !== undefined && id === undefined) return open(NO_RECORD);
    const call: Call = parameter === undefined ? [operation] : [operation, { [parameter]: id }];
    return ask(call, (body) => settled(formOf(body)));
  },
});

// Filters that may be ignored, and LeadDyno's own words in fields whose values are not established.

const STATUSES: readonly (readonly [status: string, has: (commission: JsonObject) => boolean])[] = [
  ['paid', ({ paid }) => flagOf(paid) === true],
  ['cancelled', ({ cancelled }) => flagOf(cancelled) === true],
  ['unpaid', ({ paid, cancelled }) => !flagOf(paid) && !flagOf(cancelled)],
];

const probeOfStatus = ([status, has]: (typeof STATUSES)[number]): Probe => ({
  point: 'A15',
  question: `Whether list_affiliate_commissions filters by status=${status}`,
  expected: 'yes (name inferred)',
  look: (seen) => {
    const id = earnerOf(seen);
    if (id === undefined) return undefined;
    return ask(['list_affiliate_commissions', { affiliate_id: id, status }], (body) => {
      const rows = recordsIn(body, 'commissions');
      if (rows.length === 0) return open('no such commission to tell by');
      const wrong = rows.filter((row) => !has(row)).length;
      return wrong === 0
        ? settled('yes')
        : settled(`no: ${wrong} of ${rows.length} rows are others`, {
            so: 'The server leaves other rows out itself, and says so.',
          });
    });
  },
});

const WORDS: readonly (readonly [point: string, question: string, plural: string, field: string])[] = [
  ['A2', 'Statuses of affiliates (are archived and pending ones listed?)', 'affiliates', 'status'],
  ['3, Lead', 'Statuses of leads', 'leads', 'status'],
  ['3, Commission', 'Payment types of commissions', 'commissions', 'payment_type'],
];

const DATES = {
  so: 'Do not use the dates of list_purchases; changes_since, rank_affiliates and export_records apply dates themselves.',
  matters: true,
};

const totalsIn = (currency: string): Call => ['get_commission_totals', { currency }];

const OTHERS: readonly Probe[] = [
  {
    point: 'P2',
    question: 'Whether list_purchases filters by created_after',
    expected: 'one source says so',
    look: (seen) => {
      const listed = seen.rows('purchases').map(({ created_at }) => created_at);
      const times = listed.filter((time) => typeof time === 'string').sort();
      const middle = times[Math.floor(times.length / 2)];
      if (middle === undefined || times[0] === times.at(-1)) return open('too few purchases to tell');
      return ask(['list_purchases', { created_after: middle }], (body) => {
        const rows = recordsIn(body, 'purchases');
        if (rows.length === 0) return settled('it answers nothing at all', DATES);
        const earlier = rows.some(({ created_at }) => typeof created_at === 'string' && created_at < middle);
        return earlier ? settled('no, it is ignored', DATES) : settled('yes');
      });
    },
  },
  {
    point: 'A2',
    question: 'Whether the query of list_affiliates minds case',
    expected: NOT_ESTABLISHED,
    look: (seen) => {
      const known = seen.rows('affiliates').find(({ email }) => typeof email === 'string' && /[a-z]/.test(email));
      if (!known) return open('no affiliate to search for');
      const email = String(known.email);
      const finds = (body: unknown) => recordsIn(body, 'affiliates').some(({ id }) => id === known.id);
      return {
        calls: [email, email.toUpperCase()].map((query): Call => ['list_affiliates', { query }]),
        judge: (plain, upper) => {
          if (!finds(plain)) return settled('the search does not find an address as it is written');
          return settled(finds(upper) ? 'no' : 'yes');
        },
        refused: settled,
      };
    },
  },
  {
    point: 'C4',
    question: 'Whether get_commission_totals without a currency covers all currencies',
    expected: NOT_ESTABLISHED,
    look: (seen) => {
      // An earlier probe (`RELATED`) called it.
      const whole = seen.answer('get_commission_totals');
      if (!whole) return undefined;
      const count = (body: unknown) => (isObject(body) ? numberOf(body.total_count) : undefined);
      const all = count(whole.body);
      if (all === undefined) return open(whole.ok ? `no total_count in ${formOf(whole.body)}` : failureOf(whole));
      const currencies = new Set(seen.rows('commissions').map(({ currency }) => currency));
      const calls = [...currencies].filter((one) => typeof one === 'string').map(totalsIn);
      if (calls.length < 2) return open('fewer than two currencies were seen');
      const refused = (why: string) => open(`asked for one currency: ${why}`);
      const judge = (...bodies: readonly unknown[]) => {
        const counts = bodies.map(count);
        const unread = counts.indexOf(undefined);
        if (unread >= 0) return refused(formOf(bodies[unread]));
        const sum = counts.reduce<number>((total, one) => total + (one ?? 0), 0);
        if (all >= sum) return settled('yes');
        const so = 'The server asks for one currency at a time.';
        return settled(all === counts[0] ? 'no, one currency alone' : 'no', { so });
      };
      return { calls, judge, refused };
    },
  },
  ...WORDS.map(
    ([point, question, plural, field]): Probe => ({
      point,
      question,
      expected: NOT_ESTABLISHED,
      look: (seen) => {
        const words = wordsIn(seen.rows(plural).map((row) => row[field]));
        return words === '' ? open('none seen') : settled(words);
      },
    }),
  ),
  {
    point: '5.4',
    question: 'Type of purchase_amount',
    expected: 'text or number',
    look: (seen) => {
      const types = new Set(seen.rows('purchases').map(({ purchase_amount }) => typeOf(purchase_amount)));
      return types.size === 0 ? open('no purchase') : settled([...types].join(' or '));
    },
  },
];

export const PROBES: readonly Probe[] = [
  ...LISTS.flatMap(probesOfList),
  ...LOOKUPS.map(probeOfHit),
  ...LOOKUPS.filter(([, , , , , nobody]) => nobody !== undefined).map(probeOfMiss),
  ...RELATED.map(probeOfRelated),
  ...STATUSES.map(probeOfStatus),
  ...OTHERS,
];
