/** A refusal: `error` is a text, or a map of field names to lists of messages. */
export class ApiError extends Error {
  readonly status: number;
  readonly error: string | Readonly<Record<string, readonly string[]>>;

  constructor(status: number, error: string | Readonly<Record<string, readonly string[]>>) {
    super(typeof error === 'string' ? error : JSON.stringify(error));
    this.name = 'ApiError';
    this.status = status;
    this.error = error;
  }
}

export function notFound(what: string): ApiError {
  return new ApiError(404, `${what} not found`);
}
