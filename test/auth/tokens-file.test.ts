import * as crypto from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { makeToken, readTokensFile, verifyNamedTokens, verifySoleToken } from '../../src/auth/tokens.ts';
import { SCOPES } from '../../src/operations/operation.ts';

vi.mock('node:crypto', { spy: true });

const entry = (name: string, sha256 = crypto.createHash('sha256').update(name).digest('hex')) => ({
  name,
  sha256,
  scopes: ['leaddyno:read'],
});

describe('the tokens file', () => {
  it('names its callers', () => {
    const tokens = [entry('agency'), entry('jane.doe@example.com')];
    expect(readTokensFile(JSON.stringify({ tokens }))).toEqual(tokens);
  });

  it('may name nobody: the last one was revoked', () => {
    expect(readTokensFile('{"tokens":[]}')).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ['is no JSON', undefined, /not JSON/],
    ['is a list', [entry('a')], /its root/],
    ['is empty', {}, /tokens/],
    ['knows more than it should', { tokens: [entry('a')], secret: 1 }, /its root/],
    ['holds a token itself', { tokens: [{ ...entry('a'), token: 'x' }] }, /tokens\.0/],
    ['holds a digest that is none', { tokens: [entry('a', 'abc')] }, /tokens\.0\.sha256.*64 hex digits/],
    ['holds a digest in upper case', { tokens: [entry('a', 'A'.repeat(64))] }, /tokens\.0\.sha256/],
    ['names a scope that is none', { tokens: [{ ...entry('a'), scopes: ['read'] }] }, /tokens\.0\.scopes\.0/],
    ['gives no scope', { tokens: [{ ...entry('a'), scopes: [] }] }, /tokens\.0\.scopes/],
    ['has a name with spaces', { tokens: [entry('a b')] }, /tokens\.0\.name/],
    ['has a name twice', { tokens: [entry('a'), entry('a', 'b'.repeat(64))] }, /names a twice/],
    ['has a token twice', { tokens: [entry('a'), entry('b', entry('a').sha256)] }, /two names to one token/],
  ])('is refused where it %s', (_, content, message) => {
    const text = content === undefined ? '{"tokens":' : JSON.stringify(content);
    expect(() => readTokensFile(text)).toThrow(message);
    expect(() => readTokensFile(text)).toThrow(/^the tokens file [^\n]*$/);
  });
});

describe('a new token', () => {
  it('is long, and never the same; what is kept of it is its digest', () => {
    const made = Array.from({ length: 50 }, () => makeToken('agency', ['leaddyno:read']));
    expect(new Set(made.map(({ token }) => token)).size).toBe(50);
    for (const { token, entry: kept } of made) {
      expect(token).toMatch(/^ldmcp_[\w-]{43}$/);
      expect(kept).toEqual({ ...entry('agency', crypto.createHash('sha256').update(token).digest('hex')) });
      expect(JSON.stringify(kept)).not.toContain(token.slice(6));
    }
  });
});

describe('a token that is presented', () => {
  it('is compared by digest, in constant time, with every entry', async () => {
    const made = ['a', 'b', 'c', 'd'].map((name) => makeToken(name, ['leaddyno:read']));
    const verify = verifyNamedTokens(made.map((one) => one.entry));
    for (const { token } of [...made, { token: 'unknown' }]) {
      vi.mocked(crypto.timingSafeEqual).mockClear();
      await verify(token).catch(() => undefined);
      expect(crypto.timingSafeEqual).toHaveBeenCalledTimes(made.length);
      for (const [left, right] of vi.mocked(crypto.timingSafeEqual).mock.calls)
        expect([left.byteLength, right.byteLength]).toEqual([32, 32]);
    }
  });

  it('gives a caller its name and its scopes, and is handed on to nobody', async () => {
    const { token, entry: kept } = makeToken('agency', ['leaddyno:read', 'leaddyno:money']);
    const auth = await verifyNamedTokens([makeToken('other', ['leaddyno:read']).entry, kept])(token);
    expect(auth).toMatchObject({ clientId: 'token:agency', scopes: ['leaddyno:read', 'leaddyno:money'], token: '' });
    expect(auth.expiresAt).toBeGreaterThan(Date.now() / 1000);
    const sole = await verifySoleToken('y'.repeat(24))('y'.repeat(24));
    expect(sole).toMatchObject({ clientId: 'sole-token:token', scopes: [...SCOPES] });
  });

  it('is refused where it is unknown, in words that say nothing about it', async () => {
    const verify = verifyNamedTokens([makeToken('agency', ['leaddyno:read']).entry]);
    for (const token of ['', 'secret-text', 'ldmcp_', 'x'.repeat(100_000)]) {
      await expect(verify(token)).rejects.toMatchObject({ code: 'invalid_token', message: 'This token is not known.' });
    }
  });
});
