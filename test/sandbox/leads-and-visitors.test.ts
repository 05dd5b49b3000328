import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { annId, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { call, everything, small } from './api-call.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox(small);
});
afterEach(() => sandbox.close());

describe('leads', () => {
  it('lists a bare array in fixed pages of 100, newest first', async () => {
    const { body } = await call(sandbox, 'GET', '/leads?per_page=5');
    expect(body).toHaveLength(100);
    expect(body[0].id).toBeGreaterThan(body[1].id);
    expect(await everything(sandbox, '/leads')).toHaveLength(120);
    expect((await call(sandbox, 'GET', '/leads/count')).body).toEqual({ count: 120 });
    expect(new Set(body.map((row: { status: string }) => row.status))).toContain('Customer');
  });

  it('creates one, and returns the existing one for a known e-mail', async () => {
    const first = await call(sandbox, 'POST', '/leads', { email: 'l@example.org', first_name: 'Lu', code: 'ann' });
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      status: 'Registered',
      first_name: 'Lu',
      affiliate: { id: annId },
      crm_data: {},
    });
    expect(first.body.tracking_code).toMatch(/^[0-9a-f]{32}$/);
    const second = await call(sandbox, 'POST', '/leads', { email: 'L@example.org', first_name: 'Other' });
    expect(second.body).toEqual(first.body);
    const bad = await call(sandbox, 'POST', '/leads', { email: 'm@example.org', affiliate: 'no@example.org' });
    expect(bad).toMatchObject({ status: 400, body: { error: { affiliate: ['was not found'] } } });
    expect((await call(sandbox, 'POST', '/leads', {})).status).toBe(400);
  });

  it('follows a tracking code to the visitor and the affiliate', async () => {
    await call(sandbox, 'POST', '/visitors', { url: 'https://shop.example.com/?afmc=ann', tracking_code: 'trk-1' });
    const { body } = await call(sandbox, 'POST', '/leads', { email: 'l@example.org', tracking_code: 'trk-1' });
    expect(body).toMatchObject({ latest_visitor: { tracking_code: 'trk-1' }, affiliate: { id: annId } });
    const visitor = await call(sandbox, 'GET', '/visitors/by_tracking_code?tracking_code=trk-1');
    expect(visitor.body.lead).toEqual({ id: body.id, email: 'l@example.org' });
  });

  it('looks up by e-mail and misses with null', async () => {
    const hit = await call(sandbox, 'GET', '/leads/by_email?email=LENA.hofer@example.net');
    expect(hit.body.first_name).toBe('Lena');
    expect(await call(sandbox, 'GET', '/leads/by_email?email=no@example.net')).toMatchObject({
      status: 200,
      body: null,
    });
    expect((await call(sandbox, 'GET', '/leads/1')).status).toBe(404);
  });

  it('needs the e-mail to update, and keeps it unique', async () => {
    const { id } = (await call(sandbox, 'POST', '/leads', { email: 'l@example.org', city: 'Bern' })).body;
    const { body } = await call(sandbox, 'PUT', `/leads/${id}`, { email: 'n@example.org', last_name: 'Neu' });
    expect(body).toMatchObject({ email: 'n@example.org', last_name: 'Neu', city: 'Bern' });
    expect((await call(sandbox, 'GET', '/leads/by_email?email=l@example.org')).body).toBeNull();
    expect((await call(sandbox, 'PUT', `/leads/${id}`, { last_name: 'X' })).body).toEqual({
      error: { email: ["can't be blank"] },
    });
    const taken = await call(sandbox, 'PUT', `/leads/${id}`, { email: 'lena.hofer@example.net' });
    expect(taken.body).toEqual({ error: { email: ['has already been taken'] } });
  });

  it('lists the purchases of one lead as a bare array', async () => {
    const lead = (await call(sandbox, 'GET', '/leads/by_email?email=lena.hofer@example.net')).body;
    const { body } = await call(sandbox, 'GET', `/leads/${lead.id}/purchases?include_line_items=true`);
    expect(body.length).toBeGreaterThanOrEqual(2);
    expect(body[0]).toMatchObject({ lead: { id: lead.id }, line_items: expect.any(Array) });
  });
});

describe('visitors', () => {
  it('lists fixed pages of 100, newest first, with addresses as objects', async () => {
    const { body } = await call(sandbox, 'GET', '/visitors');
    expect(body).toHaveLength(100);
    expect(body[0].id).toBeGreaterThan(body[1].id);
    expect(body.some((row: { url: { url: string } | null }) => row.url?.url.startsWith('https://'))).toBe(true);
    expect((await call(sandbox, 'GET', '/visitors?page=2')).body).toHaveLength(50);
    expect((await call(sandbox, 'GET', '/visitors/count')).body).toEqual({ count: 150 });
  });

  it('creates one from either parameter, credited by the address', async () => {
    const byUrl = await call(sandbox, 'POST', '/visitors', { url: 'https://shop.example.com/?a=1&afmc=ann#top' });
    expect(byUrl).toMatchObject({ status: 201, body: { affiliate: { id: annId }, lead: null } });
    const byCode = await call(sandbox, 'POST', '/visitors', { tracking_code: 'trk-2' });
    expect(byCode.body).toMatchObject({ tracking_code: 'trk-2', affiliate: null, url: null });
    const again = await call(sandbox, 'POST', '/visitors', {
      tracking_code: 'trk-2',
      url: 'https://other.example.com',
    });
    expect(again.body).toEqual(byCode.body);
    expect((await call(sandbox, 'POST', '/visitors', {})).status).toBe(400);
  });

  it('misses a tracking code with null', async () => {
    const miss = await call(sandbox, 'GET', '/visitors/by_tracking_code?tracking_code=none');
    expect(miss).toMatchObject({ status: 200, body: null });
  });
});

describe('campaigns and custom fields', () => {
  it('lists five campaigns and gives one', async () => {
    const { body } = await call(sandbox, 'GET', '/campaigns');
    expect(body.map((row: { id: number }) => row.id)).toEqual([11, 12, 13, 14, 15]);
    expect((await call(sandbox, 'GET', '/campaigns/12')).body).toEqual(body[1]);
    expect((await call(sandbox, 'GET', '/campaigns/1')).status).toBe(404);
  });

  it('defines a field once', async () => {
    const first = await call(sandbox, 'POST', '/custom_fields', { name: 'Size', required: true });
    expect(first).toMatchObject({ status: 201, body: { name: 'Size', type: 'text', required: true } });
    const second = await call(sandbox, 'POST', '/custom_fields', { name: 'Size' });
    expect(second.body).toEqual({ error: { name: ['has already been taken'] } });
    expect((await call(sandbox, 'POST', '/custom_fields', { name: 'X', type: 'colour' })).status).toBe(400);
  });

  it('removes a field together with its values', async () => {
    expect((await call(sandbox, 'GET', `/affiliates/${annId}`)).body.custom_fields).toHaveProperty('Website');
    expect((await call(sandbox, 'DELETE', '/custom_fields', { name: 'Website' })).status).toBe(200);
    const { custom_fields } = (await call(sandbox, 'GET', `/affiliates/${annId}`)).body;
    expect(custom_fields).toEqual({ 'Audience size': '18500' });
    expect((await call(sandbox, 'DELETE', '/custom_fields?name=Website')).status).toBe(404);
  });
});
