import { readFileSync } from 'node:fs';
import { isInputRequiredResult } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { type Answers, type Connection, eras } from '../support/clients.ts';
import { type SandboxHarness, startHarness } from '../support/harness.ts';
import { askedIn, at, reasonOf } from '../support/protocol-json.ts';

const TOOL = 'archive_affiliate';
const ARGS = { affiliate_id: 1001 };
const FORMS = { elicitation: { form: {} } };

type Era = (typeof eras)[number];

/** A client whose form answers with whatever JSON, or with the error of a handler that throws. */
async function connectOdd(harness: SandboxHarness, era: Era, answer: () => unknown): Promise<Connection> {
  const connection = await harness.connect(era, { capabilities: FORMS });
  connection.client.setRequestHandler('elicitation/create', async () => (await answer()) as { action: 'cancel' });
  return connection;
}

/** What holds of a call that nobody answered: the question with a token, which works without another form. */
async function expectToken(harness: SandboxHarness, { call }: Connection): Promise<void> {
  const result = await call(TOOL, ARGS);
  const { token } = askedIn(result);
  expect(result.text).toContain('neither a yes nor a no');
  expect(result.text).not.toMatch(/did not agree|not ask again|declined/);
  expect(harness.writes()).toEqual([]);
  const done = await call(TOOL, { ...ARGS, confirmation_token: token });
  expect(done.isError, done.text).toBe(false);
  expect(harness.writes()).toEqual(['POST /affiliates/1001/archive']);
}

describe.each(eras)('%s: nobody has answered', (era) => {
  it.each<[string, unknown]>([
    ['cancel', { action: 'cancel' }],
    ['an accept without content', { action: 'accept' }],
    ['an accept with empty content', { action: 'accept', content: {} }],
    ['a box as text', { action: 'accept', content: { confirm: 'true' } }],
    ['a box as a number', { action: 'accept', content: { confirm: 1 } }],
  ])('with %s', async (_, answer) => {
    const harness = await startHarness();
    await expectToken(harness, await connectOdd(harness, era, () => answer));
  });

  it.each<[string, object]>([
    ['yes', { action: 'accept', content: { confirm: true } }],
    ['unticked box', { action: 'accept', content: { confirm: false } }],
    ['no', { action: 'decline' }],
  ])('with a %s that came faster than anybody reads', async (_, answer) => {
    const harness = await startHarness({ readingMs: 800 });
    await expectToken(harness, await connectOdd(harness, era, () => answer));
  });

  it('but has with the same answers a while later', async () => {
    const harness = await startHarness({ readingMs: 800 });
    const later = (answer: object) => () => {
      harness.advance(1_500);
      return answer;
    };
    const no = await connectOdd(harness, era, later({ action: 'decline' }));
    const declined = await no.call(TOOL, ARGS);
    expect(declined.data).toMatchObject({ declined: true, note: expect.stringMatching(/did not agree/) });
    const unticked = await connectOdd(harness, era, later({ action: 'accept', content: { confirm: false } }));
    expect((await unticked.call(TOOL, ARGS)).data.declined).toBe(true);
    expect(harness.writes()).toEqual([]);
    const yes = await connectOdd(harness, era, later({ action: 'accept', content: { confirm: true } }));
    expect((await yes.call(TOOL, ARGS)).isError).toBe(false);
    expect(harness.writes()).toHaveLength(1);
  });

  it('is no yes in --confirm strict, and gives no token there', async () => {
    const harness = await startHarness({ confirm: 'strict' });
    const { call } = await connectOdd(harness, era, () => ({ action: 'cancel' }));
    const result = await call(TOOL, ARGS);
    expect(reasonOf(result)).toBe('confirmation_required');
    expect(result.text).toMatch(/no one answered/);
    expect(result.text).not.toMatch(/confirmation_token|cannot show/);
    expect(harness.writes()).toEqual([]);
  });
});

describe('a host of 2025 that says it shows forms', () => {
  const never: Answers = () => new Promise(() => undefined);

  it('and never answers gets the question and a token in time; the form is taken back', async () => {
    const harness = await startHarness({ formWaitMs: 60 });
    const connection = await harness.connect('legacy', { capabilities: FORMS });
    let takenBack = false;
    connection.client.setRequestHandler('elicitation/create', (_, { mcpReq }) => {
      mcpReq.signal.addEventListener('abort', () => {
        takenBack = true;
      });
      return new Promise(() => undefined);
    });
    await expectToken(harness, connection);
    expect(takenBack).toBe(true);
  });

  it('and never answers, of the v1 line of the SDK, too', async () => {
    const harness = await startHarness({ formWaitMs: 60 });
    const { call, forms } = await harness.connectOld({ answers: never });
    const { token } = askedIn(await call(TOOL, ARGS));
    expect((await call(TOOL, { ...ARGS, confirmation_token: token })).isError).toBe(false);
    expect(forms).toHaveLength(1);
  });

  it('and never answered one is not waited for again on this connection, and told why', async () => {
    const harness = await startHarness({ formWaitMs: 60 });
    const { call, forms } = await harness.connect('legacy', { answers: never });
    expect((await call(TOOL, ARGS)).text).toContain('neither a yes nor a no');
    const again = await call(TOOL, { affiliate_id: 1004 });
    const { token } = askedIn(again);
    expect(again.text).toContain('An earlier form on this connection was not answered in time');
    expect(forms).toHaveLength(1);
    expect((await call(TOOL, { affiliate_id: 1004, confirmation_token: token })).isError).toBe(false);
    // Others are asked by form all the same.
    const other = await harness.connect('legacy', { answers: 'yes' });
    expect((await other.call(TOOL, ARGS)).isError).toBe(false);
    expect(other.forms).toHaveLength(1);
  });

  it('and has brought an answer before is asked by form again after one that nobody answered', async () => {
    const harness = await startHarness({ formWaitMs: 300 });
    const away = new Set([2]);
    const shown: unknown[] = [];
    const { call } = await connectOdd(harness, 'legacy', () => {
      shown.push(0);
      return away.has(shown.length) ? new Promise(() => undefined) : { action: 'decline' };
    });
    expect((await call(TOOL, ARGS)).data.declined).toBe(true);
    expect(askedIn(await call(TOOL, ARGS)).token).not.toBe('');
    expect((await call(TOOL, ARGS)).data.declined).toBe(true);
    expect(shown).toHaveLength(3);
  });

  it('is asked by form every time with --confirm strict, where nothing else counts', async () => {
    const harness = await startHarness({ formWaitMs: 60, confirm: 'strict' });
    const { call, forms } = await harness.connect('legacy', { answers: never });
    for (const _ of [1, 2]) expect(reasonOf(await call(TOOL, ARGS))).toBe('confirmation_required');
    expect(forms).toHaveLength(2);
  });

  it('and knows no such request (-32601) gets a token at once', async () => {
    const harness = await startHarness();
    await expectToken(harness, await harness.connect('legacy', { capabilities: FORMS }));
  });

  it('and answers nonsense, or fails, gets a token', async () => {
    for (const answer of [() => ({ action: 'perhaps' }), () => 7, () => Promise.reject(new Error('window closed'))]) {
      const harness = await startHarness();
      await expectToken(harness, await connectOdd(harness, 'legacy', answer));
    }
  });

  it('is not believed for ever if the record moves with every form', async () => {
    const harness = await startHarness();
    const { call, forms } = await harness.connect('legacy', {
      answers: () => {
        const ann = harness.sandbox.programme.affiliates.get(1001);
        if (ann) ann.email = `ann${forms.length}@example.com`;
        return 'yes';
      },
    });
    expect(askedIn(await call(TOOL, ARGS)).question).toContain('ann');
    expect(forms.length).toBeLessThan(6);
    expect(harness.writes()).toEqual([]);
  });
});

it('the wait for a form ends before the 60 seconds of a host, and --form-wait sets it', () => {
  const waitOf = (...argv: string[]) => {
    const invocation = readConfig(['--sandbox', ...argv], {});
    return invocation.run === 'serve' ? invocation.config.formWaitMs : undefined;
  };
  expect(waitOf()).toBeLessThan(60_000);
  expect(waitOf('--form-wait', '2500')).toBe(2_500);
});

describe.each(eras)('%s: a token', (era) => {
  it('that does not hold leads to a form again', async () => {
    const harness = await startHarness();
    const { call, forms } = await harness.connect(era, { answers: 'yes' });
    expect((await call(TOOL, { ...ARGS, confirmation_token: 'made-up' })).isError).toBe(false);
    expect(forms[0]?.message).toMatch(/^The confirmation does not come from this server/);
  });

  it('is explained where people look for help: when to start the server with --confirm token', () => {
    const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');
    const entries = page.split(/\n(?=\*\*)/).filter((entry) => entry.includes('`--confirm token`'));
    expect(entries.map((entry) => /^\*\*.+?\*\*/.exec(entry)?.[0])).toEqual([
      '**The first tool that asks waits 45 seconds.**',
      '**"The form brought no answer of a person."**',
    ]);
  });

  it('is never a form with --confirm token', async () => {
    const harness = await startHarness({ confirm: 'token' });
    const { call, forms } = await harness.connect(era, { answers: 'yes' });
    const { token } = askedIn(await call(TOOL, ARGS));
    expect((await call(TOOL, { ...ARGS, confirmation_token: token })).isError).toBe(false);
    expect(forms).toEqual([]);
  });

  it('of a replica that asks less is none for one that is strict', async () => {
    const lax = await startHarness();
    const strict = await startHarness({ confirm: 'strict', confirmations: lax.confirmations });
    const { token } = askedIn(await (await lax.connect(era)).call(TOOL, ARGS));
    const blind = await strict.connect(era);
    expect(reasonOf(await blind.call(TOOL, { ...ARGS, confirmation_token: token }))).toBe('confirmation_required');
    const { call, forms } = await strict.connect(era, { answers: 'decline' });
    expect((await call(TOOL, { ...ARGS, confirmation_token: token })).data.declined).toBe(true);
    expect(forms).toHaveLength(1);
    expect(strict.writes()).toEqual([]);
  });
});

it('a form that a lax replica put is none that a strict one takes', async () => {
  const lax = await startHarness();
  const strict = await startHarness({ confirm: 'strict', confirmations: lax.confirmations });
  const params = { name: TOOL, arguments: ARGS };
  const ask = async (harness: SandboxHarness, round: object = {}) => {
    const { client } = await harness.connect('modern', { capabilities: FORMS, manual: true });
    return await client.request(
      { method: 'tools/call', params: { ...params, ...round } },
      { allowInputRequired: true },
    );
  };
  const first = await ask(lax);
  const requestState = isInputRequiredResult(first) ? first.requestState : undefined;
  const again = await ask(strict, {
    requestState,
    inputResponses: { confirm: { action: 'accept', content: { confirm: true } } },
  });
  expect(at(again, 'inputRequests', 'confirm', 'params', 'message')).toMatch(/given for another call/);
  expect(strict.writes()).toEqual([]);
});

describe.each(eras)('%s: the time of a call', (era) => {
  /** A server for which each request takes so many milliseconds, and a person ten minutes. */
  async function startSlow(perRequest: number) {
    let readingMs = 0;
    const slow: { harness?: SandboxHarness } = {};
    const harness = await startHarness({
      sandbox: { affiliates: 140 },
      ticks: () => readingMs + (slow.harness?.sandbox.requests.length ?? 0) * perRequest,
    });
    slow.harness = harness;
    const connection = await harness.connect(era, {
      answers: () => {
        readingMs += 10 * 60_000;
        return 'yes';
      },
    });
    return { harness, connection };
  }

  it('holds over its forms together; what does not fit is named, and the next call goes on', async () => {
    const { harness, connection } = await startSlow(1_300);
    const { call } = connection;
    let ids = harness.sandbox.programme.affiliates.rows
      .filter(({ status }) => status === 'Active')
      .slice(0, 40)
      .map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(30);
    let calls = 0;
    while (ids.length > 0 && calls < 6) {
      const before = harness.sandbox.requests.length;
      const { data, text } = await call('review_affiliates', { action: 'archive', affiliate_ids: ids });
      expect((harness.sandbox.requests.length - before) * 1_300).toBeLessThanOrEqual(46_000);
      const done = Array.isArray(data.done) ? data.done.length : 0;
      expect(done, text).toBeGreaterThan(0);
      const left = Array.isArray(data.left) ? data.left.map(Number) : [];
      expect(done + left.length, text).toBe(ids.length);
      ids = left;
      calls += 1;
    }
    expect(ids).toEqual([]);
    expect(calls).toBeGreaterThan(1);
  });

  it('holds for a batch that reads each record too', async () => {
    const { harness, connection } = await startSlow(700);
    const { call } = connection;
    const { programme } = harness.sandbox;
    const owed = new Set(programme.commissions.rows.filter(({ paid }) => !paid).map(({ affiliateId }) => affiliateId));
    const all = programme.affiliates.rows.map(({ id }) => id).filter((id) => owed.has(id));
    let ids = all.slice(0, 40);
    let calls = 0;
    const due_by = new Date(Date.now() + 100 * 86_400_000).toISOString();
    while (ids.length > 0 && calls < 8) {
      const before = harness.sandbox.requests.length;
      const { data } = await call('settle_payouts', { affiliate_ids: ids, due_by });
      expect((harness.sandbox.requests.length - before) * 700).toBeLessThanOrEqual(46_000);
      ids = Array.isArray(data.affiliates_left) ? data.affiliates_left.map(Number) : [];
      calls += 1;
    }
    expect(ids).toEqual([]);
    expect(calls).toBeGreaterThan(1);
  });
});
