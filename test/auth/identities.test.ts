import { expect, it } from 'vitest';
import { connectHttp } from '../support/http-clients.ts';
import { AUDIENCE, makeKey, startIssuer } from '../support/http-issuer.ts';
import { startHttp } from '../support/http-server.ts';
import { askedIn, rowsOf } from '../support/protocol-json.ts';

/** A person and a client of the same name, each with a token of the same issuer. */
async function start() {
  const issuer = await startIssuer();
  const key = await makeKey('first');
  issuer.publish(key);
  const argv = ['--oauth-issuer', issuer.issuer, '--oauth-audience', AUDIENCE];
  const server = await startHttp({ argv });
  const scope = 'leaddyno:read leaddyno:write leaddyno:money';
  const person = await connectHttp(server.url, 'modern', { token: await issuer.sign(key, { scope, sub: 'ann' }) });
  const job = await issuer.sign(key, { scope, sub: undefined, client_id: 'ann' });
  const client = await connectHttp(server.url, 'modern', { token: job });
  return { server, person, client };
}

it('the subject ann and the client ann are two callers: confirmations, files and lines of the audit log', async () => {
  const { server, person, client } = await start();
  const args = { affiliate_id: 1001 };
  const { token } = askedIn(await person.call('archive_affiliate', args));
  const stolen = await client.call('archive_affiliate', { ...args, confirmation_token: token });
  expect(stolen.data, stolen.text).not.toHaveProperty('affiliate');
  expect(server.writes()).toEqual([]);

  const [file] = rowsOf(await person.call('export_records', { records: 'affiliates' }), 'files');
  const uri = String(file?.uri);
  expect(await person.read(uri)).toContain('affiliate');
  await expect(client.read(uri)).rejects.toThrow();
  expect(await person.resourceUris()).toContain(uri);
  expect(await client.resourceUris()).not.toContain(uri);

  await person.call('archive_affiliate', { ...args, confirmation_token: token });
  await client.call('update_affiliate', { affiliate_id: 1002, first_name: 'Zoe' });
  expect(server.writes()).toHaveLength(2);
  const { text } = await person.call('list_recent_changes', {});
  expect(text).toMatch(/ sub:ann"/);
  expect(text).toMatch(/ client_id:ann"/);
});
