import { isObject } from '../json.ts';
import { findRows } from '../operations/paging.ts';
import { createdAt, numberOf } from '../records/values.ts';
import {
  ask,
  compared,
  formOf,
  isUnanswered,
  NOT_ESTABLISHED,
  open,
  type Probe,
  recordsIn,
  type Seen,
  settled,
} from './answers.ts';

/* Lists: their form, page sizes and order, and whether the count agrees. */

interface Listed {
  readonly point: string;
  readonly list: string;
  readonly count?: string;
  readonly plural: string;
  /** The form, and the page size, according to the API reference. */
  readonly form: 'a bare list' | 'an envelope';
  readonly size: number;
  /** Whether any source says that it takes `per_page`. */
  readonly sized: boolean;
}

/** A list with the usual form and page size. */
const bareList = (point: string, plural: string, sized: boolean): Listed => ({
  point,
  list: `list_${plural}`,
  count: `count_${plural}`,
  plural,
  form: 'a bare list',
  size: 100,
  sized,
});

export const LISTS: readonly Listed[] = [
  bareList('A2', 'affiliates', true),
  bareList('P2', 'purchases', true),
  { point: 'C3', list: 'list_commissions', plural: 'commissions', form: 'an envelope', size: 20, sized: true },
  bareList('L2', 'leads', false),
  bareList('V2', 'visitors', false),
];

const LARGE = 200;

const BOTH_READ = { so: 'The server reads lists and envelopes alike.' };
const UNREAD = {
  so: 'Nothing can be read from it: tools that need this list fail or say what is missing.',
  matters: true,
};
const SIZE_FREE = { so: 'The server relies on the rows sent, not on a page size.' };
const FEWER = { so: 'Results that need this whole list say complete: false.', matters: true };
const MORE = { so: 'The server relies on what is listed.' };
const ONE_PAGE = { so: 'Only the first page can be read: results say complete: false.', matters: true };

/** The first page of a list; undefined if it could not be read. */
function firstPage({ list, count, plural, size }: Listed, seen: Seen) {
  const answer = seen.answer(list);
  const found = answer?.ok ? findRows(answer.body, plural) : undefined;
  if (!found) return undefined;
  const rows = found.rows.filter(isObject);
  const counted = count ? seen.answer(count) : undefined;
  const total = found.total ?? (counted?.ok ? readCount(counted.body) : undefined);
  return { rows, total, more: total === undefined ? rows.length >= size : total > rows.length };
}

const readCount = (body: unknown) => numberOf(isObject(body) ? body.count : body);

/** The largest page that LeadDyno sends; undefined if it could not be asked or there are too few records to tell. */
export function largestPage(listed: Listed, seen: Seen): number | undefined {
  const page = firstPage(listed, seen);
  const answer = seen.answer(listed.list, { per_page: LARGE });
  if (!page || !answer || isUnanswered(answer)) return undefined;
  const { rows, total, more } = page;
  const sent = answer.ok ? findRows(answer.body, listed.plural)?.rows.length : undefined;
  // LeadDyno refuses a larger page, so the default page is the largest.
  if (sent === undefined) return more ? rows.length : undefined;
  // A page is full if more records are known to exist, or if its size looks like a limit.
  const full = sent === LARGE || (total === undefined ? sent === rows.length && more : total > sent);
  return full ? sent : undefined;
}

export function probesOfList(listed: Listed): Probe[] {
  const { point, list, plural, form, size, sized } = listed;
  return [
    {
      point,
      question: `How ${list} answers`,
      expected: form,
      look: () => {
        const judge = (body: unknown) => {
          const isList = Array.isArray(body);
          const isReadable = findRows(body, plural) !== undefined;
          return compared(
            formOf(body),
            isReadable && isList === (form === 'a bare list'),
            isReadable ? BOTH_READ : UNREAD,
          );
        };
        return ask([list], judge, open);
      },
    },
    {
      point: '4.6',
      question: `Rows a page of ${list} when none are asked for`,
      expected: String(size),
      look: (seen) => {
        const page = firstPage(listed, seen);
        if (!page) return undefined;
        const { length } = page.rows;
        return page.more
          ? compared(String(length), length === size, SIZE_FREE)
          : open(`only ${length} records, too few to tell`);
      },
    },
    {
      point,
      question: `Whether the count agrees with the whole list of ${plural}`,
      expected: 'yes',
      look: (seen) => {
        const { rows, total, more } = firstPage(listed, seen) ?? {};
        if (!rows || total === undefined || more) return undefined;
        const told = `${total} counted, ${rows.length} listed`;
        return compared(told, total === rows.length, total > rows.length ? FEWER : MORE);
      },
    },
    {
      point: '4.6',
      question: `Rows when ${list} is asked for ${LARGE}`,
      expected: sized ? 'up to 200 (a client’s claim)' : NOT_ESTABLISHED,
      look: (seen) =>
        firstPage(listed, seen) &&
        ask([list, { per_page: LARGE }], (body) => {
          const sent = findRows(body, plural)?.rows.length;
          if (sent === undefined) return settled(formOf(body));
          const largest = largestPage(listed, seen);
          if (largest !== undefined) return settled(String(largest));
          return sent > size
            ? settled(`at least ${sent}: there are no more`)
            : open(`only ${sent} records, too few to tell`);
        }),
    },
    {
      point: '4.6',
      question: `Whether page 2 of ${list} holds other rows than page 1`,
      expected: 'yes',
      look: (seen) => {
        const first = firstPage(listed, seen);
        if (!first?.more) return undefined;
        const ids = new Set(first.rows.map(({ id }) => id));
        const judge = (body: unknown) => {
          const rows = recordsIn(body, plural);
          if (rows.length === 0) return open('page 2 is empty');
          const again = rows.filter(({ id }) => id !== undefined && ids.has(id)).length;
          return compared(again === 0 ? 'yes' : `${again} of ${rows.length} rows are the same`, again === 0, ONE_PAGE);
        };
        return ask([list, { page: 2 }], judge, open);
      },
    },
    {
      point: '5.3',
      question: `Order of ${list}`,
      expected: 'sources contradict each other',
      look: (seen) => {
        const page = firstPage(listed, seen);
        if (!page) return undefined;
        const times = page.rows.map(createdAt);
        if (times.length < 3 || times.some(Number.isNaN)) return open(`too few ${plural} with a date to tell`);
        return settled(orderOf(times));
      },
    },
  ];
}

function orderOf(times: readonly number[]): string {
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  if (steps.every((step) => step === 0)) return 'all at the same time';
  if (steps.every((step) => step <= 0)) return 'newest first';
  return steps.every((step) => step >= 0) ? 'oldest first' : 'not by date';
}
