/** Where LeadDyno is. */
export interface Address {
  /** `https://api.leaddyno.com` */
  readonly origin: string;
  /** What comes before every path: `/v1`, or nothing. */
  readonly prefix: string;
  /** Whether it is on this machine. */
  readonly loopback: boolean;
}

/**
 * The parts of a base URL, with or without a slash at its end. HTTPS only, except to this machine: the API key gives
 * full access to the account (API reference 4.1).
 * @throws Error that says what is wrong, without quoting the URL (it may hold a secret).
 */
export function readBaseUrl(baseUrl: string): Address {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined) throw new Error('The base URL of LeadDyno is not a URL.');
  if (url.username !== '' || url.password !== '')
    throw new Error('The base URL of LeadDyno must not hold credentials.');
  if (/[?#]/.test(url.href)) throw new Error('The base URL of LeadDyno must not have a query or a fragment.');
  const loopback = isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw new Error('The base URL of LeadDyno must begin with https:// (http:// is accepted for this machine only).');
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, ''), loopback };
}

/** `hostname` as `URL` gives it: numeric forms of an address are already normal, IPv6 is in brackets. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
