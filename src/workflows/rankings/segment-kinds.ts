import type { JsonObject } from '../../json.ts';
import type { Decimal } from '../../records/money.ts';
import type { Affiliate } from '../../records/parse.ts';
import { DAY_MS } from '../../records/period.ts';
import type { Window } from '../reading/scans.ts';
import type { KeyOf } from './metrics.ts';

/** The parts of the affiliates that can be ranked. */
export const SEGMENTS = [
  'all',
  'new',
  'never_launched',
  'dormant',
  'silent',
  'falling',
  'rising',
  'traffic_without_sales',
  'free_seats',
] as const;
export type Segment = (typeof SEGMENTS)[number];

/** Default days of a segment, if not 30. */
const DAYS: Readonly<Partial<Record<Segment, number>>> = { dormant: 90, new: 90, free_seats: 180 };
export const daysOf = (segment: Segment, days: number | undefined): number => days ?? DAYS[segment] ?? 30;

/** Segments whose rows have a figure and an order of their own. */
const ORDERED: readonly Segment[] = ['never_launched', 'silent', 'falling', 'rising', 'free_seats'];
export const isOrdered = (segment: Segment): boolean => ORDERED.includes(segment);

/** Whether `days` means anything for a segment. */
export const hasDays = (segment: Segment): boolean => segment !== 'all' && segment !== 'traffic_without_sales';

/** Segments to which a change of a given size belongs. */
export const hasChange = (segment: Segment | undefined): segment is 'falling' | 'rising' =>
  segment === 'falling' || segment === 'rising';

/** Segments that are chosen by the list of all purchases. */
export const needsSales = (segment: Segment): boolean => segment === 'dormant' || isOrdered(segment);

export interface SegmentOptions {
  readonly segment: Segment;
  readonly days: number;
  readonly minimumVisitors: number;
  /** In percent of an affiliate's normal. */
  readonly change: number;
  readonly window: Window | undefined;
  readonly keyOf: KeyOf;
}

export interface Chosen {
  readonly affiliates: readonly Affiliate[];
  /** Number of affiliates of whom it is not known whether they belong here. */
  readonly undecided: number;
  readonly undecidedBecause?: string;
  /** Whether the lists that decide were read to their end; if not, nobody is chosen. */
  readonly complete: boolean;
  readonly basis?: string;
  /** If nobody is chosen: what came closest, and which argument to change. */
  readonly emptyBecause?: string | undefined;
  /** The segment's own figure to rank by. */
  readonly order?: Order;
  /** Facts about the whole segment. */
  readonly facts?: JsonObject;
}

export interface Order {
  /** The name of the figure. */
  readonly by: string;
  readonly of: ReadonlyMap<string, Decimal>;
  /** Further keys of an affiliate's row. */
  readonly more: (one: Affiliate) => JsonObject;
}

/** Whole days from a moment until now; 0 if it is in the future. */
export const daysSince = (at: number, now: number): number => Math.max(0, Math.floor((now - at) / DAY_MS));
