export { connectRedis, type RedisConnection, RedisUnavailable, type Timing } from './connection.ts';
export { createSharedMemory } from './memory.ts';
export { createSharedPace } from './pace.ts';
export { createSharedUsedConfirmations } from './used-confirmations.ts';
