import { appendFileSync } from 'node:fs';
import { afterAll, inject } from 'vitest';
import { takeFindings, watchEverything, written } from './written.ts';

/*
 * Runs for every test file: what the server wrote must not contain a secret of the file's tests.
 */

const end = watchEverything();

// Registered first, so it runs last, after everything that the file opened has been closed.
afterAll(() => {
  end();
  const found = takeFindings();
  appendFileSync(inject('writtenFigures'), `${JSON.stringify(written)}\n`);
  if (found.length > 0) throw new Error(`secrets were written:\n${found.slice(0, 20).join('\n')}`);
}, 60_000);
