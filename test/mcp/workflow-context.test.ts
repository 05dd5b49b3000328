import type { ServerContext } from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { progressTo } from '../../src/mcp/workflow-context.ts';

interface Said {
  readonly progress: number;
  readonly total?: number;
  readonly message: string;
}

afterEach(() => {
  vi.restoreAllMocks();
});

/** What a client that asked for it is told; a second passes between any two reports. */
function start() {
  let time = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    time += 1_000;
    return time;
  });
  const said: Said[] = [];
  const ctx = {
    mcpReq: {
      _meta: { progressToken: 'p' },
      signal: new AbortController().signal,
      notify: async ({ params }: { params: Said }) => void said.push(params),
    },
  } as unknown as ServerContext;
  return { report: progressTo(ctx), said, counts: () => said.map(({ progress }) => progress) };
}

describe('progress', () => {
  it.each([
    ['ends with what the scan ended with', [1, 2, 3]],
    ['begins where the scan ended', [3, 4, 5]],
    ['goes past where the scan ended', [2, 4, 6]],
    ['is one write', [3]],
  ])('counts on where the batch after a scan %s', (_, batch) => {
    const { report, said, counts } = start();
    for (const done of [1, 2, 3]) report(done, 3, 'records read');
    for (const done of batch) report(done, batch.at(-1), 'marked');
    expect(said).toHaveLength(3 + batch.length);
    expect(counts()).toEqual([...new Set(counts())].sort((a, b) => a - b));
    for (const { progress, total } of said) expect(Number(total)).toBeGreaterThanOrEqual(progress);
  });

  it('increases strictly, whatever is reported', () => {
    const done = fc.oneof(fc.integer({ min: -3, max: 12 }), fc.constantFrom(Number.NaN, 0.5, 1e6));
    const reports = fc.array(fc.tuple(done, fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined })));
    fc.assert(
      fc.property(reports, (all) => {
        const { report, said, counts } = start();
        for (const [count, total] of all) report(count, total, 'x');
        expect(counts().every((count, index) => count > (counts()[index - 1] ?? 0))).toBe(true);
        for (const { progress, total } of said) expect(total === undefined || total >= progress).toBe(true);
      }),
    );
  });
});
