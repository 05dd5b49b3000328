import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { workflows } from '../../src/workflows/index.ts';
import { startHarnessAt } from '../support/harness.ts';
import { FUTURE, owed, PAST, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { recordsOf } from '../support/remembering.ts';
import { affiliateRow, startReviewUpstream } from '../support/review-upstream.ts';

/*
 * A yes to one call must not be a yes to another: two calls of a writing workflow that send or record different things
 * are never asked about in the same words. The same for the operations is in test/operations/questions-differ.test.ts.
 */

const ID = fc.integer({ min: 1, max: 7 });

const people = [1, 2, 3, 4, 5].map((id) =>
  payee(id, {
    ...(id === 2 && { paypal_email: null }),
    ...(id === 3 && { archived: true, status: 'Archived' }),
    // Who is told apart by the id alone.
    ...(id > 3 && { first_name: 'Same', last_name: 'Name', email: `same@example.com${id === 5 ? ' ' : ''}` }),
  }),
);
const AMOUNTS = ['10.0', '10', '2.5', '0.005', '-2.5', '0'];
const rows = Array.from({ length: 30 }, (_, index) =>
  owed(index + 1, 1 + (index % 5), {
    amount: AMOUNTS[index % AMOUNTS.length],
    currency: index % 4 === 3 ? 'EUR' : 'USD',
    due_at: index % 7 === 5 ? FUTURE : index % 7 === 6 ? '2026-02-01T00:00:00Z' : PAST,
    ...(index % 11 === 10 && { purchase: null }),
    ...(index % 13 === 12 && { purchase: { id: 9, purchase_code: 'cancelled', cancelled: true } }),
  }),
);

const settlements = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      {
        affiliate_ids: fc.uniqueArray(ID, { minLength: 1, maxLength: 5 }),
        due_by: fc.constantFrom('2026-01-31', '2026-01-31T23:59:59Z', '2026-03-01'),
        currency: fc.constantFrom('USD', 'EUR'),
        minimum: fc.constantFrom(0, 5, 12),
        require_payout_address: fc.boolean(),
        include_held: fc.boolean(),
        expected_total: fc.constantFrom('10', '10.0', '12.50', '20', '32.5'),
        net_clawbacks: fc.boolean(),
      },
      { requiredKeys: ['affiliate_ids', 'due_by'] },
    ),
  },
  fc.record({ paid_by_hand: fc.uniqueArray(fc.integer({ min: 1, max: 33 }), { minLength: 1, maxLength: 6 }) }),
  fc.record({ not_paid: fc.uniqueArray(fc.integer({ min: 1, max: 33 }), { minLength: 1, maxLength: 6 }) }),
);

/** The order of the fields in a body is no difference. */
const canonical = (value: unknown) =>
  JSON.stringify(value, (_, one: unknown) =>
    one !== null && typeof one === 'object' && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );

type Ask = (args: JsonObject) => Promise<{ readonly question: string; readonly effect: string } | undefined>;

/** What was asked, and what a yes to it does; each time on the same records. */
async function startSettling(): Promise<Ask> {
  const upstream = await startPayoutUpstream(people, rows);
  const payments = recordsOf({ 3: 'by_hand', 4: 'by_hand', 8: 'by_hand', 9: 'paid' });
  const { call } = await startHarnessAt(upstream.url, { payments }).connect('modern');
  return async (args) => {
    for (const [index, row] of upstream.rows.entries()) Object.assign(row, rows[index]);
    upstream.marks.length = 0;
    payments.reset();
    const { confirmation } = (await call('settle_payouts', args)).data as { confirmation?: JsonObject };
    if (!confirmation) return undefined;
    await call('settle_payouts', { ...args, confirmation_token: confirmation.confirmation_token });
    const marks = upstream.marks.map((mark) => JSON.stringify(mark)).sort();
    return { question: String(confirmation.question), effect: JSON.stringify([marks, payments.added()]) };
  };
}

const reviews = fc.record({
  action: fc.constantFrom('approve', 'reject', 'archive', 'unarchive'),
  affiliate_ids: fc.uniqueArray(ID, { minLength: 1, maxLength: 6 }),
});

async function startReviewing(): Promise<Ask> {
  const upstream = await startReviewUpstream(
    [1, 2, 3, 4, 5, 6].map((id) =>
      affiliateRow(id, {
        ...(id > 3 && { first_name: 'Same', last_name: 'Name' }),
        ...(id === 2 && { status: 'Active', pending_approval: false }),
        ...(id === 3 && { status: 'Archived', archived: true, pending_approval: false }),
      }),
    ),
  );
  const { call } = await startHarnessAt(upstream.url, { dryRun: true }).connect('modern');
  return async (args) => {
    const { dry_run: would } = (await call('review_affiliates', args)).data as { dry_run: JsonObject };
    return { question: String(would.question), effect: canonical(would.requests) };
  };
}

const imports = fc.record(
  {
    rows: fc.array(
      fc.record(
        {
          email: fc.constantFrom('a@x.example', 'A@x.example', 'b@x.example', 'person-1@example.com'),
          first_name: fc.constantFrom('Ann', 'Ann Lee', ''),
          last_name: fc.constantFrom('Lee', ''),
          name: fc.constantFrom('Ann Lee', ''),
          code: fc.constantFrom('one', 'One', ''),
          paypal: fc.constantFrom('pay@x.example', 'a@x.example', ''),
          recruiter: fc.constantFrom('person-2@example.com', 'code-2', 'b@x.example', ''),
          unsubscribed: fc.boolean(),
        },
        { requiredKeys: ['email'] },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    approve: fc.boolean(),
  },
  { requiredKeys: ['rows'] },
);

async function startImporting(): Promise<Ask> {
  const upstream = await startReviewUpstream([affiliateRow(1), affiliateRow(2)]);
  const { call } = await startHarnessAt(upstream.url, { dryRun: true }).connect('modern');
  return async (args) => {
    const { dry_run: would } = (await call('import_affiliates', args)).data as { dry_run: JsonObject };
    return { question: String(would.question), effect: canonical(would.requests) };
  };
}

const TABLE: Readonly<Record<string, readonly [fc.Arbitrary<JsonObject>, () => Promise<Ask>]>> = {
  settle_payouts: [settlements, startSettling],
  review_affiliates: [reviews, startReviewing],
  import_affiliates: [imports, startImporting],
};

it('is tried of every workflow that writes', () => {
  const writing = workflows.filter(({ effect }) => effect !== 'read').map(({ name }) => name);
  expect(Object.keys(TABLE).sort()).toEqual(writing.sort());
});

describe('two calls that do different things are asked about in different words', () => {
  it.each(Object.entries(TABLE))(
    '%s',
    async (_, [args, start]) => {
      const ask = await start();
      const asked = new Map<string, readonly [effect: string, args: JsonObject]>();
      await fc.assert(
        fc.asyncProperty(args, async (given) => {
          const now = await ask(given);
          if (!now) return;
          // By its words alone: whatever call had the same question before did the same.
          const before = asked.get(now.question);
          if (before) expect(now.effect, JSON.stringify([before[1], given, now.question])).toBe(before[0]);
          asked.set(now.question, [now.effect, given]);
        }),
        { numRuns: 60 },
      );
      // How many there are is up to chance; with a handful nothing would have been tried.
      expect(asked.size).toBeGreaterThan(5);
    },
    90_000,
  );
});

it('lists longer than what is shown of them differ as well', async () => {
  const ids = Array.from({ length: 130 }, (_, index) => index + 1);
  const upstream = await startPayoutUpstream(
    [payee(1)],
    ids.map((id) => owed(id, 1)),
  );
  const payments = recordsOf(Object.fromEntries(ids.slice(0, 128).map((id) => [id, 'by_hand'])));
  const { call } = await startHarnessAt(upstream.url, { payments }).connect('modern');
  const questionOf = async (args: JsonObject) =>
    ((await call('settle_payouts', args)).data.confirmation as JsonObject).question;
  const other = await startHarnessAt(upstream.url).connect('modern');
  for (const [name, ask] of [
    ['not_paid', questionOf],
    [
      'paid_by_hand',
      async (args: JsonObject) => ((await other.call('settle_payouts', args)).data.confirmation as JsonObject).question,
    ],
  ] as const) {
    const one = await ask({ [name]: ids.slice(0, 120) });
    expect(one).toContain('and 20 more (digest of all 120');
    expect(await ask({ [name]: [...ids.slice(0, 119), 121] })).not.toBe(one);
  }
});
