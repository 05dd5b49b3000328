import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPaymentRecord } from '../../src/audit/index.ts';
import type { JsonObject } from '../../src/json.ts';
import { createPaymentMemory, type PaymentMemory } from '../../src/ports/payment-memory.ts';
import { Unavailable } from '../../src/ports/unavailable.ts';
import { startHarnessAt } from '../support/harness.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { askedIn, reasonOf, rowsOf } from '../support/protocol-json.ts';

/* Never twice: what was paid, and LeadDyno still shows unpaid, is held in every later report. */

const DUE = '2026-03-01T00:00:00Z';
const TODAY = new Date().toISOString().slice(0, 10);

/** A LeadDyno that says yes to every mark and goes on showing all as unpaid. */
const startForgetful = () =>
  startPayoutUpstream([payee(1), payee(2)], [owed(1, 1), owed(2, 1, { purchase: null }), owed(3, 2)], {
    meddle: ({ path }) => (path === '/commissions/mark_as_paid' ? { json: { ok: true } } : undefined),
  });

const openRecord = () => openPaymentRecord(temporaryFolder().path, { processName: 'test' });

describe.each<[string, () => PaymentMemory]>([
  ['this process', createPaymentMemory],
  ['the audit log', openRecord],
])('remembered by %s', (_, open) => {
  it('what was marked is held while LeadDyno shows it unpaid, whatever tool marked it', async () => {
    const upstream = await startForgetful();
    const payments = open();
    const { call } = await startHarnessAt(upstream.url, { payments }).connect('modern');
    for (const [name, args] of [
      ['settle_payouts', { affiliate_ids: [1], due_by: DUE }],
      ['mark_commissions_paid', { affiliate_email: 'person-2@example.com', purchase_code: 'order-3' }],
    ] as const) {
      const { token } = askedIn(await call(name, args));
      await call(name, { ...args, confirmation_token: token });
    }
    expect(upstream.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
    // A later process, with the same memory.
    const later = await startHarnessAt(upstream.url, { payments }).connect('modern');
    const report = await later.call('payout_report', {});
    const reason = `marked as paid on ${TODAY} through this server, but LeadDyno still shows it as unpaid`;
    const held = rowsOf(report, 'lines');
    expect(held).toMatchObject([
      { affiliate_id: 1, amount: '10.00', commissions: 1, state: 'held', reasons: [reason] },
      { affiliate_id: 2, amount: '10.00', commissions: 1, state: 'held', reasons: [reason] },
    ]);
    // Nothing of it is marked again unasked.
    const again = await later.call('settle_payouts', { affiliate_ids: [1, 2], due_by: DUE });
    expect(again.data).toMatchObject({ marked: 0 });
    expect(again.data.note).toContain('commissions held back: 2 (left_out)');
  });

  it('what a person paid by hand is recorded by one yes, sends nothing, and is held until LeadDyno shows it', async () => {
    const upstream = await startForgetful();
    const payments = open();
    const { call } = await startHarnessAt(upstream.url, { payments }).connect('modern');
    const args = { affiliate_ids: [1], due_by: DUE, paid_by_hand: [2, 77] };
    const { question, token } = askedIn(await call('settle_payouts', args));
    expect(question).toContain('Record that 1 commission, together 10.00 USD, was paid by hand? id 2 of 10.00 USD for');
    expect(question).toContain('Nothing is sent to LeadDyno');
    expect(question).toContain('id 77 (not among the unpaid commissions of these affiliates)');
    const other = { ...args, paid_by_hand: [1] };
    // The yes is for these ids alone, and counts once.
    expect((await call('settle_payouts', { ...other, confirmation_token: token })).data).toHaveProperty('confirmation');
    const result = await call('settle_payouts', { ...args, confirmation_token: token });
    expect(result.data).toMatchObject({
      marked: 0,
      recorded: [2],
      recorded_totals: [{ currency: 'USD', amount: '10.00' }],
    });
    expect('not_remembered' in result.data).toBe(!payments.lasts);
    expect(reasonOf(await call('settle_payouts', { ...args, confirmation_token: token }))).toBe('already_used');
    expect(upstream.requests.filter(({ method }) => method !== 'GET')).toEqual([]);

    const later = await startHarnessAt(upstream.url, { payments }).connect('modern');
    const report = await later.call('payout_report', {});
    expect(rowsOf(report, 'lines').find(({ state }) => state === 'held')).toMatchObject({
      affiliate_id: 1,
      amount: '10.00',
      reasons: [`paid by hand on ${TODAY}, not yet marked in LeadDyno`],
    });
    expect(report.data).not.toHaveProperty('unmarkable_here');
    expect(report.data.totals).toMatchObject([
      { ready: '20.00', unmarkable_here: '0.00', held: '0.00', total: '20.00', already_paid: '10.00' },
    ]);
    for (const { name } of rowsOf(report, 'files')) expect(name).not.toContain('mark-in-leaddyno');
    // Another account has a memory of its own.
    const stranger = await startHarnessAt(upstream.url, { payments, account: 'another' }).connect('modern');
    expect(rowsOf(await stranger.call('payout_report', {}), 'unmarkable_here')).toHaveLength(1);
    // Once LeadDyno shows it paid, nothing is left to hold.
    Object.assign(upstream.rows[1] ?? {}, { paid: true });
    const after = await later.call('payout_report', { fresh: true });
    expect(after.data.totals).toMatchObject([{ ready: '20.00', held: '0.00', total: '20.00' }]);
  });
});

describe('paid_by_hand', () => {
  const start = async () => {
    const upstream = await startForgetful();
    return { upstream, ...(await startHarnessAt(upstream.url).connect('modern')) };
  };

  it('is found in the whole account if no affiliates are given', async () => {
    const { call } = await start();
    const { question } = askedIn(await call('settle_payouts', { paid_by_hand: [2, 3] }));
    expect(question).toContain('2 commissions, together 20.00 USD');
  });

  it('records nothing that LeadDyno shows as paid, or that was recorded', async () => {
    const { call, upstream } = await start();
    Object.assign(upstream.rows[2] ?? {}, { paid: true });
    const { token } = askedIn(await call('settle_payouts', { paid_by_hand: [2] }));
    await call('settle_payouts', { paid_by_hand: [2], confirmation_token: token });
    const again = await call('settle_payouts', { paid_by_hand: [2, 3] });
    expect(again.data).toMatchObject({
      recorded: [],
      left_out: [
        { commission_id: 2, reason: `already recorded on ${TODAY}` },
        { commission_id: 3, reason: 'LeadDyno shows it as paid or cancelled' },
      ],
    });
  });

  it('goes with no mark, and without it a mark needs to know whose and when', async () => {
    const { call, upstream } = await start();
    for (const args of [{}, { affiliate_ids: [1] }, { due_by: DUE }] as JsonObject[]) {
      expect(reasonOf(await call('settle_payouts', args))).toBe('invalid');
    }
    const refused = await call('settle_payouts', { paid_by_hand: [2], expected_total: '10', currency: 'USD' });
    expect(reasonOf(refused)).toBe('invalid');
    expect(upstream.requests).toEqual([]);
  });
});

it('a memory that cannot be read lets nobody be paid, and nothing be marked', async () => {
  const upstream = await startForgetful();
  const away = () => Promise.reject(new Unavailable('change_log', 'the audit log cannot be read (EIO)'));
  const payments: PaymentMemory = { lasts: true, add: away, find: away };
  const { call } = await startHarnessAt(upstream.url, { payments, confirm: 'off' }).connect('modern');
  const report = await call('payout_report', {});
  expect(report.data).not.toHaveProperty('files');
  expect(report.data.files_note).toContain('what was paid before is not known now');
  expect(reasonOf(await call('settle_payouts', { affiliate_ids: [1], due_by: DUE }))).toBe('change_log_unavailable');
  expect(upstream.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
});

it('the record beside the audit log is the owner’s alone, and survives torn and foreign lines', async () => {
  const folder = temporaryFolder().path;
  const one = openPaymentRecord(folder, { processName: '1-a' });
  await one.add('mine', ['7', '8'], { how: 'marked', at: '2026-01-02T00:00:00.000Z' });
  await openPaymentRecord(folder, { processName: '2-b' }).add('theirs', ['9'], {
    how: 'by_hand',
    at: '2026-01-03T00:00:00Z',
  });
  const { appendFileSync } = await import('node:fs');
  const [name = ''] = readdirSync(folder);
  expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  appendFileSync(join(folder, name), '{"account":"mine","commission_ids":["1');
  const later = openPaymentRecord(folder, { processName: '3-c' });
  expect([...(await later.find('mine', ['7', '9', '1']))]).toEqual([
    ['7', { how: 'marked', at: '2026-01-02T00:00:00.000Z' }],
  ]);
  expect([...(await later.find('theirs', ['7', '9'])).keys()]).toEqual(['9']);
});

it('what is recorded and taken back without LeadDyno is among the recent changes, with whose it is', async () => {
  const upstream = await startForgetful();
  const { call } = await startHarnessAt(upstream.url).connect('modern');
  for (const args of [{ paid_by_hand: [2] }, { not_paid: [2] }]) {
    const { token } = askedIn(await call('settle_payouts', args));
    await call('settle_payouts', { ...args, confirmation_token: token });
  }
  // Nothing is recorded, so nothing is listed, and there is nothing to undo.
  expect((await call('settle_payouts', { paid_by_hand: [77] })).data).not.toHaveProperty('undo');
  const changes = rowsOf(await call('list_recent_changes', {}), 'changes');
  expect(changes).toMatchObject([
    { tool: 'settle_payouts', outcome: 'done', arguments: { not_paid: [2], sent_to_leaddyno: false } },
    {
      confirmed: 'token',
      arguments: { paid_by_hand: [{ commission_id: 2, amount: '10.00', currency: 'USD', affiliate_id: 1 }] },
    },
  ]);
  expect((await call('list_recent_changes', { affiliate_id: 1 })).data).toMatchObject({ found: 1 });
});
