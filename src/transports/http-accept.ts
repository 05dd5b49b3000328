/** The kinds of answer a client accepts. The 2025 revisions require both, but many clients name only one or neither. */
export interface Accepted {
  readonly json: boolean;
  readonly stream: boolean;
}

/** The header value that the SDK requires. */
export const BOTH = 'application/json, text/event-stream';

const JSON_TYPES = new Set(['application/json', 'application/*', '*/*']);
const STREAM_TYPES = new Set(['text/event-stream', 'text/*', '*/*']);

/** A missing header accepts everything (RFC 9110, 12.5.1); `q=0` excludes a type. */
export function acceptedBy(header: string | undefined): Accepted {
  if (header === undefined || header.trim() === '') return { json: true, stream: true };
  const types = header
    .toLowerCase()
    .split(',')
    .map((one) => one.split(';').map((part) => part.trim()))
    .filter(([, ...more]) => !more.some((part) => /^q=0(\.0*)?$/.test(part)))
    .map(([type = '']) => type);
  return { json: types.some((type) => JSON_TYPES.has(type)), stream: types.some((type) => STREAM_TYPES.has(type)) };
}

/** Turns a stream into plain JSON, for a client that accepts no streams. Only the answers are kept. */
export async function withoutStream(response: Response): Promise<Response> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
  const answers = (await response.text())
    .split(/\r?\n\r?\n/)
    .map(dataIn)
    .filter(isAnswer);
  const body = answers.length === 1 ? answers[0] : `[${answers.join(',')}]`;
  return new Response(body, { status: response.status, headers: { 'content-type': 'application/json' } });
}

/** The data of one server-sent event. */
function dataIn(event: string): string {
  const lines = event.split(/\r?\n/).filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice('data:'.length).trimStart()).join('\n');
}

function isAnswer(data: string): boolean {
  if (data === '') return false;
  const message: unknown = JSON.parse(data);
  return typeof message === 'object' && message !== null && ('result' in message || 'error' in message);
}
