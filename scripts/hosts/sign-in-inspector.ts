import { must, runHost } from './host.ts';
import { INSPECTOR } from './inspector.ts';
import { callWithAffiliate, openInspector, openTab, waitForText } from './inspector-web.ts';
import { ANN, READ, type SignInClient, signInWith, trusting } from './sign-in-run.ts';

/* The MCP Inspector's OAuth client: in its page, in a browser that also shows our page, and on its command line. */

const BACK = /^http:\/\/127\.0\.0\.1:\d+\/oauth\/callback\?/;

const web: SignInClient = {
  ...INSPECTOR,
  title: 'MCP Inspector, web',
  tries: async (host, server) => {
    const signed = { ...host, env: trusting(host, server) };
    // The browser does not trust the certificate made for this run.
    const named = ['--transport', 'http', '--server-url', server.url];
    const { page, connect, end } = await openInspector(signed, named, { ignoreHTTPSErrors: true });
    const been: string[] = [];
    page.on('framenavigated', (frame) => been.push(frame.url()));
    try {
      await connect();
      await page.getByLabel('LeadDyno private API key').fill(server.key);
      await page.getByLabel('Access code').fill(server.code);
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.waitForURL(/^http:\/\/127\.0\.0\.1:/);
      await openTab(page, 'Tools');
      await waitForText(page, 'Tools (');
      must(
        been.some((url) => BACK.test(url)),
        'its page of the way back',
        been.join(' '),
      );
      const tools = Number(/Tools \((\d+)\)/.exec(await page.locator('body').innerText())?.[1]);
      await callWithAffiliate(page, 'get_affiliate', READ.affiliate_id);
      await waitForText(page, ANN);
      must(
        /"tool":"get_affiliate","outcome":"ok"/.test(server.log()),
        'that call in the log',
        server.log().slice(-300),
      );
      return `its page, our page, its /oauth/callback; ${tools} tools listed; get_affiliate in its page`;
    } finally {
      await end();
    }
  },
};

const terminal: SignInClient = {
  ...INSPECTOR,
  title: 'MCP Inspector, command line',
  tries: async (host, server) => {
    const call = ['--cli', server.url, '--method', 'tools/call', '--tool-name', 'get_affiliate'];
    const words = [...call, '--tool-args-json', JSON.stringify(READ)];
    // Otherwise it looks for a keychain, and forgets the token if there is none.
    const stored = { ...host, env: { ...host.env, MCP_INSPECTOR_SECRET_STORE: 'file' } };
    const first = await signInWith(stored, server, ['mcp-inspector', ...words]);
    must(first.includes(ANN), 'an affiliate', first);
    const signed = { ...host, env: trusting(stored, server) };
    const again = await runHost(signed, 'mcp-inspector', ...words, '--stored-auth-only');
    must(again.includes(ANN), 'an affiliate', again);
    return 'get_affiliate with a sign-in, then with the token that it kept';
  },
};

export const inspectors: readonly SignInClient[] = [web, terminal];
