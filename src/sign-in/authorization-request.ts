import type { Client } from './clients.ts';
import { isRegistered, withAnswer } from './redirects.ts';
import { fieldsOf, OAuthProblem } from './reply.ts';
import { checkResource } from './tokens.ts';

/** What a client asks a person for, after the checks. It travels with the page, sealed. */
export interface AuthorizationRequest {
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
export class RequestRefused extends Error {
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
export async function readAuthorizationRequest(
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
