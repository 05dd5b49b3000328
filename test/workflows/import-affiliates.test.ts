import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { createPace } from '../../src/leaddyno/pace.ts';
import { type Caller, eras } from '../support/clients.ts';
import { type SandboxHarness, startHarness, startHarnessAt } from '../support/harness.ts';
import { askedIn, at, rowsOf } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

const TOOL = 'import_affiliates';

/** Asks, and says yes with the token. */
async function importList({ call }: Pick<Caller, 'call'>, args: JsonObject) {
  const { question, token } = askedIn(await call(TOOL, args));
  const result = await call(TOOL, { ...args, confirmation_token: token });
  expect(result.isError, result.text).toBe(false);
  return { question, result };
}

const person = (harness: SandboxHarness, email: string) => harness.sandbox.programme.affiliateByEmail(email);
const emailsSent = (harness: SandboxHarness) =>
  harness.sandbox.requests
    .filter(({ method, path }) => method === 'POST' && path === '/affiliates')
    .map(({ body }) => String(at(body, 'email')));
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const someone = (number: number): JsonObject => ({ email: `new-${number}@example.com`, name: `New Person${number}` });

describe.each(eras)('%s: a list', (era) => {
  it('becomes affiliates after one question, and nobody is approved', async () => {
    const harness = await startHarness();
    const { call, forms } = await harness.connect(era, { answers: 'yes' });
    const csv = `\ufeffFirst Name;Surname;E-Mail;Instagram;PayPal\r\n"Mia ""M""";Öz;mia@example.com;@mia;\r\n\r\nNoah;;noah@example.com;@n;noah.pay@example.com\r\n`;
    const result = await call(TOOL, { csv, group: 'DEFAULT' });
    expect(result.isError, result.text).toBe(false);
    expect(forms).toHaveLength(1);
    const question = forms[0]?.message ?? '';
    expect(question).toMatch(/^Create 2 affiliates from a list of 2 rows: .*"mia@example\.com"/);
    expect(question).toMatch(/Nobody is approved/);
    expect(question).toMatch(
      /1 is paid at an address other than their e-mail: "noah@example\.com" at "noah\.pay@example\.com"/,
    );
    expect(question).toMatch(/Columns that are not used: "Instagram"/);
    expect(person(harness, 'mia@example.com')).toMatchObject({
      firstName: 'Mia "M"',
      lastName: 'Öz',
      status: 'Pending Approval',
      group: 'Default',
    });
    expect(person(harness, 'noah@example.com')).toMatchObject({ paypalEmail: 'noah.pay@example.com' });
    expect(result.data).toMatchObject({
      counts: { rows: 2, created: 2, existing: 0, not_created: 0, unknown: 0, left: 0 },
      unknown_columns: ['Instagram'],
      undo: expect.stringMatching(/archive_affiliate/),
    });
    expect(rowsOf(result, 'created').map(({ row, email, status }) => [row, email, status])).toEqual([
      [1, 'mia@example.com', 'Pending Approval'],
      [2, 'noah@example.com', 'Pending Approval'],
    ]);
    expect(harness.faults).toEqual([]);
  });

  it('is approved only if that is asked for, and the question says so', async () => {
    const harness = await startHarness();
    const connection = await harness.connect(era);
    const { question } = await importList(connection, { rows: [someone(1)], approve: true });
    expect(question).toMatch(/APPROVED at once/);
    expect(person(harness, 'new-1@example.com')?.status).toBe('Active');
  });

  it('does nothing after a no', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect(era, { answers: 'decline' });
    expect((await call(TOOL, { rows: [someone(1)] })).data).toMatchObject({ declined: true });
    expect(harness.writes()).toEqual([]);
  });
});

describe('the plan', () => {
  it('names what is not created, and the file holds it', async () => {
    const harness = await startHarness();
    const connection = await harness.connect('modern');
    const [taken] = harness.sandbox.programme.affiliates.rows;
    const rows = [
      { email: ` ${taken?.email.toUpperCase()} ` },
      someone(1),
      { email: 'NEW-1@example.com' },
      { email: 'not an address' },
      { email: 'code@example.com', code: taken?.code.toUpperCase() },
      { email: 'group@example.com', group: 'no such group' },
      { email: 'orphan@example.com', recruiter: 'nobody@example.com' },
      { email: 'p\u0430ypal@example.com' },
    ];
    const { question, result } = await importList(connection, { rows });
    expect(emailsSent(harness)).toEqual(['new-1@example.com']);
    expect(rowsOf(result, 'existing').map(({ row, affiliate_id }) => [row, affiliate_id])).toEqual([[1, taken?.id]]);
    expect(rowsOf(result, 'not_created').map(({ row, outcome }) => [row, outcome])).toEqual([
      [3, 'duplicate'],
      [4, 'invalid'],
      [5, 'code_taken'],
      [6, 'group_unknown'],
      [7, 'recruiter_unknown'],
      [8, 'invalid'],
    ]);
    expect(question).toMatch(/same e-mail as row 2/);
    expect(question).toMatch(/"no such group"; groups: /);
    const [file] = rowsOf(result, 'files');
    const kept = await connection.call('read_export', { uri: String(file?.uri) });
    expect(at(kept.data, 'rows_in_file')).toBe(6);
    expect(kept.text).toContain('orphan@example.com');
  });

  it('creates recruiters before those whom they recruited, whatever their order and however they are named', async () => {
    const harness = await startHarness();
    const connection = await harness.connect('modern');
    const rows = [
      { email: 'third@example.com', recruiter: 'second@example.com' },
      { email: 'second@example.com', recruiter: 'TOP1' },
      { email: 'top@example.com', code: 'top1' },
      { email: 'ring-a@example.com', recruiter: 'ring-b@example.com' },
      { email: 'ring-b@example.com', recruiter: 'ring-a@example.com' },
    ];
    const { result } = await importList(connection, { rows });
    expect(emailsSent(harness)).toEqual(['top@example.com', 'second@example.com', 'third@example.com']);
    const top = person(harness, 'top@example.com');
    expect(person(harness, 'second@example.com')?.recruiterId).toBe(top?.id);
    expect(rowsOf(result, 'not_created').map(({ row, reason }) => [row, reason])).toEqual([
      [4, expect.stringMatching(/circle/)],
      [5, expect.stringMatching(/circle/)],
    ]);
  });

  it('leaves over who has no seat', async () => {
    const harness = await startHarness();
    const connection = await harness.connect('modern');
    const active = harness.sandbox.programme.affiliates.rows.filter(({ status }) => status === 'Active').length;
    const args = { rows: range(4).map(someone), seats: active + 3, approve: true };
    const { question, result } = await importList(connection, args);
    expect(question).toContain(`${active + 3} of the plan's ${active + 3} seats would then be taken`);
    expect(rowsOf(result, 'created')).toHaveLength(3);
    expect(rowsOf(result, 'not_created')).toMatchObject([{ row: 4, outcome: 'over_seats' }]);
  });

  it('warns of payouts to another affiliate, and to one address for several', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect('modern');
    const [known] = harness.sandbox.programme.affiliates.rows;
    const rows = range(3).map((number) => ({ ...someone(number), paypal: known?.email }));
    const { question } = askedIn(await call(TOOL, { rows }));
    expect(question).toMatch(/Payout address of another affiliate: /);
    expect(question).toContain(`id ${known?.id}`);
    expect(question).toMatch(/Several are paid at one address: .* 3\./);
  });

  it('looks everybody up by themselves where the programme is large, and reads no list', async () => {
    const harness = await startHarness({ sandbox: { affiliates: 2_300 } });
    const connection = await harness.connect('modern');
    const [known] = harness.sandbox.programme.affiliates.rows;
    const rows = [someone(1), { email: known?.email }];
    const { result } = await importList(connection, { rows });
    expect(at(result.data, 'counts')).toMatchObject({ created: 1, existing: 1 });
    const lists = harness.sandbox.requests.filter(({ path }) => path === '/affiliates').map(({ method }) => method);
    expect(lists).toEqual(['POST']);
  });

  it.each([
    ['no e-mail column', () => ({ csv: 'Name,Phone\nMia,1' }), /no e-mail column/],
    ['two columns for one field', () => ({ csv: 'Email,E-Mail\na@example.com,b@example.com' }), /both read as email/],
    ['no rows', () => ({ csv: 'Email\n' }), /only one line|no rows/],
    ['both forms', () => ({ csv: 'Email\na@example.com', rows: [someone(1)] }), /exactly one/],
    ['neither', () => ({}), /exactly one/],
    ['too many rows', () => ({ rows: range(501).map(someone) }), /up to 500 rows and this list has 501/],
    [
      'a quotation mark that never ends',
      () => ({ csv: `Email,Name\n"a@example.com,${'x'.repeat(300_000)}` }),
      /quotation mark/,
    ],
    ['ten megabytes', () => ({ csv: `Email\n${'x'.repeat(10_000_000)}` }), /longer than 1000000 characters/],
    ['a path where no file is read', () => ({ csv: '/etc/passwd.csv' }), /does not read files/],
    ['a path of another kind', () => ({ csv: '/etc/passwd' }), /only one line/],
  ] as const)('refuses %s', async (_, argsOf, why) => {
    const harness = await startHarness();
    // Over HTTP so long a body is refused before.
    const { call } = await harness.connect('legacy');
    const result = await call(TOOL, argsOf());
    expect(result.isError).toBe(true);
    expect(result.text.slice(0, 2_000)).toMatch(why);
    expect(result.text.length).toBeLessThan(2_000);
    expect(harness.sandbox.requests).toEqual([]);
    expect(harness.faults).toEqual([]);
  });
});

describe('the writes', () => {
  it.each([
    ['answered 500 after it was carried out', true, { created: 2, unknown: 0 }],
    ['answered 500 and not carried out', false, { created: 1, unknown: 1 }],
  ] as const)('are looked up where one is %s, and sent again only if it is not there', async (_, happens, counts) => {
    const people: JsonObject[] = [];
    let failing = true;
    const upstream = await startUpstream(({ method, path, query, body }) => {
      if (method === 'GET' && path === '/affiliates/count') return { json: { count: people.length } };
      if (method === 'GET' && path === '/affiliates') return { json: query.page === '1' ? people : [] };
      if (method === 'GET') return { json: people.find(({ email }) => email === query.email) ?? null };
      const sent = typeof body === 'string' ? JSON.parse(body) : body;
      const record = { id: people.length + 1, status: 'Pending Approval', ...sent };
      const fails = failing && sent.email === 'new-1@example.com';
      if (!fails || happens) people.push(record);
      if (fails) failing = false;
      return fails ? { status: 500, json: { error: 'oops' } } : { status: 201, json: record };
    });
    const harness = startHarnessAt(upstream.url);
    const connection = await harness.connect('modern');
    const args = { rows: [someone(1), someone(2)] };
    const { result } = await importList(connection, args);
    expect(at(result.data, 'counts')).toMatchObject(counts);
    if (counts.unknown > 0) await importList(connection, args);
    const again = await connection.call(TOOL, args);
    expect(at(again.data, 'counts')).toMatchObject({ created: 0, existing: 2 });
    expect(people.map(({ email }) => email).sort()).toEqual(['new-1@example.com', 'new-2@example.com']);
  });

  it('stop at the request limit and go on with the same list', async () => {
    const harness = await startHarness({
      pace: createPace({ limit: 12 }),
      workflowMs: 6_000,
      sandbox: { affiliates: 5 },
    });
    const connection = await harness.connect('modern');
    const args = { rows: range(8).map(someone) };
    const { result } = await importList(connection, args);
    const left = at(result.data, 'left');
    expect(left).toEqual(expect.arrayContaining([8]));
    expect(result.data).toMatchObject({ stopped: expect.any(String), note: expect.stringMatching(/call again/) });
    expect(rowsOf(result, 'created').length + (left as unknown[]).length).toBe(8);
    expect(emailsSent(harness)).toHaveLength(rowsOf(result, 'created').length);
  });

  it('need a new question for a row that is another one than was agreed to', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect('modern');
    const args = { rows: [someone(1), someone(2)] };
    const { token } = askedIn(await call(TOOL, args));
    const changed = { rows: [someone(1), { ...someone(2), paypal: 'thief@example.com' }] };
    const { question } = askedIn(await call(TOOL, { ...changed, confirmation_token: token }));
    expect(question).toMatch(/given for another call/);
    expect(harness.writes()).toEqual([]);
  });

  it('create each person once, however often and in whatever order a list is imported', async () => {
    const harness = await startHarness({ confirm: 'off', sandbox: { affiliates: 5 } });
    const { call } = await harness.connect('modern');
    const row = fc.record(
      {
        email: fc.constantFrom('a@x.example', 'A@X.example', ' b@x.example', 'c@x.example', 'd@x.example', 'bad', ''),
        affiliate_code: fc.constantFrom('one', 'ONE', 'two', '=1+1', ''),
        recruiter: fc.constantFrom('a@x.example', 'd@x.example', 'one', 'nobody@x.example', ''),
        name: fc.string({ maxLength: 12 }),
      },
      { requiredKeys: ['email'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), fc.nat(7), async (rows, turn) => {
        const before = harness.sandbox.requests.length;
        const first = await call(TOOL, { rows });
        const second = await call(TOOL, { rows: [...rows.slice(turn), ...rows.slice(0, turn)] });
        const third = await call(TOOL, { rows });
        for (const { isError, text } of [first, second, third]) expect(isError, text).toBe(false);
        expect(at(third.data, 'counts', 'created')).toBe(0);
        const emails = harness.sandbox.programme.affiliates.rows.map(({ email }) => email.trim().toLowerCase());
        expect(new Set(emails).size).toBe(emails.length);
        const sent = harness.sandbox.requests.slice(before).filter(({ method }) => method === 'POST');
        for (const { status } of sent) expect(status).toBe(201);
        expect(harness.faults).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });
});
