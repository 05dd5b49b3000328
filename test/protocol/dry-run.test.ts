import { describe, expect, it } from 'vitest';
import { workflows } from '../../src/workflows/index.ts';
import { entries, entryOf, examplesOf } from '../operations/table/index.ts';
import { eras } from '../support/clients.ts';
import { askingWrites } from '../support/good-calls.ts';
import { startHarness, startHarnessAt } from '../support/harness.ts';
import { at } from '../support/protocol-json.ts';
import { startUpstream } from '../support/upstream.ts';

/** Every example of every operation that writes: what it would send, with nothing of ours in it. */
const expected = Object.keys(entries)
  .filter((name) => entryOf(name).effect !== undefined)
  .flatMap((name) =>
    examplesOf(name).map(({ input, method, path, query = {}, body = {} }) => {
      return [name, input, { method, path, query, body }] as const;
    }),
  );

describe.each(eras)('%s: a dry run', (era) => {
  it('knows every tool that writes', async () => {
    const { client } = await (await startHarness({ dryRun: true })).connect(era);
    const { tools } = await client.listTools();
    const writes = tools.filter(({ annotations }) => annotations?.readOnlyHint === false).map(({ name }) => name);
    // A batch shows the question it would ask: the tests of each workflow that writes have that.
    const batches = workflows.filter(({ effect }) => effect !== 'read').map(({ name }) => name);
    expect([...new Set(expected.map(([tool]) => tool)), ...batches].sort()).toEqual(writes.sort());
  });

  it.each(expected)('shows what %s with %j would send, and sends nothing', async (tool, args, request) => {
    const upstream = await startUpstream(() => ({ status: 500 }));
    const harness = startHarnessAt(upstream.url, { dryRun: true });
    const { call, client, forms } = await harness.connect(era, { answers: 'yes' });
    await client.listTools();
    const { data, isError, text } = await call(tool, { ...args });
    expect(isError, text).toBe(false);
    expect(data.dry_run).toEqual(request);
    expect(data.note).toMatch(/nothing was read or sent/);
    expect(forms).toEqual([]);
    expect(upstream.requests).toEqual([]);
    expect(harness.reported).toEqual([`${tool} dry_run`]);
  });

  it.each(askingWrites)('does not ask, nor read, for $title', async (write) => {
    const harness = await startHarness({ dryRun: true });
    const { call } = await harness.connect(era);
    const args = write.args(harness.sandbox.programme);
    const { data } = await call(write.tool, args);
    const sends = write.sends(harness.sandbox.programme);
    expect(`${at(data, 'dry_run', 'method')} ${at(data, 'dry_run', 'path')}`).toBe(sends);
    expect(harness.sandbox.requests).toEqual([]);
  });

  it('still reads for tools that read', async () => {
    const { call } = await (await startHarness({ dryRun: true })).connect(era);
    expect((await call('get_affiliate', { affiliate_id: 1001 })).data).toHaveProperty('affiliate');
  });

  it('still refuses wrong arguments', async () => {
    const { call } = await (await startHarness({ dryRun: true })).connect(era);
    expect((await call('archive_affiliate', { affiliate_id: -1 })).isError).toBe(true);
    expect((await call('archive_affiliate', { affiliate_id: 1001, reason: 'x' })).text).toMatch(/unknown argument/);
  });
});
