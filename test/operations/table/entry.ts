import type { JsonObject } from '../../../src/json.ts';
import type { Programme, Sandbox } from '../../../src/sandbox/index.ts';
import type { FormName } from './forms.ts';

/*
 * What is expected of each operation, written by hand from the API reference and never computed from the catalogue: the
 * catalogue is held against this.
 */

/** A call of a tool and the request that must come of it, exactly. */
export interface Example {
  readonly input: JsonObject;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  /** What the record, or the first row, must show at least. */
  readonly shows?: JsonObject;
}

/** A call that asks first, on a simulated programme: what it is asked with, and what it does there. */
export interface Question {
  /** Tells apart several of one tool. */
  readonly which?: string;
  readonly args: (programme: Programme) => JsonObject;
  /** What it changes, comparable before and after. */
  readonly state: (sandbox: Sandbox) => unknown;
  /** Somebody else changes the record meanwhile; absent where the question reads none. */
  readonly meddle?: (programme: Programme) => void;
  /** Other arguments for the same tool. */
  readonly otherwise: JsonObject;
  /** What the question says. */
  readonly says: (programme: Programme) => readonly string[];
}

export interface Entry {
  /** The operations of the API reference behind it. */
  readonly codes: readonly string[];
  /** Method and path of the reference. */
  readonly route: `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`;
  /** The reference has its method, path or parameters on less than "official-current". */
  readonly unverified?: true;
  /**
   * Every parameter the reference names: `required string`, `integer 1..200 = 100` (bounds, default), `one of a|b` or
   * `boolean`.
   */
  readonly parameters: Readonly<Record<string, string>>;
  /** The fields that an update may empty, by naming them in `clear`. */
  readonly empties?: readonly string[];
  /** What the answer is; a count is not a record. */
  readonly answer: FormName | 'count';
  /** What a write does, and with it the hints a host sees. Absent: it reads. */
  readonly effect?: 'create' | 'enable' | 'update' | 'destroy';
  /** For a creation with a natural key: the key, the look-up that takes it, the tool that changes what is there. */
  readonly existing?: { readonly by: string; readonly find: string; readonly change: string };
  /** Whether every call asks, those for which a record says so, or the calls with one of these fields. */
  readonly asks?: 'always' | 'by_record' | readonly string[];
  /** Between them they give every parameter. Those of a group work one after the other, on a programme of its own. */
  readonly examples: readonly Example[];
  /**
   * One good call on any simulated programme, for the tests that sweep every tool: of a list all of it, of a write one
   * that does not ask. Absent where every call asks: then it is the first of `questions`.
   */
  readonly call?: (programme: Programme) => JsonObject;
  readonly questions?: readonly Question[];
}

/** Tool by tool, in the order of their examples. */
export type Table = Readonly<Record<string, Entry>>;

export const ID = 'required integer 1..';
export const PAGE = 'integer 1.. = 1';

/**
 * What the examples count on: a programme of this size holds Ann (1001, active), Ben (1002, pending) and campaigns
 * from 11 on; before the first call it is given the visitor, the customer and the order below, credited to Ann.
 */
export const PROGRAMME = { affiliates: 60, leads: 120, purchases: 90, visitors: 150 } as const;

export const ANN = { id: 1001, email: 'ann.arbor@example.com', code: 'ann' } as const;
export const BEN = { id: 1002 } as const;

/** The next ids in a programme of that size. */
export const NEW_AFFILIATES = [1061, 1062] as const;
export const NINA = { id: 20_121, email: 'nina.berg@example.org', trackingCode: 'visit-1' } as const;
export const ORDER = { id: 300_091, code: 'order-7', amount: 49.9 } as const;

/** Given to every programme before the first example. */
export const SEED: readonly (readonly [path: string, body: JsonObject])[] = [
  ['/visitors', { url: 'https://shop.example.com/?afmc=ann', tracking_code: NINA.trackingCode }],
  ['/leads', { email: NINA.email, tracking_code: NINA.trackingCode }],
  [
    '/purchases',
    {
      email: NINA.email,
      purchase_code: ORDER.code,
      purchase_amount: ORDER.amount,
      line_items: [{ sku: 'MAT-01', description: 'Sleeping mat', quantity: '1', amount: '49.90' }],
    },
  ],
];
