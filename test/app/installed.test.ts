import { expect, test } from 'vitest';
import { chromiumMissing } from '../support/browser.ts';

const WHY = 'chromium is not installed, so the tests of test/app are skipped: apt-get install chromium';

test('chromium is installed', ({ skip }) => {
  if (!chromiumMissing) return;
  expect(['true', '1'], WHY).not.toContain(process.env.CI);
  process.stderr.write(`${WHY}\n`);
  skip(WHY);
});
