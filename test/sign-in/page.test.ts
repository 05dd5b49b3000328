import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumMissing, chromiumPath } from '../support/chromium.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { closeAtEnd } from '../support/protocol-leaks.ts';
import {
  authorizeUrl,
  CODE,
  KEY,
  PUBLIC,
  register,
  type SignInServer,
  startSignIn,
  tokenRequest,
  verifierAndChallenge,
} from '../support/sign-in.ts';
import { makeCertificate, startFront } from '../support/tls-front.ts';

/*
 * The page in a real browser without JavaScript, through a proxy with TLS: forms, cookies, `Origin` and the policy are
 * the browser's own. With SCREENSHOTS=FOLDER it leaves pictures there.
 */

const { SCREENSHOTS } = process.env;
let browser: Browser;
let server: SignInServer;
let front: Awaited<ReturnType<typeof startFront>>;

beforeAll(async () => {
  if (chromiumMissing) return;
  server = await startSignIn();
  front = await startFront(makeCertificate('mcp.example.com'), server.port);
  browser = await chromium.launch({
    executablePath: chromiumPath ?? '',
    args: ['--no-sandbox', '--disable-gpu', `--host-resolver-rules=MAP mcp.example.com:443 127.0.0.1:${front.port}`],
  });
});
afterAll(async () => {
  await browser?.close();
  await front?.close();
  await server?.close();
});

interface Look {
  readonly dark?: boolean;
  readonly width?: number;
  /** For what looks at the page: it has no script itself. */
  readonly script?: boolean;
}

async function open({ dark = false, width = 900, script = false }: Look = {}) {
  const context = await browser.newContext({
    javaScriptEnabled: script,
    ignoreHTTPSErrors: true,
    colorScheme: dark ? 'dark' : 'light',
    viewport: { width, height: 1000 },
  });
  const page = await context.newPage();
  const errors: string[] = [];
  const elsewhere: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(PUBLIC)) elsewhere.push(request.url());
  });
  closeAtEnd({ close: () => context.close() });
  return { page, context, errors, elsewhere };
}

/** The app that asked, waiting for its person to come back. */
async function startApp() {
  const came: URLSearchParams[] = [];
  const app = createServer((req, res) => {
    came.push(new URL(req.url ?? '/', 'http://app').searchParams);
    res.end('done');
  });
  const { port, close } = await listenOnLoopback(app);
  closeAtEnd({ close });
  const redirect = `http://127.0.0.1:${port}/callback`;
  const clientId = await register(server, { redirect_uris: [redirect], client_name: 'Claude' });
  const { verifier, challenge } = verifierAndChallenge();
  return {
    came,
    redirect,
    clientId,
    verifier,
    url: authorizeUrl(clientId, { redirect_uri: redirect, code_challenge: challenge }),
  };
}

async function picture(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS === undefined) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
}

async function fill(page: Page, key: string, code: string): Promise<void> {
  await page.getByLabel('LeadDyno private API key').fill(key);
  await page.getByLabel('Access code').fill(code);
}

describe.skipIf(chromiumMissing)('the page', () => {
  test.each([
    ['light', false, 900],
    ['dark', true, 900],
    ['narrow', false, 360],
  ])('takes a person through, %s and without JavaScript', async (name, dark, width) => {
    const app = await startApp();
    const { page, errors, elsewhere } = await open({ dark, width });
    await page.goto(app.url.href);
    await picture(page, `ask-${name}`);
    expect(await page.getByRole('heading').textContent()).toContain('Claude');
    expect(await page.getByText('an app on this computer').count()).toBe(1);
    expect(await page.getByText('Verified as').count()).toBe(0);
    const boxes = page.getByRole('checkbox');
    expect(await Promise.all([0, 1, 2, 3].map((index) => boxes.nth(index).isChecked()))).toEqual([
      true,
      true,
      false,
      false,
    ]);

    await fill(page, 'wrong-key', CODE);
    await page.getByRole('button', { name: 'Allow' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('LeadDyno does not accept this key');
    expect(await page.getByLabel('LeadDyno private API key').inputValue()).toBe('');
    await picture(page, `wrong-key-${name}`);

    await boxes.nth(2).check();
    await fill(page, KEY, CODE);
    await page.getByRole('button', { name: 'Allow' }).click();
    // A browser that gets no answer soon enough may ask again; it brings the same.
    await expect.poll(() => app.came.length).toBeGreaterThan(0);
    const [answer] = app.came;
    expect(new Set(app.came.map(String)).size).toBe(1);
    expect(answer?.get('state')).toBe('the-state');
    expect(answer?.get('iss')).toBe(PUBLIC);
    const token = await tokenRequest(server, {
      grant_type: 'authorization_code',
      code: answer?.get('code') ?? '',
      client_id: app.clientId,
      redirect_uri: app.redirect,
      code_verifier: app.verifier,
    });
    expect(await token.json()).toMatchObject({ scope: 'leaddyno:read leaddyno:write leaddyno:money' });
    // The page itself loaded nothing from elsewhere: only the way back leads there.
    expect(elsewhere.every((url) => url.startsWith(app.redirect))).toBe(true);
    expect(errors.filter((error) => !error.includes('403'))).toEqual([]);
  });

  test.each([false, true])('can be read and filled in by everybody (axe), dark: %s', async (dark) => {
    const app = await startApp();
    const { page } = await open({ dark, script: true });
    const find = async () => {
      await page.evaluate(axe.source);
      return await page.evaluate(async () => {
        const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
      });
    };
    await page.goto(app.url.href);
    expect(await find()).toEqual([]);
    // Not counted as an attempt, other than a wrong code.
    await fill(page, 'two words', CODE);
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('alert').waitFor();
    expect(await find()).toEqual([]);
  });

  test('takes no for an answer', async () => {
    const app = await startApp();
    const { page } = await open();
    await page.goto(app.url.href);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => app.came.length).toBe(1);
    expect(Object.fromEntries(app.came[0] ?? [])).toEqual({ error: 'access_denied', state: 'the-state', iss: PUBLIC });
  });

  test('works in two tabs at once', async () => {
    const { page, context } = await open();
    const [one, other] = [await startApp(), await startApp()];
    const second = await context.newPage();
    await page.goto(one.url.href);
    await second.goto(other.url.href);
    for (const [tab, app] of [
      [page, one],
      [second, other],
    ] as const) {
      await fill(tab, KEY, CODE);
      await tab.getByRole('button', { name: 'Allow' }).click();
      await expect.poll(() => app.came[0]?.get('code')).toBeTruthy();
    }
  });

  test('is not drawn in a frame of another page', async () => {
    const app = await startApp();
    const { page, errors } = await open();
    await page.setContent(`<iframe src="${app.url.href.replaceAll('&', '&amp;')}"></iframe>`);
    await expect.poll(() => errors.join()).toMatch(/frame-ancestors|X-Frame-Options|frame/i);
  });

  test('says what is wrong with a request, and leads nowhere by itself', async () => {
    const app = await startApp();
    const { page } = await open();
    app.url.searchParams.set('code_challenge_method', 'plain');
    await page.goto(app.url.href);
    await picture(page, 'refused');
    expect(await page.getByText('PKCE with S256 is required').count()).toBe(1);
    expect(app.came).toEqual([]);
    await page.getByRole('link', { name: 'Go back' }).click();
    await expect.poll(() => app.came[0]?.get('error')).toBe('invalid_request');
  });
});
