import { type JsonObject, recordIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { findAffiliateByCode, findAffiliateByEmail } from '../../operations/affiliates.ts';
import type { Operation } from '../../operations/operation.ts';
import { addressForm, keyForm } from '../../records/keys.ts';
import { type Affiliate, parseAffiliate } from '../../records/parse.ts';
import { codeOf, numberOf } from '../../records/values.ts';
import { affiliates } from '../reading/collections.ts';
import { mapParallel } from '../reading/parallel.ts';
import type { Work } from '../workflow.ts';
import type { Entry } from './entries.ts';

/** The affiliates that exist already, as far as the list to import names them. */
export interface Programme {
  findByEmail(email: string): Affiliate | undefined;
  findByCode(code: string): Affiliate | undefined;
  /** Codes of the groups that have affiliates, by `keyForm`; absent if not all affiliates were read. */
  readonly groups?: ReadonlyMap<string, string>;
  /** How many affiliates are active; absent if not all were read. */
  readonly active?: number;
  /** Whether an affiliate who is not found does not exist: all were read, or each named one was looked up. */
  readonly complete: boolean;
}

const ROWS_A_PAGE = 100;
/** A list of up to this many pages is read in any case, because it also shows the groups. */
const FEW_PAGES = 20;
const WIDTH = 4;

/** Reads the list of affiliates, or, if it is long and that takes fewer requests, looks up each named one. */
export async function readProgramme(entries: readonly Entry[], work: Work): Promise<Programme> {
  const emails = distinct(
    entries.flatMap(({ fields }) => [fields.email, fields.paypal_email, fields.referring_affiliate]),
    addressForm,
  );
  const codes = distinct(
    entries.map(({ fields }) => fields.affiliate_code),
    keyForm,
  );
  const lookUps = emails.length + codes.length;
  const { count } = affiliates;
  const counted = count && (await work.attempt(() => work.read(count, {})));
  const total = counted?.read ? numberOf(counted.value.count) : undefined;
  if (total === undefined || total / ROWS_A_PAGE <= Math.max(FEW_PAGES, lookUps)) return await readList(work);
  return await lookEachUp(emails, codes, work);
}

const distinct = (values: readonly (string | undefined)[], form: (text: string) => string): string[] => [
  ...new Map(values.flatMap((value) => (value ? [[form(value), value] as const] : []))).values(),
];

async function readList(work: Work): Promise<Programme> {
  const { records, complete } = await work.scan(affiliates);
  const groups = new Map(records.flatMap(({ group }) => (group === '' ? [] : [[keyForm(group), group] as const])));
  const active = records.filter(({ standing }) => standing === 'active').length;
  const byEmail = new Map(records.map((one) => [addressForm(one.email), one]));
  const byCode = new Map(records.map((one) => [keyForm(codeOf(one.raw.affiliate_code)), one]));
  return { ...finders(byEmail, byCode), complete, ...(complete && { groups, active }) };
}

/** Keyed by what was asked for: an affiliate may have more codes than their record shows (API reference, A6). */
async function lookEachUp(emails: readonly string[], codes: readonly string[], work: Work): Promise<Programme> {
  const byEmail = new Map<string, Affiliate>();
  const byCode = new Map<string, Affiliate>();
  await mapParallel(emails.filter(isAddress), WIDTH, async (email) => {
    const one = await lookUp(findAffiliateByEmail, { email }, work);
    if (one) byEmail.set(addressForm(email), one);
  });
  await mapParallel(codes, WIDTH, async (affiliate_code) => {
    const one = await lookUp(findAffiliateByCode, { affiliate_code }, work);
    if (one) byCode.set(keyForm(affiliate_code), one);
  });
  return { ...finders(byEmail, byCode), complete: true };
}

const isAddress = (text: string) => /^[^\s@]+@[^\s@]+$/u.test(text);

const finders = (byEmail: ReadonlyMap<string, Affiliate>, byCode: ReadonlyMap<string, Affiliate>) => ({
  findByEmail: (email: string) => (email === '' ? undefined : byEmail.get(addressForm(email))),
  findByCode: (code: string) => (code === '' ? undefined : byCode.get(keyForm(code))),
});

/** Looks up one affiliate; undefined if there is none. @throws LeadDynoError other than `not_found` */
export async function lookUp(operation: Operation, args: JsonObject, work: Work): Promise<Affiliate | undefined> {
  try {
    const record = recordIn(await work.read(operation, args), 'affiliate');
    return Object.keys(record).length === 0 ? undefined : parseAffiliate(record);
  } catch (error) {
    if (error instanceof LeadDynoError && error.reason === 'not_found') return undefined;
    throw error;
  }
}
