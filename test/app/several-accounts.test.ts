import { afterAll, describe, expect, it } from 'vitest';
import { appPage } from '../../src/app-page.ts';
import type { JsonObject } from '../../src/json.ts';
import { chromiumMissing, closeBrowser, hostPage, openPage } from '../support/browser.ts';
import { startProgrammes } from '../support/several-programmes.ts';

const DRAWS = { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } };

describe.skipIf(chromiumMissing)('the page of one of several accounts', { timeout: 60_000 }, () => {
  afterAll(closeBrowser);

  it('stays with the account of the result that it was drawn for', async () => {
    const { connect, reported } = await startProgrammes(['acme', 'globex']);
    const { client } = await connect({ capabilities: DRAWS });
    const calls: JsonObject[] = [];
    const callTool = async (params: { name: string; arguments: JsonObject }) => {
      calls.push(params.arguments);
      return await client.callTool(params);
    };
    const size = { width: 1_100, height: 900 };
    const { page } = await openPage(await hostPage(await appPage(), 'tools context'), size, { exposed: { callTool } });
    await page.evaluate('window.host.ready');
    const raw = await client.callTool({ name: 'program_overview', arguments: { account: 'globex' } });
    await page.evaluate('window.host.input({})');
    await page.evaluate(`window.host.result(${JSON.stringify(raw)})`);
    await page.frameLocator('iframe').getByRole('heading', { level: 1 }).waitFor();
    // What it reads besides: the queue, the payouts, the rankings.
    await expect.poll(() => calls.length, { timeout: 30_000 }).toBeGreaterThan(6);
    for (const { account } of calls) expect(account).toBe('globex');
    expect(reported.filter((line) => !line.endsWith(' ok globex'))).toEqual([]);
    await page.close();
  });
});
