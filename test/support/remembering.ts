import { createPaymentMemory, type Payment, type PaymentMemory } from '../../src/ports/payment-memory.ts';

/**
 * A payment memory that knows some commissions from the start. `added` returns what was added since the start or the
 * last `reset`, without times.
 */
export function recordsOf(
  known: Readonly<Record<string, Payment['how']>>,
): PaymentMemory & { added(): unknown; reset(): void } {
  let memory = createPaymentMemory();
  const added: [string, string, string | undefined][] = [];
  const at = '2026-01-15T00:00:00.000Z';
  return {
    lasts: false,
    async add(account, ids, payment) {
      for (const id of ids) added.push([id, payment.how, payment.amount]);
      await memory.add(account, ids, payment);
    },
    async find(account, ids) {
      const found = await memory.find(account, ids);
      const before = ids.flatMap((id): [string, Payment][] => (known[id] ? [[id, { how: known[id], at }]] : []));
      return new Map([...before, ...found]);
    },
    reset() {
      memory = createPaymentMemory();
      added.length = 0;
    },
    added: () => added.map((one) => JSON.stringify(one)).sort(),
  };
}
