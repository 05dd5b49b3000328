import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { createSignInGrants, REPEAT_MS, type SignInGrants } from '../ports/sign-in-grants.ts';
import type { RedisConnection } from './connection.ts';

/**
 * KEYS: a grant. ARGV: the number of the refresh token that is used, the lifetime in ms, for how many ms it may be
 * repeated. The value is `ended`, or `NEXT AT`: the expected number, and when the last one was used. Answers 1 if the
 * token is accepted.
 */
const TURN = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('GET', KEYS[1])
local turn = tonumber(ARGV[1])
if kept == 'ended' then return 0 end
local next, at = turn, 0
if kept then
  local space = string.find(kept, ' ', 1, true)
  next, at = tonumber(string.sub(kept, 1, space - 1)), tonumber(string.sub(kept, space + 1))
end
if turn >= next then
  redis.call('SET', KEYS[1], string.format('%d %.0f', turn + 1, now), 'PX', ARGV[2])
  return 1
end
if turn == next - 1 and now - at <= tonumber(ARGV[3]) then return 1 end
redis.call('SET', KEYS[1], 'ended', 'PX', ARGV[2])
return 0
`;

/**
 * What is known about codes and grants, for all processes, under digests of their ids. If Redis returns without its
 * data, each process restores which codes it marked as used and which grants it ended.
 */
export function createSharedSignInGrants(redis: RedisConnection): SignInGrants {
  const key = (kind: string, id: string) =>
    `leaddyno-mcp:sign-in:${kind}:${createHash('sha256').update(id).digest('base64url')}`;
  /** The grants that this process ended; known even while Redis is away. */
  const own = createSignInGrants();
  return {
    async useOnce(id, ttlMs) {
      const put = (client: Redis) => client.set(key('used', id), '1', 'PX', ttlMs, 'NX');
      await redis.settled();
      if ((await redis.run(put)) !== 'OK') return false;
      redis.keep(ttlMs, put);
      return true;
    },
    async turn(grant, turn, ttlMs) {
      await redis.settled();
      const turned = await redis.run((client) => client.eval(TURN, 1, key('grant', grant), turn, ttlMs, REPEAT_MS));
      return turned === 1;
    },
    async end(grant, ttlMs) {
      await own.end(grant, ttlMs);
      const put = (client: Redis) => client.set(key('grant', grant), 'ended', 'PX', ttlMs);
      redis.keep(ttlMs, put);
      await redis.run(put);
    },
    async hasEnded(grant) {
      if (await own.hasEnded(grant)) return true;
      return (await redis.run((client) => client.get(key('grant', grant)))) === 'ended';
    },
  };
}
