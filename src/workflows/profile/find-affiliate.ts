import { type JsonObject, recordIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import {
  findAffiliateByCode,
  findAffiliateByEmail,
  getAffiliate,
  listAffiliates,
} from '../../operations/affiliates.ts';
import { type Operation, Refusal } from '../../operations/operation.ts';
import { type Affiliate, parseAffiliate } from '../../records/parse.ts';
import { nameKey } from '../../records/people.ts';
import { numericIdOf, textOf } from '../../records/values.ts';
import { affiliates } from '../reading/collections.ts';
import type { Work } from '../workflow.ts';
import { readPages } from './sections.ts';

/** The ways to name an affiliate; exactly one is given. */
export interface Wanted {
  readonly affiliate_id?: number;
  readonly email?: string;
  readonly affiliate_code?: string;
  readonly name?: string;
}

/** The affiliate who is meant, or those who may be. */
export type Found =
  | { readonly id: number; readonly affiliate: Affiliate }
  | { readonly candidates: readonly Affiliate[]; readonly complete: boolean };

/** @throws LeadDynoError `not_found`; Refusal unless exactly one way is given */
export async function findAffiliate(wanted: Wanted, work: Work): Promise<Found> {
  const { affiliate_id, email, affiliate_code, name } = wanted;
  if ([affiliate_id, email, affiliate_code, name].filter((value) => value !== undefined).length !== 1) {
    throw new Refusal('Give exactly one of affiliate_id, email, affiliate_code and name');
  }
  if (name !== undefined) return await findByName(name, work);
  if (email !== undefined) return await lookUp(findAffiliateByEmail, { email }, work);
  if (affiliate_code !== undefined) return await lookUp(findAffiliateByCode, { affiliate_code }, work);
  return await lookUp(getAffiliate, { affiliate_id }, work);
}

async function lookUp(operation: Operation, args: JsonObject, work: Work): Promise<Found> {
  try {
    const record = recordIn(await work.read(operation, args), 'affiliate');
    // Keep the id that was asked for, even if the answer has an unknown shape.
    return identified(parseAffiliate({ ...record, id: args.affiliate_id ?? record.id }));
  } catch (error) {
    if (operation !== findAffiliateByEmail || !(error instanceof LeadDynoError) || error.reason !== 'not_found')
      throw error;
    throw missing('LeadDyno has no affiliate with this e-mail', work);
  }
}

function identified(affiliate: Affiliate): Found {
  const id = numericIdOf(affiliate);
  if (id !== undefined) return { id, affiliate };
  throw new LeadDynoError('unexpected', 'LeadDyno answered without the id of the affiliate', { fate: 'refused' });
}

function missing(what: string, work: Work): LeadDynoError {
  const masked = work.masksPeople
    ? '; this server masks people, and LeadDyno does not know their pseudonyms: use affiliate_id'
    : '';
  return new LeadDynoError('not_found', `${what}${masked}`, { fate: 'refused' });
}

/**
 * Finds affiliates by words in their name or e-mail. LeadDyno searches for one piece of text in one field at a time
 * (API reference, A2), so this asks for the longest word and keeps the answers that contain all words. If there are
 * none, it searches the whole list, ignoring accents and case.
 */
async function findByName(name: string, work: Work): Promise<Found> {
  const words = name.split(/\s+/).filter(Boolean);
  const asked = await readPages(listAffiliates, { query: findable(words), per_page: 100 }, work);
  const hits = asked.rows.filter((row) => holds(row, words)).map(parseAffiliate);
  if (hits.length > 0) return choose(hits, asked.complete);
  const { records, complete } = await work.scan(affiliates);
  const found = records.filter(({ raw }) => holds(raw, words));
  if (found.length > 0) return choose(found, complete);
  if (complete) throw missing("No affiliate's name or e-mail contains these words", work);
  return { candidates: [], complete };
}

function choose(hits: readonly Affiliate[], complete: boolean): Found {
  const [only] = hits;
  return only && hits.length === 1 && complete ? identified(only) : { candidates: hits, complete };
}

/** The word to ask LeadDyno for: the longest, because it is likely to be the rarest. */
export const findable = (words: readonly string[]): string => words.toSorted((a, b) => b.length - a.length)[0] ?? '';

/** Whether the name or the e-mail contains each word, ignoring accents and case. */
export function holds(affiliate: JsonObject, words: readonly string[]): boolean {
  const name = nameKey(affiliate);
  const email = textOf(affiliate.email).toLowerCase();
  return words.every((word) => {
    const key = nameKey({ first_name: word });
    return (key !== '' && name.includes(key)) || email.includes(word.toLowerCase());
  });
}
