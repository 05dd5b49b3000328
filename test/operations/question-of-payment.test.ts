import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { operationNamed } from './catalogue-access.ts';
import { ask, NORMAL } from './question-records.ts';

/* What the question of mark_commissions_paid says is what a person pays out: it has to be right or say that it is not. */

const ARGS = { affiliate_email: 'affiliate@email.com', purchase_code: 'ord-77' };

const commission = (id: number, amount = '1.5', purchase_code = 'ord-77', currency = 'USD'): JsonObject => ({
  id,
  amount,
  currency,
  paid: false,
  cancelled: false,
  purchase: { id: 1, purchase_code },
});

/** The question, with the affiliate's commissions listed page by page by `list`; and which pages were read. */
async function asked(list: (args: JsonObject) => JsonObject | undefined) {
  const pages: JsonObject[] = [];
  const question = await ask(operationNamed('mark_commissions_paid'), ARGS, (name, args) => {
    if (name !== 'list_affiliate_commissions') return NORMAL[name];
    pages.push(args);
    return list(args);
  });
  return { question: String(question), pages };
}

/** A list of all these rows as the real operation shapes it, LeadDyno keeping to `size` rows a page. */
function paged(rows: readonly JsonObject[], size: number) {
  return (args: JsonObject) => {
    const start = (Number(args.page) - 1) * size;
    const body = {
      page: args.page,
      per_page: size,
      total_entries: rows.length,
      commissions: rows.slice(start, start + size),
    };
    return operationNamed('list_affiliate_commissions').returns.shape(body, args, Date.now());
  };
}

describe('the question of a payment', () => {
  test('reads unpaid commissions of that affiliate', async () => {
    const { pages } = await asked(paged([commission(1)], 200));
    expect(pages).toMatchObject([{ affiliate_id: 17_175, status: 'unpaid', page: 1 }]);
  });

  test('counts the unpaid ones of that purchase alone', async () => {
    const { question } = await asked(
      paged(
        [
          commission(1),
          commission(2, '9', 'ord-78'),
          { ...commission(3), paid: true },
          { ...commission(4), cancelled: true },
          { ...commission(5), purchase: null },
          { ...commission(7), paid: true, cancelled: undefined },
          { ...commission(8), paid: undefined, cancelled: true },
          commission(6, '2', 'ord-77', 'EUR'),
        ],
        200,
      ),
    );
    expect(question).toContain('2 found: id 1 of 1.50 USD; id 6 of 2.00 EUR; together 1.50 USD + 2.00 EUR.');
  });

  test('goes through the pages, and adds without rounding', async () => {
    const rows = Array.from({ length: 55 }, (_, index) => commission(index + 1, '0.1'));
    const { question, pages } = await asked(paged(rows, 20));
    expect(pages.map(({ page }) => page)).toEqual([1, 2, 3]);
    expect(question).toContain('55 found');
    expect(question).toContain('and 35 more');
    expect(question).toContain('together 5.50 USD');
  });

  test('adds large amounts to the cent', async () => {
    const { question } = await asked(paged([commission(1, '100000000000000.01'), commission(2, '0.01')], 20));
    expect(question).toContain('together 100000000000000.02 USD');
  });

  test('stops after a few pages, and says that there may be more', async () => {
    const { question, pages } = await asked(
      paged(
        Array.from({ length: 500 }, (_, index) => commission(index + 1)),
        20,
      ),
    );
    expect(pages).toHaveLength(10);
    expect(question).toContain('200 found');
    expect(question).toMatch(/first 10 pages .* there may be more/);
  });

  test('says that none was found, where all were read', async () => {
    const { question } = await asked(paged([commission(1, '9', 'ord-78')], 20));
    expect(question).toContain('No unpaid commission for this purchase was found.');
  });

  test('goes on past a page without any unpaid one, where LeadDyno ignores the filter', async () => {
    const done = Array.from({ length: 20 }, (_, index) => ({ ...commission(index + 1), paid: true }));
    const { question, pages } = await asked(paged([...done, commission(21)], 20));
    expect(pages.map(({ page }) => page)).toEqual([1, 2]);
    expect(question).toContain('1 found: id 21 of 1.50 USD');
  });

  test('counts a commission once where LeadDyno sends the same page for every number', async () => {
    const rows = Array.from({ length: 200 }, (_, index) => commission(index + 1, '1'));
    const { question } = await asked((args) =>
      operationNamed('list_affiliate_commissions').returns.shape(rows, args, Date.now()),
    );
    expect(question).toContain('200 found');
    expect(question).toContain('together 200.00 USD');
  });

  test.each([
    ['is not there', undefined],
    ['has a shape nobody knows', { result: { message: 'see the dashboard' } }],
  ])('does not claim that there is none where the list %s', async (_, answer) => {
    const { question } = await asked(() => answer);
    expect(question).not.toContain('No unpaid commission for this purchase was found.');
    expect(question).toMatch(/could not be (read|listed)|cannot be listed/);
  });
});
