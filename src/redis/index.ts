export { connectRedis, type RedisConnection, type Timing } from './connection.ts';
export { createSharedMemory } from './memory.ts';
export { createSharedPace } from './pace.ts';
export { createSharedPayments } from './payments.ts';
export { createSharedSignInGrants } from './sign-in-grants.ts';
export { createSharedUsedConfirmations, createSharedWriteCounter } from './writes.ts';
