import { useState } from 'preact/hooks';
import { BarChart, Trendline } from './chart.tsx';
import { dataAt, numberAt } from './data.ts';
import { count, percentOf } from './figures.ts';
import type { Acts, State } from './page-state.ts';
import { Change, Pending } from './parts.tsx';
import { isSame, type Period, periodsAt } from './period.ts';
import { type Trend, trendOf } from './trend.ts';

/** How it goes: the period's figures, each with its earlier value. */
export function Progress({
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
  const { parts, period, today, loading, failures } = state;
  const shown = currencies.length === 0 ? [''] : currencies;
  const first = trendOf(parts, period, today, currency);
  return (
    <section aria-labelledby="progress">
      <div class="heading">
        <h2 id="progress">How it goes</h2>
        {first && <p class="quiet">{`${first.days} (UTC), compared with ${first.before}`}</p>}
      </div>
      {acts && state.where === 'works' && <PeriodChoice state={state} acts={acts} />}
      <Pending
        loading={loading.has('overview') || loading.has('orders')}
        failure={failures.overview ?? failures.orders}
        retry={acts && (() => acts.choosePeriod(period))}
      />
      {first && first.missing.length > 0 && (
        <p class="panel notice warn-edge" role="note">{`Could not be read: ${first.missing.join(', ')}.`}</p>
      )}
      {shown.map((one) => {
        const trend = trendOf(parts, period, today, one);
        return (
          trend && (
            <InCurrency key={one} trend={trend} currency={one} isShown={one === currency} alone={shown.length < 2} />
          )
        );
      })}
      <Funnel state={state} />
    </section>
  );
}

function InCurrency({
  trend,
  currency,
  isShown,
  alone,
}: {
  trend: Trend;
  currency: string;
  isShown: boolean;
  alone: boolean;
}) {
  const charts = trend.indicators.filter(({ chart, points }) => chart && points.length > 0);
  return (
    <div class={isShown ? 'currency' : 'currency other'}>
      {!alone && <h3 class={isShown ? 'on-paper' : undefined}>{currency}</h3>}
      <dl class={trend.indicators.some(({ value }) => value.length > 12) ? 'indicators long' : 'indicators'}>
        {trend.indicators.map((one) => (
          <div key={one.name} class="panel indicator">
            <dt>
              {one.name}
              {one.explained && <span class="quiet explained">{one.explained}</span>}
            </dt>
            <dd>
              <span class="large">{one.value}</span>
              <span class="compared">
                <Change {...one} />
              </span>
              <Trendline points={one.points} />
            </dd>
          </div>
        ))}
      </dl>
      <div class="columns">
        {charts.map((one, index) => (
          <BarChart
            key={one.name}
            title={`${one.name} by ${trend.unit}${currency === '' ? '' : `, ${currency}`}`}
            points={one.points}
            second={index > 0}
          />
        ))}
      </div>
    </div>
  );
}

function PeriodChoice({ state: { period, today }, acts }: { state: State; acts: Acts }) {
  const [days, setDays] = useState({ since: '', until: '' });
  const valid = days.since !== '' && days.until !== '' && days.since <= days.until && days.since <= today;
  const show = (event: Event) => {
    event.preventDefault();
    if (valid) acts.choosePeriod({ kind: 'days', ...days });
  };
  const field = (name: 'since' | 'until', label: string) => (
    <label>
      {label}
      <input
        type="date"
        max={today}
        value={days[name]}
        onInput={({ currentTarget }) => setDays({ ...days, [name]: currentTarget.value })}
      />
    </label>
  );
  const button = (name: string, one: Period) => (
    <button key={name} type="button" aria-pressed={isSame(one, period)} onClick={() => acts.choosePeriod(one)}>
      {name}
    </button>
  );
  return (
    <fieldset class="controls" aria-label="Period">
      {periodsAt(today).map(([name, one]) => button(name, one))}
      <form class="days" onSubmit={show}>
        {field('since', 'From')}
        {field('until', 'to')}
        <button type="submit" disabled={!valid}>
          Show
        </button>
      </form>
    </fieldset>
  );
}

/** Visitors, leads and orders of all time, by LeadDyno's counts: a bar each, and the share of the step before. */
function Funnel({ state: { parts } }: { state: State }) {
  const counts = dataAt(parts.overview, 'counts');
  const [visitors, leads, purchases] = ['visitors', 'leads', 'purchases'].map((name) => numberAt(counts, name));
  const steps = [
    ['Visitors', visitors, ''],
    ['Leads', leads, ofThe(leads, visitors, 'visitors')],
    ['Orders', purchases, ofThe(purchases, leads, 'leads')],
  ] as const;
  if (steps.every(([, value]) => value === undefined)) return null;
  const most = Math.max(1, ...steps.map(([, value]) => value ?? 0));
  return (
    <div class="panel funnel">
      <h3>From visit to order, all time</h3>
      <ul>
        {steps.map(([name, value, said]) => (
          <li key={name}>
            <span>
              {name} <b>{count(value)}</b> {said !== '' && <span class="quiet">{said}</span>}
            </span>
            <span class="track" aria-hidden="true">
              {value !== undefined && value > 0 && <i style={{ width: `${(value / most) * 100}%` }} />}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A share in percent, unless it exceeds the whole: there may be more orders than leads. */
const ofThe = (part: number | undefined, whole: number | undefined, name: string): string =>
  part === undefined || whole === undefined || whole <= 0
    ? ''
    : part <= whole
      ? `${percentOf(part, whole)} of ${name}`
      : `${count(Math.round((part / whole) * 100))} for every 100 ${name}`;
