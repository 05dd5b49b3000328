import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Attempts } from './attempts.ts';
import type { Client } from './clients.ts';
import { consentPage, problemPage, returnPage } from './page.ts';
import { isRegistered, placeOf, withAnswer } from './redirects.ts';
import { type Asked, fieldsOf, OAuthProblem, type Reply } from './reply.ts';
import type { Seals } from './seal.ts';
import { checkResource, type Tokens } from './tokens.ts';

/** Whether LeadDyno accepts a key. */
export type KeyCheck = 'accepted' | 'refused' | 'unreachable';

/** For the operator's log. Never holds a key or the access code. */
export type SignInEvent =
  | { readonly kind: 'allowed'; readonly app: string; readonly scopes: readonly string[]; readonly subject: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly address: string };

export interface ConsentSetup extends RequestRules {
  readonly seals: Seals;
  readonly tokens: Tokens;
  readonly attempts: Attempts;
  /** The operator's access code. */
  readonly accessCode: string;
  readonly checkKey: (key: string) => Promise<KeyCheck>;
  /** Names a key's account. */
  readonly subjectOf: (key: string) => string;
  readonly now: () => number;
  readonly onEvent: (event: SignInEvent) => void;
}

/** A request that waits for a person's decision. */
interface Waiting extends AuthorizationRequest {
  /** Digest of the cookie set in the browser that saw the page. */
  readonly browser: string;
  /** Epoch milliseconds. */
  readonly expires: number;
}

/** Milliseconds a person has to find the key. */
const PATIENCE_MS = 15 * 60_000;
const KEY_FORM = /^[\x21-\x7e]{1,512}$/;
const ACTION = '/oauth/authorize';
/** The only scopes that are ever ticked by default: never those that move money or hand out logins. */
const READ = 'leaddyno:read';
const WRITE = 'leaddyno:write';

const digest = (text: string) => createHash('sha256').update(text).digest('base64url');
const isSame = (a: string, b: string) => timingSafeEqual(Buffer.from(digest(a)), Buffer.from(digest(b)));

/** The authorization endpoint: shows who asks for what, and carries out the person's decision. */
export function createConsent(setup: ConsentSetup) {
  const { seals, tokens, attempts, issuer, now, onEvent } = setup;
  // Each page has its own cookie, so that a second tab does not invalidate the first.
  const cookieName = (browser: string) => `__Host-leaddyno-sign-in-${browser.slice(0, 8)}`;

  function show(
    request: string,
    waiting: Waiting,
    more: { ticked?: readonly string[]; problem?: string; status?: number },
  ) {
    const { name, host, redirect, scopes } = waiting;
    // A client that names no scopes gets the default ones ticked.
    const usual = scopes.length === 0 || scopes.includes(WRITE) ? [READ, WRITE] : [READ];
    const { ticked = usual, problem, status } = more;
    return consentPage(
      {
        name,
        host,
        place: placeOf(redirect),
        server: new URL(issuer).host,
        scopes: setup.scopes.map((scope) => ({ scope, ticked: ticked.includes(scope) })),
        request,
        action: ACTION,
        problem,
      },
      status,
    );
  }

  async function ask({ query }: Asked): Promise<Reply> {
    const request = await readAuthorizationRequest(query, setup);
    const cookie = randomBytes(24).toString('base64url');
    const browser = digest(cookie);
    const waiting: Waiting = { ...request, browser, expires: now() + PATIENCE_MS };
    const page = show(seals.seal('request', waiting), waiting, {});
    const set = `${cookieName(browser)}=${cookie}; Path=/; Max-Age=${PATIENCE_MS / 1_000}; Secure; HttpOnly; SameSite=Strict`;
    return { ...page, headers: { ...page.headers, 'set-cookie': set } };
  }

  /** The request behind a form. @throws OAuthProblem if it has expired or was not shown in this browser */
  function waitingFor(sealed: string, { cookie, site }: Asked): Waiting {
    const waiting = seals.open<Waiting>('request', sealed);
    const fromHere = site === undefined || site === 'same-origin';
    if (!waiting || waiting.expires <= now() || !fromHere || !hasCookie(cookie, waiting.browser))
      throw new OAuthProblem(
        'invalid_request',
        'This page has expired, or is not yours. Connect again in the app.',
        403,
      );
    return waiting;
  }

  function hasCookie(header = '', browser: string): boolean {
    const name = cookieName(browser);
    const values = header.split(/; */).filter((one) => one.startsWith(`${name}=`));
    return values.length === 1 && isSame(digest(values[0]?.slice(name.length + 1) ?? ''), browser);
  }

  async function decide(asked: Asked): Promise<Reply> {
    const form = new URLSearchParams(asked.body);
    const request = form.get('request') ?? '';
    const waiting = waitingFor(request, asked);
    const { redirect, state, client, challenge } = waiting;
    const goBack = (answer: Record<string, string>, allowed: boolean) =>
      returnPage(withAnswer(redirect, { ...answer, state, iss: issuer }), placeOf(redirect), allowed);
    if (form.get('decision') !== 'allow') return goBack({ error: 'access_denied' }, false);

    const scopes = setup.scopes.filter((scope) => form.getAll('scope').includes(scope));
    const again = (status: number, problem: string) => show(request, waiting, { ticked: scopes, problem, status });
    const wait = attempts.waitFor(asked.address);
    if (wait !== undefined) return tooMany(again(429, tooManyWords(wait)), wait);
    if (scopes.length === 0) return again(400, 'Tick at least one box.');
    const key = (form.get('leaddyno_key') ?? '').trim();
    const flaw = await flawOf(key, (form.get('access_code') ?? '').trim(), asked.address);
    if (flaw) return again(flaw.status, flaw.problem);

    const subject = setup.subjectOf(key);
    onEvent({ kind: 'allowed', app: waiting.host ?? placeOf(redirect), scopes, subject });
    return goBack({ code: tokens.issueCode({ key, subject, client, scopes }, redirect, challenge) }, true);
  }

  /** Why a key is not accepted. The access code is checked first, so that only people with it learn which keys work. */
  async function flawOf(key: string, code: string, address: string) {
    const failed = (reason: string, problem: string) => {
      onEvent({ kind: 'failed', reason, address });
      return { status: 403, problem };
    };
    if (!isSame(code, setup.accessCode)) {
      attempts.failed(address);
      return failed('wrong access code', 'The access code is wrong.');
    }
    if (!KEY_FORM.test(key))
      return { status: 400, problem: 'Paste the LeadDyno private API key: one word, no spaces.' };
    // Counted as failed while LeadDyno is asked, so that nobody can try many keys at once.
    const takeBack = attempts.failed(address);
    const check = await setup.checkKey(key);
    if (check === 'refused') {
      return failed(
        'LeadDyno refused the key',
        'LeadDyno does not accept this key. Copy the private key again (Account, Profile).',
      );
    }
    takeBack();
    if (check === 'accepted') return undefined;
    return { status: 503, problem: 'LeadDyno gives no answer at the moment. Try again in a minute.' };
  }

  return async (asked: Asked): Promise<Reply> => {
    try {
      return await (asked.method === 'POST' ? decide(asked) : ask(asked));
    } catch (error) {
      if (error instanceof OAuthProblem) return problemPage(error.status === 401 ? 400 : error.status, error.message);
      if (!(error instanceof RequestRefused)) throw error;
      const { redirect, address, message } = error;
      return problemPage(400, message, { address, place: placeOf(redirect) });
    }
  };
}

const tooManyWords = (seconds: number) => `Too many attempts failed. Try again in ${Math.ceil(seconds / 60)} minutes.`;

const tooMany = (page: Reply, seconds: number): Reply => ({
  ...page,
  headers: { ...page.headers, 'retry-after': String(seconds) },
});

/** What a client asks a person for, after the checks. It travels with the page, sealed. */
interface AuthorizationRequest {
  readonly client: string;
  readonly name: string | undefined;
  readonly host: string | undefined;
  readonly redirect: string;
  readonly state: string | undefined;
  readonly challenge: string;
  /** The scopes that it names, without unknown ones. */
  readonly scopes: readonly string[];
}

/** A request that cannot be granted, from a client whose redirect URI is valid, so it may be told. */
class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly address: string;
  readonly redirect: string;

  constructor(message: string, redirect: string, address: string) {
    super(message);
    this.redirect = redirect;
    this.address = address;
  }
}

const MOST_STATE_CHARS = 2_000;

export interface RequestRules {
  readonly issuer: string;
  readonly resource: string;
  readonly scopes: readonly string[];
  readonly find: (id: string | undefined) => Promise<Client>;
}

/**
 * Reads the query of the authorization endpoint.
 * @throws OAuthProblem if the person must not be sent back, RequestRefused if the client may be told
 */
async function readAuthorizationRequest(
  query: URLSearchParams,
  { issuer, resource, scopes, find }: RequestRules,
): Promise<AuthorizationRequest> {
  const fields = fieldsOf(query, ['resource']);
  const client = await find(fields.get('client_id'));
  const redirect = fields.get('redirect_uri');
  if (redirect === undefined || !isRegistered(redirect, client.redirectUris))
    throw new OAuthProblem('invalid_request', 'The app did not register the address that you would be sent back to.');
  const state = fields.get('state');
  const refuse = (error: string, message: string): never => {
    const answer = { error, error_description: message, state, iss: issuer };
    throw new RequestRefused(message, redirect, withAnswer(redirect, answer));
  };
  if (state !== undefined && state.length > MOST_STATE_CHARS) refuse('invalid_request', 'The state is too long.');
  if (fields.get('response_type') !== 'code')
    refuse('unsupported_response_type', 'This server answers with a code alone (response_type=code).');
  if (fields.has('request') || fields.has('request_uri'))
    refuse('request_not_supported', 'Request objects are not supported.');
  if ((fields.get('response_mode') ?? 'query') !== 'query')
    refuse('invalid_request', 'The answer comes in the query (response_mode=query).');
  if (fields.get('code_challenge_method') !== 'S256')
    refuse('invalid_request', 'PKCE with S256 is required (code_challenge_method=S256).');
  const challenge = fields.get('code_challenge') ?? '';
  if (!/^[\w-]{43}$/.test(challenge))
    refuse('invalid_request', 'PKCE is required: code_challenge is missing or wrong.');
  try {
    checkResource(query.getAll('resource'), resource);
  } catch (error) {
    refuse('invalid_target', (error as Error).message);
  }
  const asked = fields.get('scope')?.split(' ') ?? [];
  return {
    client: client.id,
    name: client.name,
    host: client.host,
    redirect,
    state,
    challenge,
    scopes: scopes.filter((scope) => asked.includes(scope)),
  };
}
