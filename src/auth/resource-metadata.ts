import { SCOPES } from '../operations/operation.ts';
import type { OAuthSettings } from './jwt.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/**
 * The protected-resource metadata of RFC 9728: which authorization server a client must use, and for which scopes. The
 * resource is the audience, which must be a URL, as the MCP specification requires.
 * @throws Error if the audience is not a URL
 */
export function resourceMetadata({ issuer, audience }: OAuthSettings, scopes: readonly string[] = SCOPES) {
  if (!URL.canParse(audience))
    throw new Error('--oauth-audience must be the public address of this server, such as https://mcp.example.com/mcp.');
  const { origin, pathname } = new URL(audience);
  const path = `${WELL_KNOWN}${pathname === '/' ? '' : pathname}`;
  const body = JSON.stringify({
    resource: audience,
    authorization_servers: [issuer],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    resource_name: 'LeadDyno',
  });
  const page = { contentType: 'application/json', open: true, render: async () => ({ status: 200, body }) };
  return {
    url: `${origin}${path}`,
    pages: [
      [path, page],
      [WELL_KNOWN, page],
    ] as [string, typeof page][],
  };
}
