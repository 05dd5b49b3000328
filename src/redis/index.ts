export { connectRedis, type RedisConnection, type Timing } from './connection.ts';
export { createSharedMemory } from './memory.ts';
export { createSharedPace } from './pace.ts';
export { createSharedSignInGrants } from './sign-in-grants.ts';
export { createSharedPayments, createSharedUsedConfirmations, createSharedWriteCounter } from './writes.ts';
