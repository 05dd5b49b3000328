import { createHash } from 'node:crypto';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server';
import type { HttpConfig } from '../config/http.ts';
import type { Page } from '../transports/http.ts';
import { version } from '../version.ts';

/*
 * How a client discovers this server by its domain (SEP-2127, draft of July 2026): a catalogue under its well-known
 * path names the server card, which says where the endpoint is and which headers it needs. Both are public and contain
 * only what the endpoint tells anyone: no tools, no accounts.
 */

/** The revision without a handshake; the SDK's list has only those with one. */
const STATELESS = '2026-07-28';
const CATALOGUE = '/.well-known/ai-catalog.json';
/** The card's path in the draft, below the endpoint, and the path in earlier drafts, which clients still request. */
const CARD_BELOW = '/server-card';
const CARD = `/mcp${CARD_BELOW}`;
const EARLIER_CARD = '/.well-known/mcp/server-card.json';
const CARD_TYPE = 'application/mcp-server-card+json';
const CATALOGUE_TYPE = 'application/ai-catalog+json';
const SCHEMA = 'https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json';

type Known = Pick<HttpConfig, 'publicUrl' | 'oauth' | 'callerKey' | 'token' | 'tokensFile'>;

/** The address of the endpoint: from the configured public address, or from the audience of access tokens. */
function endpointOf({ publicUrl, oauth }: Known): string | undefined {
  if (publicUrl !== undefined) return `${publicUrl}/mcp`;
  const audience = oauth?.audience;
  return audience !== undefined && /^https?:\/\/[^/]+\/mcp$/.test(audience) ? audience : undefined;
}

/** The pages; none if the server's public address is not known. */
export function discoveryPages(http: Known): [string, Page][] {
  const endpoint = endpointOf(http);
  if (endpoint === undefined) return [];
  // A host may contain characters that a name may not, such as brackets and colons.
  const host = new URL(endpoint).hostname.replace(/[^\w.-]/g, '-');
  const card = {
    $schema: SCHEMA,
    name: `${host.split('.').reverse().join('.')}/leaddyno-mcp`,
    version,
    title: 'LeadDyno',
    description: 'LeadDyno affiliate programme: tools and resources',
    remotes: [
      {
        type: 'streamable-http',
        url: endpoint,
        ...headersOf(http),
        supportedProtocolVersions: [STATELESS, ...SUPPORTED_PROTOCOL_VERSIONS],
      },
    ],
  };
  const entry = { identifier: `urn:air:${host}:mcp:leaddyno`, type: CARD_TYPE, url: `${endpoint}${CARD_BELOW}` };
  return [
    [CARD, pageOf(CARD_TYPE, card)],
    [EARLIER_CARD, pageOf(CARD_TYPE, card)],
    [CATALOGUE, pageOf(CATALOGUE_TYPE, { specVersion: '1.0', entries: [entry] })],
  ];
}

function pageOf(contentType: string, document: object): Page {
  const body = JSON.stringify(document);
  const publicTag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { contentType, open: true, publicTag, render: async () => ({ status: 200, body }) };
}

/** The headers that a client has to send; with OAuth it learns them from the challenge. */
function headersOf({ callerKey, token, tokensFile }: Known) {
  const bearer = token !== undefined || tokensFile !== undefined;
  const headers = [
    ...(bearer ? [secret('Authorization', 'Bearer, a space, and the token you were given')] : []),
    ...(callerKey ? [secret('X-LeadDyno-Api-Key', 'Private API key (in LeadDyno: Account, Profile)')] : []),
  ];
  return headers.length > 0 ? { headers } : {};
}

const secret = (name: string, description: string) => ({ name, description, isRequired: true, isSecret: true });
