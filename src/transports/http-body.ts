import type { IncomingMessage } from 'node:http';

/** A body that is not taken. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The body of a request as text, at most `limit` bytes of it.
 * @throws BodyRefused 413 past the limit, 400 where it is not UTF-8, begins with a byte order mark or breaks off
 */
export async function readBody(req: IncomingMessage, limit: number): Promise<string> {
  // Made where it is needed: an error costs a stack trace.
  const tooLarge = () => new BodyRefused(413, `The request is larger than ${limit} bytes.`);
  if (Number(req.headers['content-length'] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw tooLarge();
      chunks.push(chunk);
    }
    return decode(Buffer.concat(chunks));
  } catch (error) {
    throw error instanceof BodyRefused ? error : new BodyRefused(400, 'The body is not UTF-8 text, or it broke off.');
  }
}

/** JSON has no byte order mark, and some readers skip one: what we judge and what the SDK serves must be the same. */
function decode(bytes: Buffer): string {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  if (text.startsWith('\uFEFF')) throw new BodyRefused(400, 'The body begins with a byte order mark.');
  return text;
}

/** No request of MCP comes near this depth. */
const MAX_DEPTH = 100;

/** Whether a text of JSON is nested so deeply that working on it could exhaust the stack. Brackets in strings do not count. */
export function isNestedTooDeeply(text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') index = endOfString(text, index);
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** Where the string that begins at `start` ends. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') return index;
  }
  return text.length;
}
