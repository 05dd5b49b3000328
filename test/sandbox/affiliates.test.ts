import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { annId, benId, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { call, everything, small } from './api-call.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox(small);
});
afterEach(() => sandbox.close());

describe('reading affiliates', () => {
  it('shows one', async () => {
    const { status, body } = await call(sandbox, 'GET', `/affiliates/${annId}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: annId, affiliate_code: 'ann', status: 'Active', archived: false });
    expect(body.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('lists a bare array, oldest first, pending and archived ones included', async () => {
    const { body } = await call(sandbox, 'GET', '/affiliates?per_page=200');
    expect(body).toHaveLength(60);
    const ids = body.map((row: { id: number }) => row.id);
    expect(ids).toEqual(ids.toSorted((a: number, b: number) => a - b));
    expect(new Set(body.map((row: { status: string }) => row.status))).toEqual(
      new Set(['Active', 'Pending Approval', 'Archived']),
    );
  });

  it('pages by number, with sizes up to 200', async () => {
    const large = await startSandbox({ ...small, affiliates: 250 });
    const lengths = [];
    for (const query of ['', '?page=3', '?per_page=500', '?per_page=7', '?page=4', '?page=0&per_page=x']) {
      lengths.push((await call(large, 'GET', `/affiliates${query}`)).body.length);
    }
    await large.close();
    expect(lengths).toEqual([100, 50, 200, 7, 0, 100]);
  });

  it('finds a part of a name or e-mail in any case', async () => {
    const byName = await call(sandbox, 'GET', '/affiliates?query=ARBOR');
    expect(byName.body.map((row: { id: number }) => row.id)).toEqual([annId]);
    const byEmail = await call(sandbox, 'GET', '/affiliates?query=ben.okafor%40');
    expect(byEmail.body.map((row: { id: number }) => row.id)).toEqual([benId]);
    expect((await call(sandbox, 'GET', '/affiliates?query=nobody-at-all')).body).toEqual([]);
  });

  it('counts', async () => {
    expect((await call(sandbox, 'GET', '/affiliates/count')).body).toEqual({ count: 60 });
  });

  it('looks up by e-mail and code, and misses with null and 200', async () => {
    expect((await call(sandbox, 'GET', '/affiliates/by_email?email=Ann.Arbor@example.com')).body.id).toBe(annId);
    expect((await call(sandbox, 'GET', '/affiliates/by_affiliate_code?affiliate_code=ann')).body.id).toBe(annId);
    for (const path of ['by_email?email=no@example.com', 'by_affiliate_code?affiliate_code=none']) {
      expect(await call(sandbox, 'GET', `/affiliates/${path}`)).toMatchObject({ status: 200, body: null });
    }
    expect(await call(sandbox, 'GET', '/affiliates/by_email')).toMatchObject({
      status: 400,
      body: { error: { email: ["can't be blank"] } },
    });
  });

  it('keeps the counters in step with the lists, null instead of 0', async () => {
    const ann = (await call(sandbox, 'GET', `/affiliates/${annId}`)).body;
    expect(await everything(sandbox, `/affiliates/${annId}/leads`)).toHaveLength(ann.total_leads);
    expect(await everything(sandbox, `/affiliates/${annId}/purchases`)).toHaveLength(ann.total_purchases);
    const ben = (await call(sandbox, 'GET', `/affiliates/${benId}`)).body;
    expect([ben.total_leads, ben.total_visitors, ben.total_purchases]).toEqual([null, null, null]);
    expect(ben).toMatchObject({ referring_affiliate_id: 1003, referring_affiliate: 'Carla Mendes' });
  });

  it('gives the leads and purchases of one affiliate newest first', async () => {
    const leads = (await call(sandbox, 'GET', `/affiliates/${annId}/leads?per_page=1`)).body;
    expect(leads.length).toBeGreaterThan(1);
    expect(leads[0].affiliate).toEqual({ id: annId, email: 'ann.arbor@example.com' });
    for (const rows of [leads, (await call(sandbox, 'GET', `/affiliates/${annId}/purchases`)).body]) {
      const ids = rows.map((row: { id: number }) => row.id);
      expect(ids).toEqual(ids.toSorted((a: number, b: number) => b - a));
    }
  });

  it('lists sub ids and makes sign-in links, a new one each time', async () => {
    const subIds = (await call(sandbox, 'GET', `/affiliates/${annId}/subids`)).body;
    expect(subIds.map((row: object) => Object.keys(row))).toEqual(Array(2).fill(['id', 'name', 'url', 'created_at']));
    const first = (await call(sandbox, 'POST', `/affiliates/${annId}/sign_in_link`)).body;
    const second = (await call(sandbox, 'POST', `/affiliates/${annId}/sign_in_link`)).body;
    expect(first).toMatchObject({ affiliate_id: annId, expires_at: '2026-03-15T12:05:00Z', expires_in_seconds: 300 });
    expect(first.sign_in_url).not.toBe(second.sign_in_url);
  });

  it.each(['/affiliates/9999', '/affiliates/9999/leads', '/affiliates/9999/commissions_total', '/affiliates/ann'])(
    'answers 404 to %s',
    async (path) => {
      const { status, body } = await call(sandbox, 'GET', path);
      expect(status).toBe(404);
      expect(body.error).toMatch(/not found/i);
    },
  );
});

describe('creating an affiliate', () => {
  it('makes a pending one with a short code', async () => {
    const { status, body } = await call(sandbox, 'POST', '/affiliates', {
      email: 'new@example.com',
      first_name: 'Nia',
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      status: 'Pending Approval',
      pending_approval: true,
      last_name: null,
      custom_fields: {},
    });
    expect(body.affiliate_code).toMatch(/^[0-9a-z]{2}$/);
    expect((await call(sandbox, 'GET', '/affiliates/count')).body).toEqual({ count: 61 });
  });

  it('skips the approval when told so, and takes group, code and recruiter', async () => {
    const { body } = await call(sandbox, 'POST', '/affiliates', {
      email: 'new@example.com',
      override_approval: true,
      affiliate_type: 'V.I.P.',
      affiliate_code: 'nia',
      referring_affiliate: 'ann.arbor@example.com',
    });
    expect(body).toMatchObject({
      status: 'Active',
      compensation_tier_code: 'V.I.P.',
      affiliate_code: 'nia',
      referring_affiliate_id: annId,
      referring_affiliate: 'Ann Arbor',
    });
  });

  it('returns the existing one for a known e-mail and changes nothing', async () => {
    const before = (await call(sandbox, 'GET', `/affiliates/${annId}`)).body;
    const again = await call(sandbox, 'POST', '/affiliates', { email: 'ANN.ARBOR@example.com', first_name: 'Other' });
    expect(again).toMatchObject({ status: 201, body: before });
  });

  it.each([
    [{}, 'email', "can't be blank"],
    [{ email: 'nonsense' }, 'email', 'is invalid'],
    [{ email: 'n@example.com', affiliate_code: 'ann' }, 'affiliate_code', 'has already been taken'],
    [{ email: 'n@example.com', referring_affiliate: 'no@example.com' }, 'referring_affiliate', 'was not found'],
    [{ email: 'n@example.com', affiliate_type: 'Gold' }, 'affiliate_type', 'is not a known affiliate group'],
    [{ email: 'n@example.com', override_approval: 'perhaps' }, 'override_approval', 'is not a boolean'],
  ])('refuses %j', async (body, field, message) => {
    const answer = await call(sandbox, 'POST', '/affiliates', body);
    expect(answer).toMatchObject({ status: 400, body: { error: { [field]: [message] } } });
    expect(sandbox.programme.affiliates.rows).toHaveLength(60);
  });
});

describe('updating an affiliate', () => {
  it('writes only what was sent', async () => {
    const before = (await call(sandbox, 'GET', `/affiliates/${annId}`)).body;
    const { body } = await call(sandbox, 'PUT', `/affiliates/${annId}`, { paypal_email: 'ann@example.net' });
    expect(body).toEqual({ ...before, paypal_email: 'ann@example.net', updated_at: '2026-03-15T12:00:00Z' });
  });

  it('moves the look-ups with e-mail and code', async () => {
    await call(sandbox, 'PUT', `/affiliates/${annId}`, { email: 'a@example.org', affiliate_code: 'arbor' });
    expect((await call(sandbox, 'GET', '/affiliates/by_email?email=a@example.org')).body.id).toBe(annId);
    expect((await call(sandbox, 'GET', '/affiliates/by_email?email=ann.arbor@example.com')).body).toBeNull();
    expect((await call(sandbox, 'GET', '/affiliates/by_affiliate_code?affiliate_code=arbor')).body.id).toBe(annId);
    expect((await call(sandbox, 'GET', '/affiliates/by_affiliate_code?affiliate_code=ann')).body).toBeNull();
  });

  it.each(['affiliate_type', 'compensation_tier_code'])('takes the group as %s', async (name) => {
    const { body } = await call(sandbox, 'PUT', `/affiliates/${annId}`, { [name]: 'Partners' });
    expect(body.compensation_tier_code).toBe('Partners');
  });

  it.each([
    [{ email: 'BEN.okafor@example.com' }, 'email', 'has already been taken'],
    [{ email: '' }, 'email', "can't be blank"],
    [{ affiliate_code: 'ben' }, 'affiliate_code', 'has already been taken'],
    [{ referring_affiliate: 'no@example.com' }, 'referring_affiliate', 'was not found'],
    [{ referring_affiliate: 'ann.arbor@example.com' }, 'referring_affiliate', 'is invalid'],
  ])('refuses %j and writes nothing', async (change, field, message) => {
    const before = (await call(sandbox, 'GET', `/affiliates/${annId}`)).body;
    const answer = await call(sandbox, 'PUT', `/affiliates/${annId}`, { first_name: 'X', ...change });
    expect(answer).toMatchObject({ status: 400, body: { error: { [field]: [message] } } });
    expect((await call(sandbox, 'GET', `/affiliates/${annId}`)).body).toEqual(before);
  });
});

describe('the status of an affiliate', () => {
  const post = (id: number, verb: string) => call(sandbox, 'POST', `/affiliates/${id}/${verb}`);

  it('goes to the archive and back', async () => {
    expect((await post(annId, 'archive')).body).toMatchObject({ status: 'Archived', archived: true });
    expect((await post(annId, 'archive')).status).toBe(200);
    expect((await post(annId, 'approve')).status).toBe(400);
    expect((await post(annId, 'unarchive')).body).toMatchObject({ status: 'Active', archived: false });
  });

  it('is approved once, and again without effect', async () => {
    expect((await post(benId, 'approve')).body).toMatchObject({ status: 'Active', pending_approval: false });
    expect((await post(benId, 'approve')).status).toBe(200);
    expect((await post(benId, 'reject')).status).toBe(400);
  });

  it('is final after a rejection', async () => {
    const rejected = await post(benId, 'reject');
    expect(rejected.body).toMatchObject({ status: 'Archived', archived: true, pending_approval: false });
    expect(await post(benId, 'unarchive')).toMatchObject({
      status: 400,
      body: { error: 'Rejected affiliates cannot be unarchived' },
    });
    expect((await post(benId, 'approve')).body.error).toMatch(/Rejected/);
  });

  it('does not get approved by unarchiving', async () => {
    expect((await post(benId, 'unarchive')).body.status).toBe('Pending Approval');
  });
});
