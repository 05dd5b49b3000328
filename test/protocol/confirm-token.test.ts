import { describe, expect, it } from 'vitest';
import { type Caller, eras } from '../support/clients.ts';
import { type AskingWrite, askingWrites, someWrites } from '../support/good-calls.ts';
import { type Harness, type SandboxHarness, startHarness } from '../support/harness.ts';
import { askedIn, reasonOf } from '../support/protocol-json.ts';

type Connect = (harness: Harness) => Promise<Caller>;

const clients: readonly [name: string, connect: Connect][] = [
  ['modern', (harness) => harness.connect('modern')],
  ['legacy', (harness) => harness.connect('legacy')],
  ['v1', (harness) => harness.connectOld()],
];

const FIVE_MINUTES = 5 * 60_000;

/** Asks once; then the same call can be made with the token, or with what stands in its place. */
async function ask(harness: SandboxHarness, { call }: Caller, write: AskingWrite) {
  const args = write.args(harness.sandbox.programme);
  const before = write.state(harness.sandbox);
  const asked = askedIn(await call(write.tool, args));
  const changed = () => JSON.stringify(write.state(harness.sandbox)) !== JSON.stringify(before);
  return {
    asked,
    changed,
    again: (token: string, otherArgs = args, otherTool = write.tool) =>
      call(otherTool, { ...otherArgs, confirmation_token: token }),
  };
}

describe.each(clients)('a client without forms (%s)', (_, connect) => {
  describe.each(askingWrites)('$title', (write) => {
    it('gets the question and a token, and nothing is sent', async () => {
      const harness = await startHarness();
      const says = write.says(harness.sandbox.programme);
      const { asked, changed } = await ask(harness, await connect(harness), write);
      for (const piece of says) expect(asked.question).toContain(piece);
      expect(asked.expiresAt - Date.now()).toBeGreaterThan(FIVE_MINUTES - 10_000);
      expect(asked.expiresAt - Date.now()).toBeLessThanOrEqual(FIVE_MINUTES);
      expect(harness.writes()).toEqual([]);
      expect(changed()).toBe(false);
    });

    it('is carried out with the token, once', async () => {
      const harness = await startHarness();
      const sends = write.sends(harness.sandbox.programme);
      const { asked, again, changed } = await ask(harness, await connect(harness), write);
      const result = await again(asked.token);
      expect(result.isError, result.text).toBe(false);
      expect(result.data).not.toHaveProperty('confirmation');
      expect(harness.writes()).toEqual([sends]);
      expect(changed()).toBe(true);
      const replayed = await again(asked.token);
      expect(harness.writes()).toEqual([sends]);
      // What an e-mail finds is found before anything is asked.
      if (['create_affiliate', 'create_lead'].includes(write.tool)) {
        expect(replayed.data.already_existed).toBe(true);
        return;
      }
      expect(reasonOf(replayed)).toBe('already_used');
      expect(replayed.text).toMatch(/already used, and nothing was sent now\. Check with \w+/);
      expect(replayed.text).not.toContain('confirmation_token');
    });

    it('asks anew, and sends nothing, where the token does not fit', async () => {
      const harness = await startHarness();
      const { asked, again, changed } = await ask(harness, await connect(harness), write);
      const { token } = asked;
      const middle = Math.floor(token.length / 2);
      const altered = token.slice(0, middle) + (token[middle] === 'A' ? 'B' : 'A') + token.slice(middle + 1);
      for (const wrong of ['', 'yes', 'x'.repeat(500), altered, `${token}x`, token.slice(0, -1)]) {
        expect(askedIn(await again(wrong)).token).not.toBe(token);
      }
      harness.advance(FIVE_MINUTES + 1);
      const late = askedIn(await again(token));
      expect(late.question).toMatch(/^The confirmation has expired\. /);
      expect(late.token).not.toBe(token);
      expect(harness.writes()).toEqual([]);
      expect(changed()).toBe(false);
    });

    it('asks anew where the record has changed since', async () => {
      if (write.meddle === undefined) return;
      const harness = await startHarness();
      const { asked, again } = await ask(harness, await connect(harness), write);
      write.meddle(harness.sandbox.programme);
      const anew = askedIn(await again(asked.token));
      expect(anew.question).toMatch(/^The record has changed since the confirmation was given\. /);
      expect(anew.token).not.toBe(asked.token);
      expect(harness.writes()).toEqual([]);
      await again(anew.token);
      expect(harness.writes()).toHaveLength(1);
    });
  });
});

describe.each(eras)('%s: a token', (era) => {
  it('works for the arguments it was given for alone', async () => {
    for (const write of askingWrites) {
      const harness = await startHarness();
      const { asked, again } = await ask(harness, await harness.connect(era), write);
      const other = await again(asked.token, write.otherwise);
      // Where the other record does not exist, that is what is said.
      if (!other.isError) {
        expect(askedIn(other).question, write.title).toMatch(
          /^The confirmation was given for another call and does not count for this one/,
        );
      }
      expect(harness.writes(), write.title).toEqual([]);
    }
  });

  it('works for its own tool alone', async () => {
    const harness = await startHarness();
    const connection = await harness.connect(era);
    const archive = askedIn(await connection.call('archive_affiliate', { affiliate_id: 1002 }));
    for (const tool of ['reject_affiliate', 'create_affiliate_sign_in_link']) {
      const result = await connection.call(tool, { affiliate_id: 1002, confirmation_token: archive.token });
      expect(askedIn(result).question).toMatch(
        /^The confirmation was given for another call and does not count for this one/,
      );
    }
    expect(harness.writes()).toEqual([]);
  });

  it('does not mind the order of the arguments', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect(era);
    const { token } = askedIn(await call('create_commission', { affiliate_id: 1001, amount: 5, currency: 'USD' }));
    await call('create_commission', { currency: 'USD', confirmation_token: token, amount: 5, affiliate_id: 1001 });
    expect(harness.writes()).toEqual(['POST /affiliates/1001/commissions']);
  });

  it('does not mind what moves by itself', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect(era);
    const { token } = askedIn(await call('archive_affiliate', { affiliate_id: 1001 }));
    const ann = harness.sandbox.programme.affiliates.get(1001);
    if (ann) ann.updatedAt += 60_000;
    for (const lead of harness.sandbox.programme.leads.rows.slice(0, 20)) {
      harness.sandbox.programme.assignLead(lead, 1001);
    }
    const { isError } = await call('archive_affiliate', { affiliate_id: 1001, confirmation_token: token });
    expect(isError).toBe(false);
    expect(harness.writes()).toEqual(['POST /affiliates/1001/archive']);
  });

  it.each(someWrites)('carries out $title once where fifty calls come with it at once', async (write) => {
    const harness = await startHarness();
    const connection = await harness.connect(era);
    const { asked, again } = await ask(harness, connection, write);
    const results = await Promise.all(Array.from({ length: 50 }, () => again(asked.token)));
    expect(harness.writes()).toHaveLength(1);
    expect(results.filter(({ isError }) => !isError)).toHaveLength(1);
    for (const refused of results.filter(({ isError }) => isError)) expect(reasonOf(refused)).toBe('already_used');
  });

  it('gives way to the next one where the next one is used', async () => {
    const harness = await startHarness();
    const { call } = await harness.connect(era);
    const first = askedIn(await call('archive_affiliate', { affiliate_id: 1001 }));
    const second = askedIn(await call('archive_affiliate', { affiliate_id: 1001 }));
    expect(second.token).not.toBe(first.token);
    await call('archive_affiliate', { affiliate_id: 1001, confirmation_token: second.token });
    const late = await call('archive_affiliate', { affiliate_id: 1001, confirmation_token: first.token });
    expect(askedIn(late).question).toMatch(/^The record has changed/);
    expect(harness.writes()).toHaveLength(1);
  });

  it('works on its own account alone', async () => {
    const one = await startHarness();
    const other = await startHarness({ confirmations: one.confirmations, account: 'another account' });
    const { token } = askedIn(await (await one.connect(era)).call('archive_affiliate', { affiliate_id: 1001 }));
    const result = await (await other.connect(era)).call('archive_affiliate', {
      affiliate_id: 1001,
      confirmation_token: token,
    });
    expect(askedIn(result).question).toMatch(
      /^The confirmation was given for another call and does not count for this one/,
    );
    expect(other.writes()).toEqual([]);
  });

  it('works on the server that gave it alone', async () => {
    const { token } = askedIn(
      await (await (await startHarness()).connect(era)).call('archive_affiliate', { affiliate_id: 1001 }),
    );
    const other = await startHarness();
    const result = await (await other.connect(era)).call('archive_affiliate', {
      affiliate_id: 1001,
      confirmation_token: token,
    });
    expect(askedIn(result).question).toMatch(/^The confirmation does not come from this server/);
    expect(other.writes()).toEqual([]);
  });
});
