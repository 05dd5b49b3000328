import { AHEAD } from './calls.ts';
import { type Data, dataAt, inCurrency, numberAt, personOf, rowsAt, textAt, textsAt } from './data.ts';
import { addDays, count, counted, day, money, sumOf } from './figures.ts';
import { type Acts, linesIn, type State, totalsIn } from './page-state.ts';
import { Card, Name, Pending } from './parts.tsx';

/** What needs a person: applicants, money, and figures that do not agree. */
export function NeedsYou({
  state,
  acts,
  currencies,
}: {
  state: State;
  acts: Acts | undefined;
  currencies: readonly string[];
}) {
  const { parts, loading, failures } = state;
  const retry = acts && (() => acts.retry('payouts'));
  return (
    <section aria-labelledby="needs">
      <h2 id="needs">Needs you</h2>
      <Pending loading={loading.has('payouts')} failure={failures.payouts} retry={retry} />
      <PaidBefore report={parts.payouts} />
      <div class="cards">
        <Applicants state={state} />
        {parts.payouts && <Money state={state} currencies={currencies} />}
        {parts.payouts && <Disagreement report={parts.payouts} />}
        {parts.payouts && <NotCounted report={parts.payouts} />}
        {parts.payouts && <Held report={parts.payouts} />}
        {parts.payouts && <PaidInVain report={parts.payouts} />}
        {parts.payouts && <ByHand report={parts.payouts} />}
      </div>
    </section>
  );
}

function Applicants({ state: { parts } }: { state: State }) {
  const queue = dataAt(parts.overview, 'approval_queue');
  const waiting = numberAt(parts.pending, 'pending') ?? numberAt(queue, 'pending');
  const oldest = numberAt(rowsAt(parts.pending, 'applicants')[0], 'age_days') ?? numberAt(queue, 'oldest_days');
  const flagged = numberAt(parts.pending, 'with_red_flags');
  if (waiting === undefined) return null;
  return (
    <Card title="Applicants" tone={waiting > 0 ? 'warn' : undefined}>
      <p class="large">{waiting === 0 ? 'Nobody waits' : count(waiting)}</p>
      {waiting > 0 && (
        <p class="quiet">
          {waiting === 1 ? 'waits for your decision' : 'wait for your decision'}
          {oldest !== undefined && `, the oldest for ${counted(oldest, 'day')}`}
          {flagged !== undefined && flagged > 0 && `; ${count(flagged)} with red flags`}
        </p>
      )}
    </Card>
  );
}

/** What can be paid: ready lines, and those to be marked in LeadDyno itself afterwards. */
const payableIn = (row: Data): string | undefined =>
  row.ready === undefined ? undefined : sumOf([textAt(row, 'ready'), textAt(row, 'unmarkable_here')]);

function Money({ state, currencies }: { state: State; currencies: readonly string[] }) {
  const { parts, today } = state;
  const now = totalsIn(parts.payouts);
  const ahead = (['in30', 'in60'] as const).filter((part) => parts[part] !== undefined);
  const rows = currencies.filter((currency) =>
    [now, ...ahead.map((part) => totalsIn(parts[part]))].some((totals) => payableIn(inCurrency(totals, currency))),
  );
  const partly = rowsAt(parts.payouts, 'partial_totals').length > 0;
  const amount = (totals: readonly Data[], currency: string) =>
    money(payableIn(inCurrency(totals, currency)) ?? '0', currency);
  const risky = now.filter((row) => Number(dataAt(row, 'ready_by_risk')['hold?'] ?? 0) > 0);
  return (
    <Card title={partly ? 'Money to pay, as far as it was read' : 'Money to pay'} wide>
      {rows.length === 0 ? (
        <p class="large">Nothing is due</p>
      ) : (
        <table class="figures stack" aria-label="Money to pay">
          <thead>
            <tr>
              <th scope="col">Currency</th>
              <th scope="col" class="figure">
                {nowIn(parts.payouts, today)}
              </th>
              {ahead.map((part) => (
                <th key={part} scope="col" class="figure">{`in ${AHEAD[part]} days`}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((currency) => (
              <tr key={currency}>
                <th scope="row">{currency}</th>
                <td class="figure strong" data-name={nowIn(parts.payouts, today)}>
                  {amount(now, currency)}
                </td>
                {ahead.map((part) => (
                  <td key={part} class="figure" data-name={`in ${AHEAD[part]} days`}>
                    {amount(totalsIn(parts[part]), currency)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {ahead.length > 0 && rows.length > 0 && (
        <p class="quiet">{`In ${AHEAD.in30} and ${AHEAD.in60} days: all that is due by ${day(addDays(today, AHEAD.in30))} and ${day(addDays(today, AHEAD.in60))}, with what is due now.`}</p>
      )}
      {risky.map((row) => (
        <p key={textAt(row, 'currency')} class="warn">
          {`${money(dataAt(row, 'ready_by_risk')['hold?'], row.currency)} of it carries a warning: look at those lines first.`}
        </p>
      ))}
    </Card>
  );
}

/** When the report's commissions are due, in words. */
function nowIn(report: Data | undefined, today: string): string {
  const due = textAt(report, 'due_by').slice(0, 10);
  return due === '' || due === today ? 'now' : `by ${day(due)}`;
}

/** Totals that differ from LeadDyno's own: find out why before paying. */
function Disagreement({ report }: { report: Data }) {
  const rows = rowsAt(report, 'reconciliation').filter((row) => row.agrees === false);
  if (rows.length === 0) return null;
  return (
    <Card title="Differs from LeadDyno" tone="bad">
      {rows.map((row) => (
        <div key={textAt(row, 'currency')}>
          <p class="bad strong">
            {`${money(row.ours, row.currency)} by this report, ${money(row.leaddyno, row.currency)} by LeadDyno's own total: a difference of ${money(row.difference, row.currency)}.`}
          </p>
          <ul>
            {textsAt(row, 'likely_reasons').map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </div>
      ))}
    </Card>
  );
}

function NotCounted({ report }: { report: Data }) {
  const rows = rowsAt(report, 'not_counted');
  if (rows.length === 0) return null;
  return (
    <Card title="In no amount" tone="bad">
      {rows.map((row) => (
        <p key={textAt(row, 'reason')}>
          <b>{counted(numberAt(row, 'count') ?? 0, 'commission')}</b>
          {`: ${textAt(row, 'meaning') || textAt(row, 'reason')}`}
        </p>
      ))}
    </Card>
  );
}

/** Held lines by reason, with their amounts. */
function Held({ report }: { report: Data }) {
  const held = linesIn(report).filter(({ state }) => state === 'held');
  if (held.length === 0) return null;
  const groups = new Map<string, Data[]>();
  for (const line of held) {
    const key = JSON.stringify([textsAt(line, 'reasons').join('; '), textAt(line, 'currency')]);
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  return (
    <Card title="Held back" tone="warn">
      <table class="figures" aria-label="Held back">
        <thead>
          <tr>
            <th scope="col">Why</th>
            <th scope="col" class="figure">
              Payouts
            </th>
            <th scope="col" class="figure">
              Worth
            </th>
          </tr>
        </thead>
        <tbody>
          {[...groups].map(([key, lines]) => (
            <tr key={key}>
              <th scope="row">{textsAt(lines[0], 'reasons').join('; ') || 'no reason given'}</th>
              <td class="figure">{count(lines.length)}</td>
              <td class="figure">{money(sumOf(lines.map((line) => textAt(line, 'amount'))), lines[0]?.currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <LeftOff report={report} />
    </Card>
  );
}

function LeftOff({ report }: { report: Data }) {
  const left = leftOffIn(report);
  return left > 0 ? <p class="quiet">{`${counted(left, 'more line')} came not along: see the full report.`}</p> : null;
}

/** Number of lines of a payout report that the result does not contain. */
export function leftOffIn(report: Data | undefined): number {
  const page = dataAt(report, 'page');
  return numberAt(page, 'lines_left_off') ?? (Array.isArray(page.lines) ? 0 : (numberAt(report, 'left_off') ?? 0));
}

/** Cancelled orders whose commission was already paid. */
function PaidInVain({ report }: { report: Data }) {
  const totals = rowsAt(report, 'clawbacks', 'totals');
  const people = rowsAt(report, 'clawbacks', 'affiliates');
  if (totals.length === 0) return null;
  return (
    <Card title="Paid, and cancelled since" tone="warn">
      {totals.map((row) => (
        <p key={textAt(row, 'currency')}>
          <b>{money(row.amount, row.currency)}</b>
          {` for ${counted(numberAt(row, 'commissions') ?? 0, 'commission')} of cancelled orders`}
        </p>
      ))}
      <ul>
        {people.slice(0, 5).map((row) => (
          <li key={`${textAt(row, 'affiliate_id')} ${textAt(row, 'currency')}`}>
            <Name>{personOf(row)}</Name>
            {`: ${money(row.amount, row.currency)}`}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Payable commissions that have to be marked in LeadDyno itself. */
function ByHand({ report }: { report: Data }) {
  const rows = rowsAt(report, 'unmarkable_here');
  if (rows.length === 0) return null;
  const left = numberAt(report, 'unmarkable_here_left_off') ?? 0;
  return (
    <Card title="To mark in LeadDyno itself">
      <p class="quiet">{`${counted(rows.length + left, 'payment')} that can be paid and cannot be marked from here.`}</p>
      <ul>
        {rows.slice(0, 5).map((row) => (
          <li key={textAt(row, 'affiliate_id') + textAt(row, 'purchase_code') + textAt(row, 'amount')}>
            <Name>{personOf(row)}</Name>
            {`: ${money(row.amount, row.currency)}`}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** A notice if the report does not know what was paid before. */
function PaidBefore({ report }: { report: Data | undefined }) {
  const note = textAt(report, 'paid_before_note');
  return note === '' ? null : (
    <p class="panel notice warn-edge" role="note">
      {note}
    </p>
  );
}
