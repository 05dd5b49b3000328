import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSignInGrants, REPEAT_MS, type SignInGrants } from '../../src/ports/sign-in-grants.ts';
import { Unavailable } from '../../src/ports/unavailable.ts';
import { createSharedSignInGrants } from '../../src/redis/index.ts';
import { connect, until } from '../support/redis-clients.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { QUICK } from '../support/redis-timing.ts';
import { KEY, refresh, signIn, startSignIn, tokenRequest } from '../support/sign-in.ts';

/* What replicas know of those who signed in. */

const DAY = 24 * 60 * 60_000;
let server: RedisServer;

const open = () => {
  const redis = connect(server.url, { settleMs: QUICK.settleMs });
  return { redis, grants: createSharedSignInGrants(redis) };
};

/** What holds in one process and in many. */
async function rules(grants: SignInGrants, other: SignInGrants = grants) {
  const [code, grant] = [randomUUID(), randomUUID()];
  expect(await grants.useOnce(code, DAY)).toBe(true);
  expect(await other.useOnce(code, DAY)).toBe(false);
  expect(await grants.hasEnded(grant)).toBe(false);
  expect(await grants.turn(grant, 1, DAY)).toBe(true);
  // The answer to the first one was lost.
  expect(await other.turn(grant, 1, DAY)).toBe(true);
  expect(await other.turn(grant, 2, DAY)).toBe(true);
  expect(await grants.hasEnded(grant)).toBe(false);
  // Two behind: somebody has an old one.
  expect(await grants.turn(grant, 1, DAY)).toBe(false);
  expect(await other.hasEnded(grant)).toBe(true);
  expect(await other.turn(grant, 3, DAY)).toBe(false);
  const ended = randomUUID();
  await grants.end(ended, DAY);
  expect(await other.hasEnded(ended)).toBe(true);
  expect(await other.turn(ended, 1, DAY)).toBe(false);
}

describe('in one process', () => {
  test('a code works once, and an old refresh token ends its grant', async () => await rules(createSignInGrants()));

  test('a refresh token comes again only for a moment', async () => {
    let now = 0;
    const grants = createSignInGrants(() => now);
    await grants.turn('a', 1, DAY);
    now += REPEAT_MS + 1;
    expect(await grants.turn('a', 1, DAY)).toBe(false);
    expect(await grants.hasEnded('a')).toBe(true);
    now += DAY + 1;
    expect(await grants.hasEnded('a')).toBe(false);
  });
});

describe.skipIf(redisMissing)('among replicas', () => {
  beforeEach(async () => {
    server = await startRedis();
  });

  test('the same holds', async () => await rules(open().grants, open().grants));

  test('one of many uses of a code wins', async () => {
    const [a, b] = [open().grants, open().grants];
    const uses = Array.from({ length: 40 }, (_, index) => (index % 2 ? a : b).useOnce('code', DAY));
    expect((await Promise.all(uses)).filter((first) => first)).toHaveLength(1);
  });

  test('Redis holds digests and numbers alone', async () => {
    const { grants } = open();
    const replica = await startSignIn({ signInGrants: grants });
    const { granted, clientId, exchange } = await signIn(replica);
    await refresh(replica, clientId, granted.refresh_token);
    await exchange();
    const keys = (await server.command('KEYS *')) as string[];
    const ours = keys.filter((key) => key.includes('sign-in'));
    expect(ours).toHaveLength(2);
    for (const key of ours) {
      expect(key).toMatch(/^leaddyno-mcp:sign-in:(used|grant):[\w-]{43}$/);
      const value = String(await server.command(`GET ${key}`));
      expect(value).toMatch(/^(1|ended|\d+ \d+)$/);
      expect(await server.command(`PTTL ${key}`)).toBeGreaterThan(0);
      expect(`${key} ${value}`).not.toContain(KEY);
    }
  });

  test('a token that one gave is good at another, and ended at both', async () => {
    const [one, other] = [
      await startSignIn({ signInGrants: open().grants }),
      await startSignIn({ signInGrants: open().grants }),
    ];
    const { granted, clientId } = await signIn(one);
    expect((await refresh(other, clientId, granted.refresh_token)).status).toBe(200);
    await other.fetch('https://mcp.example.com/oauth/revoke', {
      method: 'POST',
      body: new URLSearchParams({ token: granted.access_token }),
    });
    expect((await refresh(one, clientId, granted.refresh_token)).status).toBe(400);
  });

  test('while Redis is away nothing is issued, what was ended here stays so, and it is told to a Redis that forgot', async () => {
    const { redis, grants } = open();
    const replica = await startSignIn({ signInGrants: grants });
    const { granted, clientId } = await signIn(replica);
    await grants.end('ended', DAY);
    await server.stop();
    await until(() => !redis.isReachable());
    await expect(grants.useOnce('code', DAY)).rejects.toThrow(Unavailable);
    await expect(grants.hasEnded('another')).rejects.toThrow(Unavailable);
    expect(await grants.hasEnded('ended')).toBe(true);
    const renewed = await refresh(replica, clientId, granted.refresh_token);
    expect(renewed.status).toBe(503);
    expect(renewed.headers.get('retry-after')).toBe('5');
    expect((await tokenRequest(replica, { grant_type: 'x', client_id: clientId })).status).toBe(400);
    await server.start();
    const second = open();
    await until(() => redis.isReachable() && second.redis.isReachable());
    expect(await second.grants.hasEnded('ended')).toBe(true);
    expect((await refresh(replica, clientId, granted.refresh_token)).status).toBe(200);
  });
});
