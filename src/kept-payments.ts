import type { Config } from './config/config.ts';
import { combinePaymentMemories, type PaymentMemory } from './ports/payment-memory.ts';

export interface KeptPayments {
  readonly payments: PaymentMemory;
  close(): Promise<void>;
}

/**
 * The payments that a server with the same audit log or Redis remembers, for a command that runs beside it. Undefined
 * if neither is given.
 */
export async function openKeptPayments({
  auditLog,
  redis,
}: Pick<Config, 'auditLog' | 'redis'>): Promise<KeptPayments | undefined> {
  const memories: PaymentMemory[] = [];
  let close = async () => undefined as unknown;
  if (auditLog !== undefined) {
    const { openPaymentRecord } = await import('./audit/index.ts');
    memories.push(openPaymentRecord(auditLog, { processName: 'report' }));
  }
  if (redis !== undefined) {
    const { connectRedis, createSharedPayments } = await import('./redis/index.ts');
    const connection = connectRedis(redis, () => undefined);
    memories.push(createSharedPayments(connection));
    close = () => connection.close();
  }
  if (memories.length === 0) return undefined;
  return { payments: combinePaymentMemories(memories), close: async () => void (await close()) };
}
