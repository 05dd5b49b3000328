import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import type { Caller } from '../support/clients.ts';
import { startHarness } from '../support/harness.ts';
import { askedIn, at, rowsOf } from '../support/protocol-json.ts';

/* Lists as people have them: other languages, other columns, damaged letters, and our own file, corrected. */

const TOOL = 'import_affiliates';

async function importList({ call }: Caller, args: JsonObject) {
  const { question, token } = askedIn(await call(TOOL, args));
  const result = await call(TOOL, { ...args, confirmation_token: token });
  expect(result.isError, result.text).toBe(false);
  return { question, result };
}

async function connect() {
  const harness = await startHarness();
  const person = (email: string) => harness.sandbox.programme.affiliateByEmail(email);
  return { ...(await harness.connect('modern')), person, programme: harness.sandbox.programme };
}

describe('columns', () => {
  it.each([
    [
      'German',
      'Vorname;Nachname;E-Mail-Adresse;Gruppe;Gutscheincode;PayPal-Adresse;Geworben von;Abgemeldet',
      'Jürgen;Groß;a@example.com;Influencers;JG1;pay@example.com;ann;ja',
    ],
    [
      'French',
      'Prénom,Nom,Courriel,Groupe,Code promo,PayPal,Parrain,Opt-out',
      'Jürgen,Groß,a@example.com,Influencers,JG1,pay@example.com,ann,oui',
    ],
    [
      'Spanish',
      'Nombre\tApellidos\tCorreo electrónico\tGrupo\tCódigo\tPayPal\tSponsor\tOpted out',
      'Jürgen\tGroß\ta@example.com\tInfluencers\tJG1\tpay@example.com\tann\tsí',
    ],
  ])('are understood in %s', async (_, header, line) => {
    const { person, programme, ...client } = await connect();
    const { question, result } = await importList(client, { csv: `${header}\r\n${line}\r\n` });
    expect(result.data).not.toHaveProperty('unknown_columns');
    expect(question).toContain('1 names a recruiter');
    expect(person('a@example.com')).toMatchObject({
      firstName: 'Jürgen',
      lastName: 'Groß',
      group: 'Influencers',
      code: 'JG1',
      paypalEmail: 'pay@example.com',
      recruiterId: programme.affiliateByEmail('ann.arbor@example.com')?.id,
      unsubscribed: true,
    });
  });

  it.each([
    ['Name;Vorname', 'Groß;Jürgen Maria'],
    ['Name;Vorname', 'Jürgen Maria Groß;Jürgen Maria'],
    ['Name;Nachname', 'Jürgen Maria;Groß'],
    ['Name;Nachname', 'Jürgen Maria Groß;Groß'],
    ['Name', 'Jürgen Maria Groß'],
  ])('%s: "%s" loses no part of a name', async (header, names) => {
    const { person, ...client } = await connect();
    await importList(client, { csv: `E-Mail;${header}\na@example.com;${names}` });
    expect(person('a@example.com')).toMatchObject({ firstName: 'Jürgen Maria', lastName: 'Groß' });
  });
});

describe('rows that cannot be used', () => {
  it.each([
    ['a lost letter', 'J\ufffdrgen'],
    ['UTF-8 read as Latin 1', 'J\u00c3\u00bcrgen'],
    ['UTF-8 read as Windows-1252', 'Gro\u00c3\u0178'],
  ])('%s is not made a name', async (_, name) => {
    const { call } = await connect();
    const result = await call(TOOL, { rows: [{ email: 'a@example.com', first_name: name }] });
    expect(rowsOf(result, 'not_created')).toMatchObject([
      { row: 1, outcome: 'invalid', reason: expect.stringMatching(/^first_name: .* wrong encoding/) },
    ]);
  });

  it.each(['São', 'ÃO', 'Zoë', 'Â', 'Łukasz', 'Nguyễn'])('%s is a name', async (name) => {
    const { call } = await connect();
    expect(askedIn(await call(TOOL, { rows: [{ email: 'a@example.com', first_name: name }] })).question).toContain(
      name,
    );
  });

  it('without an e-mail are called by their name', async () => {
    const { call } = await connect();
    const { data } = await call(TOOL, { csv: 'Name;E-Mail\nJürgen Groß;\n;;\n' });
    expect(at(data, 'not_created')).toMatchObject([{ row: 1, reason: '"Jürgen Groß" has no e-mail' }]);
  });

  it.each([
    ['partners.xlsx', /spreadsheet files are not read/],
    ['"C:\\Lists\\partners.csv"', /does not read files/],
    [
      'Our partners 2026;;\n;;\nName;Email;\nAnn;a@example.com;',
      /its first row must name the columns, and has "Our partners 2026"\./,
    ],
  ])('%j is refused with what to do', async (csv, why) => {
    const { call } = await connect();
    const result = await call(TOOL, { csv });
    expect(result.isError).toBe(true);
    expect(result.text).toMatch(why);
  });
});

it('the file of what was not created is taken back once it is corrected', async () => {
  const { person, ...client } = await connect();
  const rows = [
    { email: 'mia(at)example.com', first_name: '=Mia', last_name: "O'Neill", code: '-mia-' },
    { email: 'noah@example.com', first_name: 'Noah', group: 'Inflencers' },
  ];
  const first = await client.call(TOOL, { rows });
  expect(at(first.data, 'counts')).toMatchObject({ created: 0, not_created: 2 });
  const uri = String(at(rowsOf(first, 'files')[0], 'uri'));
  const { contents } = await client.client.readResource({ uri });
  const csv = String(at(contents, 0, 'text'));
  expect(csv).toContain("'=Mia");
  const { question, result } = await importList(client, {
    csv: csv.replace('mia(at)', 'mia@').replace('Inflencers,', 'Influencers,'),
  });
  expect(question).not.toContain('Columns that are not used');
  expect(at(result.data, 'counts')).toMatchObject({ created: 2, not_created: 0 });
  expect(person('mia@example.com')).toMatchObject({ firstName: '=Mia', lastName: "O'Neill", code: '-mia-' });
  expect(person('noah@example.com')).toMatchObject({ group: 'Influencers' });
});

it.each([
  [100, { rateLimit: 200, code: false }, undefined],
  [
    101,
    { rateLimit: 200, code: false },
    /About 100 fit into one minute of the limit of 200 requests: the rest takes further calls/,
  ],
  [80, { rateLimit: 200, code: true }, /About 66 fit/],
  [101, { rateLimit: 0, code: false }, undefined],
] as const)(
  'a question about %i rows with %j says if they need several calls',
  async (count, { rateLimit, code }, said) => {
    const harness = await startHarness({ rateLimit, sandbox: { affiliates: 5 } });
    const { call } = await harness.connect('modern');
    const rows = Array.from({ length: count }, (_, index) => ({
      email: `p${index}@example.com`,
      ...(code && { code: `c${index}` }),
    }));
    const { question } = askedIn(await call(TOOL, { rows }));
    if (said) expect(question).toMatch(said);
    else expect(question).not.toContain('fit into one minute');
  },
);
