import { isObject, type JsonObject } from '../json.ts';
import { findRows } from '../operations/paging.ts';
import { createdAt, numberOf } from '../records/values.ts';
import { compared, type Finding, failureOf, isUnanswered, open, settled, settledBy } from './finding.ts';
import type { Asked } from './probe.ts';
import { formOf } from './shape-of.ts';

/** Asks one reading operation by its name. */
export type Ask = (name: string, args?: JsonObject) => Promise<Asked>;

/** A list as it was found. */
export interface ListSeen {
  readonly plural: string;
  readonly rows: readonly JsonObject[];
  readonly total: number | undefined;
  /** The largest page LeadDyno sends; undefined where there are too few records to tell. */
  readonly largest: number | undefined;
}

interface Listed {
  readonly point: string;
  readonly list: string;
  readonly count?: string;
  readonly plural: string;
  /** What the reference says of the form and the size. */
  readonly form: 'list' | 'envelope';
  readonly size: number;
  /** Whether `per_page` is documented or claimed. */
  readonly sized: boolean;
}

export const LISTS: readonly Listed[] = [
  {
    point: 'A2',
    list: 'list_affiliates',
    count: 'count_affiliates',
    plural: 'affiliates',
    form: 'list',
    size: 100,
    sized: true,
  },
  {
    point: 'P2',
    list: 'list_purchases',
    count: 'count_purchases',
    plural: 'purchases',
    form: 'list',
    size: 100,
    sized: true,
  },
  { point: 'C3', list: 'list_commissions', plural: 'commissions', form: 'envelope', size: 20, sized: true },
  { point: 'L2', list: 'list_leads', count: 'count_leads', plural: 'leads', form: 'list', size: 100, sized: false },
  {
    point: 'V2',
    list: 'list_visitors',
    count: 'count_visitors',
    plural: 'visitors',
    form: 'list',
    size: 100,
    sized: false,
  },
];

const LARGE = 200;

/** How one of LeadDyno's lists comes: its form, page sizes, order, and whether its count agrees. */
export async function checkList(listed: Listed, ask: Ask, findings: Finding[]): Promise<ListSeen> {
  const { point, list, plural, form, size, sized, count } = listed;
  const first = await ask(list);
  const found = first.ok ? findRows(first.body, plural) : undefined;
  if (!found) {
    findings.push(
      first.ok
        ? compared(point, `How ${list} answers`, form, formOf(first.body), false)
        : open(point, `How ${list} answers`, form, failureOf(first)),
    );
    return { plural, rows: [], total: undefined, largest: undefined };
  }
  const rows = found.rows.filter(isObject);
  const isList = Array.isArray(first.body);
  findings.push(
    compared(
      point,
      `How ${list} answers`,
      form === 'list' ? 'a bare list' : 'an envelope',
      formOf(first.body),
      isList === (form === 'list'),
    ),
  );

  const counted = count ? await ask(count) : undefined;
  const total = found.total ?? (counted?.ok ? readCount(counted.body) : undefined);
  const more = total === undefined ? rows.length >= size : total > rows.length;
  findings.push(
    more
      ? compared(
          '4.6',
          `Rows a page of ${list} when none are asked for`,
          String(size),
          String(rows.length),
          rows.length === size,
        )
      : open(
          '4.6',
          `Rows a page of ${list} when none are asked for`,
          String(size),
          `only ${rows.length} records, too few to tell`,
        ),
  );
  if (total !== undefined && !more) {
    findings.push(
      compared(
        point,
        `Whether the count agrees with the whole list of ${plural}`,
        'yes',
        `${total} counted, ${rows.length} listed`,
        total === rows.length,
      ),
    );
  }

  const large = await ask(list, { per_page: LARGE });
  const question = `Rows when ${list} is asked for ${LARGE}`;
  const expected = sized ? 'up to 200 (a client’s claim)' : 'not established';
  const sent = large.ok ? findRows(large.body, plural)?.rows.length : undefined;
  let largest: number | undefined;
  if (sent === undefined) {
    findings.push(settledBy(large, '4.6', question, expected, () => formOf(large.body)));
    // A larger page is refused: the one that came unasked is what there is.
    if (more && !isUnanswered(large)) largest = rows.length;
  } else {
    // A page is full where more records are known to be there, or where it has a size that a limit would have.
    const full =
      total === undefined ? sent === LARGE || (sent === rows.length && more) : total > sent || sent === LARGE;
    if (full) largest = sent;
    findings.push(
      full || sent > size
        ? settled('4.6', question, expected, full ? String(sent) : `at least ${sent}: there are no more`)
        : open('4.6', question, expected, `only ${sent} records, too few to tell`),
    );
  }
  if (more) findings.push(await checkPaging(listed, rows, ask));
  findings.push(orderOf(listed, rows));
  return { plural, rows, total, largest };
}

export function readCount(body: unknown): number | undefined {
  return numberOf(isObject(body) ? body.count : body);
}

async function checkPaging({ list, plural }: Listed, first: readonly JsonObject[], ask: Ask): Promise<Finding> {
  const question = `Whether page 2 of ${list} holds other rows than page 1`;
  const second = await ask(list, { page: 2 });
  const rows = second.ok ? (findRows(second.body, plural)?.rows ?? []).filter(isObject) : [];
  if (rows.length === 0) return open('4.6', question, 'yes', second.ok ? 'page 2 is empty' : failureOf(second));
  const ids = new Set(first.map(({ id }) => id));
  const again = rows.filter(({ id }) => id !== undefined && ids.has(id)).length;
  return compared(
    '4.6',
    question,
    'yes',
    again === 0 ? 'yes' : `${again} of ${rows.length} rows are the same`,
    again === 0,
  );
}

function orderOf({ list, plural }: Listed, rows: readonly JsonObject[]): Finding {
  const question = `Order of ${list}`;
  const expected = 'contradictory sources (5, point 3)';
  const times = rows.map(createdAt);
  if (rows.length < 3 || times.some(Number.isNaN))
    return open('5.3', question, expected, `too few ${plural} with a date to tell`);
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const order = steps.every((step) => step <= 0)
    ? steps.every((step) => step === 0)
      ? 'all of one moment'
      : 'newest first'
    : steps.every((step) => step >= 0)
      ? 'oldest first'
      : 'by nothing that a date shows';
  return settled('5.3', question, expected, order);
}
