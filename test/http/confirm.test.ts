import { describe, expect, it } from 'vitest';
import { connectHttp, httpKinds } from '../support/http-clients.ts';
import { legacy, modern, post, toolCall } from '../support/http-raw.ts';
import { KEY, startHttp, startHttpAt } from '../support/http-server.ts';
import { writeTokens } from '../support/http-tokens.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { askedIn } from '../support/protocol-json.ts';

const TOOL = 'archive_affiliate';
const ARGS = { affiliate_id: 1001 };

describe('a client that can show forms', () => {
  it('of 2026-07-28 gets one, and a yes is carried out once', async () => {
    const server = await startHttp();
    const client = await connectHttp(server.url, 'modern', { answers: 'yes' });
    const { isError, data } = await client.call(TOOL, ARGS);
    expect({ isError, undo: data.undo }).toEqual({ isError: false, undo: expect.stringContaining('unarchive') });
    expect(client.forms).toHaveLength(1);
    expect(client.forms[0]?.message).toContain('Ann');
    expect(server.writes()).toHaveLength(1);
  });

  it.each(['decline', 'unticked'] as const)('of 2026-07-28 may %s', async (answers) => {
    const server = await startHttp();
    const client = await connectHttp(server.url, 'modern', { answers });
    expect((await client.call(TOOL, ARGS)).data).toMatchObject({ declined: true });
    expect(server.writes()).toEqual([]);
  });

  it.each(['legacy', 'v1'] as const)('of 2025 (%s) can never be asked over HTTP, and gets a token', async (kind) => {
    const server = await startHttp();
    const client = await connectHttp(server.url, kind, { answers: 'yes' });
    const { token, question } = askedIn(await client.call(TOOL, ARGS));
    expect(question).toContain('Ann');
    expect(server.writes()).toEqual([]);
    expect((await client.call(TOOL, { ...ARGS, confirmation_token: token })).isError).toBe(false);
    expect(server.writes()).toHaveLength(1);
    expect(client.forms).toEqual([]);
  });

  it('is the only one that --confirm strict serves', async () => {
    const server = await startHttp({ argv: ['--confirm', 'strict'] });
    for (const kind of httpKinds) {
      const { isError, text } = await (await connectHttp(server.url, kind)).call(TOOL, ARGS);
      expect(isError).toBe(true);
      expect(text).toContain('--confirm ask');
    }
    expect(server.writes()).toEqual([]);
    await (await connectHttp(server.url, 'modern', { answers: 'yes' })).call(TOOL, ARGS);
    expect(server.writes()).toHaveLength(1);
  });

  it('is known by its request alone: one without forms on the same connection gets a token', async () => {
    const server = await startHttp();
    await (await connectHttp(server.url, 'modern', { answers: 'decline' })).call(TOOL, ARGS);
    const { text } = await post(server.port, toolCall(modern, TOOL, ARGS));
    expect(JSON.parse(text).result.structuredContent.confirmation.confirmation_token).toEqual(expect.any(String));
  });
});

describe.each(httpKinds)('the token path of a %s client', (kind) => {
  it('asks, carries out once, and refuses the same token again', async () => {
    const server = await startHttp();
    const client = await connectHttp(server.url, kind);
    const { token } = askedIn(await client.call(TOOL, ARGS));
    const confirmed = { ...ARGS, confirmation_token: token };
    expect((await client.call(TOOL, confirmed)).isError).toBe(false);
    const again = await client.call(TOOL, confirmed);
    expect({ isError: again.isError, data: again.data }).toMatchObject({
      isError: true,
      data: { error: { reason: 'already_used' } },
    });
    expect(server.writes()).toHaveLength(1);
  });

  it('asks anew where the token was altered, is for another call, or has expired', async () => {
    const server = await startHttp();
    const client = await connectHttp(server.url, kind);
    const { token } = askedIn(await client.call(TOOL, ARGS));
    for (const altered of ['x', token.slice(1), `${token}x`, token.slice(0, -2), token.toUpperCase()])
      askedIn(await client.call(TOOL, { ...ARGS, confirmation_token: altered }));
    askedIn(await client.call(TOOL, { affiliate_id: 1002, confirmation_token: token }));
    server.advance(5 * 60_000 + 1);
    expect(askedIn(await client.call(TOOL, { ...ARGS, confirmation_token: token })).question).toContain('expired');
    expect(server.writes()).toEqual([]);
  });
});

it('works once among many that come at the same time', async () => {
  const server = await startHttp();
  const client = await connectHttp(server.url, 'modern');
  const { token } = askedIn(await client.call(TOOL, ARGS));
  const message = toolCall(legacy, TOOL, { ...ARGS, confirmation_token: token });
  const answers = await Promise.all(Array.from({ length: 25 }, () => post(server.port, message)));
  expect(answers.filter(({ text }) => text.includes('"undo"'))).toHaveLength(1);
  expect(server.writes()).toHaveLength(1);
});

describe('a confirmation', () => {
  it('is the caller\u2019s own: nobody else can use it, by token or by form', async () => {
    const { path, tokens } = writeTokens({ jane: ['leaddyno:write'], joe: ['leaddyno:write'] });
    const server = await startHttp({ argv: ['--http-tokens-file', path] });
    const jane = await connectHttp(server.url, 'modern', { token: tokens.jane });
    const joe = await connectHttp(server.url, 'v1', { token: tokens.joe });
    const { token } = askedIn(await jane.call(TOOL, ARGS));
    const confirmed = { ...ARGS, confirmation_token: token };
    expect(askedIn(await joe.call(TOOL, confirmed)).question).toContain('given for another call');
    expect(server.writes()).toEqual([]);
    // Nor did trying use it up.
    expect((await jane.call(TOOL, confirmed)).isError).toBe(false);
    expect(server.writes()).toHaveLength(1);

    const form = { affiliate_id: 1002 };
    const asked = await post(server.port, asForm(form, {}, tokens.jane));
    const { requestState } = JSON.parse(asked.text).result;
    const answer = { requestState, inputResponses: { confirm: { action: 'accept', content: { confirm: true } } } };
    const stolen = JSON.parse((await post(server.port, asForm(form, answer, tokens.joe))).text).result;
    expect(stolen.resultType).toBe('input_required');
    expect(server.writes()).toHaveLength(1);
    const own = JSON.parse((await post(server.port, asForm(form, answer, tokens.jane))).text).result;
    expect(own.resultType).toBe('complete');
    expect(server.writes()).toHaveLength(2);
    const replayed = JSON.parse((await post(server.port, asForm(form, answer, tokens.jane))).text).result;
    expect(replayed.isError).toBe(true);
    expect(server.writes()).toHaveLength(2);
  });

  it('is one of the account it was asked for: it opens nothing on another key', async () => {
    const upstream = await startLeadDyno((_, response) =>
      answerJson(response, { id: 1001, email: 'ann@a.example', status: 'active' }),
    );
    const server = await startHttpAt(upstream.url, { argv: ['--caller-key'] });
    const of = (key: string) => connectHttp(server.url, 'legacy', { headers: { 'x-leaddyno-api-key': key } });
    const [one, two] = [await of('key-one'), await of('key-two')];
    const { token } = askedIn(await one.call(TOOL, ARGS));
    const confirmed = { ...ARGS, confirmation_token: token };
    expect(askedIn(await two.call(TOOL, confirmed)).question).toContain('given for another call');
    const writes = () => upstream.requests.filter(({ method }) => method !== 'GET').map(({ key }) => key);
    expect(writes()).toEqual([]);
    expect((await one.call(TOOL, confirmed)).isError).toBe(false);
    expect(writes()).toEqual(['key-one']);
  });

  it('is one of this server: another process takes it for nothing', async () => {
    const [first, second] = [await startHttp(), await startHttp()];
    const { token } = askedIn(await (await connectHttp(first.url, 'v1')).call(TOOL, ARGS));
    const other = await connectHttp(second.url, 'v1');
    askedIn(await other.call(TOOL, { ...ARGS, confirmation_token: token }));
    expect(second.writes()).toEqual([]);
    expect(first.logged() + second.logged()).not.toContain(token);
    expect(first.logged()).not.toContain(KEY);
  });
});

/** A call by a client that can show forms, with its answer or without. */
function asForm(args: { affiliate_id: number }, answer: Record<string, unknown>, token: string) {
  const { headers, body } = toolCall(modern, TOOL, args, { authorization: `Bearer ${token}` });
  const message = JSON.parse(body);
  const { _meta: meta } = message.params;
  for (const name of Object.keys(meta))
    if (name.endsWith('clientCapabilities')) meta[name] = { elicitation: { form: {} } };
  return { headers, body: JSON.stringify({ ...message, params: { ...message.params, ...answer } }) };
}
