import { isObject, type JsonObject } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import type { Operation } from '../../operations/operation.ts';
import { concise } from '../../operations/returns.ts';
import { undocumentedIn } from '../../records/fields.ts';
import { numberOf } from '../../records/values.ts';
import type { Collection } from './collections.ts';

/** One page as it was answered: plain JSON, so that another process can go on with it. */
export interface PageRead {
  /** The records, cut down to what is kept. */
  readonly rows: readonly JsonObject[];
  /** Rows as they were sent, those among them that are no records. */
  readonly sent: number;
}

/** What was found out about a list while it was read; plain JSON. */
export interface ListFacts {
  /** Rows a page that are asked for, the same for every page; null: no size is sent. Absent: not found out yet. */
  asked?: number | null;
  /** How many records LeadDyno says there are, by its last word. */
  count?: number | undefined;
}

/** One reading operation, shaped. @throws LeadDynoError */
export type ReadOperation = (operation: Operation, args: JsonObject, signal: AbortSignal) => Promise<JsonObject>;

/** Above this no source claims that LeadDyno sends so many (API reference 4.6). */
export const MOST_ROWS = 200;
/** LeadDyno's size where none is asked for. */
export const UNASKED_ROWS = 100;

/**
 * Rows a page to ask for, the best first; undefined: no size. What the doctor found stands in front, for nothing above
 * it is sent; the smaller ones stay behind it, because it may hold no longer.
 */
function sizesToAsk({ sizes }: Collection, largest: number | undefined): readonly (number | undefined)[] {
  if (largest === undefined || !Number.isInteger(largest) || largest < 1 || largest > MOST_ROWS)
    return sizes ?? [undefined];
  // If no size is documented, one is worth asking for only if it brings more than asking for none.
  if (!sizes) return largest > UNASKED_ROWS ? [largest, undefined] : [undefined];
  return [...new Set([largest, ...sizes.filter((size) => size < largest), sizes.at(-1)])];
}

/** Asks for numbered pages of one list, all of one size. */
export function createPageSource(
  collection: Collection,
  facts: ListFacts,
  read: ReadOperation,
  largest: number | undefined,
) {
  const { list, count } = collection;

  const ask = (page: number, size: number | null | undefined, signal: AbortSignal) =>
    read(list, { page, skip: 0, detail: 'full', ...(typeof size === 'number' && { per_page: size }) }, signal);

  /** Whether LeadDyno takes the largest size is not established: one that it refuses is not asked for again. */
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
    /** One page; a page past the last one may be refused instead of being empty. @throws LeadDynoError */
    async page(number: number, signal: AbortSignal): Promise<PageRead> {
      try {
        const { asked } = facts;
        return keep(await (asked === undefined ? askFirst(number, signal) : ask(number, asked, signal)));
      } catch (error) {
        if (number > 1 && error instanceof LeadDynoError && error.reason === 'not_found') return { rows: [], sent: 0 };
        throw error;
      }
    },
    /** Asks how many records there are; without an answer the reading does without. */
    async count(signal: AbortSignal): Promise<void> {
      if (!count) return;
      try {
        facts.count = numberOf((await read(count, {}, signal)).count) ?? facts.count;
      } catch (error) {
        if (!(error instanceof LeadDynoError) || error.reason === 'auth') throw error;
      }
    },
    /** Whether the doctor found that LeadDyno sends as many rows as are asked for. */
    isHonoured: () => typeof facts.asked === 'number' && facts.asked === largest,
  };
}

export type PageSource = ReturnType<typeof createPageSource>;
