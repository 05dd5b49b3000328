import { Transform, type TransformCallback } from 'node:stream';

/** What the lines of a client ask for before the SDK sees them. */
export interface LineListeners {
  /** Answers by itself: one message. */
  readonly answer: (message: object) => void;
  /** A line that is no JSON. Its text is not handed on: it may be anything, a key among it. */
  readonly onUnread: () => void;
}

const NEWLINE = 0x0a;
const MARK = Buffer.of(0xef, 0xbb, 0xbf);
/** Longer than the SDK takes: it closes the connection by itself. */
const LONGEST = 16 * 1024 * 1024;

/**
 * The lines on stdin as the SDK takes them. It drops what it cannot read without a word, so a client would wait for
 * ever: `params: null` is mended, a JSON array is answered, a byte order mark goes, and what is no JSON is told of.
 */
export function tolerantLines({ answer, onUnread }: LineListeners): Transform {
  let pending: Buffer = Buffer.alloc(0);
  let first = true;

  function read(line: Buffer): string {
    const text = line.toString('utf8').trim();
    if (text === '') return '';
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      onUnread();
      return '';
    }
    if (Array.isArray(message)) {
      for (const id of idsIn(message)) answer(noBatches(id));
      return '';
    }
    return `${lacksParams(message) ? JSON.stringify({ ...message, params: undefined }) : text}\n`;
  }

  return new Transform({
    transform(chunk: Buffer, _, done: TransformCallback) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      if (first && pending.length >= MARK.length) {
        if (pending.subarray(0, MARK.length).equals(MARK)) pending = pending.subarray(MARK.length);
        first = false;
      }
      let lines = '';
      for (let end = pending.indexOf(NEWLINE); end >= 0; end = pending.indexOf(NEWLINE)) {
        lines += read(pending.subarray(0, end));
        pending = pending.subarray(end + 1);
      }
      if (lines !== '') this.push(lines);
      if (pending.length > LONGEST) {
        this.push(pending);
        pending = Buffer.alloc(0);
      }
      done();
    },
  });
}

function lacksParams(message: unknown): message is object {
  return typeof message === 'object' && message !== null && 'params' in message && message.params === null;
}

/** The ids of the requests in a batch; null where none can be told. */
function idsIn(messages: readonly unknown[]): readonly (string | number | null)[] {
  const ids = messages.flatMap((message) => {
    const { id, method } = Object(message) as { id?: unknown; method?: unknown };
    return method !== undefined && (typeof id === 'string' || typeof id === 'number') ? [id] : [];
  });
  return ids.length > 0 ? ids : [null];
}

const noBatches = (id: string | number | null) => ({
  jsonrpc: '2.0',
  id,
  error: { code: -32600, message: 'Send one message a line: a JSON array of messages is not taken.' },
});
