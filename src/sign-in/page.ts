import { createHash } from 'node:crypto';
import type { Reply } from './reply.ts';

/*
 * The pages that a person sees: HTML without scripts or external resources. Everything from outside is inserted as text
 * only.
 */

/** HTML that is inserted as it is; everything else in a page is escaped. */
class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

type Part = Html | string | false | undefined | readonly Html[];

const textOf = (part: Part): string => {
  if (part instanceof Html) return part.text;
  if (typeof part === 'string') return part.replace(/[&<>"']/g, (letter) => ESCAPES[letter] ?? '');
  return part ? part.map(({ text }) => text).join('') : '';
};

const html = (pieces: TemplateStringsArray, ...parts: readonly Part[]) =>
  new Html(pieces.map((piece, index) => (index === 0 ? piece : `${textOf(parts[index - 1])}${piece}`)).join(''));

const STYLE = `
:root { color-scheme: light dark; --ground: #f4f5f7; --card: #fff; --ink: #1c2024; --soft: #5a6270; --line: #c9ced6; --strong: #1f5fbf; --on-strong: #fff; --bad: #a4262c; --bad-ground: #fdecec; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171b; --card: #1e2228; --ink: #e8eaee; --soft: #a3acb9; --line: #454d58; --strong: #7db1ff; --on-strong: #0d1520; --bad: #ffb3b3; --bad-ground: #40191c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
p:has(> .button) { margin-top: 1rem; }
main { max-width: 34rem; margin: 2rem auto; padding: 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
h1 { margin: 0 0 .75rem; font-size: 1.35rem; line-height: 1.3; }
p { margin: .5rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 1rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
fieldset { margin: 1.25rem 0; padding: .5rem 1rem .75rem; border: 1px solid var(--line); border-radius: 8px; }
legend { padding: 0 .4rem; font-weight: 600; }
.scope { display: grid; grid-template-columns: auto 1fr; gap: .6rem; padding: .35rem 0; align-items: start; }
.scope input { width: 1.15rem; height: 1.15rem; margin: .2rem 0 0; accent-color: var(--strong); }
.field { display: block; margin: 1.1rem 0 .25rem; font-weight: 600; }
.field + input { width: 100%; padding: .6rem .7rem; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 8px; }
.soft { color: var(--soft); font-size: .9rem; }
.bad { padding: .6rem .8rem; color: var(--bad); background: var(--bad-ground); border-radius: 8px; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }
button, .button { padding: .65rem 1.3rem; font: inherit; font-weight: 600; color: var(--ink); text-decoration: none; background: transparent; border: 1px solid var(--line); border-radius: 8px; cursor: pointer; }
button.strong, .button.strong { color: var(--on-strong); background: var(--strong); border-color: var(--strong); }
:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
a { color: var(--strong); }
@media (max-width: 36rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } main { margin: 0; border-width: 0; border-radius: 0; min-height: 100vh; } }
`;

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  // Browsers apply this to redirects after a form as well, and some clients redirect on to the scheme of an app. So the
  // way back is a separate page.
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

function toPage(status: number, title: string, content: Html, more: { head?: Html; referrer?: string } = {}): Reply {
  const body = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">${more.head}<title>${title}</title><style>${new Html(STYLE)}</style></head>
<body><main>${content}</main></body></html>
`;
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=()',
      'referrer-policy': more.referrer ?? 'no-referrer',
    },
    body: body.text,
  };
}

/** What each scope allows, in words for a person. */
const SCOPE_WORDS: Readonly<Record<string, readonly [title: string, more: string]>> = {
  'leaddyno:read': ['Read', 'affiliates, customers, purchases, commissions and reports'],
  'leaddyno:write': ['Create and change', 'affiliates, leads and other records, as long as no money moves'],
  'leaddyno:money': ['Money', 'record purchases and commissions, mark payouts as paid, change payout addresses'],
  'leaddyno:credentials': ['Sign-in links', 'create links that log in as an affiliate'],
};

export interface ConsentPage {
  /** The app's own name for itself; not verified. */
  readonly name: string | undefined;
  /** The host of its metadata document; undefined if it registered itself. */
  readonly host: string | undefined;
  /** Where the person is sent back to. */
  readonly place: string;
  /** The host of this server. */
  readonly server: string;
  readonly scopes: readonly { readonly scope: string; readonly ticked: boolean }[];
  /** The sealed request, which comes back with the form. */
  readonly request: string;
  readonly action: string;
  readonly problem?: string | undefined;
}

const scopeRow = ({ scope, ticked }: ConsentPage['scopes'][number]) => {
  const [title, more] = SCOPE_WORDS[scope] ?? [scope, ''];
  return html`<label class="scope"><input type="checkbox" name="scope" value="${scope}"${ticked && new Html(' checked')}><span><strong>${title}</strong>: ${more}</span></label>`;
};

/** The consent page. @param status of the answer: 200, or an error status after a failed attempt */
export function consentPage(page: ConsentPage, status = 200): Reply {
  const { name = 'An app', host, place, server, scopes, request, action, problem } = page;
  const content = html`<h1>Allow “${name}” to use your LeadDyno account?</h1>
${problem !== undefined && html`<p class="bad" role="alert">${problem}</p>`}
<dl><dt>App</dt><dd><strong>${name}</strong> (a name it gave itself)</dd>${host !== undefined && html`<dt>Verified as</dt><dd><strong>${host}</strong></dd>`}<dt>Sends you back to</dt><dd><strong>${place}</strong></dd><dt>Server</dt><dd>${server}</dd></dl>
<p>Continue only if you started this yourself, in that app, just now.</p>
<form method="post" action="${action}" autocomplete="off"><input type="hidden" name="request" value="${request}">
<fieldset><legend>It may</legend>${scopes.map(scopeRow)}</fieldset>
<label class="field" for="key">LeadDyno private API key</label><input id="key" name="leaddyno_key" type="password" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="512" aria-describedby="key-more">
<p class="soft" id="key-more">In LeadDyno: Account, Profile. It is checked with one read, then sealed into the app’s token. This server does not store it.</p>
<label class="field" for="code">Access code</label><input id="code" name="access_code" type="password" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="512" aria-describedby="code-more">
<p class="soft" id="code-more">From the person who runs this server.</p>
<div class="buttons"><button class="strong" name="decision" value="allow">Allow</button><button name="decision" value="deny">Cancel</button></div></form>`;
  // With `no-referrer` the browser would send `Origin: null` with the form.
  return toPage(status, 'Allow access to LeadDyno', content, { referrer: 'same-origin' });
}

/** Sends a person back to the app, with the answer in the URL: at once, and by a link if that does not work. */
export function returnPage(address: string, place: string, allowed: boolean): Reply {
  const head = html`<meta http-equiv="refresh" content="0;url=${address}">`;
  const content = html`<h1>${allowed ? 'Connected' : 'Nothing was allowed'}</h1><p>You are being sent back to ${place}.</p><p><a class="button strong" href="${address}" rel="noreferrer">Continue</a></p>`;
  return toPage(200, 'Back to the app', content, { head });
}

/** Says what is wrong with a request. The person decides whether to follow the link back. */
export function problemPage(status: number, problem: string, back?: { address: string; place: string }): Reply {
  const way =
    back &&
    html`<p class="soft">To tell the app, go back to ${back.place}, if you trust it.</p><p><a class="button" href="${back.address}" rel="noreferrer nofollow">Go back</a></p>`;
  return toPage(status, 'This does not work', html`<h1>This does not work</h1><p class="bad">${problem}</p>${way}`);
}
