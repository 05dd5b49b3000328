import type { JsonObject } from '../../operations/operation.ts';
import { numberOf } from '../../operations/paging.ts';
import { recordIn } from '../../operations/questions.ts';
import { timeOf } from '../../operations/times.ts';
import { textOf } from '../affiliates/people.ts';
import { standingOf } from '../affiliates/standing.ts';
import { isIn } from '../payouts/payouts.ts';
import type { Collection } from '../reading/collections.ts';

type Fits = (row: JsonObject) => boolean;

/**
 * Status words per list, by the record's own flags; LeadDyno's lists know no filter. What a row does not say fits no
 * word that depends on it.
 */
function statuses(now: number): Readonly<Record<Collection['name'], Readonly<Record<string, Fits>> | undefined>> {
  const unpaid: Fits = (row) => row.paid === false && row.cancelled === false;
  const dueAt = (row: JsonObject) => timeOf(row.due_at);
  return {
    affiliates: {
      active: (row) => standingOf(row) === 'active',
      pending: (row) => standingOf(row) === 'pending',
      archived: (row) => standingOf(row) === 'archived',
    },
    purchases: { live: (row) => row.cancelled === false, cancelled: (row) => row.cancelled === true },
    commissions: {
      unpaid,
      due: (row) => unpaid(row) && dueAt(row) <= now,
      pending: (row) => unpaid(row) && dueAt(row) > now,
      paid: (row) => row.paid === true && row.cancelled !== true,
      cancelled: (row) => row.cancelled === true,
      live: (row) => row.cancelled === false,
    },
    leads: undefined,
    visitors: {},
  };
}

/** Which rows an export holds. @throws RangeError where a filter makes no sense for the list */
export function filterOf(args: JsonObject, name: Collection['name'], now: number): Fits {
  const { status, affiliate_id: affiliateId, currency } = args;
  if (currency !== undefined && name !== 'purchases' && name !== 'commissions') {
    throw new RangeError(`currency makes no sense for ${name}: only purchases and commissions have one`);
  }
  const filters = [
    ...(typeof status === 'string' ? [statusFilter(status, name, now)] : []),
    ...(typeof affiliateId === 'number' ? [affiliateFilter(affiliateId, name)] : []),
    ...(typeof currency === 'string' ? [(row: JsonObject) => isIn(row, currency)] : []),
  ];
  return (row) => filters.every((fits) => fits(row));
}

function statusFilter(status: string, name: Collection['name'], now: number): Fits {
  const word = status.trim().toLowerCase();
  const known = statuses(now)[name];
  // Which words LeadDyno has for leads is not established.
  if (!known) return (row) => textOf(row.status).toLowerCase() === word;
  const fits = Object.hasOwn(known, word) ? known[word] : undefined;
  if (fits) return fits;
  const words = Object.keys(known);
  throw new RangeError(
    words.length === 0 ? `${name} have no status` : `status of ${name} is one of ${words.join(', ')}`,
  );
}

function affiliateFilter(affiliateId: number, name: Collection['name']): Fits {
  return (row) => numberOf(name === 'affiliates' ? row.id : recordIn(row, 'affiliate').id) === affiliateId;
}
