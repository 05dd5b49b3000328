import type { IncomingMessage } from 'node:http';

export const BODY_LIMIT = 1024 * 1024;

export type Fields = Readonly<Record<string, unknown>>;

export type ParsedBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'fields'; readonly fields: Fields }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'too large' };

/** null when it is over the limit; the rest is read and dropped, so that the caller gets to see the answer. */
async function readBytes(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length <= BODY_LIMIT) chunks.push(chunk);
    else chunks.length = 0;
  }
  return length > BODY_LIMIT ? null : Buffer.concat(chunks);
}

function parseJson(text: string): ParsedBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'malformed' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'malformed' };
  return { kind: 'fields', fields: { ...value } };
}

/** JSON and form bodies are read; one of another type is ignored, like a Rails application does. */
export async function readBody(request: IncomingMessage): Promise<ParsedBody> {
  const bytes = await readBytes(request);
  if (bytes === null) return { kind: 'too large' };
  if (bytes.length === 0) return { kind: 'none' };
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  const text = bytes.toString('utf8');
  if (type === 'application/json') return parseJson(text);
  if (type === 'application/x-www-form-urlencoded') {
    return { kind: 'fields', fields: Object.fromEntries(new URLSearchParams(text)) };
  }
  return { kind: 'none' };
}
