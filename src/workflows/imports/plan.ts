import type { JsonObject } from '../../json.ts';
import { createAffiliate } from '../../operations/affiliates.ts';
import { Refusal } from '../../operations/operation.ts';
import { listed } from '../../operations/questions.ts';
import { addressForm, keyForm } from '../../records/keys.ts';
import type { Affiliate } from '../../records/parse.ts';
import { idTextOf } from '../../records/values.ts';
import { quote } from '../../text.ts';
import type { Work } from '../workflow.ts';
import { type Entry, entriesOf, type Kept, type Obstacle } from './entries.ts';
import { type Programme, readProgramme } from './programme.ts';
import { readTable, type Source } from './read-table.ts';

export interface ImportArgs extends Source {
  readonly group?: string;
  readonly approve?: boolean;
  readonly seats?: number;
}

interface Known {
  readonly entry: Entry;
  readonly affiliate: Affiliate;
}

/** One affiliate to create. */
export interface New {
  readonly entry: Entry;
  /** The arguments that are sent. */
  readonly args: JsonObject;
  /** The row of their recruiter, if the recruiter has to be created first. */
  readonly after?: number;
  /** The other affiliate whose e-mail is the payout address, if there is one. */
  readonly paidToo?: Affiliate;
}

export interface Plan {
  readonly approve: boolean;
  readonly rows: number;
  /** In steps: a recruiter is in an earlier step than the affiliates they recruited. */
  readonly steps: readonly (readonly New[])[];
  readonly known: readonly Known[];
  readonly kept: readonly Kept[];
  readonly unknownColumns: readonly string[];
  readonly programme: Programme;
  readonly seats?: number;
  /** LeadDyno's request limit; 0 for none. */
  readonly requestsAMinute: number;
  /** Whether the list names groups and it could not be checked that they exist. */
  readonly unchecked: boolean;
}

/** @throws Refusal if the list cannot be read, or the operator has switched off a tool that does the same */
export async function planImport(args: ImportArgs, work: Work): Promise<Plan> {
  const { group, approve = false, seats } = args;
  for (const tool of [createAffiliate.name, ...(approve ? ['approve_affiliate'] : [])]) {
    if (work.isSwitchedOff(tool)) {
      throw new Refusal(`The operator has switched off ${tool}, so import_affiliates cannot do this`);
    }
  }
  const { entries, unknownColumns } = entriesOf(await readTable(args, work), group);
  const programme = await readProgramme(entries, work);
  const known: Known[] = [];
  const kept: Kept[] = [];
  const free: Entry[] = [];
  const rowOf = { email: new Map<string, number>(), code: new Map<string, number>() };
  for (const entry of entries) {
    const judged = judge(entry, programme, rowOf, work);
    if (judged === undefined) free.push(entry);
    else if ('affiliate' in judged) known.push(judged);
    else kept.push(judged);
  }
  const { steps, without } = orderByRecruiter(free, entries, programme);
  const left = approve && seats !== undefined && programme.active !== undefined ? seats - programme.active : undefined;
  const { within, over } = withinSeats(steps, left);
  const plan = {
    approve,
    rows: entries.length,
    steps: within.map((step) => step.map((one) => newOf(one, approve, programme))),
    known,
    kept: [...kept, ...without, ...over].sort((a, b) => a.entry.row - b.entry.row),
    unknownColumns,
    programme,
    requestsAMinute: work.requestsAMinute,
    unchecked: !programme.groups && entries.some(({ fields }) => fields.affiliate_type !== undefined),
  };
  return seats === undefined ? plan : { ...plan, seats };
}

/** Judges one row by itself; undefined if nothing speaks against creating it. */
function judge(
  entry: Entry,
  programme: Programme,
  rowOf: { readonly email: Map<string, number>; readonly code: Map<string, number> },
  { prechecks }: Work,
): Kept | Known | undefined {
  const { row, fields, flaw } = entry;
  const keep = (obstacle: Obstacle, reason: string) => ({ entry, obstacle, reason });
  if (flaw !== undefined) return keep('invalid', flaw);
  const email = addressForm(fields.email);
  const before = rowOf.email.get(email);
  if (before !== undefined) return keep('duplicate', `same e-mail as row ${before}`);
  rowOf.email.set(email, row);
  const affiliate = programme.findByEmail(fields.email);
  if (affiliate) return { entry, affiliate };
  const code = keyForm(fields.affiliate_code ?? '');
  const owner = programme.findByCode(code);
  if (owner) return keep('code_taken', `the code belongs to the affiliate ${idTextOf(owner)}`);
  const sameCode = rowOf.code.get(code);
  if (code !== '' && sameCode !== undefined) return keep('code_taken', `same code as row ${sameCode}`);
  if (code !== '') rowOf.code.set(code, row);
  const { groups } = programme;
  if (prechecks && groups && fields.affiliate_type !== undefined && !groups.has(keyForm(fields.affiliate_type))) {
    return keep('group_unknown', unknownGroup(fields.affiliate_type, groups));
  }
  return undefined;
}

/** LeadDyno has no list of groups, so a group without affiliates cannot be told from a misspelt one. */
function unknownGroup(group: string, groups: ReadonlyMap<string, string>): string {
  const known = [...groups.values()].sort().map((code) => quote(code, 40));
  return `no affiliate is in ${quote(group, 40)}; groups: ${listed(known, 10) || 'none'}. If it is new, create its first affiliate with create_affiliate`;
}

function newOf({ entry, recruiter, after }: Step[number], approve: boolean, { findByEmail, groups }: Programme): New {
  const { email, affiliate_type, paypal_email } = entry.fields;
  const group = groups?.get(keyForm(affiliate_type ?? '')) ?? affiliate_type;
  const paidToo = paypal_email === undefined || isSame(paypal_email, email) ? undefined : findByEmail(paypal_email);
  return {
    entry,
    args: {
      ...entry.fields,
      ...(group !== undefined && { affiliate_type: group }),
      ...(recruiter !== undefined && { referring_affiliate: recruiter }),
      ...(approve && { override_approval: true }),
    },
    ...(after !== undefined && { after }),
    ...(paidToo && { paidToo }),
  };
}

export const isSame = (one: string, other: string): boolean => addressForm(one) === addressForm(other);

/** @param left free seats; undefined if not known, or if nobody is approved */
function withinSeats(steps: readonly Step[], left: number | undefined): { within: Step[]; over: Kept[] } {
  if (left === undefined) return { within: [...steps], over: [] };
  let free = Math.max(0, left);
  const over: Kept[] = [];
  const within = steps.map((step) => {
    const some = step.slice(0, free);
    free -= some.length;
    const reason = `the plan has ${Math.max(0, left)} seats left`;
    over.push(...step.slice(some.length).map(({ entry }) => ({ entry, obstacle: 'over_seats' as const, reason })));
    return some;
  });
  return { within: within.filter((step) => step.length > 0), over };
}

/* Puts recruiters before the affiliates they recruited: LeadDyno knows a recruiter only once they exist. */

/**
 * Affiliates who can be created at the same time. `recruiter`: the recruiter's address as LeadDyno knows it; `after`:
 * the recruiter's row, if they are new.
 */
type Step = readonly { readonly entry: Entry; readonly recruiter?: string; readonly after?: number }[];

type Resolved =
  | { readonly depth: number; readonly recruiter?: string; readonly after?: number }
  | { readonly why: string };

/**
 * @param free the rows that can be created by themselves
 * @param entries the whole list, to find recruiters in it who exist already or are not created
 */
function orderByRecruiter(
  free: readonly Entry[],
  entries: readonly Entry[],
  programme: Programme,
): { steps: Step[]; without: Kept[] } {
  const isFree = new Set(free);
  const inList = new Map<string, Entry>();
  // Of two rows with the same address, the first counts.
  for (const entry of entries.toReversed()) {
    const { email, affiliate_code: code } = entry.fields;
    if (code !== undefined) inList.set(keyForm(code), entry);
    inList.set(addressForm(email), entry);
  }
  const resolved = new Map<Entry, Resolved>();
  const underWay = new Set<Entry>();

  function resolve(entry: Entry): Resolved {
    const done = resolved.get(entry);
    if (done) return done;
    if (underWay.has(entry)) return { why: 'recruited in a circle' };
    underWay.add(entry);
    const found = recruiterOf(entry);
    underWay.delete(entry);
    resolved.set(entry, found);
    return found;
  }

  function recruiterOf({ fields: { referring_affiliate: named } }: Entry): Resolved {
    if (named === undefined) return { depth: 0 };
    const isAddress = named.includes('@');
    const there = isAddress ? programme.findByEmail(named) : programme.findByCode(named);
    if (there) return { depth: 0, recruiter: there.email || named };
    const other = inList.get(isAddress ? addressForm(named) : keyForm(named));
    if (other && isFree.has(other)) {
      const before = resolve(other);
      if ('why' in before) return { why: `the recruiter (row ${other.row}) will not be created: ${before.why}` };
      return { depth: before.depth + 1, recruiter: other.fields.email, after: other.row };
    }
    if (other) return { why: `the recruiter (row ${other.row}) will not be created` };
    if (!isAddress) return { why: `no affiliate has the code ${quote(named, 40)}` };
    return programme.complete ? { why: `no affiliate has the e-mail ${quote(named, 80)}` } : { depth: 0 };
  }

  const without: Kept[] = [];
  const steps: Step[number][][] = [];
  for (const entry of free) {
    const found = resolve(entry);
    if ('why' in found) without.push({ entry, obstacle: 'recruiter_unknown', reason: found.why });
    else {
      const { depth, ...more } = found;
      for (let step = steps.length; step <= depth; step += 1) steps.push([]);
      steps[depth]?.push({ entry, ...more });
    }
  }
  return { steps, without };
}
