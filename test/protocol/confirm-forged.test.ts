import { type Client, isInputRequiredResult } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { readResult } from '../support/clients.ts';
import { type AskingWrite, someWrites } from '../support/good-calls.ts';
import { startHarness } from '../support/harness.ts';
import { askedIn, at, reasonOf } from '../support/protocol-json.ts';

const YES = { confirm: { action: 'accept', content: { confirm: true } } };
const NO = { confirm: { action: 'decline' } };
const FIVE_MINUTES = 5 * 60_000;

/** What a client that drives the rounds by itself adds to a call. */
interface Round {
  readonly inputResponses?: object;
  readonly requestState?: string;
}

async function callRaw(client: Client, name: string, args: object, round: Round = {}) {
  const params = { name, arguments: { ...args }, ...round };
  return await client.request({ method: 'tools/call', params }, { allowInputRequired: true });
}

/** The form in an answer, with its state; fails where the call was ended. */
function formIn(raw: unknown): { message: string; state: string } {
  if (!isInputRequiredResult(raw)) throw new Error(`expected a form, got ${JSON.stringify(raw)}`);
  const { requestState, inputRequests } = raw;
  const message = at(inputRequests, 'confirm', 'params', 'message');
  if (typeof message !== 'string' || typeof requestState !== 'string') throw new Error('expected a form with a state');
  return { message, state: requestState };
}

const forms = { capabilities: { elicitation: { form: {} } }, manual: true };

async function start(write: AskingWrite) {
  const harness = await startHarness();
  const { client } = await harness.connect('modern', forms);
  const args = write.args(harness.sandbox.programme);
  const send = (round?: Round, otherArgs: object = args) => callRaw(client, write.tool, otherArgs, round);
  return { harness, client, send };
}

describe.each(someWrites)('2026-07-28, $title', (write) => {
  it('counts an answer with our state', async () => {
    const { harness, send } = await start(write);
    const { state } = formIn(await send());
    expect(readResult(await send({ inputResponses: YES, requestState: state })).isError).toBe(false);
    expect(harness.writes()).toHaveLength(1);
  });

  it.each([
    ['without a state', undefined],
    ['with an empty state', ''],
    ['with a state of its own', 'yes'],
  ])('takes a yes %s for none', async (_, requestState) => {
    const { harness, send } = await start(write);
    const round = { inputResponses: YES, ...(requestState !== undefined && { requestState }) };
    expect(formIn(await send(round)).message).toMatch(
      /^The confirmation does not come from this server, so it does not count\. /,
    );
    expect(harness.writes()).toEqual([]);
  });

  it('takes a yes with an altered state for none', async () => {
    const { harness, send } = await start(write);
    const { state } = formIn(await send());
    const middle = Math.floor(state.length / 2);
    for (const requestState of [
      `${state}x`,
      state.slice(0, -1),
      state.slice(0, middle) + (state[middle] === 'A' ? 'B' : 'A') + state.slice(middle + 1),
    ]) {
      expect(formIn(await send({ inputResponses: YES, requestState })).message).toMatch(
        /^The confirmation does not come/,
      );
    }
    expect(harness.writes()).toEqual([]);
  });

  it('takes a yes with a state that was used for nothing', async () => {
    const { harness, send } = await start(write);
    const { state } = formIn(await send());
    await send({ inputResponses: YES, requestState: state });
    const replayed = readResult(await send({ inputResponses: YES, requestState: state }));
    expect(reasonOf(replayed)).toBe('already_used');
    expect(harness.writes()).toHaveLength(1);
  });

  it('is carried out once where fifty answers come with one state', async () => {
    const { harness, send } = await start(write);
    const { state } = formIn(await send());
    const round = { inputResponses: YES, requestState: state };
    const results = await Promise.all(Array.from({ length: 50 }, () => send(round)));
    expect(results.filter((raw) => !readResult(raw).isError)).toHaveLength(1);
    expect(harness.writes()).toHaveLength(1);
  });

  it('asks anew where the answer comes too late', async () => {
    const { harness, send } = await start(write);
    const { state } = formIn(await send());
    harness.advance(FIVE_MINUTES + 1);
    expect(formIn(await send({ inputResponses: YES, requestState: state })).message).toMatch(
      /^The confirmation has exp/,
    );
    expect(harness.writes()).toEqual([]);
  });

  it('asks anew where the answer was given for other arguments', async () => {
    const { harness, send } = await start(write);
    const { state } = formIn(await send());
    const other = await send({ inputResponses: YES, requestState: state }, write.otherwise);
    expect(formIn(other).message).toMatch(
      /^The confirmation was given for another call and does not count for this one/,
    );
    expect(harness.writes()).toEqual([]);
  });

  it('asks anew where the record has changed since', async () => {
    if (write.meddle === undefined) return;
    const { harness, send } = await start(write);
    const { state } = formIn(await send());
    write.meddle(harness.sandbox.programme);
    expect(formIn(await send({ inputResponses: YES, requestState: state })).message).toMatch(/^The record has changed/);
    expect(harness.writes()).toEqual([]);
  });

  it('does not take a yes after a no', async () => {
    const { harness, send } = await start(write);
    const { state } = formIn(await send());
    expect(readResult(await send({ inputResponses: NO, requestState: state })).data.declined).toBe(true);
    expect(reasonOf(readResult(await send({ inputResponses: YES, requestState: state })))).toBe('already_used');
    expect(harness.writes()).toEqual([]);
  });
});

describe('2026-07-28: what is no yes', () => {
  it.each([
    { action: 'accept' },
    { action: 'accept', content: {} },
    { action: 'accept', content: { confirm: 'true' } },
    { action: 'accept', content: { confirm: 1 } },
    { action: 'accept', content: { yes: true } },
    { action: 'accept', content: { confirm: [true] } },
  ])('%j', async (answer) => {
    const harness = await startHarness();
    const { client } = await harness.connect('modern', forms);
    const { state } = formIn(await callRaw(client, 'archive_affiliate', { affiliate_id: 1001 }));
    const round = { inputResponses: { confirm: answer }, requestState: state };
    const result = readResult(await callRaw(client, 'archive_affiliate', { affiliate_id: 1001 }, round));
    expect(result.data).not.toHaveProperty('declined');
    expect(askedIn(result).question).toContain('Archive');
    expect(harness.writes()).toEqual([]);
  });

  it('a yes under another name', async () => {
    const harness = await startHarness();
    const { client } = await harness.connect('modern', forms);
    const { state } = formIn(await callRaw(client, 'archive_affiliate', { affiliate_id: 1001 }));
    const round = { inputResponses: { approve: YES.confirm }, requestState: state };
    formIn(await callRaw(client, 'archive_affiliate', { affiliate_id: 1001 }, round));
    expect(harness.writes()).toEqual([]);
  });

  it('a state without an answer', async () => {
    const harness = await startHarness();
    const { client } = await harness.connect('modern', forms);
    const { state } = formIn(await callRaw(client, 'archive_affiliate', { affiliate_id: 1001 }));
    formIn(await callRaw(client, 'archive_affiliate', { affiliate_id: 1001 }, { requestState: state }));
    expect(harness.writes()).toEqual([]);
  });

  it('the state of a form, handed over as a token by a client without forms', async () => {
    const harness = await startHarness();
    const { client } = await harness.connect('modern', forms);
    const { state } = formIn(await callRaw(client, 'archive_affiliate', { affiliate_id: 1001 }));
    const blind = await harness.connect('modern');
    const result = await blind.call('archive_affiliate', { affiliate_id: 1001, confirmation_token: state });
    expect(askedIn(result).question).toMatch(
      /^The confirmation was given for another call and does not count for this one/,
    );
    expect(harness.writes()).toEqual([]);
  });

  it('a token, handed back as the state of a form', async () => {
    const harness = await startHarness();
    const blind = await harness.connect('modern');
    const { token } = askedIn(await blind.call('archive_affiliate', { affiliate_id: 1001 }));
    const { client } = await harness.connect('modern', forms);
    const round = { inputResponses: YES, requestState: token };
    formIn(await callRaw(client, 'archive_affiliate', { affiliate_id: 1001 }, round));
    expect(harness.writes()).toEqual([]);
  });

  it('an answer of a client that declares no forms', async () => {
    const harness = await startHarness();
    const { client } = await harness.connect('modern', { manual: true });
    const raw = await callRaw(client, 'archive_affiliate', { affiliate_id: 1001 }, { inputResponses: YES });
    expect(askedIn(readResult(raw)).question).toMatch(/^The confirmation does not come from this server/);
    expect(harness.writes()).toEqual([]);
  });
});

describe('2025-11-25', () => {
  it('takes an answer that comes with the call for none', async () => {
    const harness = await startHarness();
    const withForms = await harness.connect('legacy', { answers: 'decline' });
    const raw = await callRaw(withForms.client, 'archive_affiliate', { affiliate_id: 1001 }, { inputResponses: YES });
    expect(readResult(raw).data.declined).toBe(true);
    expect(withForms.forms).toHaveLength(1);
    const blind = await harness.connect('legacy');
    const asked = await callRaw(blind.client, 'archive_affiliate', { affiliate_id: 1001 }, { inputResponses: YES });
    askedIn(readResult(asked));
    expect(harness.writes()).toEqual([]);
  });

  it('asks anew, by a second form, where the person took too long or the record changed', async () => {
    const harness = await startHarness();
    const { programme } = harness.sandbox;
    const { call, forms: shown } = await harness.connect('legacy', {
      answers: () => {
        if (shown.length === 1) harness.advance(FIVE_MINUTES + 1);
        if (shown.length === 2) programme.changeAffiliateEmail(programme.affiliates.rows[0] ?? expect.fail(), 'a@b.cd');
        return 'yes';
      },
    });
    const { data } = await call('archive_affiliate', { affiliate_id: 1001 });
    expect(shown.map(({ message }) => message.split('. ')[0])).toEqual([
      expect.stringMatching(/^Archive the affiliate/),
      'The confirmation has expired',
      'The record has changed since the confirmation was given',
    ]);
    expect(data.affiliate).toMatchObject({ status: 'Archived', email: 'a@b.cd' });
    expect(harness.writes()).toHaveLength(1);
  });

  it('does nothing if the form cannot be answered, and asks by a token', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect('legacy', { answers: () => Promise.reject(new Error('window closed')) });
    expect(askedIn(await call('archive_affiliate', { affiliate_id: 1001 })).question).toContain('Ann');
    expect(harness.writes()).toEqual([]);
  });
});
