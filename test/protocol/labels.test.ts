import { expect, it } from 'vitest';
import { startHarness } from '../support/harness.ts';

/** In no half that a model sees. */
const LABEL = { integrity: 'untrusted', confidentiality: 'private' };

it.each([
  ['a read', 'count_affiliates', {}],
  ['a workflow', 'program_overview', {}],
  ['a question', 'archive_affiliate', { affiliate_id: 1001 }],
  ['a miss', 'get_affiliate', { affiliate_id: 999_999 }],
])('%s says that it is private and holds text of strangers', async (_, name, args) => {
  const { client } = await (await startHarness()).connect('modern');
  const result = await client.callTool({ name, arguments: args });
  expect(result._meta?.ifc).toEqual(LABEL);
  expect(JSON.stringify([result.content, result.structuredContent])).not.toContain('confidentiality');
});
