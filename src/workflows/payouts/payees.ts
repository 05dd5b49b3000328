import type { JsonObject } from '../../json.ts';
import { groupBy } from '../../records/values.ts';
import { describeLine, type Line } from './owed.ts';
import { saidOnce } from './payout-lines.ts';
import type { RiskHint } from './risk.ts';

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
  const [first] = lines;
  if (!first) return {};
  const { pay_to, email, affiliate_id, pay_to_is_default } = saidOnce(describeLine(first, 0));
  const amounts = lines.map((line) => [line.currency || 'unknown', describeLine(line, 0).amount]);
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
