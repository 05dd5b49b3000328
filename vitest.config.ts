import { defineConfig } from 'vitest/config';

/**
 * Folders whose tests share the modules that a worker has loaded: reloading them for each file took a fifth of the
 * time. Tests that replace modules, or inspect what the whole process has open, run isolated.
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
    setupFiles: ['test/support/written-setup.ts', 'test/support/property-seed.ts'],
    // These limits catch tests that hang, not slow ones: the machine may be busy with other work.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000, interval: 10 } },
    // Tests mostly wait for processes and timers: one worker per core would leave a small machine idle.
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: 'together', include: TOGETHER, isolate: false } },
      { extends: true, test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: TOGETHER } },
    ],
  },
});
