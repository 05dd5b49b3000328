import type { JsonObject } from '../../json.ts';
import { Refusal } from '../../operations/operation.ts';
import { keyForm } from '../../records/keys.ts';
import type { Affiliate, Commission, Parsed } from '../../records/parse.ts';
import type { Identities } from '../../records/people.ts';
import { filterOf } from '../exports/filters.ts';
import type { Collection } from '../reading/collections.ts';
import { namedBy } from './dimensions.ts';

/* Chooses the records that a summary counts. */

/** The date of a record that decides its period and its bucket of time. */
export type DateField = 'created_at' | 'date' | 'due_at';

/** @throws Refusal if the list has no such date */
export function dateOf(name: Collection['name'], field: DateField): (record: Parsed) => number {
  if (field === 'created_at') return ({ createdAt }) => createdAt;
  if (name !== 'commissions') throw new Refusal(`date_field ${field} is for commissions: ${name} have created_at`);
  return field === 'date' ? (one) => (one as Commission).earnedAt : (one) => (one as Commission).dueAt;
}

export interface Wanted {
  readonly status?: string;
  readonly currency?: string;
  readonly group?: string;
  readonly affiliate_ids?: readonly number[];
  readonly recruiter_id?: number;
  readonly credited?: boolean;
}

/** Tells whether a record was asked for; undefined if the record does not say. @throws Refusal for wrong arguments */
export function choose(
  { status, currency, group, affiliate_ids: ids, recruiter_id: recruiter, credited }: Wanted,
  name: Collection['name'],
  people: Identities<Affiliate>,
  now: number,
): (record: Parsed) => boolean | undefined {
  if (credited !== undefined && name === 'affiliates') {
    throw new Refusal('credited does not apply to affiliates');
  }
  const plain: JsonObject = { ...(status !== 'all' && { status }), currency };
  const fits = filterOf(plain, name, now);
  const wanted = ids && new Set(ids.map(String));
  return (record) => {
    const named = namedBy(record, name);
    const isCredited = people.keyOf(named) !== '';
    if (credited !== undefined && credited !== isCredited) return false;
    const who = people.find(named);
    if (wanted && !wanted.has(who?.id ?? named.id)) return false;
    if (group !== undefined && (!who || keyForm(who.group) !== keyForm(group))) return false;
    if (recruiter !== undefined && who?.recruiterId !== String(recruiter)) return false;
    return fits(record);
  };
}
