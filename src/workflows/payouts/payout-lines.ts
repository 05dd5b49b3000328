import { type JsonObject, recordIn } from '../../json.ts';
import { describeAffiliate } from '../../records/describe.ts';
import { written, ZERO } from '../../records/money.ts';
import type { Commission } from '../../records/parse.ts';
import { groupBy } from '../../records/values.ts';
import { idsOf, type Line, sumOf } from './owed.ts';
import type { RiskHint } from './risk.ts';

/** The most ids in a row by default; the full report has all. */
const NAMED_IN_FULL = 30;

/** Who a line is about, as a result shows them: the record, or what the commissions say about them. */
export function describeOwner({ affiliate, commissions }: Line, withAddress = true): JsonObject {
  const raw = affiliate?.raw ?? recordIn(commissions[0]?.raw, 'affiliate');
  return describeAffiliate({ raw }, ...(withAddress ? ['paypal_email'] : []));
}

/** Where it is paid; empty if it cannot be. */
export const describePayTo = ({ payTo: { address, isDefault } }: Line): JsonObject => ({
  ...(address !== '' && { pay_to: address }),
  ...(isDefault && { pay_to_is_default: true }),
});

/** Ids as tools take them, cut to `most`. */
function listIds(commissions: readonly Commission[], most = NAMED_IN_FULL): JsonObject {
  const left = commissions.length - most;
  return {
    commission_ids: idsOf(commissions.slice(0, most)),
    ...(left > 0 && { commission_ids_left_off: left }),
  };
}

/** A line as a result shows it: its ready part, or all of it if it is held. @param most ids to name */
export function describeLine(line: Line, most?: number): JsonObject {
  const { currency, commissions, reasons, ready } = line;
  const some = reasons.length > 0 ? commissions : ready;
  return {
    ...describeOwner(line),
    ...describePayTo(line),
    currency: currency || 'unknown',
    amount: written(sumOf(some, currency), currency),
    commissions: some.length,
    ...listIds(some, most),
    state: reasons.length === 0 ? 'ready' : 'held',
    ...(reasons.length > 0 && { reasons }),
  };
}

/** The parts of a line that no call can mark, as a result shows them. */
export function describeUnmarkable(line: Line): JsonObject[] {
  const { currency } = line;
  return line.unmarkable.map(({ commissions, reason, purchaseCode }) => ({
    ...describeOwner(line, false),
    ...describePayTo(line),
    currency,
    amount: written(sumOf(commissions, currency), currency),
    ...listIds(commissions),
    ...(purchaseCode !== '' && { purchase_code: purchaseCode }),
    reason,
  }));
}

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

/* Everybody who is owed something, one short row each. */

/**
 * The most payees in one answer: more is too much for a model to read. A report without `by_payee` makes files that
 * hold all.
 */
const MOST = 100;

/**
 * Payees grouped by state and reasons: ready, or held. A row says where the payment goes (or the e-mail), with an
 * amount per currency.
 */
export function describePayees(lines: readonly Line[], riskOf: (line: Line) => RiskHint['risk']): JsonObject {
  const payees = [...groupBy(lines, payeeKey).values()];
  const shown = payees.slice(0, MOST);
  const left = payees.length - shown.length;
  const groups = groupBy(shown, ([first]) => JSON.stringify(first?.reasons ?? []));
  return {
    payees: [...groups.values()].map((some) => {
      const reasons = some[0]?.[0]?.reasons ?? [];
      return {
        state: reasons.length === 0 ? 'ready' : 'held',
        ...(reasons.length > 0 && { reasons }),
        payees: some.map((own) => describePayee(own, riskOf)),
      };
    }),
    ...(left > 0 && { payees_left_off: left }),
  };
}

/** Commissions that name nobody are not taken for one person's. */
const payeeKey = (line: Line) =>
  JSON.stringify([line.owner.id, line.owner.email, line.reasons, line.owner.id === '' ? line.commissions[0]?.id : '']);

function describePayee(lines: readonly Line[], riskOf: (line: Line) => RiskHint['risk']): JsonObject {
  const rows = lines.map((line) => describeLine(line, 0));
  const [first] = rows;
  if (!first) return {};
  const { pay_to, email, affiliate_id, pay_to_is_default } = saidOnce(first);
  const amounts = lines.map(({ currency }, index) => [currency || 'unknown', rows[index]?.amount]);
  const risks = [...new Set(lines.map(riskOf))].filter((risk) => risk !== 'clear');
  return {
    affiliate_id,
    ...(pay_to !== undefined && { pay_to }),
    ...(email !== undefined && email !== '' && { email }),
    ...(pay_to_is_default === true && { pay_to_is_default }),
    // Kept in an object of its own: the currency is LeadDyno's text and must not pass for another field.
    amounts: Object.fromEntries(amounts),
    ...(risks.length > 0 && { risk: risks.join(', ') }),
  };
}
