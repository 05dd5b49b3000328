import type { JsonObject } from '../../json.ts';
import { Refusal } from '../../operations/operation.ts';
import { listed } from '../../operations/questions.ts';
import { keyForm } from '../../records/keys.ts';
import type { Affiliate, Credited, Parsed } from '../../records/parse.ts';
import { type Identities, identitiesIn } from '../../records/people.ts';
import { quote } from '../../text.ts';
import { checkGroup } from '../groups/check-group.ts';
import { affiliates, type collections } from '../reading/collections.ts';
import type { Scan } from '../reading/scans.ts';
import type { Work } from '../workflow.ts';

/* What the list of affiliates adds to the rows of another list: columns, and a filter by group. */

interface Asked {
  readonly records: keyof typeof collections;
  readonly group?: string;
  readonly join?: 'affiliate';
}

export interface People extends Identities<Affiliate> {
  readonly scan: Scan<Affiliate>;
}

/** The affiliates, if the call needs them. @throws Refusal for a group that nobody is in */
export async function readPeople({ records, group, join }: Asked, work: Work): Promise<People | undefined> {
  if (join && records === 'affiliates') throw new Refusal('join: affiliate does not apply to affiliates');
  if (group === undefined && join === undefined) return undefined;
  if (work.isSwitchedOff(affiliates.list.name)) {
    throw new Refusal(`The operator has switched off ${affiliates.list.name}, so nothing can be joined from it`);
  }
  const scan = await work.scan(affiliates);
  if (group !== undefined) checkGroup(group, scan, work);
  return { scan, ...identitiesIn(scan.records) };
}

const affiliateOf = (record: Parsed, { records }: Asked, people: People): Affiliate | undefined => {
  if (records === 'affiliates') return record as Affiliate;
  const { affiliate } = record as Credited;
  return affiliate && people.find(affiliate);
};

/** Whether a record belongs to the group that was asked for. */
export function groupFilter(asked: Asked, people: People | undefined): (record: Parsed) => boolean {
  const { group } = asked;
  if (group === undefined || !people) return () => true;
  return (record) => {
    const who = affiliateOf(record, asked, people);
    return who !== undefined && keyForm(who.group) === keyForm(group);
  };
}

const GROUP = 'group';
const JOINED = ['affiliate_group', 'affiliate_status', 'affiliate_recruiter_id'] as const;

export const joinedColumns = ({ records, join }: Asked): readonly string[] =>
  join ? JOINED : records === 'affiliates' ? [GROUP] : [];

/**
 * The row as LeadDyno sent it, with the affiliate's columns that were asked for; these are empty if the affiliate is
 * not known.
 */
export function withAffiliate(record: Parsed, asked: Asked, people: People | undefined): JsonObject {
  if (asked.records === 'affiliates') return { ...record.raw, [GROUP]: (record as Affiliate).group };
  if (!asked.join || !people) return record.raw;
  const who = affiliateOf(record, asked, people);
  const values = [who?.group ?? '', who?.standing ?? '', who?.recruiterId ?? ''];
  return { ...record.raw, ...Object.fromEntries(JOINED.map((name, index) => [name, values[index]])) };
}

/** The most columns named in a refusal. */
const NAMED = 40;

/** The columns asked for, in that order. @throws Refusal for one that the table does not have */
export function chosenColumns(fields: readonly string[], columns: readonly string[]): string[] {
  const unknown = fields.filter((field) => !columns.includes(field));
  if (unknown.length === 0 && fields.length > 0) return [...new Set(fields)];
  const known = listed(
    columns.map((name) => quote(name, 40)),
    NAMED,
  );
  throw new Refusal(`fields: ${unknown.map((one) => quote(one)).join(', ') || 'none given'}; the columns are ${known}`);
}

/** A row with only these columns. */
export const pick = (row: JsonObject, columns: readonly string[]): JsonObject =>
  Object.fromEntries(columns.flatMap((name) => (name in row ? [[name, row[name]] as const] : [])));
