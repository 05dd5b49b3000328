/** The large programme of `bench/tasks.ts --large` and `bench/memory.ts`. */
export const LARGE = { affiliates: 3_000, leads: 100_000, purchases: 60_000, visitors: 250_000 };
