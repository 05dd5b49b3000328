/** A request to the sign-in, as far as it is looked at. */
export interface Asked {
  readonly method: string;
  /** Below the base, with its slash: `/authorize`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The body as text; empty where there is none. */
  readonly body: string;
  readonly cookie: string | undefined;
  /** `Sec-Fetch-Site`, where a browser says it. */
  readonly site: string | undefined;
  /** Whose attempts are counted together. */
  readonly address: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is wrong with a request, by the name that the standards have for it. */
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
 * The fields of a form. A field that comes twice is refused: two readers could take different ones (RFC 6749, 3.1).
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
