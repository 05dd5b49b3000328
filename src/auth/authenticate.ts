import type { IncomingHttpHeaders } from 'node:http';
import { type AuthInfo, verifyBearerToken } from '@modelcontextprotocol/server';
import type { VerifyToken } from './tokens.ts';

/** Checks who calls by the `Authorization` header. @throws OAuthError for the challenge to answer with */
export function authenticateBearer(verify: VerifyToken): (headers: IncomingHttpHeaders) => Promise<AuthInfo> {
  return (headers) => verifyBearerToken(headers.authorization, { verifier: { verifyAccessToken: verify } });
}
