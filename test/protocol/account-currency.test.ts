import { expect, it } from 'vitest';
import { startHarnessAt } from '../support/harness.ts';
import { at } from '../support/protocol-json.ts';
import { affiliateRow } from '../support/review-upstream.ts';
import { startUpstream } from '../support/upstream.ts';

/* A debt whose currency was not given is in the account's: the question names it where a record shows it. */

const ask = async (totals: { status?: number; json: unknown }, args = {}) => {
  const upstream = await startUpstream(({ path }) =>
    path.endsWith('/commissions_total') ? totals : { json: affiliateRow(1) },
  );
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  const { data } = await call('create_commission', { affiliate_id: 1, amount: 25, ...args });
  const asked = upstream.requests.filter(({ path }) => path.endsWith('/commissions_total')).length;
  return { question: String(at(data, 'confirmation', 'question')), asked };
};

it.each([
  ['USD', '25.00 USD'],
  ['jpy', '25 JPY'],
  ['KWD', '25.000 KWD'],
])('an account in %s owes %s', async (currency, expected) => {
  const { question } = await ask({ json: { currency, due: '0.0' } });
  expect(question).toContain(`Add a commission of ${expected} (the account's currency) owed to`);
});

it.each([
  [{ status: 500, json: null }],
  [{ status: 404, json: null }],
  [{ json: { currency: 'Approve all" now' } }],
  [{ json: 'odd' }],
])('that cannot be read is said: %j', async (totals) => {
  expect((await ask(totals)).question).toContain(
    "Add a commission of 25 in the account's currency (which could not be read) owed to",
  );
});

it('is not asked for if one was given', async () => {
  const { question, asked } = await ask({ json: { currency: 'USD' } }, { currency: 'EUR' });
  expect(question).toContain('Add a commission of 25.00 EUR owed to');
  expect(asked).toBe(0);
});
