import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appPage, drawing } from '../../src/app-page.ts';
import { isObject, type JsonObject } from '../../src/json.ts';
import { cleanText, quote } from '../../src/text.ts';
import { operationNamed } from '../operations/catalogue-access.ts';
import { argumentsOf, ask, asking, NORMAL, withTexts } from '../operations/question-records.ts';
import type { Connection, Result } from '../support/clients.ts';
import { askingWrites, readCalls, writeCalls } from '../support/good-calls.ts';
import { type Harness, startHarnessAt } from '../support/harness.ts';
import { families, hostileTexts, legitimate } from '../support/hostile-corpus.ts';
import { type Reach, startHostileLeadDyno } from '../support/hostile-leaddyno.ts';
import { invisibleSamples } from '../support/protocol-invisible.ts';
import { askedIn, at, stringsIn } from '../support/protocol-json.ts';
import { readingTools, toolNames } from '../support/tool-names.ts';
import { startUpstream } from '../support/upstream.ts';
import { workflowCalls } from '../support/workflow-calls.ts';

/*
 * Hostile text in every text field of every record, and in the names of fields, through everything that shows it. Each
 * answer is held against the one to harmless text: only the texts themselves may differ.
 */

const WORKFLOWS = new Set(Object.keys(workflowCalls));
const harmlessTexts = hostileTexts.map((_, index) => `tame${index}_`);
const NOW = new Date('2026-06-01T12:00:00Z');
const WHOLE = 20_000_000;
const DASHBOARD = hostileTexts.findIndex((text) => cleanText(text) === 'affiliate_dashboard_url');
const figures = { answers: 0, strings: 0, questions: 0, cells: 0, lines: 0, prompts: 0 };

/** All that nobody sees, as one class of characters. */
const INVISIBLE = (() => {
  const pairs = invisibleSamples.flatMap((first, index) => (index % 2 ? [] : [[first, invisibleSamples[index + 1]]]));
  const point = (text = '') => `\\u{${text.codePointAt(0)?.toString(16)}}`;
  return new RegExp(`[${pairs.map(([first, last]) => `${point(first)}-${point(last)}`).join('')}]`, 'u');
})();

/** As the very first character of a file that people open in a spreadsheet; anywhere else it is invisible text. */
const BYTE_ORDER_MARK = '\ufeff';

function expectVisible(text: string, what: string): void {
  const found = INVISIBLE.exec(text);
  if (!found) return;
  const around = JSON.stringify(text.slice(Math.max(0, found.index - 40), found.index + 40));
  expect.fail(`${what}: U+${found[0].codePointAt(0)?.toString(16)} in ${around}`);
}

/** Nothing invisible, nothing out of its JSON string, the same facts in both halves (`readResult` checks the good ones). */
function expectSane(result: Result, what: string): void {
  figures.answers += 1;
  expectVisible(result.text, what);
  const strings = stringsIn(result.data);
  figures.strings += strings.length;
  expectVisible(strings.join('\n'), what);
  if (result.isError) expect(at(result.data, 'error', 'message'), what).toBe(result.text);
}

const expected = (tame: string) => tame.replace(/tame(\d+)_/g, (_, index) => cleanText(hostileTexts[index] ?? ''));

/** Fails where two answers differ in more than the texts that strangers typed. */
function expectAlike(tame: unknown, hostile: unknown, what: string): void {
  if (typeof tame === 'string') {
    // A text that poses as the name of a secret field hides itself.
    const hidden = what.endsWith(`tame${DASHBOARD}_`) && String(hostile).startsWith('[masked');
    if (hostile !== expected(tame) && !hidden) expect(hostile, what).toBe(expected(tame));
  } else if (Array.isArray(tame)) {
    expect(Array.isArray(hostile) && hostile.length, what).toBe(tame.length);
    for (const [index, item] of tame.entries()) expectAlike(item, at(hostile, index), what);
  } else if (isObject(tame)) {
    const [left, right] = [Object.entries(tame), Object.entries(hostile as object)];
    expect(right.length, `${what}: number of fields`).toBe(left.length);
    for (const [index, [key, value]] of left.entries()) {
      const [name, other] = right[index] ?? [];
      // Two names that come out alike both stay.
      expect(String(name).replace(/ \(\d+\)$/, ''), what).toBe(expected(key));
      expectAlike(value, other, `${what}.${key}`);
    }
  } else {
    expect(hostile, what).toBe(tame);
  }
}

const outside = (question: string) => question.replace(/"[^"]*"/g, '""');

/** What holds for every question; returns what stands outside of its quotes. */
function wordsOf(question: string): string {
  figures.questions += 1;
  expectVisible(question, question);
  const words = outside(question);
  expect(words, question).not.toMatch(/[\n\r\t]/);
  expect((question.match(/"/g) ?? []).length % 2, question).toBe(0);
  for (const piece of question.match(/"[^"]*"/g) ?? []) expect(Array.from(piece).length).toBeLessThanOrEqual(202);
  // Right-to-left text carries a number along that follows it with no word in between.
  const typed = question.replace(/(?<=status )"[^"]*"|(?<=\d )"[^"]*"/g, 'x');
  for (const between of typed.split(/"[^"]*"/).slice(1)) expect(between, question).not.toMatch(/^[^A-Za-z]*\d/);
  return words;
}

interface Side {
  readonly programme: Awaited<ReturnType<typeof startHostileLeadDyno>>['programme'];
  readonly asking: Harness;
  readonly doing: Harness;
  readonly ask: Connection;
  readonly act: Connection;
  close(): Promise<void>;
}

async function open(texts: readonly string[], reach: Reach): Promise<Side> {
  const upstream = await startHostileLeadDyno(texts, reach, { now: NOW });
  const options = { maxResultChars: WHOLE, clock: () => NOW.getTime(), timeoutMs: 60_000 };
  // Where no group has its usual name any more, a change of group would be refused before anything is asked.
  const asking = startHarnessAt(upstream.url, { ...options, precheck: reach === 'typed' });
  const doing = startHarnessAt(upstream.url, { ...options, confirm: 'off' });
  return {
    programme: upstream.programme,
    asking,
    doing,
    ask: await asking.connect('modern', {
      capabilities: { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } },
    }),
    act: await doing.connect('modern'),
    async close() {
      await asking.close();
      await doing.close();
      await upstream.close();
    },
  };
}

/** Writes besides those of the table that ask, with texts of the caller; they go to a server that asks nothing. */
const otherWrites = (text: string): readonly (readonly [string, JsonObject])[] => [
  ['create_affiliate', { email: `new-${text.length}@example.com`, first_name: text, last_name: text }],
  ['approve_affiliate', { affiliate_id: 1002 }],
  ['unarchive_affiliate', { affiliate_id: 1003 }],
  ['create_lead', { email: 'fresh@example.com', first_name: text }],
  ['create_visitor', { url: 'https://shop.example.com/' }],
  ['create_custom_field', { name: 'Shoe size' }],
  ['review_affiliates', { action: 'approve', affiliate_ids: [1001, 1002, 1039] }],
  ['settle_payouts', { affiliate_ids: [1001, 1003], due_by: NOW.toISOString() }],
];

describe.each(['typed', 'everything'] as const)('hostile text in %s', (reach) => {
  let tame: Side;
  let hostile: Side;

  beforeAll(async () => {
    [tame, hostile] = await Promise.all([open(harmlessTexts, reach), open(hostileTexts, reach)]);
  });
  afterAll(async () => {
    await tame.close();
    await hostile.close();
    for (const { asking, doing } of [tame, hostile]) expect([...asking.faults, ...doing.faults]).toEqual([]);
  });

  it('stays in its fields in every tool that reads', async () => {
    for (const [name, args] of Object.entries(readCalls)) {
      const result = await hostile.ask.call(name, args(hostile.programme));
      expectSane(result, name);
      if (WORKFLOWS.has(name)) continue;
      const other = await tame.ask.call(name, args(tame.programme));
      expect(result.isError, `${name}: ${result.text.slice(0, 300)}`).toBe(other.isError);
      expectAlike(other.data, result.data, name);
    }
  });

  it('stays in its quotes in every question of an operation, and out of all other words', async () => {
    for (const { tool, args, title } of askingWrites) {
      const [mine, theirs] = await Promise.all([
        hostile.ask.call(tool, args(hostile.programme)),
        tame.ask.call(tool, args(tame.programme)),
      ]);
      expectSane(mine, title);
      expect(wordsOf(askedIn(mine).question), title).toBe(outside(askedIn(theirs).question));
    }
    const [usual = ''] = [askedIn(await tame.ask.call('archive_affiliate', { affiliate_id: 1001 })).question];
    const words = (text: string) =>
      outside(text)
        .replace(/id \d+/, 'id 1')
        .replace('"", ""', '""');
    for (let id = 1001; id < 1001 + hostileTexts.length; id += reach === 'typed' ? 1 : 4) {
      const { question } = askedIn(await hostile.ask.call('archive_affiliate', { affiliate_id: id }));
      wordsOf(question);
      expect(words(question)).toBe(words(usual));
    }
  });

  it('stays in its quotes in the questions of batches', async () => {
    const ids = Array.from({ length: hostileTexts.length }, (_, index) => 1001 + index);
    const calls: (readonly [string, JsonObject])[] = [
      ...[0, 90, 180].flatMap((from) =>
        ['approve', 'reject', 'archive', 'unarchive'].map(
          (action) => ['review_affiliates', { action, affiliate_ids: ids.slice(from, from + 90) }] as const,
        ),
      ),
      ...[0, 90, 180].map(
        (from) => ['settle_payouts', { affiliate_ids: ids.slice(from, from + 90), due_by: NOW.toISOString() }] as const,
      ),
    ];
    let asked = 0;
    for (const [tool, args] of calls) {
      const [mine, theirs] = await Promise.all([hostile.ask.call(tool, args), tame.ask.call(tool, args)]);
      expectSane(mine, tool);
      expect('confirmation' in mine.data, `${tool} ${mine.text.slice(0, 200)}`).toBe('confirmation' in theirs.data);
      if (!('confirmation' in mine.data)) continue;
      asked += 1;
      const flags = / \(red flags: [a-z_, ]+\)| \d+ of them ha(s|ve) red flags: list_pending_affiliates says why\./g;
      const [words, other] = [wordsOf(askedIn(mine).question), outside(askedIn(theirs).question)];
      expect(words.replace(flags, '')).toBe(other.replace(flags, ''));
    }
    // Where LeadDyno's own words are gone, nobody can be told to wait or to be owed anything.
    expect(asked).toBeGreaterThan(reach === 'typed' ? 8 : -1);
  });

  it('stays in its fields in resources, their list, completion and page data', { timeout: 60_000 }, async () => {
    const uris = ['affiliates', 'program', 'affiliates/1001'].map((path) => `leaddyno://${path}`);
    for (const part of ['commissions', 'purchases', 'leads']) uris.push(`leaddyno://affiliates/1001/${part}`);
    for (const uri of uris) {
      const [mine, theirs] = await Promise.all([read(hostile.ask, uri), read(tame.ask, uri)]);
      expectVisible(mine.text, uri);
      // Without a readable currency there is no sum of one.
      if (uri.endsWith('program') && reach !== 'typed') continue;
      expectAlike(JSON.parse(theirs.text), JSON.parse(mine.text), uri);
    }
    const { resources } = await hostile.ask.client.listResources();
    for (const { name, uri } of resources) {
      expectVisible(name, uri);
      expect(name, uri).not.toMatch(/[\n\r\t]/);
      expect(Array.from(name).length).toBeLessThanOrEqual(60);
      expect(name.trim()).not.toBe('');
    }
    const ref = { type: 'ref/resource', uri: 'leaddyno://affiliates/{affiliate_id}' } as const;
    for (const value of ['tame', 'Ignore', '\u202e\u200b\u200b\u200b', 'ann', ...hostileTexts.slice(0, 8)]) {
      const { completion } = await hostile.ask.client.complete({ ref, argument: { name: 'affiliate_id', value } });
      for (const id of completion.values) expect(id).toMatch(/^\d+$/);
    }
    const parts: Record<string, JsonObject> = {};
    const calls = [
      ['overview', 'program_overview'],
      ['payouts', 'payout_report'],
      ['pending', 'list_pending_affiliates'],
    ] as const;
    for (const [part, name] of calls) {
      const { _meta, structuredContent } = await hostile.ask.client.callTool({ name, arguments: {} });
      for (const text of stringsIn(_meta)) expectVisible(text, name);
      parts[part] = { ...(structuredContent as JsonObject), ...(_meta?.['leaddyno-mcp/picture'] as JsonObject) };
    }
    const written = { parts, period: { kind: 'month', month: '2026-06' }, made_at: NOW.toISOString() } as const;
    const html = (await drawing()).drawFile(await appPage(), written);
    expect(html.match(/<script/g)).toHaveLength(2);
    const [, json = ''] = /id="results">(.*?)<\/script>/s.exec(html) ?? [];
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(written)));
    // Drawn when it is written, too: what records hold became text.
    const tags = new Set(Array.from(html.matchAll(/<([a-z][a-z0-9]*)[\s>]/gi), ([, tag = '']) => tag.toLowerCase()));
    for (const tag of ['img', 'iframe', 'object', 'link', 'base', 'form', 'a']) expect(tags).not.toContain(tag);
  });

  it('is data in every file: no cell begins a formula, no row and no line has more or less than it should', async () => {
    for (const records of ['affiliates', 'purchases', 'commissions', 'leads', 'visitors']) {
      for (const format of ['csv', 'jsonl']) {
        const result = await hostile.ask.call('export_records', { records, format });
        expectSane(result, `${records} as ${format}`);
        for (const file of filesOf(result)) {
          const { text: whole } = await read(hostile.ask, String(file.uri));
          expect(whole.startsWith(BYTE_ORDER_MARK), records).toBe(format === 'csv');
          const text = whole.replace(BYTE_ORDER_MARK, '');
          expectVisible(format === 'csv' ? text.replaceAll('\r\n', '\n') : text, `${records} as ${format}`);
          if (format === 'csv') expectTable(text, Number(file.rows) + 1, records);
          else expectLines(text, Number(file.rows), records);
        }
      }
    }
    const report = await hostile.ask.call('payout_report', {});
    for (const file of filesOf(report)) {
      const { text: whole } = await read(hostile.ask, String(file.uri));
      const hasHeader = String(file.name).startsWith('payout-report');
      // Only what people open has the mark: the files for a payment service do without.
      expect(whole.startsWith(BYTE_ORDER_MARK), String(file.name)).toBe(hasHeader);
      const text = whole.replace(BYTE_ORDER_MARK, '');
      expectTable(text, Number(file.rows) + (hasHeader ? 1 : 0), String(file.name));
    }
    expect(filesOf(report).length).toBeGreaterThan(0);
  });

  it('stays in its fields in every tool that writes, and in what is remembered of it', async () => {
    const written = new Set<string>();
    const calls = [
      ...askingWrites.map(({ tool, args }) => [tool, args] as const),
      ...hostileTexts
        .filter((_, index) => index % 20 === 0)
        .flatMap((text) => otherWrites(text).map(([tool, args]) => [tool, () => args] as const)),
      ...Object.entries(writeCalls),
    ];
    // What is open is looked for before anything is cancelled.
    const given = calls.map(([tool, args]) => [tool, args(hostile.programme)] as const);
    for (const [tool, args] of given) {
      expectSane(await hostile.act.call(tool, args), tool);
      written.add(tool);
    }
    const left = toolNames.filter((name) => !readingTools.includes(name) && !written.has(name));
    expect(left).toEqual([]);
    for (const [detail, limit] of [
      ['concise', 200],
      ['full', 20],
    ]) {
      expectSane(await hostile.act.call('list_recent_changes', { detail, limit }), 'list_recent_changes');
    }
    const month = new Date().toISOString().slice(0, 7);
    const { text } = await read(hostile.act, `leaddyno://audit/${month}`);
    expectVisible(text, 'audit');
    expect(at(JSON.parse(text), 'found')).toBeGreaterThan(50);
  });
});

const read = async ({ client }: Connection, uri: string): Promise<{ text: string }> => {
  const { contents } = await client.readResource({ uri });
  return { text: contents.map((content) => ('text' in content ? content.text : '')).join('') };
};

const filesOf = ({ data }: Result): JsonObject[] => (Array.isArray(data.files) ? data.files.filter(isObject) : []);

/** The cells of a file, by RFC 4180 and by nothing of ours. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let index = 0;
  while (index < text.length) {
    let cell = '';
    if (text[index] === '"') {
      for (index += 1; text[index] !== '"' || text[index + 1] === '"'; index += 1) {
        if (index >= text.length) throw new Error('a quoted cell without an end');
        if (text[index] === '"') index += 1;
        cell += text[index];
      }
      index += 1;
    } else {
      const end = text.slice(index).search(/[,\r\n]/);
      cell = text.slice(index, end < 0 ? text.length : index + end);
      index += cell.length;
      expect(cell, 'a quotation mark inside a bare cell').not.toContain('"');
    }
    row.push(cell);
    if (text[index] === ',') index += 1;
    else {
      expect(text.slice(index, index + 2)).toBe('\r\n');
      index += 2;
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

const FORMULA = /^[\s"\u201c\u2018\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212]/u;
const AMOUNT = /^-?\d+(\.\d+)?$/;

function expectTable(text: string, rows: number, what: string): void {
  const table = parseCsv(text);
  expect(table.length, what).toBe(rows);
  for (const row of table) {
    expect(row.length, what).toBe(table[0]?.length);
    for (const cell of row) {
      figures.cells += 1;
      if (AMOUNT.test(cell)) continue;
      // Programs that part cells at more than commas begin anew there.
      for (const piece of cell.split(/[;\t\r\n]/)) {
        if (FORMULA.test(piece)) expect.fail(`${what}: a formula in ${JSON.stringify(cell.slice(0, 80))}`);
      }
    }
  }
}

function expectLines(text: string, rows: number, what: string): void {
  const lines = text.split('\n');
  expect(lines.pop(), what).toBe('');
  expect(lines.length, what).toBe(rows);
  for (const line of lines) expect(isObject(JSON.parse(line)), what).toBe(true);
  figures.lines += lines.length;
}

describe('a question, for every text in every field and argument it could be built from', () => {
  const kept = (tool: string, field: string) =>
    field.endsWith('amount') || (tool === 'mark_commissions_paid' && field === 'purchase_code');

  it.each(asking)('of %s says nothing else outside of its quotes', async (tool) => {
    const operation = operationNamed(tool);
    const args = argumentsOf(tool);
    const question = async (text: string, whose: 'record' | 'arguments') =>
      String(
        await ask(
          operation,
          whose === 'record'
            ? args
            : (withTexts(args, (was, field) =>
                field === 'currency' || field === 'due_at' || kept(tool, field) ? was : text,
              ) as JsonObject),
          (name) =>
            (whose === 'record'
              ? withTexts(NORMAL[name], (was, field) => (kept(tool, field) ? was : text))
              : NORMAL[name]) as JsonObject,
        ),
      );
    for (const whose of ['record', 'arguments'] as const) {
      const usual = outside(await question('tame', whose));
      for (const text of hostileTexts) expect(wordsOf(await question(text, whose)), text).toBe(usual);
    }
  });

  it('shows no mark that a reader could take for the end of a name', () => {
    for (const text of hostileTexts) {
      const inner = quote(text, 200).slice(1, -1);
      expect(inner, text).not.toMatch(/["\u201c\u201d\u201e\u201f\u2033\u02ba\u02dd\u02ee\u3003\uff02\u05f4\u1cd3]/);
      expect(inner, text).not.toMatch(/['`\u00b4\u2019]{2}|(^|\s)\p{M}/u);
    }
  });
});

describe('the words of LeadDyno in an error', () => {
  it('stand in one JSON string of one sentence', async () => {
    const WORDS = / LeadDyno said: ("(?:[^"\\]|\\.)*")\./;
    const upstream = await startUpstream(({ path }) => {
      const text = hostileTexts[Number(path.split('/')[2]) - 1] ?? '';
      return { status: 422, json: { error: text, [text]: text } };
    });
    const { call } = await startHarnessAt(upstream.url).connect('modern');
    const usual = (
      await startHarnessAt((await startUpstream(() => ({ status: 422, json: null }))).url).connect('modern')
    ).call;
    const [read, write] = [
      await usual('get_affiliate', { affiliate_id: 1 }),
      await usual('approve_affiliate', { affiliate_id: 1 }),
    ];
    for (const [index, text] of hostileTexts.entries()) {
      const args = { affiliate_id: index + 1 };
      for (const [tool, other] of index % 4 > 0
        ? ([['get_affiliate', read]] as const)
        : ([
            ['get_affiliate', read],
            ['approve_affiliate', write],
          ] as const)) {
        const result = await call(tool, args);
        expectSane(result, text);
        expect(result.text.replace(WORDS, ''), text).toBe(other.text);
        const [, said] = WORDS.exec(result.text) ?? [];
        if (said !== undefined) expect(typeof JSON.parse(said)).toBe('string');
      }
    }
  });
});

describe('the text of a prompt', () => {
  /** Free text is tried with all of them, the rest with some. */
  const FREE = ['group', 'name', 'email', 'purchase_code'];
  const cases: readonly (readonly [string, string, JsonObject])[] = [
    ['review_applications', 'group', {}],
    ['investigate_order', 'purchase_code', {}],
    ['investigate_order', 'email', {}],
    ['onboard_affiliate', 'name', { email: 'new@example.com' }],
    ['onboard_affiliate', 'group', { email: 'new@example.com' }],
    ['onboard_affiliate', 'email', {}],
    ['payout_run', 'due_by', {}],
    ['payout_run', 'minimum', {}],
    ['weekly_report', 'week_of', {}],
    ['find_at_risk_affiliates', 'days', {}],
  ];

  it('is not steered by what is filled in', async () => {
    const upstream = await startUpstream(() => ({ json: [] }));
    const { client } = await startHarnessAt(upstream.url, { clock: () => NOW.getTime() }).connect('modern');
    const fill = async (name: string, args: JsonObject) => {
      const { messages } = await client.getPrompt({ name, arguments: args as Record<string, string> });
      expect(messages).toHaveLength(1);
      return String(at(messages, 0, 'content', 'text'));
    };
    let taken = 0;
    for (const [name, argument, more] of cases) {
      const usual = await fill(name, { ...more, [argument]: argument === 'email' ? 'a@b.example' : 'x' }).catch(
        () => undefined,
      );
      const without = await fill(name, more).catch(() => undefined);
      for (const text of hostileTexts.filter((_, index) => FREE.includes(argument) || index % 5 === 0)) {
        figures.prompts += 1;
        const said = await fill(name, { ...more, [argument]: text }).catch((error: unknown) => error as Error);
        if (said instanceof Error) {
          expectVisible(said.message.replaceAll('\n', ' '), `${name}: ${text}`);
          expect(said.message).not.toContain('Archive');
          continue;
        }
        taken += 1;
        expectVisible(said, `${name}: ${text}`);
        // A text of nothing visible is none.
        const like = cleanText(text).trim() === '' ? without : usual;
        expect(outside(said), `${name}: ${text}`).toBe(like && outside(like));
      }
    }
    expect(taken).toBeGreaterThan(100);
    // The protocol's own reader drops that one name.
    for (const text of hostileTexts.filter((name) => name !== '__proto__')) {
      const error = await fill('payout_run', { [text]: 'x' }).catch((thrown: unknown) => thrown as Error);
      expect(error).toBeInstanceOf(Error);
      expectVisible((error as Error).message.replaceAll('\n', ' '), text);
    }
  });
});

describe('honest text', () => {
  it('stays readable in tools, questions and files', async () => {
    const rows = legitimate.map(([text], index) => ({
      id: index + 1,
      email: `p${index + 1}@example.com`,
      first_name: text,
    }));
    const upstream = await startUpstream(({ path }) => ({
      json: path === '/affiliates' ? rows : rows[Number(path.split('/')[2]) - 1],
    }));
    const { call, client } = await startHarnessAt(upstream.url).connect('modern');
    const listed = (await call('list_affiliates', { detail: 'full' })).data.affiliates;
    for (const [index, [text, shown]] of legitimate.entries()) {
      expect(at(listed, index, 'first_name')).toBe(shown);
      const { question } = askedIn(await call('archive_affiliate', { affiliate_id: index + 1 }));
      // Every letter stays; what cannot be seen, or passes for a quotation mark, is named.
      expect(question, text).toContain(`${quote(text)}, "p`);
      const letters = (piece: string) => piece.replace(/\[U\+[^\]]*\]/g, '').replace(/[^\p{L}\p{M}\p{N}]/gu, '');
      expect(letters(quote(text)), text).toBe(letters(shown));
    }
    const exported = await call('export_records', { records: 'affiliates' });
    const { contents } = await client.readResource({ uri: String(filesOf(exported)[0]?.uri) });
    const cells = parseCsv(String(at(contents, 0, 'text'))).flat();
    for (const [, shown] of legitimate) expect(cells).toContain(shown);
  });
});

describe('the checks themselves', () => {
  it('find what they look for', () => {
    expect(() => expectTable('name\r\n"x;=1+1"\r\n', 2, '')).toThrow(/a formula/);
    expect(() => expectTable('name\r\nx,y\r\n', 2, '')).toThrow();
    expect(() => expectTable('"name\r\n', 1, '')).toThrow(/without an end/);
    expect(() => expectVisible('a\u{e0061}b', '')).toThrow(/U\+e0061/);
    expect(() => wordsOf('Pay "\u05d0"; 12 USD?')).toThrow();
    expect(() => wordsOf('Pay "a" "?')).toThrow();
    expect(() => expectAlike({ a: 'tame0_' }, { a: 'other' }, '')).toThrow();
    expect(() => expectAlike(['own words'], ['other words'], '')).toThrow();
  });
});

describe('the corpus', () => {
  it('holds what it should', () => {
    expect(new Set(hostileTexts).size).toBeGreaterThanOrEqual(150);
    expect(Object.values(families).every((texts) => texts.length >= 6)).toBe(true);
  });

  afterAll(() => {
    process.stdout.write(
      `${JSON.stringify({ faults: 'hostile text', texts: hostileTexts.length, families: Object.keys(families).length, ...figures })}\n`,
    );
  });
});
