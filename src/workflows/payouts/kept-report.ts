import type { JsonObject } from '../../json.ts';
import { Refusal } from '../../operations/operation.ts';
import { isUnavailable } from '../../ports/unavailable.ts';
import { ZERO } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { numericIdOf } from '../../records/values.ts';
import type { Work } from '../workflow.ts';
import type { Clawback, Netted } from './clawbacks.ts';
import { type Line, unmarkableIn } from './owed.ts';

/*
 * What a report called ready, kept for the call that marks it: only ids and amounts, so that the call can say what has
 * changed and nobody has to copy a date, a minimum and a sum.
 */

const KIND = 'report';
/** The newest report whose files subtract claw-backs. */
const LATEST = 'netting report';

/** A commission as a report listed it. */
export interface Listed {
  readonly id: string;
  readonly affiliateId: number;
  readonly currency: string;
  /** A decimal number. */
  readonly amount: string;
  /** Payable, but no call can mark it. */
  readonly unmarkable: boolean;
}

/** A part of a claw-back that a payment in the files was reduced by. */
export interface NettedRow {
  /** Of the commission that was paid in vain. */
  readonly id: string;
  readonly affiliateId: number;
  readonly currency: string;
  /** Decimal numbers: what is subtracted, and what payments before had subtracted. */
  readonly amount: string;
  readonly before: string;
}

/** What is subtracted from payments that `settle_payouts` can settle. */
export function nettedRows(clawbacks: readonly Clawback[], taken: Netted, before: Netted): NettedRow[] {
  return clawbacks.flatMap(({ owner, currency, commissions }) => {
    const affiliateId = numericIdOf(owner);
    if (affiliateId === undefined) return [];
    return commissions.flatMap(({ id }) => {
      const amount = taken.get(id)?.toFixed();
      return amount === undefined
        ? []
        : [{ id, affiliateId, currency, amount, before: (before.get(id) ?? ZERO).toFixed() }];
    });
  });
}

export interface KeptReport {
  /** UTC. */
  readonly made: string;
  /** Epoch milliseconds. */
  readonly dueBy: number;
  readonly currency?: string | undefined;
  /** Whether its files subtract claw-backs. */
  readonly nets: boolean;
  /** What they subtract. */
  readonly netted: readonly NettedRow[];
  readonly listed: readonly Listed[];
}

/** The form in which it is kept. */
type Kept = Omit<KeptReport, 'listed'> & { readonly rows: readonly Row[] };
/** A commission that the report called ready and that is not marked now. */
export interface ChangedSince extends JsonObject {
  readonly affiliate_id: number;
  readonly commission_id: unknown;
  readonly amount: string;
  readonly currency: string;
  readonly now: string;
}

export interface PlannedReport {
  readonly made: string;
  readonly dueBy: number;
  readonly rest: readonly { readonly affiliate_id: number }[];
  readonly changed: readonly ChangedSince[];
  /** How many were marked by earlier calls. */
  readonly before: number;
}

type Row = readonly [id: string, affiliateId: number, currency: string, amount: string, unmarkable: 0 | 1];

const rowOf = (one: Commission, affiliateId: number, unmarkable: 0 | 1): Row[] =>
  one.id === '' || !one.amount ? [] : [[one.id, affiliateId, one.currency, one.amount.toFixed(), unmarkable]];

/** Keeps what a report found payable. @returns its id, or why there is none; empty if nothing is ready */
export async function keepReport(
  lines: readonly Line[],
  { dueBy, currency, nets, netted }: Omit<KeptReport, 'made' | 'listed'>,
  work: Work,
): Promise<{ readonly report?: string; readonly report_note?: string }> {
  const rows = lines.flatMap((line) => {
    const id = numericIdOf(line.owner);
    if (id === undefined) return [];
    return [
      ...line.ready.flatMap((one) => rowOf(one, id, 0)),
      ...unmarkableIn(line).flatMap((one) => rowOf(one, id, 1)),
    ];
  });
  if (!rows.some(([, , , , unmarkable]) => unmarkable === 0)) return {};
  const kept: Kept = { made: new Date(work.now()).toISOString(), dueBy, currency, nets, netted, rows };
  try {
    const report = await work.keepNote(KIND, JSON.stringify(kept));
    if (netted.length > 0) await work.keepLatest(LATEST, report);
    return { report };
  } catch (error) {
    if (!isUnavailable(error, 'memory')) throw error;
    return { report_note: `No report id for settle_payouts: ${error.message}. Give it affiliate_ids and due_by.` };
  }
}

/** @throws Refusal if it has expired or is another caller's; Unavailable */
export async function readReport(id: string, work: Work): Promise<KeptReport> {
  const report = await findReport(id, work);
  if (report === undefined) {
    throw new Refusal(
      'There is no such report: an id is valid for a day, for the same caller and LeadDyno account. Call payout_report again, compare it with what was paid, and give the new id',
    );
  }
  return report;
}

/** The caller's newest report with claw-backs subtracted, if it is not older than a day. @throws Unavailable */
export async function findNettingReport(work: Work): Promise<(KeptReport & { readonly id: string }) | undefined> {
  const id = await work.findLatest(LATEST);
  const report = id === undefined ? undefined : await findReport(id, work);
  return id !== undefined && report ? { ...report, id } : undefined;
}

async function findReport(id: string, work: Work): Promise<KeptReport | undefined> {
  const text = await work.findNote(KIND, id);
  if (text === undefined) return undefined;
  const { rows, ...kept } = JSON.parse(text) as Kept;
  // Kept by a version that did not keep what was subtracted.
  if (kept.nets && !kept.netted) return undefined;
  return {
    ...kept,
    listed: rows.map(([commission, affiliateId, code, amount, unmarkable]) => ({
      id: commission,
      affiliateId,
      currency: code,
      amount,
      unmarkable: unmarkable === 1,
    })),
  };
}
