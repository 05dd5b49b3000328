import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, describe, expect, it } from 'vitest';
import { appPage, drawing, type Written } from '../../src/app-page.ts';
import { isObject, type JsonObject } from '../../src/json.ts';
import { chromiumMissing, closeBrowser, openPage, type Page } from '../support/browser.ts';
import {
  BUSY,
  inEightCurrencies,
  inRightToLeft,
  ONE,
  withManyPayouts,
  withoutAnything,
  withTrouble,
  writtenOf,
} from '../support/page-states.ts';

/* The page in every state it may be in: that all of it can be read, by whoever reads it, on whatever they read it. */

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let busy: Promise<Written> | undefined;
const sandbox = () => (busy ??= writtenOf(BUSY));
let one: Promise<Written> | undefined;
const alone = () => (one ??= writtenOf(ONE));

const STATES: readonly (readonly [name: string, make: () => Promise<Written>])[] = [
  ['a busy programme', sandbox],
  ['trouble', async () => withTrouble(await sandbox())],
  ['eight currencies', async () => inEightCurrencies(await sandbox())],
  ['names from right to left', async () => inRightToLeft(await sandbox())],
  ['one affiliate', alone],
  ['nothing at all', async () => withoutAnything(await alone())],
  ['3,000 affiliates to pay', async () => withManyPayouts(await sandbox(), 3_000)],
];

const SIZES = [360, 768, 1_200, 1_600] as const;

const written = async (given: Written) => (await drawing()).drawFile(await appPage(), given);

interface Found {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations: found } = (await page.evaluate('window.axe.run()')) as { violations: Found[] };
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
}

/** What sticks out of the page, is too small to read, or an amount that is broken in the middle. */
const FLAWS = `(() => {
  const flaws = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) flaws.push('the page is wider than its window');
  for (const element of document.querySelectorAll('main *')) {
    const own = [...element.childNodes].filter((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (own.length === 0 || element.closest('title, option') || !element.checkVisibility()) continue;
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (box.width === 0 || box.right < 0 || style.visibility === 'hidden') continue;
    const said = element.textContent.slice(0, 60);
    if (Number.parseFloat(style.fontSize) < 11) flaws.push('too small: ' + said);
    if (box.right > width + 1) flaws.push('cut off: ' + said);
    const panel = element.closest('.panel');
    if (panel && box.right > panel.getBoundingClientRect().right + 1) flaws.push('out of its panel: ' + said);
    if (element.matches('.large, td.figure') && /\\d/.test(said) && said.length < 24) {
      const range = document.createRange();
      range.selectNodeContents(element);
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top / 6)));
      if (lines.size > 1) flaws.push('broken: ' + said);
    }
  }
  return [...new Set(flaws)].slice(0, 10);
})()`;

describe.skipIf(chromiumMissing)('the page', { timeout: 180_000 }, () => {
  afterAll(closeBrowser);

  it.each(STATES)('can be read by everybody at every size: %s', async (_, make) => {
    const { page, errors } = await openPage(await written(await make()), { width: 1_000, height: 900 });
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html[data-theme=dark]').waitFor();
    expect(await violations(page)).toEqual([]);
    for (const width of SIZES) {
      await page.setViewportSize({ width, height: 900 });
      expect({ width, flaws: await page.evaluate(FLAWS) }).toEqual({ width, flaws: [] });
    }
    expect(errors).toEqual([]);
  });

  it('says what needs somebody, what does not add up in red', async () => {
    const { page } = await openPage(await written(withTrouble(await sandbox())), { width: 1_000, height: 900 });
    const needs = page.getByRole('region', { name: 'Needs you' });
    const text = await needs.innerText();
    for (const words of [
      'Differs from LeadDyno',
      'In no amount',
      'Held back',
      'below minimum',
      'Paid, and cancelled since',
    ])
      expect(text).toContain(words);
    const differs = needs.getByText(/a difference of/);
    expect(
      await differs.evaluate((element) => element.ownerDocument.defaultView?.getComputedStyle(element).color),
    ).toBe('rgb(180, 35, 24)');
  });

  it('tells the week in the order of the work', async () => {
    const { page } = await openPage(await written(await sandbox()), { width: 1_000, height: 900 });
    const headings = await page.getByRole('heading', { level: 2 }).allInnerTexts();
    expect(headings.map((text) => text.trim())).toEqual(['Needs you', 'Applicants', 'How it goes', 'Who', 'Payouts']);
    const axes = await page
      .locator('.chart')
      .evaluateAll((charts) => charts.map((chart) => chart.querySelectorAll('.ticks span').length));
    for (const lines of axes.slice(0, 2)) expect([3, 4, 5]).toContain(lines);
    expect(await page.locator('.dates').first().innerText()).toMatch(/^[A-Z][a-z]+ \d{4}/);
  });

  it('keeps one currency for all of it, and changes it at a press', async () => {
    const { page } = await openPage(await written(await sandbox()), { width: 1_000, height: 900 });
    const chosen = page.getByRole('group', { name: 'Currency of the page' });
    const [first, second] = await chosen.getByRole('button').allInnerTexts();
    expect(await page.locator('figcaption:visible').first().innerText()).toContain(first);
    await chosen.getByRole('button', { name: second ?? '' }).click();
    expect(await page.locator('figcaption:visible').first().innerText()).toContain(second);
    expect(await page.getByRole('table', { name: /^Payouts in/ }).getAttribute('aria-label')).toBe(
      `Payouts in ${second}`,
    );
  });

  it('searches, filters, sorts and turns the pages of many payouts, with totals that follow', async () => {
    const { page } = await openPage(await written(withManyPayouts(await sandbox(), 600)), {
      width: 1_000,
      height: 900,
    });
    const table = page.getByRole('table', { name: 'Payouts in USD' });
    const total = page.locator('.total:visible');
    const rows = table.locator('tbody tr');
    expect(await rows.count()).toBe(50);
    expect(await total.innerText()).toContain('600 lines, together $180,300.00');
    await page.getByRole('button', { name: 'Next' }).click();
    expect(await page.locator('.pages').innerText()).toContain('51–100 of 600');
    await page.getByRole('button', { name: /^Held back/ }).click();
    expect(await total.innerText()).toContain('200 lines');
    await page.getByRole('searchbox').fill('number 300');
    expect(await rows.count()).toBe(1);
    expect(await total.innerText()).toContain('1 line, together $300.00');
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'All (600)' }).click();
    await table.getByRole('button', { name: 'Amount' }).press('Enter');
    expect(await table.getByRole('columnheader', { name: /Amount/ }).getAttribute('aria-sort')).toBe('ascending');
    expect(await rows.first().locator('td[data-name=Amount]').innerText()).toBe('$1.00');
  });

  it('shows its figures without any script', async () => {
    const given = await sandbox();
    const html = await written(given);
    const { page } = await openPage(html, { width: 1_000, height: 900 }, { script: false });
    const text = await page.locator('main').innerText();
    const totals = given.parts.payouts?.totals as JsonObject[];
    for (const { currency } of totals) expect(text).toContain(`Revenue by month, ${currency}`);
    expect(text).toContain('As of ');
    expect(text).toContain('Sandbox: made-up data');
    expect(await page.locator('.bar').count()).toBeGreaterThan(10);
    expect(await page.getByRole('button').count()).toBe(0);
  });

  it('keeps bars, every currency and every line on paper, without anything to press', async () => {
    const given = withManyPayouts(await sandbox(), 120);
    const { page } = await openPage(await written(given), { width: 800, height: 1_000 });
    await page.emulateMedia({ media: 'print' });
    await page.evaluate(`window.dispatchEvent(new Event('beforeprint'))`);
    expect(await page.getByRole('table', { name: 'Payouts in USD' }).locator('tbody tr').count()).toBe(120);
    expect(
      await page
        .getByText(/^Revenue by month, EUR$/)
        .first()
        .isVisible(),
    ).toBe(true);
    expect(await page.locator('button:visible, input:visible, summary:visible').count()).toBe(0);
    expect(await page.locator('.bar').first().isVisible()).toBe(true);
    const breaks = await page
      .locator('section')
      .evaluateAll((all) => all.map((one) => one.ownerDocument.defaultView?.getComputedStyle(one).breakBefore));
    expect(breaks.slice(1).every((value) => value === 'page')).toBe(true);
  });

  it('can be worked with the keyboard alone', async () => {
    const { page } = await openPage(await written(await sandbox()), { width: 1_000, height: 900 });
    const summary = page.locator('summary:visible').first();
    await summary.focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('details[open] td').count()).toBeGreaterThan(5);
    await page.locator('header button').nth(1).focus();
    await page.keyboard.press('Space');
    expect(await page.locator('header button').nth(1).getAttribute('aria-pressed')).toBe('true');
  });

  it('shows what the tools said, to the last decimal', async () => {
    const given = inEightCurrencies(await sandbox());
    const { page } = await openPage(await written(given), { width: 1_200, height: 900 });
    const report = given.parts.payouts ?? {};
    const lines = (isObject(report.page) ? report.page.lines : []) as JsonObject[];
    for (const currency of ['JPY', 'KWD', 'USD']) {
      await page.getByRole('group', { name: 'Currency of the page' }).getByRole('button', { name: currency }).click();
      const shown = await page
        .getByRole('table', { name: `Payouts in ${currency}` })
        .locator('td[data-name=Amount]')
        .allInnerTexts();
      const plain = shown.map((text) => text.replace(/[^\d.]/g, ''));
      const amounts = lines.filter((line) => line.currency === currency).map(({ amount }) => String(amount));
      expect(plain.toSorted()).toEqual(amounts.toSorted());
    }
  });
});
