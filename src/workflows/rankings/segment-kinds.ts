import type { JsonObject } from '../../json.ts';
import type { Decimal } from '../../records/money.ts';
import type { Affiliate } from '../../records/parse.ts';
import { DAY_MS } from '../../records/period.ts';
import type { Window } from '../reading/scans.ts';
import type { KeyOf } from './measures.ts';

/** A part of the affiliates. */
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

/** Days of a segment where none are given. */
const DAYS: Readonly<Partial<Record<Segment, number>>> = { dormant: 90, new: 90, free_seats: 180 };
export const daysOf = (segment: Segment, days: number | undefined): number => days ?? DAYS[segment] ?? 30;

/** Segments whose rows have a figure and an order of their own. */
const ORDERED: readonly Segment[] = ['never_launched', 'silent', 'falling', 'rising', 'free_seats'];
export const isOrdered = (segment: Segment): boolean => ORDERED.includes(segment);

/** Segments that follow from all purchases. */
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
  /** Affiliates of whom it cannot be told whether they belong here. */
  readonly undecided: number;
  readonly undecidedBecause?: string;
  /** Whether what decides was read to its end; without that nobody is chosen. */
  readonly complete: boolean;
  readonly basis?: string;
  /** If nobody is chosen: what came nearest, and which argument to change. */
  readonly emptyBecause?: string | undefined;
  /** A figure of its own to rank by. */
  readonly order?: Order;
  /** Facts about the whole segment. */
  readonly facts?: JsonObject;
}

export interface Order {
  /** What the figure is. */
  readonly by: string;
  readonly of: ReadonlyMap<string, Decimal>;
  /** What else a row says, by key. */
  readonly more: (one: Affiliate) => JsonObject;
}

/** Whole days up to now. */
export const daysSince = (at: number, now: number): number => Math.max(0, Math.floor((now - at) / DAY_MS));
