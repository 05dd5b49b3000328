import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { toolsets } from '../../src/workflows/index.ts';
import { type Checks, type Installed, MAIN, must, start, type Trial } from './host.ts';

/* The Inspector's page in headless Chromium, operated as a person would. */

const ALL = toolsets.flatMap((set) => set.tools);
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const PATIENCE_MS = 40_000;
const READING_MS = 1_500;
const LIMIT_MS = 10 * 60_000;

/** Starts the Inspector for the server that `named` names. @returns the address of its page */
function startInspector(host: Installed, named: readonly string[]) {
  const env = { ...host.env, MCP_AUTO_OPEN_ENABLED: 'false', MCP_INSPECTOR_SECRET_STORE: 'memory' };
  const run = { cwd: host.folder, env, limitMs: LIMIT_MS };
  const { child, stop } = start(join(host.bin, 'mcp-inspector'), ['--web', ...named], run);
  return new Promise<{ readonly url: string; readonly stop: () => void }>((resolve, reject) => {
    let log = '';
    child.once('exit', () => reject(new Error(`the Inspector did not start: ${log.slice(-300)}`)));
    child.stdout.on('data', (chunk: string) => {
      log += chunk;
      const url = /http:\/\/127\.0\.0\.1:\d+\?MCP_INSPECTOR_API_TOKEN=\w+/.exec(log)?.[0];
      if (url) resolve({ url, stop });
    });
  });
}

const textOf = async (page: Page) => await page.locator('body').innerText();

export async function waitForText(page: Page, text: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await textOf(page)).includes(text)) {
    must(Date.now() < deadline, `"${text}" on the page`, (await textOf(page)).slice(-300));
    await pause(200);
  }
}

export const openTab = async (page: Page, name: string) => await page.getByText(name, { exact: true }).first().click();

/** Goes back from a result to the tool's form. */
async function closeResults(page: Page): Promise<void> {
  const close = page.getByRole('button', { name: 'Close results' });
  if (await close.isVisible()) await close.click();
}

async function openTool(page: Page, name: string): Promise<void> {
  await openTab(page, 'Tools');
  await closeResults(page);
  await page.getByText(name, { exact: true }).first().click();
}

export async function callWithAffiliate(page: Page, tool: string, id: number, token = ''): Promise<void> {
  await openTool(page, tool);
  await page.locator('input[inputmode=decimal]').first().fill(String(id));
  // Filled even if empty: the page keeps what was entered for an earlier call of the tool.
  const field = page.getByRole('textbox', { name: 'confirmation_token' }).first();
  if (await field.isVisible()) await field.fill(token);
  await page.getByRole('button', { name: 'Execute Tool' }).click();
}

/** The Inspector's page: `connect` opens it and connects to the server that `named` names, `end` closes everything. */
export async function openInspector(host: Installed, named: readonly string[], options: BrowserContextOptions = {}) {
  const executablePath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  must(executablePath !== undefined, 'Chromium on this machine', 'none');
  const { url, stop } = await startInspector(host, named);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  const page = await browser.newPage({ viewport: { width: 1_400, height: 900 }, ...options });
  page.setDefaultTimeout(PATIENCE_MS);
  const end = async () => {
    await browser.close();
    stop();
  };
  const connect = async () => {
    await page.goto(url);
    await page.getByRole('switch', { name: /Connect or disconnect/ }).click({ force: true });
  };
  return { page, connect, end };
}

export async function triesInBrowser(host: Installed): Promise<Trial> {
  const { page, connect, end } = await openInspector(host, ['--', process.execPath, MAIN, '--sandbox']);
  const form = page.getByRole('dialog');
  const answer = async (button: string) => await form.getByRole('button', { name: button }).click();
  const checks: Checks = {
    list: async () => {
      await connect();
      await openTab(page, 'Tools');
      await waitForText(page, `Tools (${ALL.length})`);
      return `${ALL.length} tools`;
    },
    read: async () => {
      await callWithAffiliate(page, 'get_affiliate', 1002);
      await waitForText(page, 'ben.okafor@example.com');
      return 'get_affiliate';
    },
    token: async () => {
      await callWithAffiliate(page, 'archive_affiliate', 1003);
      await form.getByText(/^.?Archive the affiliate/).waitFor();
      await pause(READING_MS);
      await answer('Cancel');
      await waitForText(page, 'confirmation_token":');
      const token = /confirmation_token":\s*"([\w.-]+)"/.exec(await textOf(page))?.[1];
      must(token !== undefined, 'a token', await textOf(page));
      await callWithAffiliate(page, 'archive_affiliate', 1003, token);
      await waitForText(page, '"Archived"');
      return 'its form cancelled, then archive_affiliate with the token';
    },
    form: async () => {
      await callWithAffiliate(page, 'archive_affiliate', 1001);
      await form.getByText(/^.?Archive the affiliate/).waitFor();
      await pause(READING_MS);
      await form.getByLabel(/Yes, do this/).check({ force: true });
      await answer('Submit');
      await waitForText(page, '"ann.arbor@example.com"');
      await waitForText(page, '"Archived"');
      return 'archive_affiliate';
    },
    file: async () => {
      await openTool(page, 'payout_report');
      await page.getByRole('button', { name: 'Execute Tool' }).click();
      await waitForText(page, '"files"');
      await openTab(page, 'Resources');
      // The server has told the Inspector that the list of resources changed.
      await page.getByText('Refresh', { exact: true }).click();
      await page
        .getByText(/\.csv \(made/)
        .first()
        .click();
      await waitForText(page, 'example.com');
      return 'a file of payout_report, among the resources';
    },
    page: async () => {
      await openTab(page, 'Apps');
      await page.getByText('Show how the programme is doing').first().click();
      await page.getByRole('button', { name: /Open App/ }).click();
      const drawn = page
        .frameLocator('iframe')
        .frameLocator('iframe')
        .getByText(/Revenue/)
        .first();
      await drawn.waitFor();
      return 'program_overview in the Apps tab';
    },
  };
  return { checks, end };
}
