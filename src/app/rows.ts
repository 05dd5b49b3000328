import { AHEAD } from './calls.ts';
import { type Data, dataAt, inCurrency, numberAt, personOf, rowsAt, textAt, textsAt } from './data.ts';
import { sumOf } from './figures.ts';
import { currenciesIn, linesIn, stateOfFile, totalsIn, type Written } from './page-state.ts';
import { figuresOf } from './trend.ts';

/** The columns of the page as one table for spreadsheets; each row is one figure or one line of the page. */
export const COLUMNS = [
  'section',
  'item',
  'currency',
  'amount',
  'count',
  'before_amount',
  'before_count',
  'affiliate_id',
  'name',
  'email',
  'state',
  'note',
] as const;

export type Row = Readonly<Partial<Record<(typeof COLUMNS)[number], unknown>>>;

export function rowsOf(written: Written): readonly Row[] {
  const { parts, period } = stateOfFile(written);
  const currencies = currenciesIn(parts);
  const { overview, payouts, pending } = parts;
  return [
    ...section('needs you', [
      {
        item: 'applicants waiting',
        count: numberAt(pending, 'pending') ?? numberAt(overview, 'approval_queue', 'pending'),
      },
      { item: 'applicants with red flags', count: numberAt(pending, 'with_red_flags') },
      ...currencies.flatMap((currency) => moneyRows(parts, currency)),
      ...rowsAt(payouts, 'reconciliation').map((row) => ({
        item: 'difference from LeadDyno',
        currency: row.currency,
        amount: row.difference,
        state: row.agrees === null ? 'not known' : row.agrees === true ? 'agrees' : 'differs',
        note: textsAt(row, 'likely_reasons').join('; '),
      })),
      ...rowsAt(payouts, 'not_counted').map((row) => ({ item: 'in no amount', count: row.count, note: row.meaning })),
      ...rowsAt(payouts, 'clawbacks', 'totals').map((row) => ({
        item: 'paid, and cancelled since',
        currency: row.currency,
        amount: row.amount,
        count: row.commissions,
      })),
    ]),
    ...section('how it goes', [
      ...currencies.flatMap((currency) => {
        const found = figuresOf(parts, period, currency);
        const row = (item: string, pick: (figures: NonNullable<typeof found>['now']) => unknown): Row => ({
          item,
          currency,
          amount: found && pick(found.now),
          before_amount: found && pick(found.before),
        });
        return [row('revenue', (one) => one.revenue), row('commissions earned', (one) => one.commissions)];
      }),
      ...countRows(written),
    ]),
    ...section(
      'who',
      rowsAt(parts.ranking, 'ranking').map((row) => ({
        item: `place ${textAt(row, 'rank')}`,
        currency: row.currency,
        amount: row.value,
        ...who(row),
        note: row.share,
      })),
    ),
    ...section(
      'payouts',
      linesIn(payouts).map((line) => ({
        item: 'payout',
        currency: line.currency,
        amount: line.amount,
        count: line.commissions,
        ...who(line),
        state: line.state,
        note: [...textsAt(line, 'reasons'), ...textsAt(line, 'risk_evidence')].join('; '),
      })),
    ),
  ];
}

const section = (name: string, rows: readonly Row[]): Row[] => rows.map((row) => ({ section: name, ...row }));

const who = (row: Data): Row => ({ affiliate_id: row.affiliate_id, name: personOf(row), email: row.email });

function moneyRows(parts: ReturnType<typeof stateOfFile>['parts'], currency: string): Row[] {
  const due = inCurrency(totalsIn(parts.payouts), currency);
  const ahead = (['in30', 'in60'] as const).map((part): Row => {
    const row = inCurrency(totalsIn(parts[part]), currency);
    return { item: `to pay within ${AHEAD[part]} days`, currency, amount: payable(row), count: row.commissions };
  });
  return [
    { item: 'to pay', currency, amount: payable(due), count: due.commissions, note: 'ready and unmarkable_here' },
    { item: 'held back', currency, amount: due.held ?? '0', count: due.held_lines },
    ...ahead,
  ];
}

const payable = (row: Data): string => sumOf([textAt(row, 'ready'), textAt(row, 'unmarkable_here')]);

/** Counts cover all currencies together. */
function countRows(written: Written): Row[] {
  const { parts, period } = stateOfFile(written);
  const found = figuresOf(parts, period, '');
  const names = [
    ['orders, not cancelled', 'orders'],
    ['orders, cancelled', 'cancelled'],
    ['new affiliates', 'affiliates'],
    ['new leads', 'leads'],
  ] as const;
  const statuses = dataAt(parts.overview, 'counts', 'affiliates_by_status');
  return [
    ...names.map(([item, key]): Row => ({ item, count: found?.now[key], before_count: found?.before[key] })),
    ...['active', 'pending', 'archived'].map(
      (status): Row => ({
        item: `affiliates, ${status}`,
        count: numberAt(statuses, status),
      }),
    ),
  ];
}
