import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectHttp } from '../support/http-clients.ts';
import { type SandboxHttpServer, startHttp } from '../support/http-server.ts';
import { writeTokens } from '../support/http-tokens.ts';

/* A caller that may write and not read learns of a record which one it is, and what they sent themselves. */

const file = writeTokens({
  writes: ['leaddyno:write'],
  money: ['leaddyno:money'],
  both: ['leaddyno:read', 'leaddyno:write', 'leaddyno:money'],
});
let server: SandboxHttpServer;

beforeAll(async () => {
  server = await startHttp({ argv: ['--http-tokens-file', file.path, '--confirm', 'off'] });
});
afterAll(async () => {
  await server.close();
  await file.close();
});

const as = async (caller: keyof typeof file.tokens) =>
  await connectHttp(server.url, 'modern', { token: file.tokens[caller] });

/** What of the record nobody sent. */
const others = (text: string, row: Record<string, unknown>) =>
  Object.entries(row).filter(
    ([name, value]) => typeof value === 'string' && value.length > 4 && name !== 'email' && text.includes(value),
  );

test('already_existed is the fact and the id', async () => {
  const row = server.sandbox.programme.affiliates.rows.find(({ paypalEmail }) => paypalEmail !== null);
  if (!row) throw new Error('nobody has a payout address');
  const args = { email: row.email, first_name: 'Somebody', last_name: 'Else' };
  const { call } = await as('writes');
  const result = await call('create_affiliate', args);
  expect(result.data).toEqual({
    affiliate: { id: row.id },
    already_existed: true,
    note: 'It existed already, so nothing was sent. To change it use update_affiliate.',
  });
  const whole = await (await as('both')).call('create_affiliate', args);
  expect(Object.keys(whole.data.affiliate as object).length).toBeGreaterThan(8);
});

test('what a write answers is what was sent', async () => {
  const row = server.sandbox.programme.affiliates.rows[0];
  if (!row) throw new Error('nobody there');
  const money = await (await as('money')).call('update_affiliate', { affiliate_id: row.id, first_name: 'Newname' });
  expect(money.data.affiliate).toEqual({ id: row.id, first_name: 'Newname' });
  const pending = server.sandbox.programme.affiliates.rows.find(({ status }) => status === 'Pending Approval');
  const approved = await (await as('writes')).call('approve_affiliate', { affiliate_id: pending?.id });
  expect(approved.data.affiliate).toEqual({ id: pending?.id });
  const lead = await (await as('writes')).call('create_lead', {
    email: 'brand-new@example.com',
    first_name: 'Brand',
    affiliate: row.email,
  });
  expect(Object.keys(lead.data.lead as object).toSorted()).toEqual(['email', 'first_name', 'id']);
  for (const { text } of [money, approved, lead]) expect(others(text, { ...row, firstName: 'x' })).toEqual([]);
});
