import { callsFor, type PartName, type Parts } from './calls.ts';
import { at, type Data, dataAt, numberAt, rowsAt, textAt } from './data.ts';
import type { Period } from './period.ts';

/** The part of the page in which a person acted, where the outcome is shown. */
export type Place = 'queue' | 'payouts';

/** A call that writes, as requested by a person. */
export interface Write {
  readonly place: Place;
  readonly tool: string;
  readonly args: Data;
  /** Its name on the page. */
  readonly name: string;
}

/** The server's question about a write, in its own words, if the host showed no form for it. */
export interface Question extends Write {
  readonly text: string;
  readonly token: string;
}

/** The outcome of a write. */
export interface Outcome {
  readonly write: Write;
  /** `unknown`: the server did not answer, so it may have been done. */
  readonly kind: 'done' | 'declined' | 'failed' | 'unknown';
  readonly result: Data;
  readonly message: string;
}

/** Where the page is: in a file, or in a host that lets it call tools (`works`) or does not (`reads`). */
export type Where = 'file' | 'reads' | 'works';

export interface State {
  readonly where: Where;
  readonly parts: Parts;
  readonly period: Period;
  /** A day, UTC. */
  readonly today: string;
  /** The currency of the whole page; undefined: the first one. */
  readonly currency: string | undefined;
  readonly loading: ReadonlySet<PartName>;
  readonly failures: Readonly<Partial<Record<PartName, string>>>;
  readonly question: Question | undefined;
  readonly outcome: Outcome | undefined;
  /** The write in progress. */
  readonly writing: Write | undefined;
  /** Arguments of the call that returned the payout report. */
  readonly payoutArgs: Data;
  /** A message shown instead of the page. */
  readonly saying: string | undefined;
  /** Draws every row, for printing. */
  readonly whole: boolean;
}

/** What a person can do on the page. Absent if it is drawn without a browser. */
export interface Acts {
  choosePeriod(period: Period): void;
  chooseCurrency(currency: string): void;
  retry(part: PartName): void;
  /** Requests a write: the host shows a form, or the server's question comes back. */
  ask(write: Write): void;
  /** A person's answer to the current question. */
  answer(yes: boolean): void;
  /** Passes a file to the host; undefined if the host does not download files. */
  readonly download: ((file: Data) => void) | undefined;
}

export const emptyState = (where: Where, today: string): State => ({
  where,
  parts: {},
  period: { kind: 'month', month: today.slice(0, 7) },
  today,
  currency: undefined,
  loading: new Set(),
  failures: {},
  question: undefined,
  outcome: undefined,
  writing: undefined,
  payoutArgs: {},
  saying: undefined,
  whole: false,
});

export const isOverview = (data: Data): boolean => 'counts' in data && 'month' in data;
export const isPayoutReport = (data: Data): boolean => Array.isArray(data.lines) && 'due_by' in data;

/** The data that `report` writes into its file. */
export interface Written {
  readonly parts: Parts;
  readonly period: Period;
  readonly made_at: string;
}

/** The state of a page in a file, with the results written into it. */
export function stateOfFile(written: unknown): State {
  const given = dataAt(written, 'parts');
  const known = new Set<string>(
    callsFor({ kind: 'days', since: '2026-01-01', until: '2026-01-01' }, '2026-01-01').map(({ part }) => part),
  );
  const parts = Object.fromEntries(Object.entries(given).filter(([name]) => known.has(name))) as Parts;
  const made = textAt(written, 'made_at').slice(0, 10);
  const today = /^\d{4}-\d{2}-\d{2}$/.test(made) ? made : '1970-01-01';
  return { ...emptyState('file', today), parts, period: periodIn(at(written, 'period')) ?? periodOf(parts, today) };
}

/** The month of the overview; this month if it does not say. */
export function periodOf({ overview }: Parts, today: string): Period {
  const month = textAt(overview, 'month', 'this', 'month');
  return { kind: 'month', month: /^\d{4}-\d{2}$/.test(month) ? month : today.slice(0, 7) };
}

function periodIn(value: unknown): Period | undefined {
  const [kind, month, since, until] = ['kind', 'month', 'since', 'until'].map((key) => textAt(value, key));
  if (kind === 'month' && month) return { kind, month };
  return kind === 'days' && since && until ? { kind, since, until } : undefined;
}

/** The page's currencies, by number of orders and commissions: amounts in different currencies cannot be compared. */
export function currenciesIn(parts: Parts): readonly string[] {
  const weights = new Map<string, number>();
  const add = (currency: string, weight: number) => {
    if (currency !== '') weights.set(currency, (weights.get(currency) ?? 0) + weight);
  };
  const sums = ['this', 'same_days_before', 'whole_month_before'].map((name) => dataAt(parts.overview, 'month', name));
  for (const part of [...sums, ...rowsAt(parts.overview, 'series', 'months')]) {
    for (const key of ['revenue', 'commissions_earned']) {
      for (const row of rowsAt(part, key)) add(textAt(row, 'currency'), numberAt(row, 'count') ?? 0);
    }
  }
  for (const row of rowsAt(parts.orders, 'totals'))
    add(textAt(row, 'currency'), numberAt(row, 'everything', 'count') ?? 0);
  for (const report of [parts.payouts, parts.in60]) {
    for (const row of totalsIn(report)) add(textAt(row, 'currency'), numberAt(row, 'commissions') ?? 0);
  }
  for (const line of linesIn(parts.payouts)) add(textAt(line, 'currency'), 0);
  return [...weights].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([currency]) => currency);
}

/** Totals of a payout report; partial totals if not everything was read. */
export const totalsIn = (report: Data | undefined): readonly Data[] => [
  ...rowsAt(report, 'totals'),
  ...rowsAt(report, 'partial_totals'),
];

/** Every line of a payout report that the result contains. */
export function linesIn(report: Data | undefined): readonly Data[] {
  const all = rowsAt(report, 'page', 'lines');
  return all.length > 0 ? all : rowsAt(report, 'lines');
}

/** The result that says whether the server offers a tool. */
const SAID_BY: Readonly<Record<string, PartName>> = { review_affiliates: 'overview', settle_payouts: 'payouts' };

/** Whether the server offers a tool; true if no result says, so that it is tried. */
export function isOffered({ parts }: State, tool: string): boolean {
  const said = SAID_BY[tool];
  const offers = said && at(parts[said], 'page', 'offers');
  return !Array.isArray(offers) || offers.includes(tool);
}
