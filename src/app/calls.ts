import type { Data } from './data.ts';
import { addDays } from './figures.ts';
import { daysBefore, daysOf, type Period, unitOf, yearBefore } from './period.ts';

/** The data that the page is drawn from: each part is the result of one call. */
export type PartName =
  | 'overview'
  | 'payouts'
  | 'in30'
  | 'in60'
  | 'pending'
  | 'orders'
  | 'cancelled'
  | 'commissions'
  | 'joined'
  | 'leads'
  | 'ordersOverTime'
  | 'cancelledOverTime'
  | 'leadsOverTime'
  | 'commissionsOverTime'
  | 'joinedOverTime'
  | 'ranking'
  | 'rankingBefore'
  | 'newcomers'
  | 'dormant'
  | 'groups';

export type Parts = Readonly<Partial<Record<PartName, Data>>>;

/** One call of a tool that only reads. */
export interface PartCall {
  readonly part: PartName;
  readonly tool: string;
  readonly args: Data;
}

/** How many days ahead the page looks. */
export const AHEAD = { in30: 30, in60: 60 } as const;
/** Rows of a ranking: those shown, and those searched for an affiliate's previous place. */
const TOP = 10;
const STOOD = 200;
const QUIET_DAYS = 90;
const APPLICANTS = 100;

/**
 * Every call that the page is drawn from; what may need action comes first. A page in a host makes the calls through
 * the host, and `report` makes the same calls itself, so the figures are always the tools'.
 * @param today a day, UTC
 */
export function callsFor(period: Period, today: string, payout: Data = {}): readonly PartCall[] {
  return [...callsForNow(today, payout), ...callsForPeriod(period, today)];
}

/** Arguments of a payout report that the page keeps when it reads the report again. */
const KEPT = [
  ...['affiliate_ids', 'currency', 'minimum', 'require_payout_address'],
  ...['payment_service', 'decimal', 'net_clawbacks'],
];

/**
 * The calls that do not depend on the period.
 * @param payout arguments of the payout report
 */
export function callsForNow(today: string, payout: Data = {}): readonly PartCall[] {
  const kept = Object.fromEntries(Object.entries(payout).filter(([name]) => KEPT.includes(name)));
  const ahead = (part: keyof typeof AHEAD): PartCall => ({
    part,
    tool: 'payout_report',
    // Skips the first line: only the totals are needed, and so no files are created.
    args: { ...kept, due_by: addDays(today, AHEAD[part]), limit: 1, skip: 1 },
  });
  return [
    {
      part: 'payouts',
      tool: 'payout_report',
      args: { ...kept, ...(payout.due_by !== undefined && { due_by: payout.due_by }) },
    },
    { part: 'pending', tool: 'list_pending_affiliates', args: { limit: APPLICANTS } },
    ahead('in30'),
    ahead('in60'),
  ];
}

/** The calls that depend on the period, and the overview, which also has the current state. */
export function callsForPeriod(period: Period, today: string): readonly PartCall[] {
  const now = daysOf(period, today);
  const before = daysBefore(period, today);
  const rank = (part: PartName, args: Data): PartCall => ({ part, tool: 'rank_affiliates', args });
  const sum = (part: PartName, args: Data): PartCall => ({
    part,
    tool: 'summarize_records',
    args: { ...args, ...now },
  });
  const compare = 'previous';
  const by = [unitOf(period, today)];
  const overTime = { by, limit: 60 };
  return [
    { part: 'overview', tool: 'program_overview', args: period.kind === 'month' ? { month: period.month } : {} },
    ...(period.kind === 'month'
      ? []
      : [
          sum('orders', { records: 'purchases', compare }),
          sum('cancelled', { records: 'purchases', status: 'cancelled', compare }),
          sum('commissions', { records: 'commissions', compare }),
          sum('joined', { records: 'affiliates', compare }),
          sum('leads', { records: 'leads', compare }),
          sum('ordersOverTime', { records: 'purchases', ...overTime }),
          sum('cancelledOverTime', { records: 'purchases', status: 'cancelled', ...overTime }),
          sum('leadsOverTime', { records: 'leads', ...overTime }),
          sum('commissionsOverTime', { records: 'commissions', ...overTime }),
          sum('joinedOverTime', { records: 'affiliates', ...overTime }),
        ]),
    rank('ranking', { by: 'revenue', ...now, limit: TOP }),
    rank('rankingBefore', { by: 'revenue', ...before, limit: STOOD }),
    rank('newcomers', {
      by: 'revenue',
      segment: 'new',
      days: QUIET_DAYS,
      limit: 5,
      since: addDays(today, -QUIET_DAYS),
    }),
    rank('dormant', { by: 'purchases', segment: 'dormant', days: QUIET_DAYS, limit: 5 }),
    sum('groups', { records: 'purchases', by: ['group'] }),
    // Last, because it has to read more: the overview reads at most two months of leads.
    ...(period.kind === 'month'
      ? [
          {
            part: 'leadsOverTime',
            tool: 'summarize_records',
            args: { records: 'leads', ...overTime, by: ['month'], since: yearBefore(period.month), until: now.until },
          } as const,
        ]
      : []),
  ];
}
