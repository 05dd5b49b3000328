import { type Bar, barChart } from './bar-chart.ts';
import { at, count, type Data, dataAt, drawn, money, month, period, personOf, rowsAt, share, textAt } from './data.ts';
import { type Child, choices, el, notices, sortableTable, sources } from './elements.ts';

/** Whether a result is a programme overview. */
export const isOverview = (data: Data): boolean => 'counts' in data && 'month' in data;

/** The programme at a glance: this month, revenue and commission over time, the funnel, the best affiliates. */
export function overview(data: Data): HTMLElement {
  const current = dataAt(data, 'month', 'this');
  return el(
    'main',
    {},
    el(
      'header',
      {},
      el('h1', {}, 'Affiliate programme'),
      el(
        'p',
        { class: 'quiet' },
        `${period(current.since, current.until)} (UTC), compared with the same days of the month before`,
      ),
    ),
    notices(data),
    el('section', { class: 'cards', 'aria-label': 'This month' }, ...cards(data)),
    charts(data),
    el('div', { class: 'columns' }, funnel(data), queueAndTotals(data)),
    topAffiliates(data),
    sources(data),
  );
}

function cards(data: Data): HTMLElement[] {
  const now = dataAt(data, 'month', 'this');
  // Absent where the whole month before has as many days.
  const same = 'same_days_before' in dataAt(data, 'month');
  const before = dataAt(data, 'month', same ? 'same_days_before' : 'whole_month_before');
  return [
    moneyCard('Revenue', rowsAt(now, 'revenue'), rowsAt(before, 'revenue')),
    moneyCard('Commissions earned', rowsAt(now, 'commissions_earned'), rowsAt(before, 'commissions_earned')),
    ...rewardCards(now, before),
    countCard('Purchases (not cancelled)', now.purchases_not_cancelled, before.purchases_not_cancelled),
    countCard('New leads', now.new_leads, before.new_leads),
    countCard('New affiliates', now.new_affiliates, before.new_affiliates),
  ];
}

const card = (title: string, ...inside: readonly Child[]) =>
  el('div', { class: 'panel card' }, el('span', { class: 'quiet' }, title), ...inside);

function countCard(title: string, now: unknown, before: unknown): HTMLElement {
  return card(title, el('b', {}, count(now)), el('span', { class: 'quiet' }, `a month ago: ${count(before)}`));
}

function moneyCard(title: string, now: readonly Data[], before: readonly Data[]): HTMLElement {
  const words = (sums: readonly Data[]) =>
    sums.map(({ amount, currency }) => money(amount, currency)).join(', ') || '–';
  const figures =
    now.length === 0 ? [el('b', {}, '–')] : now.map(({ amount, currency }) => el('b', {}, money(amount, currency)));
  return card(title, ...figures, el('span', { class: 'quiet' }, `a month ago: ${words(before)}`));
}

/** Points and the like: never beside a currency, and no card where there are none. */
function rewardCards(now: Data, before: Data): HTMLElement[] {
  const words = (data: Data) =>
    rowsAt(data, 'rewards_earned')
      .map((reward) => `${textAt(reward, 'amount')} ${textAt(reward, 'name')}`)
      .join(', ') || '–';
  if (rowsAt(now, 'rewards_earned').length + rowsAt(before, 'rewards_earned').length === 0) return [];
  return [
    card(
      'Rewards that are not money',
      el('b', {}, words(now)),
      el('span', { class: 'quiet' }, `a month ago: ${words(before)}`),
    ),
  ];
}

/** One currency at a time: two are never drawn on one axis. */
function charts(data: Data): HTMLElement | undefined {
  const months = rowsAt(data, 'series', 'months');
  if (months.length === 0) return undefined;
  const sums = months.flatMap((row) => [...rowsAt(row, 'revenue'), ...rowsAt(row, 'commissions_earned')]);
  const currencies = [...new Set(sums.map((sum) => textAt(sum, 'currency')))].sort();
  const place = el('div', { class: 'columns' });
  const show = (currency: string) => {
    const second = barChart(`Commissions earned, ${currency}`, barsOf(months, 'commissions_earned', currency));
    second.classList.add('second');
    place.replaceChildren(barChart(`Revenue, ${currency}`, barsOf(months, 'revenue', currency)), second);
  };
  const first = busiest(sums) ?? currencies[0] ?? '';
  show(first);
  if (currencies.length < 2) return place;
  const options = currencies.map((currency) => ({ value: currency, text: currency }));
  return el('section', { 'aria-label': 'Over time' }, choices('Currency', options, first, show), place);
}

/** The currency with the most entries, to begin with. */
function busiest(sums: readonly Data[]): string | undefined {
  const counts = new Map<string, number>();
  for (const sum of sums)
    counts.set(textAt(sum, 'currency'), (counts.get(textAt(sum, 'currency')) ?? 0) + drawn(sum.count));
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function barsOf(months: readonly Data[], field: string, currency: string): Bar[] {
  return months.map((row) => {
    const sum = rowsAt(row, field).find((one) => one.currency === currency);
    return {
      label: month(textAt(row, 'month')),
      value: drawn(sum?.amount ?? 0),
      text: `${money(sum?.amount ?? '0', currency)}${row.so_far === true ? ' so far' : ''}`,
    };
  });
}

function funnel(data: Data): HTMLElement {
  const counts = dataAt(data, 'counts');
  const steps = [
    ['Visitors', counts.visitors, undefined],
    ['Leads', counts.leads, counts.visitors],
    ['Purchases', counts.purchases, counts.leads],
  ] as const;
  const most = Math.max(1, ...steps.map(([, value]) => drawn(value)));
  return el(
    'section',
    { class: 'panel', 'aria-label': 'Funnel' },
    el('h2', {}, 'From visit to purchase, all time, as counted by LeadDyno'),
    el(
      'ul',
      { class: 'funnel' },
      ...steps.map(([name, value, whole]) =>
        el(
          'li',
          {},
          el('span', {}, name, el('b', {}, count(value))),
          el('div', { class: 'track' }, el('i', { style: `width:${Math.max(0.5, (drawn(value) / most) * 100)}%` })),
          whole === undefined ? undefined : el('span', { class: 'quiet' }, `${share(value, whole)} of the step before`),
        ),
      ),
    ),
  );
}

function queueAndTotals(data: Data): HTMLElement {
  const queue = dataAt(data, 'approval_queue');
  const status = dataAt(data, 'counts', 'affiliates_by_status');
  const oldest = typeof queue.oldest_days === 'number' ? `, the longest for ${queue.oldest_days} days` : '';
  const totals = rowsAt(data, 'commissions', 'by_currency');
  return el(
    'section',
    { class: 'panel', 'aria-label': 'Affiliates and commissions' },
    el('h2', {}, 'Affiliates'),
    el(
      'p',
      {},
      `${count(status.active)} active, ${count(status.pending)} waiting for approval${oldest}, ${count(status.archived)} archived`,
    ),
    el('h2', { style: 'margin-top:12px' }, 'Commissions, all time'),
    totals.length === 0
      ? el('p', { class: 'quiet' }, textAt(data, 'commissions', 'remark') || 'No totals.')
      : sortableTable<Data>(
          'Commissions',
          [
            { name: 'Currency', cell: (row) => textAt(row, 'currency') },
            { name: 'Due', figure: true, cell: (row) => money(at(row, 'total_due_cost'), row.currency) },
            { name: 'Paid', figure: true, cell: (row) => money(at(row, 'total_paid_cost'), row.currency) },
            { name: 'All', figure: true, cell: (row) => money(at(row, 'total_cost'), row.currency) },
          ],
          totals,
        ),
  );
}

function topAffiliates(data: Data): HTMLElement | undefined {
  const rows = rowsAt(data, 'top_affiliates', 'affiliates');
  if (rows.length === 0) return undefined;
  const most = Math.max(1, ...rows.map((row) => drawn(row.total_purchases)));
  return el(
    'section',
    { class: 'panel', 'aria-label': 'Top affiliates' },
    el('h2', {}, 'Most purchases, all time'),
    sortableTable<Data>(
      'Top affiliates',
      [
        { name: 'Affiliate', cell: personOf, by: personOf },
        {
          name: 'Purchases',
          figure: true,
          cell: (row) => count(row.total_purchases),
          by: (row) => drawn(row.total_purchases),
        },
        {
          name: 'Compared with the best',
          cell: (row) =>
            el(
              'div',
              { class: 'track', style: 'min-width:60px;margin-top:6px' },
              el('i', { style: `width:${(drawn(row.total_purchases) / most) * 100}%` }),
            ),
        },
      ],
      rows,
    ),
  );
}
