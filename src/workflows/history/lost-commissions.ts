import { hasRows, type JsonObject, rowsIn } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import { listPurchaseCommissions } from '../../operations/purchases.ts';
import type { Change } from '../../ports/change-log.ts';
import { type Commission, parseCommission } from '../../records/parse.ts';
import { numberOf, numericIdOf } from '../../records/values.ts';
import { describeLostCommission } from '../overview/lost-commission.ts';
import { whyOf } from '../reading/attempt.ts';
import { mapParallel } from '../reading/parallel.ts';
import type { Work } from '../workflow.ts';
import { cancelledBy, cancels, type Entry } from './change-amounts.ts';

/*
 * What became of the commissions of cancelled purchases. The log does not know, so LeadDyno is asked for each purchase,
 * and tells their present state.
 */

/** The most purchases looked up in one call; lines beyond that say so. */
const MOST_PURCHASES = 10;
const WIDTH = 4;

type Asked = { readonly entry: Entry; readonly ids: readonly number[] };

/**
 * For each line that cancelled something: sums per currency by what became of the commissions, or why that is not
 * known.
 */
export async function describeLostCommissions(
  entries: readonly Entry[],
  work: Work,
): Promise<ReadonlyMap<Entry, JsonObject>> {
  const found = new Map<Entry, JsonObject>();
  const notKnown = (entry: Entry, why: string, tool?: string) =>
    found.set(entry, { not_known: `${why}. ${whereToLook(tool, work)}` });
  const byPurchase = listPurchaseCommissions.name;
  const asked: Asked[] = [];
  let left = MOST_PURCHASES;
  for (const entry of entries) {
    const done = entry.filter((change) => change.outcome === 'done' && cancels(change));
    if (done.length === 0) continue;
    const ids = idsOf(done);
    if (ids === undefined) notKnown(entry, 'The record of this change does not name the purchases');
    else if (ids.length > left) notKnown(entry, `Not read: one call looks up ${MOST_PURCHASES} purchases`, byPurchase);
    else if (ids.length > 0) {
      left -= ids.length;
      asked.push({ entry, ids });
    }
  }
  let failed: string | undefined;
  const commissions = new Map<number, readonly Commission[]>();
  await mapParallel(
    asked.flatMap(({ ids }) => ids),
    WIDTH,
    async (id) => {
      // After one failure, the other reads would only delay the list of changes.
      if (failed !== undefined) return;
      const read = await readCommissions(id, work);
      if (typeof read === 'string') failed = read;
      else if (read) commissions.set(id, read);
    },
  );
  for (const { entry, ids } of asked) {
    const lists = ids.flatMap((id) => commissions.get(id) ?? []);
    if (ids.every((id) => commissions.has(id))) found.set(entry, describeLostCommission(lists));
    else notKnown(entry, failed ?? 'LeadDyno did not list all of them', byPurchase);
  }
  return found;
}

/** Undefined if a change does not say which purchases it cancelled. */
function idsOf(changes: readonly Change[]): number[] | undefined {
  const ids = changes.flatMap((change) => cancelledBy(change)?.map(numericIdOf) ?? [undefined]);
  const known = ids.filter((id) => id !== undefined);
  return known.length === ids.length ? [...new Set(known)] : undefined;
}

/** Undefined if LeadDyno lists only a part, or has no such list; a text says why it could not be read. */
async function readCommissions(id: number, work: Work): Promise<readonly Commission[] | string | undefined> {
  try {
    const list = await work.read(listPurchaseCommissions, { purchase_id: id });
    const rows = rowsIn(list, 'commissions');
    const isAll = hasRows(list, 'commissions') && (numberOf(list.total) ?? 0) <= rows.length;
    return isAll ? rows.map(parseCommission) : undefined;
  } catch (error) {
    work.signal.throwIfAborted();
    // The changes themselves are known, so a failure here must not hide them.
    if (!(error instanceof LeadDynoError)) throw error;
    return error.reason === 'not_found' ? undefined : whyOf(error);
  }
}

const whereToLook = (tool: string | undefined, { serves }: Work): string =>
  tool !== undefined && serves(tool) ? `${tool} shows them` : 'changes_since sums them, in cancellations.commission';
