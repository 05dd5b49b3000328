import type { JsonObject } from '../../json.ts';
import type { Affiliate } from '../../records/parse.ts';
import { mailboxOf, nameKey } from '../../records/people.ts';
import { groupBy, numberOf, numericIdOf } from '../../records/values.ts';

export const CONFIDENCES = ['low', 'medium', 'high'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** How strong each kind of sign is by itself. */
const STRENGTHS = {
  same_mailbox: 'high',
  own_customer: 'high',
  shared_payout_address: 'medium',
  payout_to_another: 'medium',
  recruited_in_circle: 'medium',
  recruited_self: 'medium',
  same_name: 'low',
  same_company_and_last_name: 'low',
} as const satisfies Record<string, Confidence>;

export type Sign = keyof typeof STRENGTHS;

/** Something that several affiliates have in common, or that one affiliate does alone. */
export interface Evidence {
  readonly sign: Sign;
  /** The fields that agree. */
  readonly fields: readonly string[];
  readonly ids: readonly number[];
  readonly confidence: Confidence;
  /** Details of this kind of sign. */
  readonly more?: JsonObject;
}

export type ById = ReadonlyMap<number, Affiliate>;

/** The affiliates by id; one without a numeric id is left out, because nothing can refer to it. */
export function affiliatesById(affiliates: readonly Affiliate[]): Map<number, Affiliate> {
  const known = new Map<number, Affiliate>();
  for (const one of affiliates) {
    const id = numericIdOf(one);
    if (id !== undefined) known.set(id, one);
  }
  return known;
}

/**
 * The confidence of a sign is its own strength. A medium sign becomes high if two of its affiliates also have the same
 * full name, which says little alone but a lot together with such a sign.
 */
export function evidence(
  sign: Sign,
  fields: readonly string[],
  ids: readonly number[],
  all: ById,
  more?: JsonObject,
): Evidence {
  const strength: Confidence = STRENGTHS[sign];
  const details = more && { more };
  if (strength !== 'medium' || !namesakes(ids, all)) return { sign, fields, ids, confidence: strength, ...details };
  return { sign, fields: [...fields, 'first_name', 'last_name'], ids, confidence: 'high', ...details };
}

/** Key of first and last name; empty if there is only one word, which is no full name. */
function fullNameKey(affiliate: Affiliate | undefined): string {
  const key = affiliate ? nameKey(affiliate.raw) : '';
  return key.includes(' ') ? key : '';
}

function namesakes(ids: readonly number[], all: ById): boolean {
  const keys = ids.map((id) => fullNameKey(all.get(id))).filter(Boolean);
  return new Set(keys).size < keys.length;
}

/** What affiliates have in common. They are grouped by key, so that not every pair has to be compared. */
export function findShared(all: ById): Evidence[] {
  const entries = [...all];
  const ids = (keyOf: (affiliate: Affiliate) => string) =>
    [...groupBy(entries, ([, affiliate]) => keyOf(affiliate))].map(
      ([key, group]) => [key, group.map(([id]) => id)] as const,
    );
  const several = (keyOf: (affiliate: Affiliate) => string) => ids(keyOf).filter(([, group]) => group.length > 1);
  const paidAt = ids(({ payoutAddress }) => mailboxOf(payoutAddress));
  const owners = new Map(ids(({ email }) => mailboxOf(email)));
  return [
    ...several(({ email }) => mailboxOf(email)).map(([, group]) => evidence('same_mailbox', ['email'], group, all)),
    ...paidAt
      .filter(([, group]) => group.length > 1)
      .map(([, group]) => evidence('shared_payout_address', ['paypal_email'], group, all)),
    ...paidAt.flatMap(([mailbox, paid]) => paidToOthers(owners.get(mailbox) ?? [], paid, all)),
    ...several(fullNameKey).map(([, group]) => evidence('same_name', ['first_name', 'last_name'], group, all)),
    ...findColleagues(entries, all),
  ];
}

/**
 * Affiliates paid at somebody else's e-mail. Owners of that address who are paid there too are left out: they share the
 * payout address.
 */
function paidToOthers(owners: readonly number[], paid: readonly number[], all: ById): Evidence[] {
  const receivers = new Set(paid);
  const own = new Set(owners);
  const others = owners.filter((id) => !receivers.has(id));
  const senders = paid.filter((id) => !own.has(id));
  if (others.length === 0 || senders.length === 0) return [];
  return [evidence('payout_to_another', ['paypal_email', 'email'], [...senders, ...others], all)];
}

/** Mail providers: anybody can have an address there, so sharing the domain says nothing. */
const MAIL_PROVIDERS =
  /^(?:(?:gmail|yahoo|ymail|hotmail|outlook|live|msn|aol|icloud|me|mac|gmx|web|mail|email|zoho|yandex|proton|protonmail|pm|fastmail|hey|t-online|freenet|orange|wanadoo|free|laposte|sfr|libero|qq|163|126|sina|naver|daum|rediffmail|comcast|verizon|att|btinternet|sky|bk|inbox|list|rambler|seznam|wp|onet|o2|interia|uol|bol|terra|tuta|tutanota|tutamail|rocketmail|foxmail|yeah|mailbox|posteo|hushmail|duck|mozmail|privaterelay|ukr|abv|centrum|tiscali|virgilio|alice|telenet|ziggo|kpnmail|bigpond|optusnet|xtra|charter|cox|sbcglobal|bellsouth|earthlink|juno|arcor|bluewin|neuf|rogers|shaw|talktalk|virginmedia|ntlworld|hanmail|nate|docomo|ezweb|softbank)\.)/;
export const isMailProvider = (domain: string): boolean => MAIL_PROVIDERS.test(domain);

/** A domain of more affiliates than this is not taken for a company's own. */
export const MOST_COLLEAGUES = 5;

/** Affiliates with the same last name at a domain that few use. */
function findColleagues(entries: readonly (readonly [number, Affiliate])[], all: ById): Evidence[] {
  const byDomain = groupBy(entries, ([, { email }]) => mailboxOf(email).split('@')[1] ?? '');
  return [...byDomain]
    .filter(([domain, group]) => group.length <= MOST_COLLEAGUES && !isMailProvider(domain))
    .flatMap(([, group]) => [...groupBy(group, ([, { raw }]) => nameKey({ last_name: raw.last_name })).values()])
    .filter((group) => group.length > 1)
    .map((group) =>
      evidence(
        'same_company_and_last_name',
        ['email', 'last_name'],
        group.map(([id]) => id),
        all,
      ),
    );
}

/**
 * Affiliates who recruited themselves, and circles in which each recruited the next. Everybody has at most one
 * recruiter.
 */
export function findCircles(all: ById): Evidence[] {
  const recruiterOf = (id: number) => numberOf(all.get(id)?.recruiterId);
  const walked = new Map<number, number>();
  const found: Evidence[] = [];
  for (const start of all.keys()) {
    const path: number[] = [];
    let at: number | undefined = start;
    while (at !== undefined && all.has(at) && !walked.has(at)) {
      walked.set(at, start);
      path.push(at);
      at = recruiterOf(at);
    }
    // Back on the path that began at `start`: from here on it is a circle.
    if (at === undefined || walked.get(at) !== start) continue;
    const circle = path.slice(path.indexOf(at));
    const sign = circle.length === 1 ? 'recruited_self' : 'recruited_in_circle';
    found.push(evidence(sign, ['referring_affiliate_id'], circle, all));
  }
  return found;
}

/** Affiliates connected by evidence. */
export interface EvidenceGroup {
  readonly ids: readonly number[];
  readonly evidence: readonly Evidence[];
  readonly confidence: Confidence;
}

const strengthOf = (confidence: Confidence) => CONFIDENCES.indexOf(confidence);

/**
 * Merges evidence about the same people into groups. Signs that are too weak are left out, because they would connect
 * strangers. The strongest groups come first, then the larger ones.
 */
export function groupEvidence(found: readonly Evidence[], least: Confidence): EvidenceGroup[] {
  const kept = found.filter(({ confidence }) => strengthOf(confidence) >= strengthOf(least));
  const parents = new Map<number, number>();
  const rootOf = (id: number): number => {
    let root = id;
    for (let up = parents.get(root); up !== undefined && up !== root; up = parents.get(root)) root = up;
    // Shortens the path for the next look-up.
    for (let at = id; at !== root; ) {
      const up = parents.get(at) ?? root;
      parents.set(at, root);
      at = up;
    }
    return root;
  };
  for (const { ids } of kept) {
    const [first] = ids;
    if (first === undefined) continue;
    for (const id of ids) parents.set(rootOf(id), rootOf(first));
  }
  const members = new Map<number, { ids: Set<number>; evidence: Evidence[] }>();
  for (const one of kept) {
    const [first] = one.ids;
    if (first === undefined) continue;
    const root = rootOf(first);
    const group = members.get(root) ?? { ids: new Set(), evidence: [] };
    members.set(root, group);
    group.evidence.push(one);
    for (const id of one.ids) group.ids.add(id);
  }
  return [...members.values()].map(toGroup).sort(byWeight);
}

function toGroup({ ids, evidence }: { ids: Set<number>; evidence: Evidence[] }): EvidenceGroup {
  const sorted = evidence.toSorted((a, b) => strengthOf(b.confidence) - strengthOf(a.confidence));
  return { ids: [...ids].sort((a, b) => a - b), evidence: sorted, confidence: sorted[0]?.confidence ?? 'low' };
}

function byWeight(a: EvidenceGroup, b: EvidenceGroup): number {
  return (
    strengthOf(b.confidence) - strengthOf(a.confidence) ||
    b.ids.length - a.ids.length ||
    (a.ids[0] ?? 0) - (b.ids[0] ?? 0)
  );
}
