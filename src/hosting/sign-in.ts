import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { accountOf } from '../account.ts';
import { resourceMetadata } from '../auth/resource-metadata.ts';
import type { VerifyToken } from '../auth/tokens.ts';
import { readKeyIn } from '../config/key-files.ts';
import { CODE_LENGTH, type SignInConfig } from '../config/sign-in.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import type { LeadDynoClient } from '../leaddyno/request.ts';
import type { Log } from '../log.ts';
import { countAffiliates } from '../operations/affiliates.ts';
import { bind } from '../operations/operation.ts';
import { createSignInGrants, type SignInGrants } from '../ports/sign-in-grants.ts';
import { createSignIn, type KeyCheck, type ReadDocument, type SignIn } from '../sign-in/index.ts';
import type { Page, Refused, Route } from '../transports/http.ts';
import { answerPreflight, readBody } from '../transports/http-guards.ts';

const BELOW = '/oauth/';
const BODY_LIMIT = 64 * 1024;
/** Bytes of all bodies being read at the same time. */
const BODIES_LIMIT = 4 * 1024 * 1024;
/** Timeout in milliseconds of the request that checks a key. */
const CHECK_MS = 10_000;
/** Characters of an account's digest: enough to tell callers apart. */
const SUBJECT_CHARS = 16;

export interface SignInOptions {
  readonly config: SignInConfig;
  /** The public address, without a path. */
  readonly issuer: string;
  /** The scopes of the tools that are served. */
  readonly scopes: readonly string[];
  /** Shared by replicas; absent: kept in this process. */
  readonly grants: SignInGrants | undefined;
  readonly readDocument: ReadDocument | undefined;
  readonly clientOf: (key: string) => LeadDynoClient;
  readonly log: Log;
  readonly onRefused: (refused: Refused) => void;
}

/** Sign-in for the HTTP server; loaded only if it is switched on. @throws Error if it cannot be set up */
export function openSignIn({ config, issuer, scopes, grants, readDocument, clientOf, log, onRefused }: SignInOptions) {
  if (!grants)
    log.warn('without --redis, a restart forgets which sign-ins were revoked and which refresh tokens were used');
  const signIn = createSignIn({
    issuer,
    scopes,
    readDocument,
    secrets: config.secrets,
    accessCode: config.code ?? readCode(config.codeFile ?? ''),
    grants: grants ?? createSignInGrants(),
    subjectOf: (key) => accountOf(key).slice(0, SUBJECT_CHARS),
    checkKey: (key) => checkKey(clientOf(key)),
    onEvent(event) {
      if (event.kind === 'allowed') {
        const { app, scopes: allowed, subject } = event;
        log.info('signed in', { app, scopes: allowed, caller: `sign-in:${subject}` });
      } else onRefused({ status: 403, reason: `sign-in: ${event.reason}`, address: event.address, headers: {} });
    },
  });
  const metadata = resourceMetadata({ issuer, audience: signIn.resource }, scopes);
  return {
    verify: signIn.verify satisfies VerifyToken,
    keyOf: signIn.keyOf,
    resourceMetadataUrl: metadata.url,
    pages: [...metadata.pages, ...serverMetadata(signIn)],
    route: toRoute(signIn),
  };
}

/** RFC 8414; clients of older revisions also look below the path of the endpoint. */
function serverMetadata({ metadata }: SignIn): [string, Page][] {
  const body = JSON.stringify(metadata);
  const page = { contentType: 'application/json', open: true, render: async () => ({ status: 200, body }) };
  const path = '/.well-known/oauth-authorization-server';
  return [
    [path, page],
    [`${path}/mcp`, page],
  ];
}

function toRoute(signIn: SignIn): Route {
  const bodies = { free: BODIES_LIMIT };
  return {
    below: BELOW,
    async answer(req, res) {
      if (req.method === 'OPTIONS') return answerPreflight(res);
      const url = new URL(req.url ?? '/', 'http://localhost');
      const site = req.headers['sec-fetch-site'];
      const { status, headers, body } = await signIn.answer({
        method: req.method ?? 'GET',
        path: url.pathname.slice(BELOW.length - 1),
        query: url.searchParams,
        body: req.method === 'POST' ? await readBody(req, BODY_LIMIT, bodies) : '',
        cookie: req.headers.cookie,
        site: typeof site === 'string' ? site : undefined,
        address: addressOf(req),
      });
      write(res, status, headers, body);
    },
  };
}

function write(res: ServerResponse, status: number, headers: Readonly<Record<string, string>>, text: string): void {
  const body = Buffer.from(text);
  res.writeHead(status, { ...headers, 'content-length': body.length });
  res.end(body);
}

/** The client's address; behind a proxy, the one that the nearest proxy added. Earlier entries can be forged. */
function addressOf({ headers, socket }: IncomingMessage): string {
  const forwarded = headers['x-forwarded-for'];
  const [last] = String(forwarded ?? '')
    .split(',')
    .map((one) => one.trim())
    .reverse();
  return last || (socket.remoteAddress ?? 'unknown');
}

/** Checks the key with one harmless read. */
async function checkKey(client: LeadDynoClient): Promise<KeyCheck> {
  try {
    await client.send(bind(countAffiliates, {}), { timeoutMs: CHECK_MS });
    return 'accepted';
  } catch (error) {
    if (!(error instanceof LeadDynoError)) throw error;
    return error.reason === 'auth' || error.reason === 'forbidden' ? 'refused' : 'unreachable';
  }
}

function readCode(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new Error(`--sign-in-code-file ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  const found = readKeyIn(bytes);
  const code = 'key' in found ? found.key : '';
  if (code.length < CODE_LENGTH)
    throw new Error(`--sign-in-code-file ${file} must contain one word of at least ${CODE_LENGTH} characters.`);
  return code;
}
