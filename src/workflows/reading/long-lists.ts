import type { Parsed } from '../../records/parse.ts';
import { numberOf } from '../../records/values.ts';
import type { Work } from '../workflow.ts';
import type { Collection } from './collections.ts';
import type { Scan } from './scans.ts';

/** A list that the rest of an answer can do without, or why it was not read. */
export type Part<Record extends Parsed> =
  | { readonly read: true; readonly value: Scan<Record> }
  | { readonly read: false; readonly why: string };

/** 100 pages of leads or visitors: half of the requests that LeadDyno allows in a minute. */
const MOST = 10_000;

/**
 * Reads visitors or leads, unless LeadDyno counts so many that reading them would use up the time of the call.
 * @param wanted whether to read them however many there are
 */
export async function scanUnlessLong<Record extends Parsed>(
  collection: Collection<Record>,
  wanted: boolean,
  work: Work,
): Promise<Part<Record>> {
  const { count: counting, name } = collection;
  if (counting && !wanted) {
    const counted = await work.attempt(() => work.read(counting, {}));
    const count = counted.read ? (numberOf(counted.value.count) ?? 0) : 0;
    if (count > MOST) return { read: false, why: `${count} ${name}: set long_lists: true to read them` };
  }
  return await work.attempt(() => work.scan(collection));
}
