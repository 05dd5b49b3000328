import { isObject, type JsonObject } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import type { Operation } from '../../operations/operation.ts';
import { concise } from '../../operations/returns.ts';
import { undocumentedIn } from '../../records/fields.ts';
import { numberOf } from '../../records/values.ts';
import type { Collection } from './collections.ts';

/** One page as LeadDyno answered it: plain JSON, so that another process can continue with it. */
export interface PageRead {
  /** The records, reduced to the fields that are kept. */
  readonly rows: readonly JsonObject[];
  /** How many rows were sent, including those that are not records. */
  readonly sent: number;
}

/** What was found out about a list while reading it; plain JSON. */
export interface ListFacts {
  /** The page size asked for, in rows, the same for every page; null: no size is sent; absent: not decided yet. */
  asked?: number | null;
  /** How many records there are, as LeadDyno last said. */
  count?: number | undefined;
}

/** Carries out one reading operation and returns its shaped answer. @throws LeadDynoError */
export type ReadOperation = (operation: Operation, args: JsonObject, signal: AbortSignal) => Promise<JsonObject>;

/** The largest page that any source claims for LeadDyno (API reference 4.6). */
export const MOST_ROWS = 200;
/** LeadDyno's page size if none is asked for. */
export const UNASKED_ROWS = 100;

/**
 * Page sizes to ask for, best first; undefined: no size. The size that the doctor found is first, because LeadDyno
 * sends no larger pages. Smaller sizes and the documented one follow, in case LeadDyno no longer accepts it.
 */
function sizesToAsk({ sizes }: Collection, largest: number | undefined): readonly (number | undefined)[] {
  if (largest === undefined || !Number.isInteger(largest) || largest < 1 || largest > MOST_ROWS)
    return sizes ?? [undefined];
  // If no size is documented, ask for one only if it brings more rows than asking for none.
  if (!sizes) return largest > UNASKED_ROWS ? [largest, undefined] : [undefined];
  return [...new Set([largest, ...sizes.filter((size) => size < largest), sizes.at(-1)])];
}

/** Requests numbered pages of one list, all of the same size. */
export function createPageSource(
  collection: Collection,
  facts: ListFacts,
  read: ReadOperation,
  largest: number | undefined,
) {
  const { list, count } = collection;

  const ask = (page: number, size: number | null | undefined, signal: AbortSignal) =>
    read(list, { page, skip: 0, detail: 'full', ...(typeof size === 'number' && { per_page: size }) }, signal);

  /** Tries the sizes in turn, since LeadDyno may refuse the largest (not established), and keeps the first accepted. */
  async function askFirst(page: number, signal: AbortSignal): Promise<JsonObject> {
    const sizes = sizesToAsk(collection, largest);
    for (const size of sizes.slice(0, -1)) {
      try {
        const answer = await ask(page, size, signal);
        facts.asked = size ?? null;
        return answer;
      } catch (error) {
        if (!(error instanceof LeadDynoError) || error.reason !== 'invalid') throw error;
      }
    }
    const answer = await ask(page, sizes.at(-1), signal);
    facts.asked = sizes.at(-1) ?? null;
    return answer;
  }

  function keep(shaped: JsonObject): PageRead {
    const rows = shaped[list.returns.record.plural];
    if (!Array.isArray(rows)) {
      throw new LeadDynoError(
        'unexpected',
        `LeadDyno answered with something that is not a list of ${collection.name}`,
        {
          fate: 'refused',
        },
      );
    }
    facts.count = numberOf(shaped.total) ?? facts.count;
    return {
      rows: rows.filter(isObject).map((row) => ({
        ...undocumentedIn(row, collection.known),
        ...(concise(row, collection.kept) as JsonObject),
      })),
      sent: rows.length,
    };
  }

  return {
    /** One page. LeadDyno may refuse a page past the last one instead of sending an empty one. @throws LeadDynoError */
    async page(number: number, signal: AbortSignal): Promise<PageRead> {
      try {
        const { asked } = facts;
        return keep(await (asked === undefined ? askFirst(number, signal) : ask(number, asked, signal)));
      } catch (error) {
        if (number > 1 && error instanceof LeadDynoError && error.reason === 'not_found') return { rows: [], sent: 0 };
        throw error;
      }
    },
    /** Asks how many records there are; the reading can do without it. @throws LeadDynoError for a refused key */
    async count(signal: AbortSignal): Promise<void> {
      if (!count) return;
      try {
        facts.count = numberOf((await read(count, {}, signal)).count) ?? facts.count;
      } catch (error) {
        if (!(error instanceof LeadDynoError) || error.reason === 'auth') throw error;
      }
    },
    /** Whether the doctor found that LeadDyno sends as many rows as asked for. */
    isHonoured: () => typeof facts.asked === 'number' && facts.asked === largest,
  };
}

export type PageSource = ReturnType<typeof createPageSource>;
