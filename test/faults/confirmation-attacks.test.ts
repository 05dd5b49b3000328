import { createHash } from 'node:crypto';
import { stdout } from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { createConfirmations } from '../../src/mcp/confirmations.ts';
import { createMemory, type Memory } from '../../src/ports/memory.ts';
import { Unavailable } from '../../src/ports/unavailable.ts';
import { createSharedMemory, createSharedUsedConfirmations } from '../../src/redis/index.ts';
import type { Caller, Result } from '../support/clients.ts';
import {
  answerYes,
  askFor,
  bitFlips,
  byHand,
  confirmWith,
  type Deed,
  forgeriesOf,
  formFor,
  spellingsOf,
} from '../support/confirm-attacks.ts';
import { type HarnessOptions, type SandboxHarness, startHarness, startHarnessAt } from '../support/harness.ts';
import { connectHttp } from '../support/http-clients.ts';
import { startHttp } from '../support/http-server.ts';
import { writeTokens } from '../support/http-tokens.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { askedIn, reasonOf, rowsOf } from '../support/protocol-json.ts';
import { connect } from '../support/redis-clients.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { affiliateRow, startReviewUpstream } from '../support/review-upstream.ts';
import { startUpstream } from '../support/upstream.ts';

/*
 * Attempts to carry out a write with a confirmation that was not given for it. What a single operation does with an
 * altered, late, foreign or used confirmation is told in test/protocol/confirm-*.test.ts; here are the workflows, what
 * passes between the kinds of signed text, callers and clocks, and the sheer number.
 */

const FIVE_MINUTES = 5 * 60_000;
const ANN = { affiliate_id: 1001 };
const archive: Deed = { tool: 'archive_affiliate', args: ANN };
const review: Deed = { tool: 'review_affiliates', args: { action: 'archive', affiliate_ids: [1001, 1003] } };
const reviewOne: Deed = { tool: 'review_affiliates', args: { action: 'archive', affiliate_ids: [1001] } };
const settle: Deed = { tool: 'settle_payouts', args: { affiliate_ids: [1, 2], due_by: '2026-03-01T00:00:00Z' } };

const figures = { attempts: 0, races: 0, winners: 0 };
afterAll(() => {
  const { attempts, races, winners } = figures;
  stdout.write(
    `confirmations: ${attempts} attempts with a confirmation that does not hold, 0 writes; ${races} races of 50 calls with one confirmation, ${winners} winners\n`,
  );
});

/** An attempt that has to end in a question, never in a write. */
async function expectAsked({ call }: Pick<Caller, 'call'>, { tool, args }: Deed, token: string, says = /./) {
  figures.attempts += 1;
  expect(askedIn(await call(tool, { ...args, confirmation_token: token })).question).toMatch(says);
}

const NOT_OURS = /^The confirmation does not come from this server/;
const ANOTHER_CALL = /^The confirmation was given for another call/;

describe.each([archive, review])('a confirmation of $tool', (deed) => {
  it('is good for nothing with a single bit of it flipped', async () => {
    const harness = await startHarness();
    const blind = await harness.connect('legacy');
    const { token } = await askFor(blind, deed);
    expect(await harness.confirmations.read(token)).toBeDefined();
    const altered = [...bitFlips(token)];
    expect(altered.length).toBeGreaterThan(token.length * 8 - 8);
    for (const one of altered) {
      figures.attempts += 1;
      expect(await harness.confirmations.read(one), one).toBeUndefined();
    }
    // And one flip of each character all the way through a client.
    for (let index = 0; index < token.length; index += 1) {
      const one = altered.find((text) => text[index] !== token[index]);
      if (one) await expectAsked(blind, deed, one, NOT_OURS);
    }
    expect(harness.writes()).toEqual([]);
    expect((await confirmWith(blind, deed, token)).isError).toBe(false);
  });

  it('cannot be forged from others, as a token or as the state of a form', async () => {
    const harness = await startHarness();
    const blind = await harness.connect('legacy');
    const { client } = await harness.connect('modern', byHand);
    const token = await askFor(blind, deed);
    const form = await formFor(client, deed);
    const another = await askFor(blind, { ...archive, args: { affiliate_id: 1004 } });
    for (const [what, forged] of Object.entries(forgeriesOf(token.token, another.token))) {
      expect(await harness.confirmations.read(forged), what).toBeUndefined();
      // Blanks around a token are the model's, and are taken off: what is left is our own (test/hosts).
      if (forged.trim() !== token.token) await expectAsked(blind, deed, forged, NOT_OURS);
    }
    for (const forged of Object.values(forgeriesOf(form.state, another.token))) {
      figures.attempts += 1;
      expect(await answerYes(client, deed, forged)).toMatch(NOT_OURS);
    }
    const foreign = createConfirmations({ secret: createHash('sha256').update('guessed').digest() });
    for (const state of ['items', 'cursor', '']) {
      await expectAsked(blind, deed, (await foreign.issue('', state)).token, NOT_OURS);
    }
    expect(harness.writes()).toEqual([]);
  });
});

it('a used confirmation is used in every spelling', async () => {
  const harness = await startHarness();
  const blind = await harness.connect('modern');
  const bonus: Deed = { tool: 'create_commission', args: { ...ANN, amount: 5 } };
  const { token } = await askFor(blind, bonus);
  expect((await confirmWith(blind, bonus, token)).isError).toBe(false);
  for (const spelling of spellingsOf(token)) {
    figures.attempts += 1;
    const result = await confirmWith(blind, bonus, spelling);
    if (result.isError) expect(reasonOf(result)).toBe('already_used');
    else expect(askedIn(result).question).toMatch(NOT_OURS);
  }
  expect(harness.writes()).toHaveLength(1);
});

describe('a confirmation of a workflow', () => {
  it('is asked anew when it is late, and works once', async () => {
    const harness = await startHarness();
    const blind = await harness.connect('modern');
    const late = await askFor(blind, review);
    harness.advance(FIVE_MINUTES + 1);
    await expectAsked(blind, review, late.token, /^The confirmation has expired/);
    const { token } = await askFor(blind, review);
    expect((await confirmWith(blind, review, token)).isError).toBe(false);
    expect(harness.writes()).toHaveLength(2);
    // Whether or not there is anything left to do.
    figures.attempts += 1;
    expect(reasonOf(await confirmWith(blind, review, token))).toBe('already_used');
    for (const row of harness.sandbox.programme.affiliates.rows) row.status = 'Active';
    figures.attempts += 1;
    expect(reasonOf(await confirmWith(blind, review, token))).toBe('already_used');
    expect(harness.writes()).toHaveLength(2);
  });

  it('is none of an operation that does the same, nor the other way round', async () => {
    const harness = await startHarness();
    const blind = await harness.connect('modern');
    const { client } = await harness.connect('modern', byHand);
    await expectAsked(blind, reviewOne, (await askFor(blind, archive)).token, ANOTHER_CALL);
    await expectAsked(blind, archive, (await askFor(blind, reviewOne)).token, ANOTHER_CALL);
    const [operation, workflow] = [await formFor(client, archive), await formFor(client, reviewOne)];
    figures.attempts += 2;
    expect(await answerYes(client, reviewOne, operation.state)).toMatch(ANOTHER_CALL);
    expect(await answerYes(client, archive, workflow.state)).toMatch(ANOTHER_CALL);
    // Nor does the state of a form do as a token, or a token as the state of a form.
    await expectAsked(blind, reviewOne, workflow.state, ANOTHER_CALL);
    figures.attempts += 1;
    expect(await answerYes(client, reviewOne, (await askFor(blind, reviewOne)).token)).toMatch(ANOTHER_CALL);
    expect(harness.writes()).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['another action', { action: 'reject', affiliate_ids: [1002] }],
    ['one more', { action: 'approve', affiliate_ids: [1002, 1003] }],
    ['another', { action: 'approve', affiliate_ids: [1039] }],
  ])('is none of a call with %s', async (_, args) => {
    const harness = await startHarness();
    const blind = await harness.connect('modern');
    const { token } = await askFor(blind, {
      tool: 'review_affiliates',
      args: { action: 'approve', affiliate_ids: [1002] },
    });
    figures.attempts += 1;
    const { data } = await confirmWith(blind, { tool: 'review_affiliates', args }, token);
    if (data.confirmation) expect(JSON.stringify(data)).toContain('The confirmation was given for another call');
    expect(harness.writes()).toEqual([]);
  });

  it('is none on another account that shares everything else', async () => {
    const shared = { confirmations: createConfirmations(), memory: createMemory() };
    const one = await startHarness(shared);
    const other = await startHarness({ ...shared, account: 'another account' });
    const { token } = await askFor(await one.connect('modern'), review);
    await expectAsked(await other.connect('modern'), review, token, ANOTHER_CALL);
    expect(other.writes()).toEqual([]);
  });
});

describe('a cursor', () => {
  /** A scan that its time is too short for, beside people to decide about. */
  async function startCut(options: HarnessOptions = {}) {
    const rows = Array.from({ length: 900 }, (_, index) => affiliateRow(1001 + index));
    const upstream = await startReviewUpstream(rows, {
      reads: ({ path, query }) =>
        path === '/affiliates' && Number(query.page) > 1 ? { json: rows.slice(0, 0), delayMs: 5_000 } : undefined,
    });
    const harness = startHarnessAt(upstream.url, { workflowMs: 2_200, ...options });
    const blind = await harness.connect('modern');
    const cut = await blind.call('list_pending_affiliates', {});
    expect(cut.data.cursor, cut.text).toEqual(expect.any(String));
    return { upstream, harness, blind, cursor: String(cut.data.cursor) };
  }

  it('confirms nothing, and a confirmation goes on with no scan', async () => {
    const { upstream, harness, blind, cursor } = await startCut();
    const { client } = await harness.connect('modern', byHand);
    await expectAsked(blind, archive, cursor, ANOTHER_CALL);
    await expectAsked(blind, reviewOne, cursor, ANOTHER_CALL);
    figures.attempts += 2;
    expect(await answerYes(client, archive, cursor)).toMatch(ANOTHER_CALL);
    expect(await answerYes(client, reviewOne, cursor)).toMatch(ANOTHER_CALL);
    for (const token of [(await askFor(blind, archive)).token, (await formFor(client, reviewOne)).state]) {
      figures.attempts += 1;
      const result = await blind.call('list_pending_affiliates', { cursor: token });
      expect(result.text).toMatch(/^This cursor is not known/);
    }
    expect(upstream.writes()).toEqual([]);
  });
});

describe('over HTTP', () => {
  it('a confirmation, and the state of a form, are those of the caller who was asked', async () => {
    const { path, tokens } = writeTokens({
      ann: ['leaddyno:read', 'leaddyno:write', 'leaddyno:money'],
      ben: ['leaddyno:read', 'leaddyno:write', 'leaddyno:money'],
    });
    const server = await startHttp({ argv: ['--http-tokens-file', path] });
    const ann = await connectHttp(server.url, 'modern', { token: tokens.ann });
    const ben = await connectHttp(server.url, 'modern', { token: tokens.ben });
    for (const deed of [archive, review]) {
      const { token } = await askFor(ann, deed);
      await expectAsked(ben, deed, token, ANOTHER_CALL);
      const [forms, others] = await Promise.all([
        connectHttp(server.url, 'modern', { token: tokens.ann, ...byHand }),
        connectHttp(server.url, 'modern', { token: tokens.ben, ...byHand }),
      ]);
      const { state } = await formFor(forms.client as never, deed);
      figures.attempts += 1;
      expect(await answerYes(others.client as never, deed, state)).toMatch(ANOTHER_CALL);
      expect(server.writes()).toEqual([]);
    }
    expect((await confirmWith(ann, archive, (await askFor(ann, archive)).token)).isError).toBe(false);
  });
});

/** Fifty calls at once with one confirmation: one does it, whoever it is, and the others say so. */
async function race(callers: readonly Pick<Caller, 'call'>[], deed: Deed, token: string): Promise<Result | undefined> {
  figures.races += 1;
  const calls = Array.from({ length: 50 }, (_, index) => callers[index % callers.length]);
  const results = await Promise.all(calls.map((caller) => caller && confirmWith(caller, deed, token)));
  const won = results.filter((result) => result?.isError === false);
  figures.winners += won.length;
  expect(won, deed.tool).toHaveLength(1);
  for (const result of results) if (result?.isError) expect(reasonOf(result)).toBe('already_used');
  return won[0];
}

describe('fifty calls with one confirmation of a workflow', () => {
  it.each(['modern', 'legacy'] as const)('%s: one decides, each affiliate once', async (era) => {
    const harness = await startHarness();
    const blind = await harness.connect(era);
    await race([blind], review, (await askFor(blind, review)).token);
    expect(harness.writes().sort()).toEqual(['POST /affiliates/1001/archive', 'POST /affiliates/1003/archive']);
  });

  it('one marks, each purchase once', async () => {
    const upstream = await startPayoutUpstream([payee(1), payee(2)], [owed(1, 1), owed(2, 1), owed(3, 2)]);
    const blind = await startHarnessAt(upstream.url).connect('modern');
    const won = await race([blind], settle, (await askFor(blind, settle)).token);
    expect(won?.data.marked).toBe(3);
    expect(upstream.marks).toHaveLength(3);
  });

  it.skipIf(redisMissing)('one wins of two servers with one Redis, of a workflow and of an operation', async () => {
    const redis = await startRedis();
    const secret = createHash('sha256').update('shared').digest();
    const sandboxed = await startHarness();
    const servers = [0, 1].map(() => {
      const connection = connect(redis.url);
      const used = createSharedUsedConfirmations(connection);
      const memory = createSharedMemory(connection);
      return startHarnessAt(sandboxed.sandbox.url, { confirmations: createConfirmations({ secret, used }), memory });
    });
    const callers = await Promise.all(servers.map((server) => server.connect('modern')));
    const [first] = callers;
    if (!first) throw new Error('no server');
    await race(callers, review, (await askFor(first, review)).token);
    expect(sandboxed.writes()).toHaveLength(2);
    const bonus: Deed = { tool: 'create_commission', args: { ...ANN, amount: 5 } };
    await race(callers, bonus, (await askFor(first, bonus)).token);
    expect(sandboxed.writes()).toHaveLength(3);
    // The mark outlives the confirmation by far: the clock of a server may be late.
    const [key] = (await redis.command('KEYS *used*')) as string[];
    expect(Number(await redis.command(`PTTL ${key}`))).toBeGreaterThan(12 * FIVE_MINUTES);
  });
});

describe('a clock that moves', () => {
  it.each([
    ['back', [-3 * 60_000]],
    ['back by hours', [-5 * 3_600_000]],
    ['ahead and back', [FIVE_MINUTES + 60_000, -FIVE_MINUTES - 60_000]],
    ['ahead by hours and back', [5 * 3_600_000, -5 * 3_600_000]],
  ])('%s does not make a used confirmation good again', async (_, steps) => {
    const harness = await startHarness();
    const blind = await harness.connect('modern');
    const bonus: Deed = { tool: 'create_commission', args: { ...ANN, amount: 5 } };
    for (const deed of [bonus, review]) {
      const { token } = await askFor(blind, deed);
      await confirmWith(blind, deed, token);
      const before = harness.writes().length;
      for (const step of steps) {
        harness.advance(step);
        // Another confirmation is used at that time: what has expired is forgotten then.
        const other = { ...bonus, args: { ...bonus.args, amount: 7 } };
        await confirmWith(blind, other, (await askFor(blind, other)).token);
      }
      for (const row of harness.sandbox.programme.affiliates.rows) row.status = 'Active';
      figures.attempts += 1;
      expect(reasonOf(await confirmWith(blind, deed, token))).toBe('already_used');
      expect(harness.writes()).toHaveLength(before + steps.length);
    }
  });
});

/** Changes one field of a record between the question and the yes; nothing may be sent for it. */
describe('a record that changed in one field between the question and the yes', () => {
  const affiliate: JsonObject = {
    ...affiliateRow(1001, { compensation_tier_code: 'Default', referring_affiliate_id: 7 }),
  };
  const purchase: JsonObject = {
    ...{ id: 5, purchase_code: 'order-5', purchase_amount: '49.0', currency: 'USD', cancelled: false },
    ...{ commission_amount_override: null, lead: { id: 9, email: 'c@example.com' } },
    affiliate: { id: 1001, email: 'a@example.com' },
  };
  const others: Readonly<Record<string, unknown>> = {
    ...{ email: 'other@example.com', first_name: 'Other', last_name: 'Other', affiliate_code: 'other' },
    ...{ paypal_email: 'other@example.com', status: 'Waiting', archived: true, pending_approval: false },
    ...{ compensation_tier_code: 'V.I.P.', referring_affiliate_id: 8, cancelled: true, currency: 'EUR' },
    ...{ purchase_code: 'other', purchase_amount: '490.0', commission_amount_override: '1.0', id: 6 },
    ...{ lead: { id: 10, email: 'd@example.com' }, affiliate: { id: 1002, email: 'b@example.com' } },
  };
  const ofAffiliate = ['email', 'first_name', 'last_name', 'affiliate_code', 'paypal_email', 'status', 'archived'];
  const more = ['pending_approval', 'compensation_tier_code', 'referring_affiliate_id'];
  const ofPurchase = ['cancelled', 'currency', 'purchase_code', 'purchase_amount', 'commission_amount_override'];

  it.each([
    ...[...ofAffiliate, ...more].map((field) => ({ ...archive, record: affiliate, field })),
    ...[...ofPurchase, 'lead', 'affiliate'].map((field) => {
      return { tool: 'reject_purchase', args: { purchase_id: 5 }, record: purchase, field };
    }),
  ])('$tool asks anew for another $field', async ({ record, field, ...deed }) => {
    const now = { ...record };
    const upstream = await startUpstream(() => ({ json: now }));
    const blind = await startHarnessAt(upstream.url).connect('modern');
    const { token } = await askFor(blind, deed);
    now[field] = others[field];
    await expectAsked(blind, deed, token, /^The record has changed since the confirmation was given/);
    expect(upstream.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it.each(['email', 'first_name', 'last_name', 'paypal_email', 'status', 'archived', 'pending_approval'])(
    'review_affiliates passes over whoever has another %s',
    async (field) => {
      const upstream = await startReviewUpstream([affiliateRow(1), affiliateRow(2), affiliateRow(3)]);
      const deed = { tool: 'review_affiliates', args: { action: 'approve', affiliate_ids: [1, 2, 3] } };
      const blind = await startHarnessAt(upstream.url).connect('modern');
      const { token } = await askFor(blind, deed);
      Object.assign(upstream.records.get(2) ?? {}, { [field]: others[field] });
      figures.attempts += 1;
      const result = await confirmWith(blind, deed, token);
      expect(rowsOf(result, 'left_out'), result.text).toMatchObject([{ affiliate_id: 2 }]);
      expect(upstream.writes().sort()).toEqual(['/affiliates/1/approve', '/affiliates/3/approve']);
    },
  );

  it.each<[string, 'people' | 'rows', JsonObject]>([
    ['e-mail of the affiliate', 'people', { email: 'other@example.com' }],
    ['first name', 'people', { first_name: 'Other' }],
    ['last name', 'people', { last_name: 'Other' }],
    ['status', 'people', { status: 'Archived', archived: true }],
    ['id of the commission', 'rows', { id: 77 }],
    ['amount', 'rows', { amount: '10.5' }],
    ['currency', 'rows', { currency: 'EUR' }],
    ['due date', 'rows', { due_at: '2026-01-02T00:00:00Z' }],
    ['flag paid', 'rows', { paid: 'no' }],
    ['flag cancelled', 'rows', { cancelled: null }],
    ['kind of reward', 'rows', { payment_type: 'points' }],
    ['purchase code', 'rows', { purchase: { id: 50_001, purchase_code: 'other', cancelled: false } }],
    ['cancelled purchase', 'rows', { purchase: { id: 50_001, purchase_code: 'order-1', cancelled: true } }],
  ])('settle_payouts passes over what has another %s', async (_, where, change) => {
    const upstream = await startPayoutUpstream([payee(1), payee(2)], [owed(1, 1), owed(3, 2)]);
    const blind = await startHarnessAt(upstream.url).connect('modern');
    const { token } = await askFor(blind, settle);
    Object.assign(upstream[where][0] ?? {}, change);
    figures.attempts += 1;
    await confirmWith(blind, settle, token);
    expect(upstream.marks.map(({ purchase_code }) => purchase_code)).toEqual(['order-3']);
  });
});

describe('the items of a batch between the question and the yes', () => {
  it('exchanged, added and removed ones are not acted upon', async () => {
    const upstream = await startPayoutUpstream([payee(1), payee(2)], [owed(1, 1), owed(2, 1), owed(3, 2), owed(4, 2)]);
    const blind = await startHarnessAt(upstream.url).connect('modern');
    const { token } = await askFor(blind, settle);
    const [first, second, third] = upstream.rows;
    // Two change places, one is gone, one more of a purchase that was shown, and a purchase that was not.
    Object.assign(first ?? {}, { purchase: second?.purchase });
    Object.assign(second ?? {}, { purchase: { id: 50_001, purchase_code: 'order-1', cancelled: false } });
    upstream.rows.splice(upstream.rows.indexOf(third as JsonObject), 1);
    upstream.rows.push(owed(5, 2));
    figures.attempts += 1;
    await confirmWith(blind, settle, token);
    expect(upstream.marks.map(({ purchase_code }) => purchase_code)).toEqual(['order-4']);
  });

  it('one more of a purchase that was shown stops its mark', async () => {
    const upstream = await startPayoutUpstream([payee(1), payee(2)], [owed(1, 1), owed(3, 2)]);
    const blind = await startHarnessAt(upstream.url).connect('modern');
    const { token } = await askFor(blind, settle);
    upstream.rows.push(owed(9, 1, { purchase: { id: 50_001, purchase_code: 'order-1', cancelled: false } }));
    figures.attempts += 1;
    await confirmWith(blind, settle, token);
    expect(upstream.marks.map(({ purchase_code }) => purchase_code)).toEqual(['order-3']);
  });
});

describe('what a question showed of its items', () => {
  async function startWith(memory: Memory): Promise<{ harness: SandboxHarness; blind: Caller; token: string }> {
    const harness = await startHarness({ memory, account: 'ours' });
    const blind = await harness.connect('modern');
    return { harness, blind, token: (await askFor(blind, review)).token };
  }

  it.each<[string, string | undefined]>([
    ['lost', undefined],
    ['that of nothing', '[]'],
    ['that of others', '[["7","x"]]'],
  ])('%s: the question is put anew', async (_, kept) => {
    const real = createMemory();
    let away = false;
    const memory: Memory = { ...real, get: async (key) => (away ? kept : await real.get(key)) };
    const { harness, blind, token } = await startWith(memory);
    away = true;
    await expectAsked(blind, review, token, /^The records have changed since the confirmation was given/);
    expect(harness.writes()).toEqual([]);
  });

  it('out of reach: nothing is sent, and the same confirmation works later', async () => {
    const real = createMemory();
    let away = false;
    const unless = <Value>(give: () => Promise<Value>) =>
      away ? Promise.reject(new Unavailable('memory', 'away')) : give();
    const memory: Memory = {
      ...real,
      put: (key, text, ttlMs) => unless(() => real.put(key, text, ttlMs)),
      get: (key) => unless(() => real.get(key)),
    };
    const { harness, blind, token } = await startWith(memory);
    away = true;
    figures.attempts += 2;
    expect(reasonOf(await confirmWith(blind, review, token))).toBe('confirmations_unavailable');
    expect(reasonOf(await blind.call(review.tool, review.args))).toBe('confirmations_unavailable');
    expect(harness.writes()).toEqual([]);
    away = false;
    expect((await confirmWith(blind, review, token)).isError).toBe(false);
    expect(harness.writes()).toHaveLength(2);
  });

  it('pushed out by what was kept later: the question is put anew', async () => {
    const memory = createMemory(Date.now, 4_000);
    const { harness, blind, token } = await startWith(memory);
    for (let index = 0; index < 20; index += 1) await memory.put(`items:ours:${index}`, 'x'.repeat(500), FIVE_MINUTES);
    await expectAsked(blind, review, token, /^The records have changed since the confirmation was given/);
    expect(harness.writes()).toEqual([]);
  });
});
