import * as z from 'zod';
import type { JsonObject } from '../../json.ts';
import { LeadDynoError } from '../../leaddyno/errors.ts';
import type { Change } from '../../ports/change-log.ts';
import { isUnavailable } from '../../ports/unavailable.ts';
import { FIELDS, wordOf } from '../../records/fields.ts';
import { written } from '../../records/money.ts';
import type { Affiliate, Commission } from '../../records/parse.ts';
import { DAY_MS } from '../../records/period.ts';
import { groupBy, isSaid } from '../../records/values.ts';
import { cutText } from '../../text.ts';
import { object, text } from '../output.ts';
import { leaddynoNow, type Work } from '../workflow.ts';
import {
  type Clawback,
  describeClawbacks,
  findClawbacks,
  type Netted,
  netClawbacks,
  openClawbacks,
} from './clawbacks.ts';
import { idsOf, type Line, type Owed, type People } from './owed.ts';
import type { DecimalSign } from './payment-service.ts';
import type { FileOptions } from './payout-files.ts';
import { findNetted, notRemembered } from './remembered.ts';
import { createRiskHints, NEW_DAYS, type RiskHint } from './risk.ts';

/*
 * What a person wants to know before the money leaves: earlier payments that were lost to cancellations, and what looks
 * unusual.
 */

export const paymentInput = () => ({
  payment_service: z.enum(['paypal', 'wise']).default('paypal').describe('Which payment file'),
  decimal: z.enum(['point', 'comma']).default('point').describe('Decimal sign in payment files'),
  net_clawbacks: z.boolean().optional().describe('true: payment files subtract claw-backs'),
});

export interface PaymentArgs {
  readonly payment_service?: 'paypal' | 'wise';
  readonly decimal?: DecimalSign;
  readonly net_clawbacks?: boolean;
}

export const paymentOutput = {
  clawbacks: object(
    'Commissions paid whose purchase was cancelled since: money lost, in no amount above. totals per currency, affiliates (affiliate_id, email, currency, amount, commissions, since, evidence); with net_clawbacks also netted (subtracted in the payment files) and carried (more than what is paid now)',
  ),
  clawbacks_note: text('What to know about them'),
};

/** What the report was made from. */
interface Read {
  readonly people: People;
  readonly commissions: readonly Commission[];
  readonly affiliates: readonly Affiliate[];
  /** Whether paid commissions were read too. */
  readonly paidToo: boolean;
}

/** What this adds to a line, to the result, and to the files. */
export interface PaymentWarnings {
  riskOf(line: Line): RiskHint['risk'];
  hintsOf(line: Line): JsonObject;
  readonly said: JsonObject;
  /** Why it is not known what was subtracted before; then nobody should be paid. */
  readonly unknown?: string;
  readonly fileOptions: FileOptions;
}

/** Looks for claw-backs and signs of risk in what was read. Nothing is held because of them. */
export async function readPaymentWarnings(
  owed: Owed,
  read: Read,
  args: PaymentArgs & { readonly currency?: string },
  work: Work,
): Promise<PaymentWarnings> {
  // Records carry LeadDyno's time, so ages and cancellations are judged by its clock.
  const now = leaddynoNow(work);
  const { people } = read;
  const nets = args.net_clawbacks === true;
  const found = findClawbacks(read.commissions, people, { now, currency: args.currency });
  const { netted, unknown } = await readNetted(found, work);
  const clawbacks = openClawbacks(found, netted);
  const netting = netClawbacks(owed.lines, clawbacks, people, netted);
  const { lines } = owed;
  const changes = await readChanges(now, work);
  const riskOf = createRiskHints({ ...read, lines, changes, now });
  const hints = new Map<Line, RiskHint>();
  const hintOf = (line: Line): RiskHint => {
    const hint = hints.get(line) ?? riskOf(line);
    hints.set(line, hint);
    return hint;
  };
  const described = describeClawbacks(clawbacks, netting, nets);
  const note = noteOn('clawbacks' in described, nets, read.paidToo);
  return {
    riskOf: (line) => hintOf(line).risk,
    hintsOf: (line) => ({
      ...hintOf(line),
      ...(nets &&
        line.ready.length > 0 &&
        netting.openOf(line).gt(0) && { payment: written(netting.paymentFor(line), line.currency) }),
    }),
    ...(unknown !== undefined && { unknown }),
    said: { ...described, ...(note !== undefined && { clawbacks_note: note }) },
    fileOptions: {
      service: args.payment_service ?? 'paypal',
      sign: args.decimal ?? 'point',
      clawbacks,
      netting,
      before: netted,
      nets,
      hintOf,
    },
  };
}

function noteOn(found: boolean, nets: boolean, paidToo: boolean): string | undefined {
  if (!paidToo) return 'Not checked: only unpaid commissions were read. net_clawbacks: true reads the paid ones too.';
  if (!found) return undefined;
  return nets
    ? 'Subtracted from the payments in the files, never below zero; LeadDyno is not told. Once paid, give settle_payouts net_clawbacks: true too, so that nothing is subtracted twice.'
    : 'net_clawbacks: true subtracts them from the payments in the files.';
}

/** What was subtracted before, or why that is not known. */
async function readNetted(
  clawbacks: readonly Clawback[],
  work: Work,
): Promise<{ readonly netted: Netted; readonly unknown?: string }> {
  try {
    return { netted: await findNetted(clawbacks, work) };
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return { netted: new Map(), unknown: error.message };
  }
}

/** Recent changes; the report is still useful without them. */
async function readChanges(now: number, work: Work): Promise<readonly Change[]> {
  if (work.isSwitchedOff('list_recent_changes')) return [];
  try {
    const { changes } = await work.changes({ since: now - NEW_DAYS * DAY_MS });
    return changes;
  } catch (error) {
    if (isUnavailable(error) || error instanceof LeadDynoError) return [];
    throw error;
  }
}

/**
 * LeadDyno's help mentions payments in progress, its API does not show them (API reference 10, point 2). Nothing is
 * held on a guess.
 */
const PENDING = 'The API does not show payments in progress: check in LeadDyno before you pay.';

const KNOWN: ReadonlySet<string> = new Set(FIELDS.commission.map(({ name }) => name));
/** The most fields, values and ids that are named. */
const NAMED = 10;

/** What somebody who pays from this report must know besides its figures. */
export function notesOn({ lines }: Owed, commissions: readonly Commission[], work: Work): JsonObject {
  const payable = lines.filter(({ reasons }) => reasons.length === 0).flatMap((line) => line.commissions);
  if (payable.length === 0) return {};
  const unknown = unknownFields(payable);
  return {
    pending_note: PENDING,
    ...(unknown.length > 0 && { unknown_fields: unknown }),
    ...(commissions.length > 0 && notRemembered(work)),
  };
}

/** Undocumented fields of these commissions: one of them may show a payment in progress. */
function unknownFields(commissions: readonly Commission[]): JsonObject[] {
  const fields = commissions.flatMap((one) =>
    Object.keys(one.raw)
      .filter((field) => !KNOWN.has(field) && isSaid(one.raw[field]))
      .map((field) => ({ field, one })),
  );
  const found = groupBy(fields, ({ field }) => field);
  return [...found].slice(0, NAMED).map(([field, those]) => {
    const some = those.map(({ one }) => one);
    return {
      field: cutText(field, 60),
      values: [...new Set(some.map(({ raw }) => wordOf(raw[field])))].slice(0, NAMED),
      count: some.length,
      commission_ids: idsOf(some.slice(0, NAMED)),
    };
  });
}
