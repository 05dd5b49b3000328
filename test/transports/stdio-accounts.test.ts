import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inputFile } from '../support/http-tokens.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { runBuilt } from '../support/protocol-built.ts';
import { connectStdio, stdioKinds } from '../support/protocol-stdio.ts';
import { keysOf, markOf } from '../support/several-accounts.ts';

const two = keysOf('acme', 'globex');

/** An accounts file beside its key files. */
function accountsFile(more: object = {}): string {
  const { path } = inputFile('');
  for (const [name, key] of two) writeFileSync(join(dirname(path), `${name}.key`), key, { mode: 0o600 });
  const accounts = Object.fromEntries([...two.keys()].map((name) => [name, `${name}.key`]));
  writeFileSync(path, JSON.stringify({ accounts, ...more }), { mode: 0o600 });
  return path;
}

describe('the built server with --accounts, on stdio', () => {
  it.each(stdioKinds)('serves each account with its own key: %s', async (kind) => {
    const upstream = await startLeadDyno(({ key }, response) => {
      const [name = 'nobody'] = [...two].find(([, one]) => one === key) ?? [];
      answerJson(response, { id: 7, email: `${markOf(name)}@owner.example` });
    });
    const client = await connectStdio(kind, [
      '--base-url',
      upstream.url,
      '--accounts',
      accountsFile({ default: 'acme' }),
    ]);
    expect((await client.call('get_affiliate', { affiliate_id: 7 })).text).toContain(markOf('acme'));
    const { data, text } = await client.call('get_affiliate', { affiliate_id: 7, account: 'globex' });
    expect(text).toContain(markOf('globex'));
    expect(data.account).toBe('globex');
    expect(await client.read('leaddyno://accounts/globex/affiliates/7')).toContain(markOf('globex'));
  });

  it('does not start with a file that cannot be used, and repeats no key', async () => {
    const path = accountsFile({ default: 'initech' });
    const { code, stderr } = await runBuilt(['--accounts', path]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'The file for --accounts has a "default" that is not the name of one of its accounts.\n',
    });
  });
});
