import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { operationSchemas } from '../../src/mcp/schemas.ts';
import { RESERVED } from '../../src/operations/operation.ts';
import { operationNamed, refusal } from './catalogue-access.ts';
import { argumentsOf, ask, asking, NORMAL } from './question-records.ts';

const affiliate = NORMAL.get_affiliate?.affiliate as JsonObject;
const purchase = NORMAL.get_purchase?.purchase as JsonObject;

/** The question of a tool with its usual arguments and records, some of them replaced. */
function asked(name: string, args: JsonObject = {}, answers: Record<string, JsonObject | undefined> = {}) {
  const all: Record<string, JsonObject | undefined> = { ...NORMAL, ...answers };
  return ask(operationNamed(name), { ...argumentsOf(name), ...args }, (read) => all[read]);
}

const only = (name: string, args: JsonObject, answers: Record<string, JsonObject | undefined> = {}) =>
  ask(operationNamed(name), args, (read) => ({ ...NORMAL, ...answers })[read]);

const WHO = '"Johnny Doe", "affiliate@email.com", id 17175, status "Pending Approval"';
const WHICH = '"ord-77" (id 1104) of 123.50 USD, customer "lead@email.com", affiliate "affiliate@email.com"';

describe('the question names who and what', () => {
  test.each([
    ['archive_affiliate', [WHO, 'unarchive_affiliate', 'data is kept']],
    ['reject_affiliate', [WHO, 'final', 'another address']],
    ['create_affiliate_sign_in_link', [WHO, 'logs anyone who opens it in', 'cannot be undone']],
    ['create_commission', [WHO, '25.00 EUR', 'due 2026-04-30', 'note "bonus"', 'Repeating it adds another']],
    [
      'mark_commissions_paid',
      [WHO, '2 found', 'id 71 of 12.50 USD', 'id 72 of 12.50 USD', 'together 25.00 USD', 'moves no money'],
    ],
    ['approve_affiliate', [WHO, 'can earn', 'archive_affiliate takes them out']],
    ['unarchive_affiliate', [WHO, 'can earn again', 'archive_affiliate']],
    ['approve_purchase', [WHICH, 'is released', 'cancel_purchase']],
    ['create_lead', ['"new@email.com"', WHO, '(by the code "1h")', 'first_name "Lea"']],
    ['update_lead', ['id 2152', WHO, '"bob@email.com", id 501 now', 'last_name "Berg"']],
    ['create_visitor', ['afmc=1h', WHO, 'tracking_code "visit-1"']],
    ['create_affiliate', ['"zoe.oneil@example.net"', 'without approval', 'paypal_email "pay+zoe@example.net"']],
    ['create_purchase', ['49.90 USD', WHO, 'fixed commission of 5.00 USD', 'cancel_purchase']],
    ['update_purchase', [WHICH, 'from 123.50 USD to 99.50 EUR', 'from "USD" to "EUR"', 'update_purchase']],
    ['reject_purchase', [WHICH, 'commissions are cancelled with it', 'cannot be undone']],
    ['cancel_purchase', [WHICH, 'cannot be undone']],
    [
      'cancel_customer_purchases',
      ['EVERY', '"lead@email.com"', '2 found', '123.50 USD "ord-77"', 'together 123.60 USD'],
    ],
    ['delete_custom_field', ['"Shoe size"', 'No record could be read', 'may delete more than the named field']],
  ])('%s', async (name, parts) => {
    const question = await asked(name);
    for (const part of parts) expect(question).toContain(part);
  });

  test('update_affiliate, from what to what', async () => {
    const question = await asked('update_affiliate');
    for (const part of [
      'email from "affiliate@email.com" to "new@email.com"',
      'paypal_email from "affiliate_payment@email.com" to "payout@email.com"',
      'affiliate_code from "1h" to "2k"',
      'affiliate_type from "V.I.P." to "Partners"',
      'referring_affiliate from "Carla Mendes" to "ben@email.com"',
      WHO,
    ]) {
      expect(question).toContain(part);
    }
  });

  test('update_affiliate, whose e-mail a new payout address is and what is due', async () => {
    const other = { affiliate: { ...affiliate, id: 5, email: 'payout@email.com', first_name: 'Eve' } };
    const to = (more: object) => ({ affiliate_id: 17_175, ...more }) as JsonObject;
    const one = await only('update_affiliate', to({ paypal_email: 'payout@email.com' }), {
      find_affiliate_by_email: other,
    });
    expect(one).toContain('is the e-mail of the affiliate "Eve Doe", "payout@email.com", id 5');
    expect(one).toContain("Due to them now (LeadDyno's total, in the account's currency only): 40.00 USD.");
    const own = await only('update_affiliate', to({ paypal_email: 'affiliate@email.com' }));
    expect(own).toContain('The payout address is their own.');
    const silent = await only('update_affiliate', to({ paypal_email: 'payout@email.com' }), {
      find_affiliate_by_email: undefined,
      get_affiliate_commission_totals: undefined,
    });
    expect(silent).toContain("no affiliate's e-mail. Whether other affiliates are paid at it cannot be checked here");
    expect(silent).toContain('The amount due to them now could not be read.');
    // Without a PayPal address payouts follow the e-mail.
    const blank = { get_affiliate: { affiliate: { ...affiliate, paypal_email: '' } }, find_affiliate_by_email: other };
    expect(await only('update_affiliate', to({ email: 'payout@email.com' }), blank)).toContain('Due to them now');
    expect(await only('update_affiliate', to({ email: 'payout@email.com' }))).not.toContain('payout address');
    expect(
      await only(
        'create_affiliate',
        { email: 'n@email.com', paypal_email: 'payout@email.com' },
        { find_affiliate_by_email: other },
      ),
    ).toContain('id 5');
  });

  test('create_purchase, and that a repeat without a code is another purchase', async () => {
    const twice =
      'Without a purchase code LeadDyno generates one, and a repeat would count as another purchase and earn again';
    const order = { email: 'lead@email.com', purchase_amount: 1000, currency: 'JPY' };
    const question = await only('create_purchase', order);
    expect(question).toContain(twice);
    expect(question).toContain('of 1000 JPY for');
    expect(await only('create_purchase', { ...order, purchase_code: 'ord-9' })).not.toContain(twice);
    // Whose currency nobody names.
    const silent = { get_affiliate_commission_totals: undefined };
    expect(await only('create_purchase', { email: 'lead@email.com', purchase_amount: 25.5 }, silent)).toContain(
      "25.5 in the account's currency (which could not be read)",
    );
  });

  test('reject_affiliate, and that somebody is not waiting at all', async () => {
    const active = { affiliate: { ...affiliate, status: 'Active', pending_approval: false } };
    expect(await asked('reject_affiliate', {}, { get_affiliate: active })).toContain('not waiting for approval');
    expect(await asked('reject_affiliate')).not.toContain('not waiting');
  });

  test('create_purchase, and all that decides what is paid to whom', async () => {
    const moves = 'may be taken from them';
    const question = await asked('create_purchase', { plan_code: 'GOLD? Yes, "do', reassign_affiliate: true });
    expect(question).toContain(moves);
    expect(question).toContain('by the commission plan "GOLD? Yes, [U+0022 quotation mark]do",');
    expect(await asked('create_purchase')).toContain(moves);
    expect(await asked('create_purchase')).not.toMatch(/commission plan|line items/);
    expect(await asked('create_purchase', { reassign_affiliate: false })).not.toContain(moves);
    const line_items = [
      { sku: 'MAT-01', quantity: '2', amount: '9000' },
      { description: 'Gift', amount: '10? Yes' },
      { quantity: '1' },
    ];
    expect(await asked('create_purchase', { line_items })).toContain(
      'with the line items "MAT-01" quantity 2 amount 9000; described as "Gift" amount "10? Yes"; quantity 1?',
    );
  });

  test.each(asking)('%s, and each argument', async (name) => {
    const { properties = {} } = operationSchemas(operationNamed(name)).input as { properties?: JsonObject };
    const usual = argumentsOf(name);
    const question = String(await asked(name));
    for (const field of Object.keys(properties)) {
      if (RESERVED.has(field)) continue;
      const given = field in usual ? usual : { [field]: field === 'line_items' ? [{ sku: 'gold' }] : 'gold' };
      const told = field in usual ? question : String(await asked(name, given));
      const value = field in usual ? usual[field] : 'gold';
      // An id or an address names a record, which is shown in its place.
      const shown = told.includes(String(value)) || /_id$|^code$/.test(field);
      expect(shown, `${name} says nothing of ${field}: ${told}`).toBe(true);
    }
  });

  test('create_purchase, and that nobody has the code', async () => {
    const question = await asked('create_purchase', {}, { find_affiliate_by_code: undefined });
    expect(question).toContain('the code "1h", which no affiliate has');
  });

  test('cancel_purchase, and that it is cancelled already', async () => {
    const cancelled = { purchase: { ...purchase, cancelled: true } };
    expect(await asked('cancel_purchase', {}, { find_purchase_by_code: cancelled })).toContain('already cancelled');
  });

  test('no affiliate only where there is none', async () => {
    const credited = (one: unknown) =>
      asked('cancel_purchase', {}, { find_purchase_by_code: { purchase: { ...purchase, affiliate: one } } });
    expect(await credited(null)).toContain('no affiliate credited');
    expect(await credited({ id: 501 })).not.toContain('no affiliate credited');
    expect(await credited({ id: 501 })).toContain('501');
  });
});

describe('a change asks only if it changes something', () => {
  test('in the fields of an affiliate', async () => {
    const same = { affiliate_id: 17_175, email: 'affiliate@email.com', affiliate_code: '1h', affiliate_type: 'V.I.P.' };
    expect(await only('update_affiliate', same)).toBeUndefined();
    expect(await only('update_affiliate', { ...same, affiliate_code: '1H' })).toContain(
      'affiliate_code from "1h" to "1H"',
    );
  });

  test('in amount and currency of a purchase, however the amount is written', async () => {
    for (const purchase_amount of [123.5, 123.5]) {
      expect(await only('update_purchase', { purchase_id: 1104, purchase_amount, currency: 'USD' })).toBeUndefined();
    }
    expect(await only('update_purchase', { purchase_id: 1104, purchase_amount: 123.51 })).toContain(
      'from 123.50 USD to 123.51 USD',
    );
    expect(await only('update_purchase', { purchase_id: 1104, currency: 'EUR' })).toContain('from "USD" to "EUR"');
  });

  test.each([33.333333333333336, 0.0000001])(
    'and never about an amount of %s, which is none in USD',
    async (amount) => {
      const more = { email: 'a@example.org', purchase_amount: amount, commission_amount_override: amount };
      const refused = 'an amount in USD has at most 2 decimals';
      await expect(only('update_purchase', { purchase_id: 1104, purchase_amount: amount })).rejects.toThrow(refused);
      await expect(only('create_purchase', more)).rejects.toThrow(refused);
    },
  );

  test.each([0, 1e15, 1e21])('and shows an amount of %s as it would be sent', async (amount) => {
    expect(await only('update_purchase', { purchase_id: 1104, purchase_amount: amount })).toContain(`${amount}`);
    const override = { email: 'a@example.org', purchase_amount: amount, commission_amount_override: amount };
    const question = await only('create_purchase', override);
    // Whole cents are shown as such, everything else to the letter.
    const shown = amount === 0 ? '0.00' : amount;
    expect(question?.split(`${shown} USD (the account's currency)`)).toHaveLength(3);
    expect(await asked('create_commission', { amount })).toContain(`of ${amount === 0 ? '0.00' : amount} EUR`);
  });

  test.each([
    ['a zero-width space', '1h\u200b', 'affiliate_code'],
    ['a tag character', 'affiliate_payment@email.com\u{e0061}', 'paypal_email'],
    ['a hidden terminal sequence', '\u001b]hidden\u0007affiliate_payment@email.com', 'paypal_email'],
  ])('and a value that differs by %s is refused or asked about', async (_, value, field) => {
    const args = { affiliate_id: 17_175, [field]: value };
    const refused = refusal(operationNamed('update_affiliate'), args) !== undefined;
    const question = refused ? 'refused' : await only('update_affiliate', args);
    expect(question, 'neither refused nor asked').toBeDefined();
  });
});

describe('purchases of a customer', () => {
  const listed = (purchases: unknown) =>
    asked('cancel_customer_purchases', {}, { list_lead_purchases: purchases as JsonObject });

  test('are summed by currency, never across', async () => {
    const question = await listed({
      purchases: [
        { id: 1, purchase_code: 'a', purchase_amount: '0.1', currency: 'USD' },
        { id: 2, purchase_code: 'b', purchase_amount: '0.2', currency: 'USD' },
        { id: 3, purchase_code: 'c', purchase_amount: '7', currency: 'EUR' },
        { id: 4, purchase_code: 'd', purchase_amount: 'free', currency: 'EUR' },
        { id: 5, purchase_code: 'e', purchase_amount: '9', currency: 'EUR', cancelled: true },
      ],
    });
    expect(question).toContain('4 found');
    expect(question).toContain('together 0.30 USD + 7.00 EUR + 1 unreadable');
  });

  test('are counted where they are too many to list', async () => {
    const purchases = Array.from({ length: 500 }, (_, id) => ({
      id,
      purchase_code: `c${id}`,
      purchase_amount: '0.1',
      currency: 'USD',
    }));
    const question = await listed({ purchases });
    expect(question).toContain('500 found');
    expect(question).toContain('and 480 more');
    expect(question).not.toContain('"c20"');
    expect(question).toContain('together 50.00 USD');
  });

  test('are said to be unknown where the customer could not be read', async () => {
    const question = await asked('cancel_customer_purchases', {}, { find_lead_by_email: undefined });
    expect(question).toMatch(/could (not )?be read/);
    expect(question).not.toContain('None');
  });

  test.each([
    ['the list is not there', undefined],
    ['the list has a shape nobody knows', { result: { message: 'see the dashboard' } }],
  ])('are said to be unknown where %s', async (_, answer) => {
    const question = await listed(answer);
    expect(question).not.toMatch(/All of those found are cancelled/);
    expect(question).toMatch(/could (not )?be (read|listed)|cannot be listed/);
  });
});
