/**
 * `marked`: as paid in LeadDyno through this server. `paid`: as a person said who had it marked, whatever became of the
 * mark. `unclear`: the same by a single mark whose outcome is not known. `by_hand`: as a person said, and not marked by
 * this server. `netted`: subtracted from another payment, because it had been paid in vain. `not_paid`: what
 * was remembered is wrong; who finds it knows nothing of a payment.
 */
export const PAYMENT_KINDS = ['marked', 'paid', 'unclear', 'by_hand', 'netted', 'not_paid'] as const;
export type PaymentKind = (typeof PAYMENT_KINDS)[number];

/** Whether it was paid, and a mark is still to be made. */
export const isUnmarked = (payment: Payment | undefined): boolean =>
  payment?.how === 'paid' || payment?.how === 'unclear';

/** How a commission came to be paid, as far as this server was told. */
export interface Payment {
  readonly how: PaymentKind;
  /** A decimal number. `netted`: how much of it in all. `paid`: the sum that was given with it, if one was. */
  readonly amount?: string;
  /** UTC. */
  readonly at: string;
}

/**
 * Which commissions were paid, by id. Prevents a second payment while LeadDyno still shows them unpaid. Each account
 * has its own; nothing that others keep ever pushes one out.
 */
export interface PaymentMemory {
  /** Whether it outlives this process. */
  readonly lasts: boolean;
  /** @throws Unavailable */
  add(account: string, ids: readonly string[], payment: Payment): Promise<void>;
  /** What is known of these commissions. @throws Unavailable */
  find(account: string, ids: readonly string[]): Promise<ReadonlyMap<string, Payment>>;
}

/** The memory of one process. It only holds ids that LeadDyno returned, so callers cannot fill it with made-up ones. */
export function createPaymentMemory(): PaymentMemory {
  const accounts = new Map<string, Map<string, Payment>>();
  return {
    lasts: false,
    async add(account, ids, payment) {
      const known = accounts.get(account) ?? new Map<string, Payment>();
      accounts.set(account, known);
      for (const id of ids) known.set(id, payment);
    },
    async find(account, ids) {
      const known = accounts.get(account);
      return new Map(ids.flatMap((id) => (known?.has(id) ? [[id, known.get(id) as Payment]] : [])));
    },
  };
}

/** Several memories as one: writes go to all of them, and reads take the newest entry that any of them has. */
export function combinePaymentMemories(memories: readonly PaymentMemory[]): PaymentMemory {
  return {
    lasts: memories.some(({ lasts }) => lasts),
    async add(account, ids, payment) {
      await Promise.all(memories.map((one) => one.add(account, ids, payment)));
    },
    async find(account, ids) {
      const found = await Promise.all(memories.map((one) => one.find(account, ids)));
      const newest = new Map<string, Payment>();
      for (const [id, payment] of found.flatMap((one) => [...one])) {
        const known = newest.get(id);
        if (!known || Date.parse(known.at) <= Date.parse(payment.at)) newest.set(id, payment);
      }
      return newest;
    },
  };
}
