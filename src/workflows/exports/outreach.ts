import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { Refusal } from '../../operations/operation.ts';
import { keyForm } from '../../records/keys.ts';
import { totalsOf } from '../../records/money.ts';
import { type Affiliate, isCancelled } from '../../records/parse.ts';
import { stateOf } from '../../records/payable.ts';
import { type Identities, identitiesIn } from '../../records/people.ts';
import { afterDay, iso } from '../../records/period.ts';
import { codeOf, flagOf, groupBy, shownIdOf } from '../../records/values.ts';
import { checkGroup } from '../groups/check-group.ts';
import { keepFile } from '../output.ts';
import { affiliates, commissions, purchases } from '../reading/collections.ts';
import type { Scan } from '../reading/scans.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import { filterOf } from './filters.ts';
import { chosenColumns, pick } from './joined.ts';
import { type Format, writeTable } from './table.ts';

/* Affiliates for a mail merge: whom to write to, where to link, and what there is to say. */

export interface OutreachArgs {
  readonly format: Format;
  readonly status?: string;
  readonly affiliate_id?: number;
  readonly group?: string;
  readonly fields?: readonly string[];
  readonly pages?: readonly string[];
  readonly until?: string;
  readonly unsubscribed?: boolean;
  readonly sample?: boolean;
}

/** The most pages to link to. */
const MOST_PAGES = 10;
const LONGEST_PAGE = 500;
const MOST_BYTES = 20_000_000;
const SAMPLE = 3;

const ONLY_OUTREACH = ['pages', 'unsubscribed'] as const;
const NOT_OUTREACH = ['since', 'currency', 'join'] as const;

/** A page of the shop: a full http(s) address without a user name or password. */
const isPage = (text: string) => {
  const url = text.length <= LONGEST_PAGE && URL.canParse(text) ? new URL(text) : undefined;
  return /^https?:$/.test(url?.protocol ?? '') && url?.username === '' && url.password === '';
};

export const pageAddresses = () =>
  z
    .array(z.string().refine(isPage, 'must be a full http(s) address'))
    .refine((pages) => pages.length <= MOST_PAGES, `at most ${MOST_PAGES}`);

/** @throws Refusal for an argument that only outreach takes */
export function refuseOutreachOf(given: JsonObject): void {
  const wrong = ONLY_OUTREACH.filter((name) => given[name] !== undefined);
  if (wrong.length > 0) throw new Refusal(`${wrong.join(', ')}: only for records: outreach`);
}

export async function exportOutreach(args: OutreachArgs, work: Work): Promise<JsonObject> {
  const given = args as unknown as JsonObject;
  const wrong = NOT_OUTREACH.filter((name) => given[name] !== undefined);
  if (wrong.length > 0) throw new Refusal(`${wrong.join(', ')}: not for records: outreach`);
  for (const { list } of [affiliates, purchases, commissions]) {
    if (work.isSwitchedOff(list.name)) {
      throw new Refusal(`The operator has switched off ${list.name}, and this export needs it`);
    }
  }
  const fits = filterOf({ status: 'active', ...given }, 'affiliates', leaddynoNow(work));
  const [people, sold, owed] = await Promise.all([work.scan(affiliates), salesOf(work), owedOf(work)]);
  if (args.group !== undefined) checkGroup(args.group, people, work);
  const { find } = identitiesIn(people.records);
  const lastSale = lastSales(sold, find);
  const owing = groupBy(owed.records, ({ affiliate }) => ((affiliate && find(affiliate)) ?? affiliate)?.id ?? '');
  const before = args.until === undefined ? undefined : afterDay(args.until);
  const fitting = people.records.filter(
    (one) =>
      fits(one) === true &&
      (args.group === undefined || keyForm(one.group) === keyForm(args.group)) &&
      (before === undefined || (lastSale.get(one) ?? Number.NEGATIVE_INFINITY) < before),
  );
  // Affiliates without a readable flag are included: LeadDyno e-mails them as well.
  const chosen = args.unsubscribed ? fitting : fitting.filter(({ raw }) => flagOf(raw.unsubscribed) !== true);
  const rows = chosen.map((one) => {
    const own = one.id === '' ? [] : (owing.get(one.id) ?? []);
    return work.present(rowOf(one, lastSale.get(one), owedText(own), args.pages ?? [])) as JsonObject;
  });
  const all = columnsFor(args.pages ?? [], rows);
  const columns = args.fields ? chosenColumns(args.fields, all) : all;
  const picked = rows.map((row) => pick(row, columns));
  const written = await writeTable({ columns, rows: picked }, args.format, MOST_BYTES, work);
  const missing = [
    ...(
      [
        [people, 'affiliates'],
        [sold, 'purchases'],
        [owed, 'commissions'],
      ] as const
    ).flatMap(([scan, name]) => (scan.complete ? [] : [`not all ${name} were read`])),
    ...(written.rows < rows.length ? [`a file holds at most 20 MB: ${written.rows} rows of ${rows.length}`] : []),
  ];
  const name = `outreach-${iso(work.now()).slice(0, 10)}${missing.length > 0 ? '-partial' : ''}.${args.format}`;
  const mimeType = args.format === 'csv' ? 'text/csv' : 'application/jsonl';
  const file = await keepFile(work, { name, mimeType, text: written.text }, { rows: written.rows });
  const unsubscribed = fitting.length - chosen.length;
  return {
    files: [file],
    rows: written.rows,
    columns,
    ...(missing.length > 0 && { partial: true, partial_because: `${missing.join('; ')}.` }),
    ...(unsubscribed > 0 && { unsubscribed_left_out: unsubscribed }),
    note: NOTE,
    ...(args.sample && { sample: picked.slice(0, SAMPLE) }),
  };
}

const NOTE =
  'owed: payable now by the commissions LeadDyno shows as unpaid; payout_report says how much of it is held. last_sale: newest purchase that is not cancelled.';

/** When each affiliate's newest purchase that is not cancelled was made, in epoch milliseconds. */
function lastSales({ records }: Sales, find: Identities<Affiliate>['find']): Map<Affiliate, number> {
  const last = new Map<Affiliate, number>();
  for (const { affiliate, createdAt } of records) {
    const who = affiliate && find(affiliate);
    if (who && createdAt > (last.get(who) ?? Number.NEGATIVE_INFINITY)) last.set(who, createdAt);
  }
  return last;
}

type Sales = Awaited<ReturnType<typeof salesOf>>;

async function salesOf(work: Work) {
  const { records, complete } = await work.scan(purchases);
  const now = leaddynoNow(work);
  const live = work.readable('purchases', records, 'cancelled').filter((one) => !isCancelled(one, now));
  return { records: live, complete };
}

/** What is payable, except what this server remembers as paid. */
async function owedOf(work: Work): Promise<Pick<Scan, 'complete'> & { records: Scan<PayableOne>['records'] }> {
  const { records, complete } = await work.scan(commissions);
  const now = leaddynoNow(work);
  const payable = records.filter((one) => stateOf(one, now) === 'payable');
  const paid = await work.payments.find(payable.map(({ id }) => id));
  return { records: payable.filter(({ id }) => !paid.has(id)), complete };
}

type PayableOne = ReturnType<typeof commissions.parse>;

/** Sums per currency: `120.50 USD, 30.00 EUR`. */
const owedText = (some: readonly PayableOne[]): string =>
  totalsOf(some)
    .list()
    .map(({ amount, currency }) => `${String(amount)} ${String(currency)}`)
    .join(', ');

function rowOf(one: Affiliate, lastSale: number | undefined, owed: string, pages: readonly string[]): JsonObject {
  const { first_name, last_name, affiliate_url } = one.raw;
  const code = codeOf(one.raw.affiliate_code);
  return {
    affiliate_id: shownIdOf(one.raw),
    first_name: first_name ?? '',
    last_name: last_name ?? '',
    email: one.email,
    affiliate_code: code,
    group: one.group,
    link: affiliate_url ?? '',
    ...Object.fromEntries(pages.map((page, index) => [pageColumn(index), code === '' ? '' : deepLink(page, code)])),
    last_sale: lastSale === undefined ? '' : iso(lastSale).slice(0, 10),
    owed,
  };
}

const pageColumn = (index: number) => `page_${index + 1}`;

/** `afmc` works on any page of the shop (API reference, section 10). */
function deepLink(page: string, code: string): string {
  const url = new URL(page);
  url.searchParams.set('afmc', code);
  return url.href;
}

const columnsFor = (pages: readonly string[], [first]: readonly JsonObject[]): string[] =>
  Object.keys(first ?? rowOf(NOBODY, undefined, '', pages));

/** Gives an empty file its header. */
const NOBODY = affiliates.parse({});
