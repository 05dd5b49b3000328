import { networkInterfaces } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { startBuiltHttp } from '../support/http-process.ts';
import { ask, legacy, modern, toolCall } from '../support/http-raw.ts';
import { writeTokens } from '../support/http-tokens.ts';
import { builtMain, runBuilt } from '../support/protocol-built.ts';
import { secret } from '../support/written.ts';

/* The process as other machines reach it, over an address of this one that is not the loopback's. */

const address = Object.values(networkInterfaces())
  .flatMap((entries) => entries ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
const NAME = 'mcp.example.com';
const TOKEN = secret('a-token-of-the-tests');

if (address === undefined) process.stderr.write('test/http/other-machines is skipped: no address but the loopback\n');

beforeAll(async () => {
  await builtMain();
});

/** Calls over that address under a host name, with a token or without. */
async function call(port: number, message: typeof modern, host: string, token?: string) {
  const { headers, body } = toolCall(message, 'count_affiliates');
  const more = { host, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  return await ask(port, { address: address ?? '', method: 'POST', headers: { ...headers, ...more }, body });
}

describe.skipIf(address === undefined).each([
  ['every interface', '0.0.0.0'],
  ['its own address', address ?? ''],
])('a process that listens on %s', (_, host) => {
  it.each(['a token', 'a tokens file'])('answers other machines with %s and a name that is allowed', async (way) => {
    const { path, tokens } = writeTokens({ ann: ['leaddyno:read'] });
    const file = way === 'a tokens file';
    const child = await startBuiltHttp(
      ['--sandbox', '--host', host, '--allowed-hosts', NAME, ...(file ? ['--http-tokens-file', path] : [])],
      file ? {} : { LEADDYNO_MCP_TOKEN: TOKEN },
    );
    const token = file ? tokens.ann : TOKEN;
    const { port } = child;
    for (const message of [modern, legacy]) {
      const { status, text } = await call(port, message, NAME, token);
      expect({ status, text }).toEqual({ status: 200, text: expect.stringContaining('250') });
      expect((await call(port, message, `${NAME}:${port}`, token)).status).toBe(200);
      expect((await call(port, message, NAME)).status).toBe(401);
      expect((await call(port, message, NAME, `${token}x`)).status).toBe(401);
      for (const foreign of ['evil.example', `${address}:${port}`, 'localhost'])
        expect((await call(port, message, foreign, token)).status, foreign).toBe(403);
    }
    expect((await ask(port, { address: address ?? '', path: '/healthz', headers: { host: NAME } })).status).toBe(200);
    // A probe comes by address; nothing else may.
    expect((await ask(port, { address: address ?? '', path: '/healthz' })).status).toBe(200);
    expect((await ask(port, { address: address ?? '', path: '/readyz' })).status).toBe(403);
  });

  it('does not start without authentication, nor without names, and says what to do', async () => {
    const argv = ['--sandbox', '--http', '0', '--host', host];
    const open = await runBuilt([...argv, '--allowed-hosts', NAME]);
    expect({ code: open.code, stdout: open.stdout }).toEqual({ code: 2, stdout: '' });
    for (const way of ['--http-tokens-file', 'LEADDYNO_MCP_TOKEN', '--oauth-issuer'])
      expect(open.stderr).toContain(way);
    const nameless = await runBuilt(argv, { LEADDYNO_MCP_TOKEN: TOKEN });
    expect(nameless).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--allowed-hosts') });
  });
});

it.skipIf(address === undefined)(
  'a process that listens on the loopback alone is not reached from elsewhere',
  async () => {
    const { port } = await startBuiltHttp(['--sandbox']);
    await expect(call(port, modern, 'localhost')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  },
);
