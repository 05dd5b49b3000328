/*
 * Where a person may be sent back to: exactly a URL that the client registered. Only the port of a loopback URL may
 * differ (RFC 8252, 7.3), because the client gets a free one each time.
 */

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Schemes of known apps on the person's machine. Other schemes must be a reversed domain name (RFC 8252, 7.1), because
 * a scheme without a dot may start any program.
 */
const APP_SCHEMES: ReadonlySet<string> = new Set([
  ...['claude:', 'cursor:', 'goose:', 'raycast:', 'vscode:', 'vscode-insiders:', 'windsurf:', 'zed:'],
]);

const MOST_CHARS = 2_000;

const isLoopback = ({ protocol, hostname }: URL) => protocol === 'http:' && LOOPBACK.has(hostname);

/** Whether a client may register this address. */
export function isRedirectUri(text: string): boolean {
  if (text.length > MOST_CHARS || !/^[!#-;=?-[\]_a-z~]+$/i.test(text) || text.includes('#') || !URL.canParse(text))
    return false;
  const url = new URL(text);
  const { protocol, hostname, username, password } = url;
  if (username !== '' || password !== '') return false;
  if (protocol === 'https:') return hostname !== '';
  return isLoopback(url) || APP_SCHEMES.has(protocol) || /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+:$/.test(protocol);
}

/** Whether the redirect URI of a request was registered. */
export function isRegistered(asked: string, registered: readonly string[]): boolean {
  if (!isRedirectUri(asked)) return false;
  const local = withoutPort(asked);
  return registered.includes(asked) || (local !== undefined && registered.some((one) => withoutPort(one) === local));
}

/** A loopback URL without its port, otherwise unchanged; undefined for any other URL. */
function withoutPort(text: string): string | undefined {
  const [whole, host] = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::\d{1,5})?(?=[/?]|$)/.exec(text) ?? [];
  return whole === undefined ? undefined : `${host}${text.slice(whole.length)}`;
}

/** Where an address leads, in words for a person. */
export function placeOf(redirectUri: string): string {
  const url = new URL(redirectUri);
  if (isLoopback(url)) return 'an app on this computer';
  return url.protocol === 'https:' ? url.host : `the app for ${url.protocol}// on this computer`;
}

/** The redirect URI with the answer in its query. */
export function withAnswer(redirectUri: string, answer: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}
