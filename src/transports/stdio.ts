import type { JSONRPCMessage, McpServerFactory } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { tolerantLines } from './stdio-lines.ts';

/** Milliseconds for calls in flight to finish after the client has closed its end. */
const GRACE_MS = 1_200;

export interface StdioOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly onError: (error: Error) => void;
  /** A line was not JSON. */
  readonly onUnread: () => void;
  /** A line was too long: the connection ends. */
  readonly onTooLong?: () => void;
}

/** Above this many unread bytes, or calls in flight, no more input is read. */
const MOST_UNTAKEN = 1024 * 1024;
const MOST_OPEN = 500;

export interface StdioServing {
  /** Resolves when stdin has ended, stdout has broken, or a line was too long. */
  readonly ended: Promise<void>;
  /** Gives calls in flight a moment to finish, then closes. */
  close(): Promise<void>;
}

/** Serves both protocol revisions on this process's stdin and stdout. */
export function listenOnStdio(
  factory: McpServerFactory,
  { stdin, stdout, onError, onUnread, onTooLong }: StdioOptions,
): StdioServing {
  // The SDK's transport closes when its input ends and cancels calls in flight, so it does not see the end of stdin.
  let endForLength: () => void = () => undefined;
  const lines = tolerantLines({
    answer: (message) => void transport.send(message as JSONRPCMessage).catch(onError),
    onUnread,
    onTooLong() {
      onTooLong?.();
      endForLength();
    },
    hold: () =>
      stdout.writableLength > MOST_UNTAKEN
        ? untilTaken(stdout)
        : transport.open > MOST_OPEN
          ? transport.untilOpen(MOST_OPEN)
          : undefined,
  });
  const input = stdin.pipe(lines, { end: false });
  const transport: CountingTransport = new CountingTransport(input, stdout);
  const ended = new Promise<void>((resolve) => {
    endForLength = () => setImmediate(resolve);
    // The last chunk has to reach the transport first.
    const last = () => {
      lines.write(Buffer.alloc(0), () => setImmediate(resolve));
      // In case that write waits for a client that does not read.
      setTimeout(resolve, GRACE_MS).unref();
    };
    stdin.once('end', last);
    stdin.once('close', last);
    stdin.once('error', () => resolve());
    stdout.once('error', () => resolve());
    stdout.once('close', resolve);
  });
  const handle = serveStdio(factory, { transport, onerror: onError });
  return {
    ended,
    async close() {
      await transport.idle(GRACE_MS);
      await handle.close();
    },
  };
}

/** Resolves when the client has read what was written, or has disconnected. */
async function untilTaken(stdout: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => {
    const names = ['drain', 'close', 'error'] as const;
    const end = () => {
      for (const name of names) stdout.off(name, end);
      resolve();
    };
    for (const name of names) stdout.on(name, end);
  });
}

/** The SDK's transport, which also tracks unanswered requests so that closing can wait for them. */
class CountingTransport extends StdioServerTransport {
  readonly #open = new Set<string | number>();
  #onIdle: (() => void) | undefined;
  #onFewer: (() => void) | undefined;

  /** Number of requests in flight. */
  get open(): number {
    return this.#open.size;
  }

  /** Resolves when at most `most` requests are in flight. */
  async untilOpen(most: number): Promise<void> {
    while (this.#open.size > most) {
      await new Promise<void>((resolve) => {
        this.#onFewer = resolve;
      });
    }
  }

  override async start(): Promise<void> {
    const deliver = this.onmessage;
    this.onmessage = (message) => {
      this.#note(message);
      deliver?.(message);
    };
    await super.start();
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    try {
      await super.send(message);
    } finally {
      // Do not wait for an answer that could not be written, either.
      if (!('method' in message) && message.id !== undefined) this.#settle(message.id);
    }
  }

  /** Resolves when every request has been answered, or after `ms`. */
  async idle(ms: number): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #note(message: JSONRPCMessage): void {
    if (!('method' in message)) return;
    if ('id' in message && message.id !== undefined) this.#open.add(message.id);
    const cancelled = message.method === 'notifications/cancelled' ? message.params?.requestId : undefined;
    if (typeof cancelled === 'string' || typeof cancelled === 'number') this.#settle(cancelled);
  }

  #settle(id: string | number): void {
    this.#open.delete(id);
    this.#onFewer?.();
    if (this.#open.size === 0) this.#onIdle?.();
  }
}
