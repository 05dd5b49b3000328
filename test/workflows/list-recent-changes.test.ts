import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { SCOPES } from '../../src/operations/operation.ts';
import { type ChangeLog, createProcessLog, type Ending, type Intent } from '../../src/ports/change-log.ts';
import { type Caller, eras } from '../support/clients.ts';
import { type HarnessOptions, startHarness, startHarnessAt } from '../support/harness.ts';
import { connectHttp } from '../support/http-clients.ts';
import { AUDIENCE, makeKey, startIssuer } from '../support/http-issuer.ts';
import { startHttp } from '../support/http-server.ts';
import { writeTokens } from '../support/http-tokens.ts';
import { owed, payee, startPayoutUpstream } from '../support/payout-upstream.ts';
import { at, reasonOf, rowsOf } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

const list = async ({ call }: Caller, args = {}) => {
  const result = await call('list_recent_changes', args);
  expect(result.isError, result.text).toBe(false);
  return { ...result.data, found: result.data.found, rows: rowsOf(result, 'changes'), text: result.text };
};

describe.each(eras)('%s: what was changed', (era) => {
  it('is told with who, when, which record, what differs and the outcome', async () => {
    const harness = await startHarness();
    const connection = await harness.connect(era, { answers: 'yes' });
    const before = Date.now();
    await connection.call('approve_affiliate', { affiliate_id: 1002 });
    await connection.call('update_affiliate', {
      affiliate_id: 1001,
      paypal_email: 'pay@example.com',
      first_name: 'Anna',
    });
    await connection.call('create_affiliate', { email: 'new@example.com', first_name: 'Nia' });
    await connection.call('create_commission', { affiliate_id: 1001, amount: 12.5, currency: 'USD', note: 'Bonus' });
    await connection.call('create_affiliate_sign_in_link', { affiliate_id: 1003 });
    const { rows, ...rest } = await list(connection);
    expect(rest).toMatchObject({ found: 5, source: expect.stringMatching(/this process.*--audit-log/) });
    const [link, commission, created, updated, approved] = rows;
    expect(approved).toEqual({
      id: expect.any(String),
      at: expect.any(String),
      caller: 'local',
      tool: 'approve_affiliate',
      record: expect.objectContaining({ affiliate_id: 1002 }),
      confirmed: 'form',
      outcome: 'done',
      before: expect.objectContaining({ status: 'Pending Approval' }),
      after: expect.objectContaining({ status: 'Active' }),
    });
    expect(Date.parse(String(approved?.at))).toBeGreaterThanOrEqual(before);
    expect(updated).toMatchObject({
      tool: 'update_affiliate',
      record: { affiliate_id: 1001, email: 'ann.arbor@example.com', first_name: 'Ann', last_name: 'Arbor' },
      confirmed: 'form',
      outcome: 'done',
    });
    // What differs, and nothing else.
    expect(updated?.before).toEqual({ first_name: 'Ann', paypal_email: 'ann.arbor@example.com' });
    expect(updated?.after).toEqual({ first_name: 'Anna', paypal_email: 'pay@example.com' });
    expect(created).toMatchObject({ record: { email: 'new@example.com', affiliate_id: expect.any(Number) } });
    expect(created?.after).toMatchObject({ email: 'new@example.com', first_name: 'Nia' });
    expect(created?.after).not.toHaveProperty('affiliate_url');
    expect(commission).toMatchObject({
      record: { affiliate_id: 1001, commission_id: expect.any(Number), affiliate_email: 'ann.arbor@example.com' },
      before: null,
      after: { amount: '12.5', currency: 'USD', note: 'Bonus' },
    });
    expect(link).toMatchObject({
      tool: 'create_affiliate_sign_in_link',
      record: { affiliate_id: 1003, affiliate_email: expect.stringContaining('carla') },
    });
  });

  it('is shown whole where that is asked for', async () => {
    const harness = await startHarness();
    const connection = await harness.connect(era, { answers: 'yes' });
    await connection.call('update_affiliate', { affiliate_id: 1001, email: 'ann@example.org' });
    const [full] = (await list(connection, { detail: 'full' })).rows;
    expect(full).toMatchObject({
      arguments: { affiliate_id: 1001, email: 'ann@example.org' },
      before: { id: 1001, email: 'ann.arbor@example.com', affiliate_url: expect.any(String) },
      after: { affiliate: { id: 1001, email: 'ann@example.org', affiliate_url: expect.any(String) } },
    });
    // The old address says who it was.
    expect(at(full, 'record', 'email')).toBe('ann.arbor@example.com');
  });

  it('is nothing after a decline, a dry run, a question alone or a read', async () => {
    const harness = await startHarness();
    const connection = await harness.connect(era, { answers: 'decline' });
    await connection.call('archive_affiliate', { affiliate_id: 1001 });
    await (await harness.connect(era)).call('archive_affiliate', { affiliate_id: 1001 });
    await connection.call('get_affiliate', { affiliate_id: 1001 });
    expect(await list(connection)).toMatchObject({ found: 0, rows: [] });
    const dry = await (await startHarness({ dryRun: true, confirm: 'off' })).connect(era);
    await dry.call('approve_affiliate', { affiliate_id: 1002 });
    expect(await list(dry)).toMatchObject({ found: 0, rows: [] });
  });

  it('of several purchases names each that differs', async () => {
    const harness = await startHarness({ confirm: 'off' });
    const connection = await harness.connect(era);
    const purchase = harness.sandbox.programme.purchases.rows.find(({ cancelled }) => !cancelled);
    await connection.call('cancel_purchase', { purchase_code: purchase?.code });
    const [cancelled] = (await list(connection)).rows;
    expect(cancelled).toMatchObject({ record: { purchase_code: purchase?.code }, outcome: 'done' });
  });
});

/** A log of changes that never were. */
function filled(changes: readonly (Partial<Intent> & { ending?: Ending; minute?: number })[]): ChangeLog {
  let now = 0;
  const log = createProcessLog(() => now);
  changes.forEach(({ ending, minute, ...intent }, index) => {
    now = Date.parse('2026-11-01T00:00:00Z') + (minute ?? index) * 60_000;
    const end = log.begin({
      account: 'mine',
      caller: 'local',
      tool: 'approve_affiliate',
      operation: 'approve_affiliate',
      arguments: { affiliate_id: 1 },
      confirmed: 'not_asked',
      before: null,
      ...intent,
    });
    if (ending) end(ending);
  });
  return log;
}

async function connectTo(changes: ChangeLog, options: HarnessOptions = {}) {
  return await (await startHarness({ changes, account: 'mine', ...options })).connect('modern');
}

describe('the filters', () => {
  const changes = filled([
    { tool: 'approve_affiliate', arguments: { affiliate_id: 1 }, ending: { outcome: 'done', after: null } },
    { caller: 'token:ops', tool: 'review_affiliates', arguments: { affiliate_id: '2' } },
    {
      tool: 'mark_commissions_paid',
      operation: 'mark_commissions_paid',
      arguments: { affiliate_email: 'x@y.example' },
      before: { affiliate: { id: 2 }, commissions: [] },
    },
    {
      tool: 'reject_purchase',
      operation: 'reject_purchase',
      arguments: { purchase_id: 9 },
      ending: { outcome: 'refused', reason: 'invalid', after: null },
    },
    {
      tool: 'update_affiliate',
      arguments: { affiliate_id: 3, referring_affiliate: 'a@b.example' },
      ending: { outcome: 'done', after: { affiliate: { id: 3, referring_affiliate_id: 2 } } },
    },
    { account: 'another', arguments: { affiliate_id: 2 } },
  ]);

  it.each<[object, number[]]>([
    [{}, [4, 3, 2, 1, 0]],
    [{ tool: 'approve_affiliate' }, [4, 1, 0]],
    [{ tool: 'review_affiliates' }, [1]],
    [{ tool: 'cancel_purchase' }, []],
    [{ outcome: 'unknown' }, [2, 1]],
    [{ outcome: 'refused' }, [3]],
    [{ affiliate_id: 2 }, [2, 1]],
    [{ affiliate_id: 3 }, [4]],
    [{ caller: 'token:ops' }, [1]],
    [{ caller: 'ops' }, []],
    [{ since: '2026-11-01T00:02:00Z' }, [4, 3, 2]],
    [{ since: '2026-11-02' }, []],
    [{ since: '2026-11-01', outcome: 'done', affiliate_id: 1 }, [0]],
    [{ limit: 2 }, [4, 3]],
    [{ limit: 2, skip: 2 }, [2, 1]],
  ])('%j', async (args, expected) => {
    const { rows, found } = await list(await connectTo(changes), args);
    const minutes = rows.map((row) => Number(String(row.at).slice(14, 16)));
    expect(minutes).toEqual(expected);
    if (!('limit' in args)) expect(found).toBe(expected.length);
  });

  it('refuse a misspelt tool, and name those there are', async () => {
    const { call } = await connectTo(changes);
    const refused = await call('list_recent_changes', { tool: 'cancel_purchas' });
    expect(reasonOf(refused)).toBe('invalid');
    expect(refused.text).toMatch(/no tool named "cancel_purchas"\. Tools that change something: .*cancel_purchase,/);
    expect(refused.text).not.toContain('list_affiliates');
  });

  it.each<[JsonObject, string | undefined]>([
    [{ tool: 'get_affiliate' }, 'get_affiliate only reads, so it made no changes.'],
    [{ caller: 'ops' }, 'This caller made no changes. Known callers: "local"; "token:ops".'],
    [{ caller: 'token:ops', outcome: 'refused' }, undefined],
    [{ tool: 'cancel_purchase' }, undefined],
  ])('say why there is nothing, where that can be told: %j', async (args, note) => {
    const { data } = await (await connectTo(changes)).call('list_recent_changes', args);
    expect(data).toMatchObject({ found: 0, changes: [] });
    expect(data.note).toBe(note);
  });

  it('know a tool that only the log names', async () => {
    const old = filled([{ tool: 'an_older_name', operation: 'approve_affiliate' }]);
    expect(await list(await connectTo(old), { tool: 'an_older_name' })).toMatchObject({ found: 1 });
  });

  it('say how many were left off, and where to go on', async () => {
    const connection = await connectTo(changes);
    expect(await list(connection, { limit: 2 })).toMatchObject({ found: 5, left_off: 3, next_skip: 2 });
    expect(await list(connection, { limit: 2, skip: 4 })).not.toHaveProperty('left_off');
  });

  it.each([
    { since: 'yesterday' },
    { outcome: 'fine' },
    { affiliate_id: 0 },
    { limit: 0 },
    { limit: 201 },
    { until: 1 },
  ])('refuse %j', async (args) => {
    const { call } = await connectTo(changes);
    expect(reasonOf(await call('list_recent_changes', args))).toBe('invalid');
  });
});

describe('who may see what', () => {
  it('is never the changes of another account', async () => {
    const changes = createProcessLog();
    const one = await (await startHarness({ changes, account: 'one', confirm: 'off' })).connect('modern');
    const other = await (await startHarness({ changes, account: 'other' })).connect('modern');
    await one.call('approve_affiliate', { affiliate_id: 1002 });
    expect((await list(one)).rows).toHaveLength(1);
    expect((await list(other)).rows).toEqual([]);
  });

  it('names the caller over HTTP', async () => {
    const { path, tokens } = writeTokens({ ops: [...SCOPES], reader: ['leaddyno:read'] });
    const server = await startHttp({ argv: ['--http-tokens-file', path, '--confirm', 'off'] });
    for (const kind of ['modern', 'v1'] as const) {
      const ops = await connectHttp(server.url, kind, { token: tokens.ops });
      await ops.call('update_affiliate', { affiliate_id: 1001, first_name: `Ann ${kind}` });
      const reader = await connectHttp(server.url, kind, { token: tokens.reader });
      const { rows } = await list(reader, { limit: 1 });
      expect(rows).toMatchObject([{ caller: 'token:ops', tool: 'update_affiliate', confirmed: 'not_asked' }]);
      expect(JSON.stringify(rows)).not.toContain(tokens.ops);
    }
    const server2 = await connectHttp(server.url, 'modern', { token: tokens.reader });
    expect((await list(server2, { caller: 'token:reader' })).rows).toEqual([]);
  });

  it('names issuer and subject where the caller has a JWT', async () => {
    const issuer = await startIssuer();
    const key = await makeKey('one');
    issuer.publish(key);
    const server = await startHttp({
      argv: ['--oauth-issuer', issuer.issuer, '--oauth-audience', AUDIENCE, '--confirm', 'off'],
    });
    const token = await issuer.sign(key, { sub: 'jane', scope: SCOPES.join(' ') });
    const jane = await connectHttp(server.url, 'modern', { token });
    await jane.call('approve_affiliate', { affiliate_id: 1002 });
    const { rows } = await list(jane, { caller: `${issuer.issuer} sub:jane` });
    expect(rows).toMatchObject([{ tool: 'approve_affiliate', caller: `${issuer.issuer} sub:jane` }]);
  });

  it('shows no people where they are masked', async () => {
    const affiliate = {
      id: 7,
      email: 'jane.doe@example.com',
      first_name: 'Janeway',
      custom_fields: { pet: 'Rexington' },
    };
    const changes = filled([
      {
        tool: 'update_affiliate',
        operation: 'update_affiliate',
        arguments: { affiliate_id: 7, first_name: 'Kathryn' },
        before: affiliate,
        ending: {
          outcome: 'done',
          after: { affiliate: { ...affiliate, first_name: 'Kathryn', custom_fields: { pet: 'Fidolino' } } },
        },
      },
    ]);
    for (const detail of ['concise', 'full']) {
      const { text } = await list(await connectTo(changes, { maskPii: true }), { detail });
      expect(text).toMatch(/"first_name":"masked-/);
      for (const person of ['jane.doe', 'Janeway', 'Kathryn', 'Rexington', 'Fidolino'])
        expect(text).not.toContain(person);
    }
  });
});

describe('odd records', () => {
  const odd: readonly (readonly [string, Partial<Intent> & { ending?: Ending }])[] = [
    ['an unknown operation', { operation: 'do_magic', ending: { outcome: 'done', after: { result: 7 } } }],
    ['a record that is a text', { ending: { outcome: 'done', after: { affiliate: 'Ann' } } }],
    ['nulls', { before: { affiliate: null }, ending: { outcome: 'done', after: { affiliate: { id: null } } } }],
    [
      'ids as text',
      { before: { id: '1', status: 'a' }, ending: { outcome: 'done', after: { affiliate: { id: 1, status: 'b' } } } },
    ],
    [
      'a prototype',
      {
        before: JSON.parse('{"id":1,"__proto__":{"x":1}}'),
        ending: { outcome: 'done', after: JSON.parse('{"affiliate":{"id":1,"__proto__":{"x":2}}}') },
      },
    ],
    [
      'rows of nothing',
      {
        operation: 'cancel_customer_purchases',
        before: { purchases: [null, 7] },
        ending: { outcome: 'done', after: { purchases: [null, { id: 1 }, []] } },
      },
    ],
  ];

  it.each(odd)('with %s break nothing', async (_, change) => {
    const connection = await connectTo(filled([change]));
    for (const detail of ['concise', 'full']) expect((await list(connection, { detail })).rows).toHaveLength(1);
  });

  it('that came as text and number count as one', async () => {
    const [row] = (await list(await connectTo(filled([odd[3]?.[1] ?? {}])))).rows;
    expect(row).toMatchObject({ before: { status: 'a' }, after: { status: 'b' } });
  });

  it('that hold hidden text are cleaned', async () => {
    const upstream = await startUpstream(() => ({
      json: { id: 5, email: 'a@x.example', first_name: 'A\u202enn\u200b' },
    }));
    const connection = await startHarnessAt(upstream.url, { confirm: 'off' }).connect('modern');
    await connection.call('approve_affiliate', { affiliate_id: 5 });
    const { text, rows } = await list(connection, { detail: 'full' });
    expect(text).not.toMatch(/[\u202e\u200b]/);
    expect(at(rows[0], 'after', 'affiliate', 'first_name')).toBe('Ann');
  });

  it('leave out what moves by itself, and fields that one of the two answers lacks', async () => {
    const changes = filled([
      {
        operation: 'update_affiliate',
        before: { id: 1, updated_at: 'a', total_leads: 1, gone: 1, nested: { same: 1, other: 'x' } },
        ending: {
          outcome: 'done',
          after: { affiliate: { id: 1, updated_at: 'b', total_leads: 2, added: 1, nested: { same: 1, other: 'y' } } },
        },
      },
    ]);
    const [row] = (await list(await connectTo(changes))).rows;
    expect(row).toMatchObject({ before: { nested: { other: 'x' } }, after: { nested: { other: 'y' } } });
    expect(Object.keys(Object(row?.after))).toEqual(['nested']);
  });

  it('say so where nothing differs', async () => {
    const same = { id: 1, status: 'Active' };
    const [row] = (
      await list(await connectTo(filled([{ before: same, ending: { outcome: 'done', after: { affiliate: same } } }])))
    ).rows;
    expect(row).toMatchObject({ before: {}, after: {}, note: expect.stringContaining('unchanged') });
  });
});

it('keeps to the size limit, row by row', async () => {
  const long = { affiliate: { id: 1, email: 'a@x.example', status: 's'.repeat(300) } };
  const changes = filled(Array.from({ length: 40 }, () => ({ ending: { outcome: 'done', after: long } as const })));
  const connection = await connectTo(changes, { maxResultChars: 3_000 });
  let seen = 0;
  for (let rounds = 0; rounds < 40; rounds += 1) {
    const { rows, text, ...data } = await list(connection, { limit: 200, skip: seen });
    expect(text.length).toBeLessThanOrEqual(3_000);
    expect(rows.length).toBeGreaterThan(0);
    seen += rows.length;
    if (!('next_skip' in data)) break;
    expect(data.next_skip).toBe(seen);
  }
  expect(seen).toBe(40);
});

describe('the changes of one call', () => {
  const people = [payee(1), payee(2)];
  const settled = async () => {
    const upstream = await startPayoutUpstream(people, [
      owed(1, 1),
      owed(2, 1, { amount: '0.25' }),
      owed(3, 2, { currency: 'EUR', amount: '7' }),
    ]);
    const harness = startHarnessAt(upstream.url, { confirm: 'off' });
    const client = await harness.connect('modern');
    await client.call('settle_payouts', { affiliate_ids: [1, 2], due_by: '2026-03-01' });
    await client.call('create_commission', { affiliate_id: 1, amount: 12.5, currency: 'USD' });
    return client;
  };

  it('are one line with their sums, and rows by the id of the batch', async () => {
    const client = await settled();
    const { rows, found } = await list(client);
    expect(found).toBe(4);
    expect(rows).toEqual([
      expect.objectContaining({
        tool: 'create_commission',
        amounts: [{ currency: 'USD', amount: '12.50', count: 1 }],
      }),
      {
        batch: expect.stringMatching(/^[0-9a-f]{12}$/),
        at: expect.any(String),
        first_at: expect.any(String),
        caller: 'local',
        tool: 'settle_payouts',
        operations: { mark_commissions_paid: 3 },
        confirmed: 'off',
        changes: 3,
        outcomes: { done: 3 },
        amounts: [
          { currency: 'EUR', amount: '7.00', count: 1 },
          { currency: 'USD', amount: '10.25', count: 2 },
        ],
      },
    ]);
    const { rows: marks } = await list(client, { batch: rows[1]?.batch });
    expect(marks.map(({ operation, amounts }) => [operation, at(amounts, 0, 'amount')]).sort()).toEqual([
      ['mark_commissions_paid', '0.25'],
      ['mark_commissions_paid', '10.00'],
      ['mark_commissions_paid', '7.00'],
    ]);
    expect((await list(client, { detail: 'full' })).rows).toHaveLength(4);
  });

  it('are shown by themselves where only one fits', async () => {
    const { rows } = await list(await settled(), { affiliate_id: 2 });
    expect(rows).toEqual([
      expect.objectContaining({
        operation: 'mark_commissions_paid',
        outcome: 'done',
        amounts: [{ currency: 'EUR', amount: '7.00', count: 1 }],
      }),
    ]);
  });
});
