import type { JsonObject } from '../../json.ts';
import { written, ZERO } from '../../records/money.ts';
import { groupBy } from '../../records/values.ts';
import { describeLine, type Line, sumOf } from './owed.ts';

/* The lines of a report as its answer shows them: only some, and short. The files hold everything. */

/** The most ids per line in the answer. */
const NAMED = 2;

/** Held lines past the limit that are named all the same: who is not paid, and why, is what a manager looks for. */
const SHOWN_HELD = 3;

function nameHeld(line: Line): JsonObject {
  const { affiliate_id, email, reasons } = describeLine(line, 0);
  return { affiliate_id, email, reasons };
}

const isHeld = ({ reasons }: Line) => reasons.length > 0;

/** A line in short form. */
export const showLine = (line: Line): JsonObject => saidOnce(describeLine(line, NAMED));

/** Shows an address only once: where the payment goes, and the e-mail only if it differs. */
export function saidOnce(row: JsonObject): JsonObject {
  const { email, paypal_email, ...known } = row;
  if (known.pay_to === undefined) return row;
  return known.pay_to === email ? known : { ...known, email };
}

/** Sums of the lines that are not shown, ready and held apart. */
export function sumPastLimit(lines: readonly Line[]): JsonObject {
  if (lines.length === 0) return {};
  const groups = groupBy(lines, (line) => JSON.stringify([line.currency, isHeld(line)]));
  const past_limit = [...groups.values()].map((some): JsonObject => {
    const [{ currency, reasons } = { currency: '', reasons: [] }] = some;
    const held = reasons.length > 0;
    const sums = some.map(({ commissions, ready }) => sumOf(held ? commissions : ready, currency));
    return {
      currency: currency || 'unknown',
      state: held ? 'held' : 'ready',
      lines: some.length,
      amount: written(
        sums.reduce((all, one) => all.plus(one), ZERO),
        currency,
      ),
      ...(held && { first: some.slice(0, SHOWN_HELD).map(nameHeld) }),
    };
  });
  return { past_limit };
}
