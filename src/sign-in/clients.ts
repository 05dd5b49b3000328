import * as z from 'zod';
import { cleanText, cutText } from '../text.ts';
import type { ReadDocument } from './client-documents.ts';
import { isRedirectUri } from './redirects.ts';
import { OAuthProblem } from './reply.ts';
import type { Seals } from './seal.ts';

/** An app that asks for access. */
export interface Client {
  readonly id: string;
  /** Its own name for itself; not verified. */
  readonly name: string | undefined;
  /** The host of its metadata document, which proves that it belongs there; undefined if it registered itself. */
  readonly host: string | undefined;
  readonly redirectUris: readonly string[];
}

const NAME_CHARS = 60;
const MOST_REDIRECTS = 10;
/** The client id contains them all, and is sent in URLs. */
const MOST_REDIRECT_CHARS = 2_000;
const ID_PREFIX = 'ldmcp_client_';

const redirectUris = z.array(z.string().refine(isRedirectUri)).min(1).max(MOST_REDIRECTS);

const registration = z.object({
  redirect_uris: redirectUris,
  client_name: z.string().optional(),
  grant_types: z.array(z.string()).optional(),
  response_types: z.array(z.string()).optional(),
});

const metadataDocument = z.object({
  client_id: z.string(),
  client_name: z.string().optional(),
  redirect_uris: z.array(z.string()).min(1).max(50),
  token_endpoint_auth_method: z.string().optional(),
});

/** Methods that need a shared secret. A public document cannot hold one. */
const SHARED_SECRETS: ReadonlySet<string> = new Set([
  ...['client_secret_basic', 'client_secret_post', 'client_secret_jwt'],
]);

interface Registered {
  readonly name?: string | undefined;
  readonly uris: readonly string[];
}

const nameOf = (text: string | undefined) =>
  cutText(cleanText(text ?? '').replace(/\s+/g, ' '), NAME_CHARS).trim() || undefined;

/** The clients of the sign-in. None is stored: each is a document on the web, or the content of its sealed id. */
export function createClients(seals: Seals, readDocument: ReadDocument, now: () => number) {
  /** The client for an id that is a URL (Client ID Metadata Documents). @throws OAuthProblem */
  async function fromDocument(id: string): Promise<Client> {
    const url = new URL(id);
    const text = await readDocument(url).catch((error: Error) => {
      throw new OAuthProblem('invalid_client', `The app at ${url.host} cannot be checked: ${error.message}.`, 400);
    });
    const document = metadataDocument.safeParse(parse(text));
    const { data } = document;
    if (!data || data.client_id !== id || SHARED_SECRETS.has(data.token_endpoint_auth_method ?? ''))
      throw new OAuthProblem('invalid_client', `The client metadata document at ${url.host} is not valid.`, 400);
    return { id, name: nameOf(data.client_name), host: url.host, redirectUris: data.redirect_uris };
  }

  return {
    /** @throws OAuthProblem if there is no such client */
    async find(id: string | undefined): Promise<Client> {
      if (id !== undefined && isDocumentAddress(id)) return await fromDocument(id);
      const sealed = id?.startsWith(ID_PREFIX) ? id.slice(ID_PREFIX.length) : '';
      const registered = seals.open<Registered>('client', sealed);
      if (id === undefined || !registered)
        throw new OAuthProblem('invalid_client', 'This app is not registered here. Connect it anew.', 401);
      return { id, name: registered.name, host: undefined, redirectUris: registered.uris };
    },

    /**
     * Checks that a token request names a possible client. A metadata document is not read again, so that grants keep
     * working while its host is unreachable.
     * @throws OAuthProblem 401, which tells a client to register again
     */
    check(id: string | null): void {
      const sealed = id?.startsWith(ID_PREFIX) ? id.slice(ID_PREFIX.length) : '';
      if (id === null || !(isDocumentAddress(id) || seals.open('client', sealed)))
        throw new OAuthProblem('invalid_client', 'This client is not registered here.', 401);
    },

    /** Dynamic registration (RFC 7591): the id contains the registration. @throws OAuthProblem */
    register(body: string) {
      const { data, error } = registration.safeParse(parse(body));
      if (!data) {
        const isRedirect = error.issues.some(({ path }) => path[0] === 'redirect_uris');
        throw isRedirect
          ? new OAuthProblem(
              'invalid_redirect_uri',
              'redirect_uris needs one to ten addresses: https, http on this machine, or the scheme of an app.',
            )
          : new OAuthProblem('invalid_client_metadata', 'This is not client metadata (RFC 7591).');
      }
      const uris = data.redirect_uris;
      if (uris.join('').length > MOST_REDIRECT_CHARS)
        throw new OAuthProblem('invalid_redirect_uri', 'The redirect_uris are too long.');
      if (data.grant_types && !data.grant_types.includes('authorization_code'))
        throw new OAuthProblem('invalid_client_metadata', 'The only way to a token is authorization_code.');
      if (data.response_types && !data.response_types.includes('code'))
        throw new OAuthProblem('invalid_client_metadata', 'The only response type is code.');
      const name = nameOf(data.client_name);
      const registered: Registered = { uris, ...(name !== undefined && { name }) };
      return {
        client_id: `${ID_PREFIX}${seals.seal('client', registered)}`,
        client_id_issued_at: Math.floor(now() / 1_000),
        ...(name !== undefined && { client_name: name }),
        redirect_uris: uris,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        // Whatever the client asked for: we would have to store a secret.
        token_endpoint_auth_method: 'none',
      };
    },
  };
}

export type Clients = ReturnType<typeof createClients>;

/** An https URL with a path, on the default port and in normalised form, because ids are compared as text. */
function isDocumentAddress(id: string): boolean {
  if (!id.startsWith('https://') || id.length > 500 || !URL.canParse(id)) return false;
  const { href, pathname, hash, username, password, port } = new URL(id);
  return href === id && pathname !== '/' && [hash, username, password, port].every((part) => part === '');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
