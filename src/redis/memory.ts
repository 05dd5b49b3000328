import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { MAX_LINES, type Memory, ownerOf } from '../ports/memory.ts';
import { standingFor, Unavailable } from '../ports/unavailable.ts';
import type { RedisConnection } from './connection.ts';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** Bytes in Redis for the texts of one owner; those that expire first are dropped first. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * KEYS: the text, the owner's index. ARGV: the value, its lifetime in ms, the owner's budget in bytes. Keeps a text
 * within that budget; answers 0 if it is too large, otherwise 1. The index holds `SIZE KEY` for each text, sorted by
 * expiry. The time is Redis's own, so that it is the same for all replicas.
 */
const PUT_OWNED = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local key, index, ttl, most = KEYS[1], KEYS[2], tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
local size, sum = #ARGV[1], 0
local others = {}
for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
  local space = string.find(member, ' ', 1, true)
  local other = { member, tonumber(string.sub(member, 1, space - 1)), string.sub(member, space + 1) }
  if other[3] == key then redis.call('ZREM', index, member)
  else others[#others + 1] = other; sum = sum + other[2] end
end
if size > most then return 0 end
for _, other in ipairs(others) do
  if sum + size <= most then break end
  redis.call('DEL', other[3])
  redis.call('ZREM', index, other[1])
  sum = sum - other[2]
end
redis.call('SET', key, ARGV[1], 'PX', ttl)
redis.call('ZADD', index, now + ttl, size .. ' ' .. key)
redis.call('PEXPIRE', index, math.max(ttl, redis.call('PTTL', index)))
return 1
`;

/** Texts of more bytes than this are compressed. */
const PLAIN = 4_096;

/** The first byte of a value says how the rest is encoded. */
const AS_TEXT = 0;
const AS_GZIP = 1;

/** What outlives a call, shared by all processes with the same Redis: each can serve a file that another one made. */
export function createSharedMemory(redis: RedisConnection, maxBytes = MAX_BYTES): Memory {
  const name = (key: string) => `leaddyno-mcp:memory:${key}`;
  return {
    shared: true,
    async put(key, text, ttlMs) {
      const value = await encode(text);
      const lifetime = Math.max(1, Math.ceil(ttlMs));
      const owner = ownerOf(key, text.length);
      const kept = await standingFor(
        'memory',
        redis.run(async (client) =>
          owner === undefined
            ? await client.set(name(key), value, 'PX', lifetime)
            : await client.eval(PUT_OWNED, 2, name(key), `leaddyno-mcp:memory-of:${owner}`, value, lifetime, maxBytes),
        ),
      );
      if (kept === 0) throw new Unavailable('memory', 'this is too large to be kept');
    },
    async get(key) {
      const value = await standingFor(
        'memory',
        redis.run((client) => client.getBuffer(name(key))),
      );
      return value === null ? undefined : await decode(value);
    },
    async has(key) {
      const found = redis.run((client) => client.exists(name(key)));
      return (await standingFor('memory', found)) === 1;
    },
    async append(key, line, ttlMs) {
      const lifetime = Math.max(1, Math.ceil(ttlMs));
      const done = redis.run((client) =>
        client.multi().rpush(name(key), line).ltrim(name(key), -MAX_LINES, -1).pexpire(name(key), lifetime).exec(),
      );
      await standingFor('memory', done);
    },
    async lines(key) {
      return await standingFor(
        'memory',
        redis.run((client) => client.lrange(name(key), 0, -1)),
      );
    },
  };
}

async function encode(text: string): Promise<Buffer> {
  const plain = Buffer.from(text);
  return plain.length > PLAIN
    ? Buffer.concat([Buffer.of(AS_GZIP), await pack(plain)])
    : Buffer.concat([Buffer.of(AS_TEXT), plain]);
}

/** Undefined for a value in an unknown format: it is not ours. */
async function decode(value: Buffer): Promise<string | undefined> {
  const rest = value.subarray(1);
  if (value[0] === AS_TEXT) return rest.toString();
  return value[0] === AS_GZIP ? (await unpack(rest)).toString() : undefined;
}
