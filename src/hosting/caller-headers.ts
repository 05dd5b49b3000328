import type { IncomingHttpHeaders } from 'node:http';
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';

/** Header names, in the order in which they are read. */
interface Names {
  readonly token: readonly string[];
  /** Empty if callers do not send a key. */
  readonly key: readonly string[];
}

/**
 * What each header means. Some clients can send only `X-API-Key` and `X-Auth-Token`. If callers send their LeadDyno
 * key, `X-API-Key` is that key; otherwise the token is the only secret, so `X-API-Key` is the token.
 */
const names = (callerKey: boolean): Names =>
  callerKey
    ? { token: ['authorization', 'x-auth-token'], key: ['x-leaddyno-api-key', 'x-api-key'] }
    : { token: ['authorization', 'x-auth-token', 'x-api-key'], key: [] };

/** The usual spelling, for messages. */
const SPELLED: Readonly<Record<string, string>> = {
  authorization: 'Authorization',
  'x-auth-token': 'X-Auth-Token',
  'x-api-key': 'X-API-Key',
  'x-leaddyno-api-key': 'X-LeadDyno-Api-Key',
};

/** One word of plain text. Also refuses two headers of the same name, which Node joins with a comma and a space. */
const KEY_FORM = /^[\x21-\x7e]{1,512}$/;

/** The first header that is present, and a message if two have different values. */
function first(headers: IncomingHttpHeaders, of: readonly string[], word: (text: string) => string) {
  const given = of.flatMap((name) => {
    const text = String(headers[name] ?? '').trim();
    return text === '' ? [] : [{ name, text, word: word(text) }];
  });
  const [found] = given;
  const other = given.find((one) => one.word !== found?.word);
  const clash =
    found && other && `${SPELLED[found.name]} and ${SPELLED[other.name]} have different values. Send only one of them.`;
  return { found, clash };
}

const withoutScheme = (text: string) => text.replace(/^bearer +/i, '');

/** Reads the caller's token and LeadDyno key from the headers of a request. */
export function readCallerHeaders(callerKey: boolean) {
  const { token, key } = names(callerKey);
  return {
    /** The `Authorization` header, or its equivalent from another header. @throws OAuthError if two differ */
    authorization(headers: IncomingHttpHeaders): string | undefined {
      const { found, clash } = first(headers, token, withoutScheme);
      if (clash) throw new OAuthError(OAuthErrorCode.InvalidRequest, clash);
      return found && (found.name === 'authorization' ? found.text : `Bearer ${found.word}`);
    },
    /** The caller's LeadDyno key; undefined if there is none. `flawOf` checks it. */
    key(headers: IncomingHttpHeaders): string | undefined {
      return first(headers, key, (text) => text).found?.text;
    },
    /** What is wrong with the headers that contain the key. */
    flawOf(headers: IncomingHttpHeaders): string | undefined {
      if (!callerKey) return undefined;
      const { found, clash } = first(headers, key, (text) => text);
      if (clash) return clash;
      return KEY_FORM.test(found?.text ?? '')
        ? undefined
        : 'Each request needs the LeadDyno key in X-LeadDyno-Api-Key (or X-API-Key).';
    },
    /** The token of a request, valid or not. */
    token: (headers: IncomingHttpHeaders): string | undefined => first(headers, token, withoutScheme).found?.word,
  };
}
