/** The parts of a request that the sign-in uses. */
export interface Asked {
  readonly method: string;
  /** Relative to the base, with a leading slash: `/authorize`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The body as text; empty if there is none. */
  readonly body: string;
  readonly cookie: string | undefined;
  /** `Sec-Fetch-Site`, if the browser sends it. */
  readonly site: string | undefined;
  /** The client's address, by which attempts are counted. */
  readonly address: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is wrong with a request, with the error code of the OAuth standards. */
export class OAuthProblem extends Error {
  override readonly name = 'OAuthProblem';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export const json = (status: number, value: unknown): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

export const toReply = ({ code, message, status }: OAuthProblem): Reply =>
  json(status, { error: code, error_description: message });

/**
 * The fields of a form. A repeated field is refused: two readers could use different ones (RFC 6749, 3.1).
 * @throws OAuthProblem
 */
export function fieldsOf(params: URLSearchParams, repeatable: readonly string[] = []): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of params) {
    if (fields.has(name) && !repeatable.includes(name))
      throw new OAuthProblem('invalid_request', 'A parameter was given twice.');
    if (value !== '') fields.set(name, value);
  }
  return fields;
}
