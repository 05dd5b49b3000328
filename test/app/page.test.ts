import { afterAll, describe, expect, it } from 'vitest';
import { appPage } from '../../src/app-page.ts';
import { withResults } from '../../src/commands/report.ts';
import type { JsonObject } from '../../src/json.ts';
import { chromiumMissing, closeBrowser, hostPage, openPage, type Page } from '../support/browser.ts';
import { startHarness } from '../support/harness.ts';

/*
 * The page that hosts draw, in a real browser without any network: by itself with results written into it, and in a
 * host made of the official bridge.
 */

const WIDE = { width: 1_000, height: 900 };
const NARROW = { width: 360, height: 740 };
const LIMIT = 300_000;

const HOSTILE = {
  name: '</script><script>window.pwned=1</script><img src=x onerror="window.pwned=2">',
  reason: '<b onmouseover=window.pwned=3>held</b>',
};

let results: Promise<{ overview: JsonObject; payouts: JsonObject }> | undefined;

/** What the tools answer on a sandbox with two currencies. */
async function sandboxResults() {
  results ??= (async () => {
    const harness = await startHarness({ sandbox: { affiliates: 120, leads: 600, purchases: 500, visitors: 900 } });
    const { call } = await harness.connect('modern');
    const overview = (await call('program_overview', { series: true })).data;
    const payouts = (await call('payout_report', { limit: 100 })).data;
    return { overview, payouts };
  })();
  return await results;
}

const written = async (...given: unknown[]) => withResults(await appPage(), given);
const textOf = async (page: Page) => await page.locator('body').innerText();
/** Whether anything sticks out to the right. */
const overflows = async (page: Page) =>
  await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

it('is one file within its size, that asks for nothing', async () => {
  const html = await appPage();
  expect(Buffer.byteLength(html)).toBeLessThan(LIMIT);
  expect(html).not.toMatch(/<(?:link|img|iframe|base)\b|\bsrc=|@import|url\(|https?:\/\/(?!www\.w3\.org)/);
  expect(html).toContain("default-src 'none'");
});

it('cannot be ended by what is written into it', async () => {
  const html = await written({ counts: {}, month: {}, note: '</script><script>alert(1)</script>' });
  expect(html.match(/<script/g)).toHaveLength(2);
});

describe.skipIf(chromiumMissing)('in a browser', () => {
  afterAll(closeBrowser);

  describe.each([
    ['wide and light', WIDE, false],
    ['narrow and dark', NARROW, true],
  ] as const)('%s', (_, size, dark) => {
    it('draws the overview', async () => {
      const { overview } = await sandboxResults();
      const { page, errors, requests } = await openPage(await written(overview), size, dark);
      const text = await textOf(page);
      for (const word of [
        'Affiliate programme',
        'Revenue',
        'Visitors',
        'Leads',
        'Purchases (not cancelled)',
        'Most purchases, all time',
      ])
        expect(text).toContain(word);
      expect(await page.locator('svg.chart').count()).toBe(2);
      expect(await page.locator('svg.chart').first().locator('rect.bar').count()).toBeGreaterThan(5);
      expect(await overflows(page)).toBe(false);
      expect({ errors, requests: requests.filter((url) => url !== 'about:blank') }).toEqual({
        errors: [],
        requests: [],
      });
    });

    it('draws the payout report', async () => {
      const { payouts } = await sandboxResults();
      const { page, errors } = await openPage(await written(payouts), size, dark);
      const lines = payouts.lines as JsonObject[];
      const shown = page.getByRole('table', { name: 'Payouts' }).locator('tbody tr');
      expect(await shown.count()).toBe(lines.length);
      await page.getByRole('button', { name: /^Held back/ }).click();
      expect(await shown.count()).toBe(lines.filter(({ state }) => state === 'held').length);
      expect(await overflows(page)).toBe(false);
      expect(errors).toEqual([]);
    });
  });

  it('shows one currency at a time, and the other at a press', async () => {
    const { overview } = await sandboxResults();
    const { page } = await openPage(await written(overview), WIDE);
    const pressed = page.locator('.choices button[aria-pressed="true"]');
    const before = await pressed.innerText();
    await page.locator('.choices button[aria-pressed="false"]').first().click();
    expect(await pressed.innerText()).not.toBe(before);
    expect(await page.locator('figcaption').first().innerText()).toContain(await pressed.innerText());
  });

  it('can be read with the keyboard alone', async () => {
    const { overview } = await sandboxResults();
    const { page } = await openPage(await written(overview), WIDE);
    const reading = page.locator('.reading').first();
    await page.locator('rect.bar[tabindex="0"]').first().focus();
    const last = await reading.innerText();
    await page.keyboard.press('ArrowLeft');
    expect(await reading.innerText()).not.toBe(last);
    await page.keyboard.press('End');
    expect(await reading.innerText()).toBe(last);
    // One stop of the Tab key for a chart, whatever its bars.
    expect(await page.locator('svg.chart').first().locator('[tabindex="0"]').count()).toBe(1);
    const summary = page.locator('summary').first();
    await summary.focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('details[open] td').count()).toBeGreaterThan(5);
  });

  it('sorts by its headings', async () => {
    const { payouts } = await sandboxResults();
    const { page } = await openPage(await written(payouts), WIDE);
    const head = page.getByRole('columnheader', { name: /Commissions/ });
    await head.getByRole('button').press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    const counts = (await page.locator('tbody td[data-name="Commissions"]').allInnerTexts()).map(Number);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
  });

  it('shows hostile text as text', async () => {
    const lines = [
      {
        affiliate_id: 1,
        first_name: HOSTILE.name,
        amount: '1.00',
        currency: HOSTILE.name,
        state: 'held',
        reasons: [HOSTILE.reason],
      },
    ];
    const payouts = { due_by: HOSTILE.name, lines, totals: [{ currency: HOSTILE.reason, ready: HOSTILE.name }] };
    const top_affiliates = { affiliates: [{ name: HOSTILE.name, total_purchases: 3 }] };
    const overview = { counts: {}, month: {}, top_affiliates, scanned: [HOSTILE.name], complete: false };
    const { page } = await openPage(await written(payouts, overview), WIDE);
    expect(await textOf(page)).toContain(HOSTILE.name);
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    expect(await page.locator('img, b[onmouseover]').count()).toBe(0);
  });

  it.each([
    ['nothing at all', {}],
    ['empty sections', { counts: null, month: [], series: 'x', top_affiliates: 3 }],
    ['an overview of nothing', { counts: {}, month: {} }],
    ['payouts to nobody', { due_by: '2026-01-01T00:00:00Z', lines: [] }],
    [
      'odd figures',
      { due_by: null, lines: [{ amount: {}, currency: 7, state: null, commissions: 'many' }, null, 'x'] },
    ],
  ])('draws %s without a fault', async (_, data) => {
    const { page, errors } = await openPage(await written(data), NARROW);
    expect((await textOf(page)).length).toBeGreaterThan(3);
    expect(errors).toEqual([]);
  });

  it('says first that not everything was read', async () => {
    const scanned = ['40 of 900 purchases: stopped at the time limit after 1 of 9 pages'];
    const { page } = await openPage(await written({ counts: {}, month: {}, complete: false, scanned }), WIDE);
    expect(await page.getByRole('note').innerText()).toContain('40 of 900 purchases');
  });

  describe('in a host', () => {
    async function inHost() {
      const opened = await openPage(await hostPage(await appPage()), WIDE);
      await opened.page.evaluate('window.host.ready');
      const view = opened.page.frameLocator('iframe');
      return { ...opened, view };
    }

    it('waits, takes the result, follows the theme and tells its height', async () => {
      const { overview } = await sandboxResults();
      const { page, view, errors } = await inHost();
      expect(await view.locator('[role=status]').innerText()).toContain('Waiting');
      expect(await page.evaluate('window.host.info()')).toMatchObject({ name: 'leaddyno-mcp' });
      expect(await view.locator('html').getAttribute('data-theme')).toBe('dark');
      await page.evaluate(`window.host.input({ series: true })`);
      await page.evaluate(`window.host.result(${JSON.stringify({ content: [], structuredContent: overview })})`);
      await view.locator('svg.chart').first().waitFor();
      await page.evaluate(`window.host.theme('light')`);
      await view.locator('html[data-theme=light]').waitFor();
      const heights = (await page.evaluate('window.host.sizes')) as { height: number }[];
      expect(heights.at(-1)?.height).toBeGreaterThan(400);
      expect(await page.evaluate('window.host.tearDown()')).toEqual({});
      expect(errors).toEqual([]);
    });

    it('draws what only a picture needs from where no model reads it', async () => {
      const { overview } = await sandboxResults();
      const { series, ...rest } = overview;
      const { page, view } = await inHost();
      const result = { content: [], structuredContent: rest, _meta: { 'leaddyno-mcp/picture': { series } } };
      await page.evaluate(`window.host.result(${JSON.stringify(result)})`);
      await view.locator('svg.chart').first().waitFor();
    });

    it('says what a failed call said', async () => {
      const { page, view } = await inHost();
      const error = { reason: 'auth', message: 'LeadDyno did not accept the key' };
      await page.evaluate(
        `window.host.result(${JSON.stringify({ content: [], isError: true, structuredContent: { error } })})`,
      );
      await view.getByText('LeadDyno did not accept the key').waitFor();
    });
  });
});
