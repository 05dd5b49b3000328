import { defineConfig } from 'vitest/config';

/**
 * Folders whose tests share the modules that a worker has loaded: loading them anew for each file took a fifth of the
 * time. Tests that replace modules, or look at what the whole process has open, stay alone.
 */
const TOGETHER = [
  'audit',
  'config',
  'leaddyno',
  'mcp',
  'operations',
  'ports',
  'protocol',
  'records',
  'sandbox',
  'workflows',
].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    globalSetup: 'test/support/written-run.ts',
    setupFiles: 'test/support/written-setup.ts',
    // Bounds for what hangs, not for what is slow: the machine may be busy with other things.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000, interval: 10 } },
    // Much of the time is waiting for processes and timers: as many workers as cores would leave a small machine idle.
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: 'together', include: TOGETHER, isolate: false } },
      { extends: true, test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: TOGETHER } },
    ],
  },
});
