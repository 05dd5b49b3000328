import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/written-run.ts',
    setupFiles: 'test/support/written-setup.ts',
    testTimeout: 20_000,
    // Some tests watch windows of a few hundred milliseconds across processes: a busy machine may stretch one.
    retry: 1,
    // Much of the time is waiting for processes and timers: as many workers as cores would leave a small machine idle.
    maxWorkers: 3,
  },
});
