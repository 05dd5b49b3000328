import { afterAll, describe, expect, it } from 'vitest';
import { appPage, drawing } from '../../src/app-page.ts';
import type { JsonObject } from '../../src/json.ts';
import { chromiumMissing, closeBrowser, openPage } from '../support/browser.ts';

/* What the page is made of, and what it makes of results that nobody expected. */

const NARROW = { width: 360, height: 740 };
/** Of the whole page: what draws it, what moves it, how it looks. */
const LIMIT = 120_000;

const HOSTILE = {
  name: '</script><script>window.pwned=1</script><img src=x onerror="window.pwned=2">',
  reason: '<b onmouseover=window.pwned=3>held</b>',
};

async function drawn(parts: Record<string, unknown>): Promise<string> {
  const written = { parts: parts as Record<string, JsonObject>, made_at: '2026-05-04T00:00:00Z' };
  return (await drawing()).drawFile(await appPage(), { ...written, period: { kind: 'month', month: '2026-05' } });
}

it('is one file within its size, that asks for nothing', async () => {
  const html = await appPage();
  expect(Buffer.byteLength(html)).toBeLessThan(LIMIT);
  expect(html).not.toMatch(/<(?:link|img|iframe|base)\b|\bsrc=|@import|url\(|https?:\/\/(?!www\.w3\.org)/);
  expect(html).toContain("default-src 'none'");
});

describe.skipIf(chromiumMissing)('odd results', { timeout: 60_000 }, () => {
  afterAll(closeBrowser);

  it('that are hostile are shown as text', async () => {
    const line = {
      affiliate_id: 1,
      first_name: HOSTILE.name,
      amount: '1.00',
      state: 'held',
      reasons: [HOSTILE.reason],
    };
    const applicant = { affiliate_id: 2, name: HOSTILE.name, custom_fields: { [HOSTILE.reason]: HOSTILE.name } };
    const html = await drawn({
      overview: { counts: {}, month: {}, page: { site: HOSTILE.name }, scanned: [HOSTILE.name], complete: false },
      payouts: {
        due_by: HOSTILE.name,
        lines: [
          { ...line, currency: HOSTILE.name },
          { ...line, currency: 'USD' },
        ],
        totals: [{ currency: HOSTILE.reason, ready: HOSTILE.name }],
      },
      pending: { pending: 1, applicants: [{ ...applicant, red_flags: [{ flag: 'x', reason: HOSTILE.reason }] }] },
    });
    for (const script of [true, false]) {
      const { page } = await openPage(html, NARROW, { script });
      expect(await page.locator('main').innerText()).toContain(HOSTILE.name);
      expect(await page.locator('img, b[onmouseover]').count()).toBe(0);
      if (script) expect(await page.evaluate('window.pwned')).toBeUndefined();
    }
  });

  it.each([
    ['nothing at all', {}],
    [
      'empty sections',
      { overview: { counts: null, month: [], series: 'x', top_affiliates: 3 }, pending: [], groups: 7 },
    ],
    ['an overview of nothing', { overview: { counts: {}, month: {} } }],
    ['payouts to nobody', { payouts: { due_by: '2026-01-01T00:00:00Z', lines: [] } }],
    [
      'odd figures',
      {
        payouts: {
          due_by: null,
          lines: [{ amount: {}, currency: 7, state: null, commissions: 'many' }, null, 'x'],
          totals: [{ currency: 'USD', ready: 'much' }],
          files: [{ uri: 3 }],
        },
        ranking: { ranking: [{ currency: 'XX', value: null }] },
      },
    ],
  ])('%s: is drawn without a fault', async (_, parts) => {
    const { page, errors } = await openPage(await drawn(parts), NARROW);
    expect((await page.locator('body').innerText()).length).toBeGreaterThan(3);
    expect(errors).toEqual([]);
  });

  it('that are not complete say so first', async () => {
    const scanned = ['40 of 900 purchases: stopped at the time limit after 1 of 9 pages'];
    const html = await drawn({ overview: { counts: {}, month: {}, complete: false, scanned } });
    const { page } = await openPage(html, NARROW);
    expect(await page.getByRole('note').first().innerText()).toContain('40 of 900 purchases');
  });
});
