import type { IncomingHttpHeaders } from 'node:http';
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';

/** Headers by the order in which they are looked at. */
interface Names {
  readonly token: readonly string[];
  /** Empty where the server has a key of its own. */
  readonly key: readonly string[];
}

/**
 * What each header means. Some clients can send no others than `X-API-Key` and `X-Auth-Token`. Where callers bring their
 * LeadDyno key, `X-API-Key` is that key; elsewhere there is no other secret than the token, and it is one.
 */
const names = (callerKey: boolean): Names =>
  callerKey
    ? { token: ['authorization', 'x-auth-token'], key: ['x-leaddyno-api-key', 'x-api-key'] }
    : { token: ['authorization', 'x-auth-token', 'x-api-key'], key: [] };

/** As people write them. */
const SPELLED: Readonly<Record<string, string>> = {
  authorization: 'Authorization',
  'x-auth-token': 'X-Auth-Token',
  'x-api-key': 'X-API-Key',
  'x-leaddyno-api-key': 'X-LeadDyno-Api-Key',
};

/** One word of plain text. Two headers of that name come joined by a comma and a space, and are refused with it. */
const KEY_FORM = /^[\x21-\x7e]{1,512}$/;

/** The first of some headers that is given; the names of two that say different things. */
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

/** Reads who calls, and with which key, from the headers of a request. */
export function readCallerHeaders(callerKey: boolean) {
  const { token, key } = names(callerKey);
  return {
    /** The `Authorization` header, or what stands for it. @throws OAuthError where two disagree */
    authorization(headers: IncomingHttpHeaders): string | undefined {
      const { found, clash } = first(headers, token, withoutScheme);
      if (clash) throw new OAuthError(OAuthErrorCode.InvalidRequest, clash);
      return found && (found.name === 'authorization' ? found.text : `Bearer ${found.word}`);
    },
    /** The LeadDyno key of the caller; undefined where there is none that can be used. */
    key(headers: IncomingHttpHeaders): string | undefined {
      return first(headers, key, (text) => text).found?.text;
    },
    /** What is wrong with the headers that bring the key. */
    flawOf(headers: IncomingHttpHeaders): string | undefined {
      if (!callerKey) return undefined;
      const { found, clash } = first(headers, key, (text) => text);
      if (clash) return clash;
      return KEY_FORM.test(found?.text ?? '')
        ? undefined
        : 'Each request needs the LeadDyno key in X-LeadDyno-Api-Key (or X-API-Key).';
    },
    /** The token that a request brings, whatever it is worth. */
    token: (headers: IncomingHttpHeaders): string | undefined => first(headers, token, withoutScheme).found?.word,
  };
}
