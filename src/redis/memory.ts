import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { MAX_LINES, type Memory } from '../ports/memory.ts';
import { standingFor } from '../ports/unavailable.ts';
import type { RedisConnection } from './connection.ts';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** Texts larger than this are compressed, in bytes. */
const PLAIN = 4_096;

/** The first byte of a value says how the rest is written. */
const AS_TEXT = 0;
const AS_GZIP = 1;

/** What outlives a call, for all processes with the same Redis: any of them serves the file that another made. */
export function createSharedMemory(redis: RedisConnection): Memory {
  const name = (key: string) => `leaddyno-mcp:memory:${key}`;
  return {
    shared: true,
    async put(key, text, ttlMs) {
      const value = await encode(text);
      const lifetime = Math.max(1, Math.ceil(ttlMs));
      await standingFor(
        'memory',
        redis.run((client) => client.set(name(key), value, 'PX', lifetime)),
      );
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

/** Something else under our name is none of ours. */
async function decode(value: Buffer): Promise<string | undefined> {
  const rest = value.subarray(1);
  if (value[0] === AS_TEXT) return rest.toString();
  return value[0] === AS_GZIP ? (await unpack(rest)).toString() : undefined;
}
