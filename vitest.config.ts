import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/written-run.ts',
    setupFiles: 'test/support/written-setup.ts',
    // Bounds for what hangs, not for what is slow: the machine may be busy with other things.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000, interval: 10 } },
    // Much of the time is waiting for processes and timers: as many workers as cores would leave a small machine idle.
    maxWorkers: 3,
  },
});
