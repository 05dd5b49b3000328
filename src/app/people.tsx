import type { ComponentChildren } from 'preact';
import { type Data, dataAt, inCurrency, numberAt, personOf, rowsAt, textAt } from './data.ts';
import { count, counted, drawn, money, percentOf, sumOf } from './figures.ts';
import type { Acts, State } from './page-state.ts';
import { Name, Pending } from './parts.tsx';
import { titleOf } from './period.ts';

/** Who: the top affiliates of the period, new and dormant ones, and a comparison of groups. */
export function People({
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
  const { overview, ranking } = parts;
  if (!overview && !ranking && !loading.has('ranking')) return null;
  return (
    <section aria-labelledby="people">
      <div class="heading">
        <h2 id="people">Who</h2>
        {ranking && <p class="quiet">{`by revenue, ${titleOf(period, today)}`}</p>}
      </div>
      <Pending
        loading={loading.has('ranking')}
        failure={failures.ranking}
        retry={acts && (() => acts.retry('ranking'))}
      />
      {ranking
        ? (currencies.length === 0 ? [''] : currencies).map((one) => (
            <InCurrency
              key={one}
              state={state}
              currency={one}
              isShown={one === currency}
              alone={currencies.length < 2}
            />
          ))
        : overview && <AllTime overview={overview} />}
      <div class="columns">
        <Segment
          title="New in the last 90 days"
          data={parts.newcomers}
          currency={currency}
          none="Nobody new has sold yet."
        />
        <Segment title="Had sales, none for 90 days" data={parts.dormant} currency="" none="Nobody has gone quiet." />
      </div>
    </section>
  );
}

function InCurrency({
  state: { parts },
  currency,
  isShown,
  alone,
}: {
  state: State;
  currency: string;
  isShown: boolean;
  alone: boolean;
}) {
  const rows = rowsAt(parts.ranking, 'ranking').filter((row) => textAt(row, 'currency') === currency);
  const line = inCurrency(rowsAt(parts.ranking, 'rankings'), currency);
  const top = sumOf(rows.map((row) => textAt(row, 'value')));
  const groups = rowsAt(parts.groups, 'rows').filter((row) => textAt(row, 'currency') === currency);
  return (
    <div class={isShown ? 'currency' : 'currency other'}>
      {!alone && <h3 class={isShown ? 'on-paper' : undefined}>{currency}</h3>}
      <div class="columns wide-first">
        <div class="panel">
          <h3>Top affiliates</h3>
          {rows.length === 0 ? (
            <p class="quiet">Nobody has sold anything in this period.</p>
          ) : (
            <>
              <TopTable rows={rows} before={parts.rankingBefore} currency={currency} />
              {line.programme_total !== undefined && (
                <p class="quiet">
                  {`${rows.length === 1 ? 'The one above brought' : `These ${rows.length} brought`} ${percentOf(drawn(top), drawn(line.programme_total))} of ${money(line.programme_total, currency)}.`}
                </p>
              )}
            </>
          )}
        </div>
        {groups.length > 0 && (
          <div class="panel">
            <h3>By group</h3>
            <Shares rows={groups} currency={currency} />
          </div>
        )}
      </div>
    </div>
  );
}

/** An affiliate's row in the previous ranking. */
const rowBefore = (row: Data, before: Data | undefined, currency: string): Data | undefined =>
  rowsAt(before, 'ranking').find(
    (one) => one.affiliate_id === row.affiliate_id && textAt(one, 'currency') === currency,
  );

/** How many places an affiliate moved up or down. */
function Movement({ now, before }: { now: number | undefined; before: number | undefined }) {
  if (now === undefined) return null;
  if (before === undefined) return <span class="tag">not ranked before</span>;
  if (before === now) return <span class="quiet">same place</span>;
  const by = Math.abs(before - now);
  return before > now ? <span class="good">{`▲ up ${by}`}</span> : <span class="bad">{`▼ down ${by}`}</span>;
}

function TopTable({ rows, before, currency }: { rows: readonly Data[]; before: Data | undefined; currency: string }) {
  const past = (row: Data) => rowBefore(row, before, currency);
  return (
    <table class="stack" aria-label="Top affiliates">
      <thead>
        <tr>
          <th scope="col">Affiliate</th>
          <th scope="col" class="figure">
            Revenue
          </th>
          <th scope="col" class="figure">
            Share
          </th>
          {before && (
            <>
              <th scope="col">Place</th>
              <th scope="col" class="figure">
                Revenue before
              </th>
            </>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={textAt(row, 'affiliate_id')}>
            <th scope="row">
              <span class="rank">{textAt(row, 'rank')}</span> <Name>{personOf(row)}</Name>
            </th>
            <td class="figure" data-name="Revenue">
              {money(row.value, currency)}
            </td>
            <td class="figure" data-name="Share">
              {textAt(row, 'share') || '–'}
            </td>
            {before && (
              <>
                <td data-name="Place">
                  <Movement now={numberAt(row, 'rank')} before={numberAt(past(row), 'rank')} />
                </td>
                <td class="figure" data-name="Revenue before">
                  {money(past(row)?.value, currency)}
                </td>
              </>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Bars with each group's revenue. */
function Shares({ rows, currency }: { rows: readonly Data[]; currency: string }) {
  const most = Math.max(1, ...rows.map((row) => drawn(row.amount)));
  return (
    <ul class="shares">
      {rows.slice(0, 8).map((row) => (
        <li key={textAt(row, 'group') + textAt(row, 'no_group_because')}>
          <span>
            <Name>{textAt(row, 'group') || `No group (${textAt(row, 'no_group_because')})`}</Name>{' '}
            <b>{money(row.amount, currency)}</b> <span class="quiet">{textAt(row, 'share')}</span>
          </span>
          <span class="track" aria-hidden="true">
            <i style={{ width: `${(Math.max(0, drawn(row.amount)) / most) * 100}%` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Segment({
  title,
  data,
  currency,
  none,
}: {
  title: string;
  data: Data | undefined;
  currency: string;
  none: ComponentChildren;
}) {
  if (!data) return null;
  const rows = rowsAt(data, 'ranking').filter((row) => currency === '' || textAt(row, 'currency') === currency);
  const left = rowsAt(data, 'rankings')
    .filter((row) => currency === '' || row.currency === currency)
    .reduce((sum, row) => sum + (numberAt(row, 'left_off') ?? 0), 0);
  return (
    <div class="panel">
      <h3>{title}</h3>
      {rows.length === 0 ? (
        <p class="quiet">{none}</p>
      ) : (
        <ul class="lines">
          {rows.map((row) => (
            <li key={textAt(row, 'affiliate_id')}>
              <Name>{personOf(row)}</Name>
              <span class="figure">
                {row.currency === undefined
                  ? counted(numberAt(row, 'value') ?? 0, 'order')
                  : money(row.value, row.currency)}
              </span>
            </li>
          ))}
        </ul>
      )}
      {left > 0 && <p class="quiet">{`and ${count(left)} more`}</p>}
    </div>
  );
}

/** All-time figures, which only the overview has. */
function AllTime({ overview }: { overview: Data }) {
  const rows = rowsAt(overview, 'top_affiliates', 'affiliates');
  const status = dataAt(overview, 'counts', 'affiliates_by_status');
  return (
    <div class="panel">
      <h3>Most orders, all time</h3>
      <ul class="lines">
        {rows.map((row) => (
          <li key={textAt(row, 'affiliate_id')}>
            <Name>{personOf(row)}</Name>
            <span class="figure">{counted(numberAt(row, 'total_purchases') ?? 0, 'order')}</span>
          </li>
        ))}
      </ul>
      <p class="quiet">
        {`${count(numberAt(status, 'active'))} active affiliates, ${count(numberAt(status, 'archived'))} archived`}
      </p>
    </div>
  );
}
