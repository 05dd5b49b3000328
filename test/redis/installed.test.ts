import { expect, test } from 'vitest';
import { redisMissing } from '../support/redis-server.ts';

const WHY = 'redis-server is not installed, so the tests of test/redis are skipped: apt-get install redis-server';

test('redis-server is installed', ({ skip }) => {
  if (!redisMissing) return;
  expect(['true', '1'], WHY).not.toContain(process.env.CI);
  process.stderr.write(`${WHY}\n`);
  skip(WHY);
});
