import { expect, it } from 'vitest';
import { routes } from '../../src/sandbox/http.ts';
import { entries } from '../operations/table/index.ts';

it('has the routes of the reference, each once', () => {
  // The last is known from a third party alone, so there is no tool of it.
  const documented = new Set([...Object.values(entries).map(({ route }) => route), 'DELETE /purchases/{id}']);
  expect(routes.map(([route]) => route).toSorted()).toEqual([...documented].toSorted());
});
