import type { JsonObject } from '../../json.ts';
import { groupBy } from '../../records/values.ts';
import { describeLine, type Line } from './owed.ts';
import { saidOnce } from './payout-lines.ts';
import type { RiskHint } from './risk.ts';

/* Everybody who is owed something, in one short row each. */

/** More than a model should read; the files hold all. */
const MOST = 100;

/** Ready payees, and held ones by their reasons; a row has where it goes (or the e-mail) and an amount per currency. */
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

/** Two who are nobody known are not the same. */
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
    // Apart: a currency is a text of LeadDyno's, and must not pass for another field.
    amounts: Object.fromEntries(amounts),
    ...(risks.length > 0 && { risk: risks.join(', ') }),
  };
}
