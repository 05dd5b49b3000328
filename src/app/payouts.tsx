import { useState } from 'preact/hooks';
import { type Data, numberAt, personOf, textAt, textsAt } from './data.ts';
import { count, counted, drawn, money, sumOf } from './figures.ts';
import { leftOffIn } from './needs.tsx';
import { type Acts, linesIn, type State } from './page-state.ts';
import { Name, Pending } from './parts.tsx';
import { PayoutRun } from './payout-run.tsx';

const ROWS = 50;

type Order = 'name' | 'amount' | 'commissions' | 'state';

interface View {
  readonly text: string;
  readonly state: 'all' | 'ready' | 'held';
  readonly order: Order;
  readonly ascending: boolean;
  readonly page: number;
}

const FIRST: View = { text: '', state: 'all', order: 'amount', ascending: false, page: 0 };

/** Payouts: the run from report to paid, and a line for each affiliate in the page's currency. */
export function Payouts({
  state,
  acts,
  currencies,
  currency,
}: {
  state: State;
  acts: Acts | undefined;
  currencies: readonly string[];
  currency: string;
}) {
  const { parts, loading, failures, whole } = state;
  const [view, setView] = useState(FIRST);
  if (!parts.payouts && !loading.has('payouts')) return null;
  const lines = linesIn(parts.payouts);
  const unknown = lines.filter((line) => !currencies.includes(textAt(line, 'currency')));
  return (
    <section aria-labelledby="payouts">
      <h2 id="payouts">Payouts</h2>
      <Pending loading={loading.has('payouts')} failure={failures.payouts} />
      {parts.payouts && <PayoutRun state={state} acts={acts} currency={currency} />}
      {currencies.map((one) => {
        const ours = lines.filter((line) => textAt(line, 'currency') === one);
        return (
          ours.length > 0 && (
            <div key={one} class={one === currency ? 'currency' : 'currency other'}>
              {currencies.length > 1 && <h3>{one}</h3>}
              <Lines
                lines={ours}
                currency={one}
                view={view}
                setView={acts ? setView : undefined}
                whole={whole || one !== currency}
              />
            </div>
          )
        );
      })}
      {unknown.length > 0 && <Lines lines={unknown} currency="" view={FIRST} setView={undefined} whole />}
      {lines.length === 0 && parts.payouts && <p class="panel">Nobody is owed anything.</p>}
      {leftOffIn(parts.payouts) > 0 && (
        <p class="quiet">{`${counted(leftOffIn(parts.payouts), 'more line')} came not along: the full report, a file, has all of them.`}</p>
      )}
    </section>
  );
}

const searched = (line: Data): string =>
  [
    personOf(line),
    ...['email', 'pay_to', 'paypal_email', 'affiliate_id'].map((key) => textAt(line, key)),
    ...textsAt(line, 'reasons'),
  ]
    .join(' ')
    .toLowerCase();

const VALUES: Readonly<Record<Order, (line: Data) => number | string>> = {
  name: (line) => personOf(line).toLowerCase(),
  amount: (line) => drawn(line.amount),
  commissions: (line) => drawn(line.commissions),
  state: (line) => `${textAt(line, 'state')} ${textsAt(line, 'reasons').join(' ')} ${textAt(line, 'risk')}`,
};

function chosen(lines: readonly Data[], { text, state, order, ascending }: View): readonly Data[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const fitting = lines.filter(
    (line) => (state === 'all' || line.state === state) && words.every((word) => searched(line).includes(word)),
  );
  const keyOf = VALUES[order];
  return [...fitting].sort((a, b) => (ascending ? 1 : -1) * compare(keyOf(a), keyOf(b)));
}

const compare = (a: number | string, b: number | string): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en');

function Lines({
  lines,
  currency,
  view,
  setView,
  whole,
}: {
  lines: readonly Data[];
  currency: string;
  view: View;
  setView: ((view: View) => void) | undefined;
  whole: boolean;
}) {
  const fitting = whole ? chosen(lines, { ...view, text: '', state: 'all' }) : chosen(lines, view);
  const pages = whole ? 1 : Math.max(1, Math.ceil(fitting.length / ROWS));
  const page = Math.min(view.page, pages - 1);
  const rows = whole ? fitting : fitting.slice(page * ROWS, (page + 1) * ROWS);
  const sum = (some: readonly Data[]) => money(sumOf(some.map((line) => textAt(line, 'amount'))), currency);
  const head = (order: Order, name: string, figure = false) => (
    <th
      scope="col"
      class={figure ? 'figure' : undefined}
      aria-sort={view.order === order ? (view.ascending ? 'ascending' : 'descending') : undefined}
    >
      {setView && !whole ? (
        <button
          type="button"
          onClick={() =>
            setView({ ...view, page: 0, order, ascending: view.order === order ? !view.ascending : !figure })
          }
        >
          {name}
        </button>
      ) : (
        name
      )}
    </th>
  );
  return (
    <div class="panel">
      {setView && !whole && <Filters lines={lines} view={view} setView={setView} />}
      <p class="total" role="status">
        {`${counted(fitting.length, 'line')}, together `}
        <b>{sum(fitting)}</b>
        <span class="quiet">{` (ready ${sum(fitting.filter(({ state }) => state === 'ready'))}, held ${sum(fitting.filter(({ state }) => state === 'held'))})`}</span>
      </p>
      <table class="stack" aria-label={`Payouts${currency === '' ? '' : ` in ${currency}`}`}>
        <thead>
          <tr>
            {head('name', 'Affiliate')}
            <th scope="col">Pay to</th>
            {head('amount', 'Amount', true)}
            {head('commissions', 'Commissions', true)}
            {head('state', 'State')}
          </tr>
        </thead>
        <tbody>
          {rows.map((line) => (
            <Row key={`${textAt(line, 'affiliate_id')} ${textAt(line, 'email')}`} line={line} />
          ))}
        </tbody>
      </table>
      {pages > 1 && setView && (
        <fieldset class="controls pages" aria-label="Pages">
          <button type="button" disabled={page === 0} onClick={() => setView({ ...view, page: page - 1 })}>
            Previous
          </button>
          <span>{`${count(page * ROWS + 1)}–${count(page * ROWS + rows.length)} of ${count(fitting.length)}`}</span>
          <button type="button" disabled={page === pages - 1} onClick={() => setView({ ...view, page: page + 1 })}>
            Next
          </button>
        </fieldset>
      )}
    </div>
  );
}

function Filters({ lines, view, setView }: { lines: readonly Data[]; view: View; setView: (view: View) => void }) {
  return (
    <fieldset class="controls" aria-label="Which lines">
      <label class="search">
        Search
        <input
          type="search"
          value={view.text}
          onInput={({ currentTarget }) => setView({ ...view, text: currentTarget.value, page: 0 })}
        />
      </label>
      {(['all', 'ready', 'held'] as const).map((state) => (
        <button
          key={state}
          type="button"
          aria-pressed={view.state === state}
          onClick={() => setView({ ...view, state, page: 0 })}
        >
          {`${state === 'all' ? 'All' : state === 'ready' ? 'Ready' : 'Held back'} (${count(lines.filter((line) => state === 'all' || line.state === state).length)})`}
        </button>
      ))}
    </fieldset>
  );
}

function Row({ line }: { line: Data }) {
  return (
    <tr>
      <th scope="row">
        <Name>{personOf(line)}</Name>
      </th>
      <td data-name="Pay to">
        <PayTo line={line} />
      </td>
      <td class="figure" data-name="Amount">
        {money(line.amount, line.currency)}
      </td>
      <td class="figure" data-name="Commissions">
        {count(numberAt(line, 'commissions'))}
      </td>
      <td data-name="State">
        <LineState line={line} />
      </td>
    </tr>
  );
}

/** The address that is paid: the affiliate's e-mail if no payout address is set, as in LeadDyno. */
function PayTo({ line }: { line: Data }) {
  const address = textAt(line, 'pay_to');
  if (address === '') return <span class="bad">{textAt(line, 'paypal_email') || 'no address'}</span>;
  return (
    <span class="address">
      <Name>{address}</Name>
      {line.pay_to_is_default === true && <span class="quiet"> (e-mail, no PayPal address set)</span>}
    </span>
  );
}

function LineState({ line }: { line: Data }) {
  const evidence = textsAt(line, 'risk_evidence');
  const reasons = textsAt(line, 'reasons');
  return (
    <span>
      {line.state === 'ready' ? (
        <span class="good">ready</span>
      ) : (
        <span class="warn">{reasons.length === 0 ? 'held' : `held: ${reasons.join('; ')}`}</span>
      )}
      {evidence.length > 0 && (
        <span class="evidence">{`${line.risk === 'hold?' ? 'Look first' : 'Watch'}: ${evidence.join('; ')}`}</span>
      )}
    </span>
  );
}
