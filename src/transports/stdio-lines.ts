import { Transform, type TransformCallback } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { refusalOf, tolerant } from './tolerant-message.ts';

/** Called for lines that need handling before the SDK sees them. */
export interface LineListeners {
  /** Sends one message to the client directly. */
  readonly answer: (message: object) => void;
  /** A line is not JSON. Its text is not passed on: it might contain a key. */
  readonly onUnread: () => void;
  /** A line is longer than `LONGEST_LINE`: no more input is read. */
  readonly onTooLong?: () => void;
  /** Called every few lines: what to wait for before reading on, if anything. */
  readonly hold?: () => Promise<void> | undefined;
}

const NEWLINE = 0x0a;
const MARK = Buffer.of(0xef, 0xbb, 0xbf);
/** Maximum bytes of one line: more than any call needs, and less than the SDK accepts. */
export const LONGEST_LINE = 4 * 1024 * 1024;
/** Lines passed on between two calls of `hold`. */
const LINES_AT_ONCE = 16;

/**
 * Prepares the lines on stdin for the SDK, which silently drops what it cannot read and leaves the client waiting.
 * Removes a byte order mark and what is null or foreign (`tolerant-message.ts`), answers JSON arrays and requests that
 * the SDK would not take with an error, and reports lines that are not JSON.
 */
export function tolerantLines({ answer, onUnread, onTooLong, hold }: LineListeners): Transform {
  let pending: Buffer = Buffer.alloc(0);
  let first = true;
  let ended = false;

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
    const taken = tolerant(message);
    const refused = refusalOf(taken);
    if (!refused) return `${JSON.stringify(taken)}\n`;
    answer(refused);
    return '';
  }

  async function take(chunk: Buffer, push: (lines: string) => void): Promise<void> {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    if (first && pending.length >= MARK.length) {
      if (pending.subarray(0, MARK.length).equals(MARK)) pending = pending.subarray(MARK.length);
      first = false;
    }
    let [lines, count] = ['', 0];
    for (let end = pending.indexOf(NEWLINE); end >= 0 && end <= LONGEST_LINE; end = pending.indexOf(NEWLINE)) {
      lines += read(pending.subarray(0, end));
      pending = pending.subarray(end + 1);
      count += 1;
      if (!hold || count % LINES_AT_ONCE !== 0) continue;
      push(lines);
      lines = '';
      // The calls passed on have to start before they can be counted.
      await setImmediate();
      await hold();
    }
    push(lines);
    if (pending.length > LONGEST_LINE) {
      ended = true;
      pending = Buffer.alloc(0);
      answer(tooLong);
      onTooLong?.();
    } else await hold?.();
  }

  return new Transform({
    transform(chunk: Buffer, _, done: TransformCallback) {
      const push = (lines: string) => lines !== '' && this.push(lines);
      if (ended) done();
      else take(chunk, push).then(() => done(), done);
    },
  });
}

const tooLong = {
  jsonrpc: '2.0',
  id: null,
  error: {
    code: -32600,
    message: `A line may have at most ${LONGEST_LINE / 1024 / 1024} MiB; this one is longer, so the connection ends.`,
  },
};

/** The ids of the requests in a batch; a single null if there are none. */
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
  error: { code: -32600, message: 'Send one message per line: a JSON array of messages is not accepted.' },
});
