import { afterAll, describe, expect, it } from 'vitest';
import { appPage } from '../../src/app-page.ts';
import type { JsonObject } from '../../src/json.ts';
import { chromiumMissing, closeBrowser, hostPage, openPage, type Page } from '../support/browser.ts';
import type { Answers } from '../support/clients.ts';
import { type HarnessOptions, startHarness } from '../support/harness.ts';

/*
 * Working in the page: in a real browser, inside a host made of the official bridge, that hands the page's calls on to a
 * real server on a simulated LeadDyno.
 */

/** What a host says of itself that draws pages. */
const DRAWS = { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } };

const WIDE = { width: 1_100, height: 900 };
const SANDBOX = { affiliates: 60, leads: 150, purchases: 200, visitors: 200 };

interface Setting {
  readonly can?: string;
  /** What the person does with the host's forms; absent: the host has none. */
  readonly answers?: Answers;
  readonly options?: HarnessOptions;
  /** The tools that the host refuses to call for a page. */
  readonly denies?: (tool: string) => boolean;
  readonly first?: string;
}

/** The page in a host, with the result of a first call drawn. */
async function inHost({ can = 'tools context', answers, options, denies, first = 'program_overview' }: Setting = {}) {
  const harness = await startHarness({ sandbox: SANDBOX, ...options });
  const capabilities = { ...DRAWS, ...(answers && { elicitation: { form: {} } }) };
  const connection = await harness.connect('modern', { capabilities, answers });
  const calls: { name: string; arguments: JsonObject }[] = [];
  const callTool = async (params: { name: string; arguments: JsonObject }) => {
    if (denies?.(params.name)) throw new Error('denied by the user');
    calls.push(params);
    return await connection.client.callTool(params);
  };
  const opened = await openPage(await hostPage(await appPage(), can), WIDE, { exposed: { callTool } });
  const { page } = opened;
  await page.evaluate('window.host.ready');
  const view = page.frameLocator('iframe');
  const raw = await connection.client.callTool({ name: first, arguments: {} });
  await page.evaluate('window.host.input({})');
  await page.evaluate(`window.host.result(${JSON.stringify(raw)})`);
  await view.getByRole('heading', { level: 1 }).waitFor();
  const written = () => calls.filter(({ name }) => name === 'review_affiliates' || name === 'settle_payouts');
  return { ...opened, view, harness, connection, calls, written };
}

const context = async (page: Page) => JSON.stringify(await page.evaluate('window.host.context'));

/** Ticks the first applicants that are shown. */
async function tick(view: ReturnType<Page['frameLocator']>, count: number) {
  const boxes = view.locator('.applicants input[type=checkbox]');
  await boxes.first().waitFor();
  for (let index = 0; index < count; index += 1) await boxes.nth(index).check();
}

describe.skipIf(chromiumMissing)('working in the page', { timeout: 60_000 }, () => {
  afterAll(closeBrowser);

  it('reads the rest of the page through the host, every part of it once', async () => {
    const { view, calls, errors } = await inHost();
    await view.getByRole('heading', { name: 'Top affiliates' }).waitFor();
    await view.getByRole('heading', { name: 'By group' }).waitFor();
    const names = calls.map(({ name }) => name);
    expect(names[0]).toBe('payout_report');
    expect(names).toEqual(expect.arrayContaining(['list_pending_affiliates', 'rank_affiliates', 'summarize_records']));
    expect(new Set(calls.map((call) => JSON.stringify(call))).size).toBe(calls.length);
    await view.getByText('in 30 days').waitFor();
    expect(errors).toEqual([]);
  });

  it('approves two applicants by the host’s form, rejects one, and the model is told', async () => {
    const { page, view, harness, connection, written } = await inHost({ answers: () => 'yes' });
    await tick(view, 2);
    await view.getByRole('button', { name: 'Approve 2 ticked' }).click();
    await view.getByRole('heading', { name: 'Approve 2 applicants' }).waitFor();
    expect(connection.forms.at(-1)?.message).toMatch(/^Approve these 2 affiliates/);
    const approved = (written()[0]?.arguments.affiliate_ids ?? []) as number[];
    expect(harness.writes()).toEqual(approved.map((id) => expect.stringContaining(`/affiliates/${id}/approve`)));
    await tick(view, 1);
    await view.getByRole('button', { name: 'Reject 1 ticked' }).click();
    await view.getByRole('heading', { name: 'Reject 1 applicant' }).waitFor();
    expect(harness.writes()).toHaveLength(3);
    const told = await context(page);
    expect(told).toContain('review_affiliates (approve)');
    expect(told).toContain(String(approved[0]));
    expect(told).toContain('review_affiliates (reject)');
    // They are gone from the queue, which was read anew.
    const left = (await connection.call('list_pending_affiliates', { limit: 200 })).data.applicants as JsonObject[];
    await expect.poll(() => view.getByRole('button', { name: `All (${left.length})` }).count()).toBe(1);
  });

  it('does nothing where the form is declined', async () => {
    const { page, view, harness } = await inHost({ answers: () => 'decline' });
    await tick(view, 1);
    await view.getByRole('button', { name: 'Approve 1 ticked' }).click();
    await view.getByRole('heading', { name: 'Approve 1 applicant: nothing was done' }).waitFor();
    expect(harness.writes()).toEqual([]);
    expect(await context(page)).toContain('declined: nothing was done');
  });

  it('shows the server’s question word for word where the host has no form, and a person presses', async () => {
    const { view, harness, written, connection } = await inHost();
    await tick(view, 2);
    await view.getByRole('button', { name: 'Approve 2 ticked' }).click();
    const question = view.getByRole('alertdialog');
    await question.waitFor();
    const asked = await connection.call('review_affiliates', written()[0]?.arguments);
    const { question: text } = asked.data.confirmation as { question: string };
    expect(await question.locator('.verbatim').innerText()).toBe(text);
    const yes = question.getByRole('button', { name: 'Yes, do this' });
    expect(await yes.isDisabled()).toBe(true);
    expect(harness.writes()).toEqual([]);
    // What a script presses is nobody's answer.
    await expect.poll(() => yes.isDisabled()).toBe(false);
    await yes.evaluate('(button) => button.click()');
    expect(written()).toHaveLength(1);
    await yes.click();
    await view.getByRole('heading', { name: 'Approve 2 applicants' }).waitFor();
    expect(harness.writes()).toHaveLength(2);
    expect(written().map(({ arguments: args }) => 'confirmation_token' in args)).toEqual([false, true]);
  });

  it('does nothing after a no', async () => {
    const { page, view, harness, written } = await inHost();
    await tick(view, 1);
    await view.getByRole('button', { name: 'Reject 1 ticked' }).click();
    await view.getByRole('alertdialog').getByRole('button', { name: 'No', exact: true }).click();
    await view.getByRole('heading', { name: 'Reject 1 applicant: nothing was done' }).waitFor();
    expect(harness.writes()).toEqual([]);
    expect(written()).toHaveLength(1);
    expect(await context(page)).toContain('declined');
  });

  it('settles a payout from report to paid, in the sum that is shown', async () => {
    const { page, view, harness, written } = await inHost({ answers: () => 'yes', first: 'payout_report' });
    const who = view.locator('.run details.who');
    await who.locator('summary').click();
    const boxes = who.locator('input[type=checkbox]');
    for (let index = (await boxes.count()) - 1; index > 0; index -= 1) await boxes.nth(index).uncheck();
    const mark = view.getByRole('button', { name: /^Mark 1 payout / });
    const sum = /\((.*)\)/.exec(await mark.innerText())?.[1];
    await mark.click();
    await view.getByText(`${sum} marked as paid`).waitFor();
    const [call] = written();
    expect(call).toMatchObject({
      arguments: { affiliate_ids: [expect.any(Number)], report: expect.stringMatching(/^[0-9a-f]{12}$/) },
    });
    expect(harness.writes().length).toBeGreaterThan(0);
    expect(await context(page)).toContain('settle_payouts');
  });

  it('only reads in a host that gives no tool calls, and says so', async () => {
    const { view, calls } = await inHost({ can: '' });
    await view.getByText('This host does not let the page call tools').waitFor();
    expect(await view.getByRole('button', { name: /ticked$/ }).count()).toBe(0);
    expect(await view.getByRole('button', { name: /as paid$/ }).count()).toBe(0);
    expect(calls).toEqual([]);
  });

  it('says what a host refused, asks for nothing more by itself, and can be told to try again', async () => {
    let refuses = true;
    const { view, calls } = await inHost({ denies: () => refuses });
    await view.getByText('denied by the user').first().waitFor();
    expect(calls).toEqual([]);
    refuses = false;
    await view.getByRole('button', { name: 'Try again' }).first().click();
    await view.getByRole('heading', { name: 'Top affiliates' }).waitFor();
  });

  it('says what a host answered to a write, and that it may not have been done', async () => {
    const { page, view, harness } = await inHost({ denies: (tool) => tool === 'review_affiliates' });
    await tick(view, 1);
    await view.getByRole('button', { name: 'Approve 1 ticked' }).click();
    await view.getByRole('heading', { name: 'Approve 1 applicant: no answer' }).waitFor();
    await view.getByText('denied by the user').waitFor();
    expect(harness.writes()).toEqual([]);
    expect(await context(page)).toContain('denied by the user');
  });

  it('offers no decision where the server takes none', async () => {
    const { view } = await inHost({
      options: { tools: ['program_overview', 'list_pending_affiliates', 'payout_report'] },
    });
    await view.locator('.applicants li').first().waitFor();
    expect(await view.getByRole('button', { name: /ticked$/ }).count()).toBe(0);
  });

  it('changes the period through the same tools', async () => {
    const { view, calls } = await inHost();
    await view.getByRole('heading', { name: 'By group' }).waitFor();
    await view.getByRole('button', { name: '12 months' }).click();
    await view.getByRole('heading', { name: 'By group' }).waitFor();
    await expect.poll(() => calls.filter(({ arguments: args }) => args.compare === 'previous').length).toBe(5);
    await view
      .getByText(/^Revenue by month/)
      .first()
      .waitFor();
    await view.getByRole('button', { name: 'Last month' }).click();
    await expect
      .poll(() => calls.some(({ name, arguments: args }) => name === 'program_overview' && args.month))
      .toBe(true);
  });

  it('hands a payment file to the host', async () => {
    const { page, view } = await inHost({ can: 'tools context download', first: 'payout_report' });
    await view.locator('.files button').first().click();
    await expect
      .poll(async () => JSON.stringify(await page.evaluate('window.host.downloads')))
      .toContain('leaddyno://exports/');
  });

  it('waits, follows the theme, tells its height, and goes when it is told to', async () => {
    const { page, view, errors } = await inHost();
    expect(await page.evaluate('window.host.info()')).toMatchObject({ name: 'leaddyno-mcp' });
    expect(await view.locator('html').getAttribute('data-theme')).toBe('dark');
    await page.evaluate(`window.host.theme('light')`);
    await view.locator('html[data-theme=light]').waitFor();
    const heights = (await page.evaluate('window.host.sizes')) as { height: number }[];
    expect(heights.at(-1)?.height).toBeGreaterThan(400);
    expect(await page.evaluate('window.host.tearDown()')).toEqual({});
    expect(errors).toEqual([]);
  });

  it('says what a failed call said', async () => {
    const { page } = await openPage(await hostPage(await appPage()), WIDE);
    await page.evaluate('window.host.ready');
    const view = page.frameLocator('iframe');
    expect(await view.locator('[role=status]').innerText()).toContain('Waiting');
    const error = { reason: 'auth', message: 'LeadDyno did not accept the key' };
    const result = { content: [], isError: true, structuredContent: { error } };
    await page.evaluate(`window.host.result(${JSON.stringify(result)})`);
    await view.getByText('LeadDyno did not accept the key').waitFor();
  });
});
