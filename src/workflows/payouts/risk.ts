import type { JsonObject } from '../../json.ts';
import { groupBy } from '../../records/values.ts';
import type { Line } from './owed.ts';
import { findMailSigns } from './risk-addresses.ts';
import { findAmountSigns } from './risk-amounts.ts';
import type { RiskBackground, RiskFacts } from './risk-facts.ts';

/*
 * What a person should look at before a line is paid: hints in words and figures, never a verdict, and nothing is held
 * for them. All of it comes from what the report has read anyway.
 */

export interface RiskHint extends JsonObject {
  readonly risk: 'clear' | 'watch' | 'hold?';
  /** Absent where it is clear. */
  readonly risk_evidence?: readonly string[];
}

/** Judges lines one by one. */
export function createRiskHints(background: RiskBackground): (line: Line) => RiskHint {
  const { commissions, people, now } = background;
  const byOwner = groupBy(commissions, ({ affiliate }) => (affiliate ? people.keyOf(affiliate) : ''));
  const amountSigns = findAmountSigns(background);
  const mailSigns = findMailSigns(background);
  return (line) => {
    const facts: RiskFacts = { line, theirs: byOwner.get(people.keyOf(line.owner)) ?? line.commissions, now };
    const signs = [...mailSigns(facts), ...amountSigns(facts)].sort((a, b) => b.weight - a.weight);
    const weight = signs.reduce((sum, one) => sum + one.weight, 0);
    if (weight === 0) return { risk: 'clear' };
    return { risk: weight > 1 ? 'hold?' : 'watch', risk_evidence: signs.map(({ words }) => words) };
  };
}
