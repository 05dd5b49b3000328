import type { JsonObject } from '../../../src/json.ts';
import type { FormName } from '../documented/forms.ts';

/** A call of a tool and the request that must come of it. Written from the API reference, never computed. */
export interface Example {
  readonly input: JsonObject;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  /** What the answer is; a count is not a record. */
  readonly answer: FormName | 'count';
  /** What the record, or the first row, must show at least. */
  readonly shows?: JsonObject;
}

/** Tool by tool, in an order in which the calls work one after the other (see `PROGRAMME`). */
export type Examples = Readonly<Record<string, readonly Example[]>>;

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
