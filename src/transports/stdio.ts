import type { JSONRPCMessage, McpServerFactory } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { tolerantLines } from './stdio-lines.ts';

/** How long calls in flight may still finish once the client has closed its end. */
const GRACE_MS = 1_200;

export interface StdioOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly onError: (error: Error) => void;
  /** A line that is no JSON came. */
  readonly onUnread: () => void;
}

export interface StdioServing {
  /** Resolves when the client has gone: stdin ended or stdout broke. */
  readonly ended: Promise<void>;
  /** Lets what is in flight finish, for a moment, then closes. */
  close(): Promise<void>;
}

/** Serves both protocol revisions on this process's stdin and stdout. */
export function listenOnStdio(
  factory: McpServerFactory,
  { stdin, stdout, onError, onUnread }: StdioOptions,
): StdioServing {
  // The SDK's transport closes with its stdin and cancels what is in flight: the end of ours is kept from it.
  const lines = tolerantLines({
    answer: (message) => void transport.send(message as JSONRPCMessage).catch(onError),
    onUnread,
  });
  const input = stdin.pipe(lines, { end: false });
  const transport: CountingTransport = new CountingTransport(input, stdout);
  const ended = new Promise<void>((resolve) => {
    // What came in the last chunk has to reach the transport first.
    stdin.once('end', () => setImmediate(resolve));
    stdin.once('close', () => setImmediate(resolve));
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

/** The SDK's transport, knowing which requests are still unanswered, so that closing can wait for them. */
class CountingTransport extends StdioServerTransport {
  readonly #open = new Set<string | number>();
  #onIdle: (() => void) | undefined;

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
      // An answer that could not be written is none to wait for either.
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
    if (this.#open.size === 0) this.#onIdle?.();
  }
}
