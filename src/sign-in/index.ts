import type { AuthInfo } from '@modelcontextprotocol/server';
import type { SignInGrants } from '../ports/sign-in-grants.ts';
import { isUnavailable } from '../ports/unavailable.ts';
import { createAttempts } from './attempts.ts';
import { cacheDocuments, createDocumentReader, type ReadDocument } from './client-documents.ts';
import { createClients } from './clients.ts';
import { type ConsentSetup, createConsent, type KeyCheck, type SignInEvent } from './consent.ts';
import { type Asked, json, OAuthProblem, type Reply, toReply } from './reply.ts';
import { createSeals } from './seal.ts';
import { createTokens } from './tokens.ts';

export type { Asked, KeyCheck, ReadDocument, Reply, SignInEvent };

export interface SignInSetup
  extends Pick<ConsentSetup, 'accessCode' | 'checkKey' | 'subjectOf' | 'scopes' | 'onEvent'> {
  /** The public address of the server, without a path. */
  readonly issuer: string;
  /** The first one seals; the others open what they sealed before. */
  readonly secrets: readonly string[];
  readonly grants: SignInGrants;
  /** Replaces the guarded reader, for tests. */
  readonly readDocument?: ReadDocument | undefined;
  readonly now?: () => number;
}

/** The authorization server in this process: a person enters the LeadDyno key, a client gets tokens that contain it. */
export interface SignIn {
  /** The protected resource: the address of the MCP endpoint. */
  readonly resource: string;
  /** RFC 8414. */
  readonly metadata: object;
  answer(asked: Asked): Promise<Reply>;
  /** @throws OAuthError */
  verify(token: string): Promise<AuthInfo>;
  /** The LeadDyno key of a verified caller. */
  keyOf(auth: AuthInfo | undefined): string | undefined;
}

export function createSignIn(setup: SignInSetup): SignIn {
  const { issuer, grants, scopes, now = Date.now } = setup;
  const resource = `${issuer}/mcp`;
  const seals = createSeals(setup.secrets);
  const clients = createClients(seals, cacheDocuments(setup.readDocument ?? createDocumentReader(), now), now);
  const tokens = createTokens({ seals, grants, resource, now });
  const attempts = createAttempts(now);
  const consent = createConsent({ ...setup, resource, seals, tokens, attempts, now, find: clients.find });

  async function answer(asked: Asked): Promise<Reply> {
    const { path, method } = asked;
    if (path === '/authorize' && (method === 'GET' || method === 'POST')) return await consent(asked);
    if (method !== 'POST') throw new OAuthProblem('invalid_request', 'Nothing here answers that.', 404);
    if (path === '/register') return json(201, clients.register(asked.body));
    if (path === '/revoke') return await tokens.revoke(asked);
    if (path !== '/token') throw new OAuthProblem('invalid_request', 'Nothing here answers that.', 404);
    clients.check(new URLSearchParams(asked.body).get('client_id'));
    return await tokens.exchange(asked);
  }

  return {
    resource,
    metadata: {
      issuer,
      authorization_endpoint: `${issuer}/oauth/authorize`,
      token_endpoint: `${issuer}/oauth/token`,
      registration_endpoint: `${issuer}/oauth/register`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      scopes_supported: scopes,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint_auth_methods_supported: ['none'],
      code_challenge_methods_supported: ['S256'],
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
    },
    async answer(asked) {
      try {
        return await answer(asked);
      } catch (error) {
        if (error instanceof OAuthProblem) return toReply(error);
        if (!isUnavailable(error)) throw error;
        return {
          ...toReply(new OAuthProblem('temporarily_unavailable', 'Try again in a minute.', 503)),
          headers: { 'content-type': 'application/json', 'retry-after': '5' },
        };
      }
    },
    verify: tokens.verify,
    keyOf: tokens.keyOf,
  };
}
