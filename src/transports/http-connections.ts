import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How many bytes may be queued for clients that do not read, and for how long. */
export interface FlowLimits {
  /** Bytes queued on one connection. */
  readonly connection: number;
  /** Bytes queued on one connection when it sends another request. */
  readonly behind: number;
  /** Bytes queued on all connections together. */
  readonly all: number;
  /** Milliseconds within which a client must read `least` bytes, or all that is queued. */
  readonly stallMs: number;
  readonly least: number;
}

export const FLOW: FlowLimits = {
  // More than the largest file that a tool creates.
  connection: 48 * 1024 * 1024,
  behind: 1024 * 1024,
  all: 128 * 1024 * 1024,
  stallMs: 10_000,
  least: 16 * 1024,
};

interface Connection {
  /** Answers that are not finished, each with what to do if the client disconnects first. */
  readonly open: Map<ServerResponse, () => void>;
  /** Number of requests received. */
  asked: number;
  /** Bytes that the client had read at `since`: the last check that found progress or nothing queued. */
  taken: number;
  since: number;
}

/** Closes connections whose clients read too slowly and, at shutdown, idle ones. */
export interface Connections {
  /** Calls `gone` if the connection closes before this answer is finished; at once if it is already closed. */
  onGone(response: ServerResponse, gone: () => void): void;
  /** The client's address. Kept here because Node forgets it if the body was not read to its end. */
  addressOf(response: ServerResponse): string | undefined;
  /** Whether there are any connections. */
  some(): boolean;
  isGone(response: ServerResponse): boolean;
  /**
   * Whether a request may be carried out. A pipelined request lets other connections run first; if the client is not
   * reading its earlier answers, the connection is closed.
   */
  mayBegin(response: ServerResponse): Promise<boolean>;
  /** Call this after a write that the client did not read at once. */
  checkSpace(response: ServerResponse): void;
  /**
   * Closes each connection after `drainMs` without a request: a request may be on its way when the server is told to
   * stop. From now on each answer says that it is the last on its connection.
   */
  end(drainMs: number): void;
}

/**
 * @param checkEveryMs how often to look for clients that read too slowly, in milliseconds
 * @param onEnded called for each connection that is closed because its client reads too slowly
 */
export function trackConnections(
  server: Server,
  limits: FlowLimits,
  checkEveryMs: number,
  onEnded: (socket: Socket, reason: string) => void,
): Connections {
  const connections = new Map<Socket, Connection>();
  const socketOf = new WeakMap<ServerResponse, Socket>();
  /** Milliseconds that a connection stays open without a request; undefined until shutdown. */
  let drain: number | undefined;

  function endIfIdle(socket: Socket): void {
    const connection = connections.get(socket);
    if (!connection || connection.open.size > 0 || drain === undefined) return;
    if (drain === 0) return void socket.destroy();
    const { asked } = connection;
    setTimeout(async () => {
      // A process that was blocked runs its timers before it reads what arrived meanwhile.
      await nextTurn();
      if (connection.open.size === 0 && connection.asked === asked) socket.destroy();
    }, drain);
  }

  /** Marks an answer as the last on its connection. If its headers were already sent, the next answer says so. */
  function sayLast(response: ServerResponse): void {
    if (response.headersSent) return;
    response.shouldKeepAlive = false;
    response.removeHeader('keep-alive');
  }

  function drop(socket: Socket, reason: string): void {
    if (socket.destroyed) return;
    onEnded(socket, reason);
    socket.destroy();
  }

  server.on('connection', (socket) => {
    const connection: Connection = { open: new Map(), asked: 0, taken: 0, since: performance.now() };
    connections.set(socket, connection);
    endIfIdle(socket);
    socket.once('close', () => {
      connections.delete(socket);
      // Pipelined answers that have not begun get no close event of their own.
      for (const gone of connection.open.values()) gone();
    });
  });
  server.on('request', ({ socket }, response) => {
    const connection = connections.get(socket);
    socketOf.set(response, socket);
    if (connection) connection.asked += 1;
    connection?.open.set(response, () => undefined);
    if (drain !== undefined) sayLast(response);
    response.once('close', () => {
      const gone = connection?.open.get(response);
      connection?.open.delete(response);
      if (!response.writableFinished) gone?.();
      endIfIdle(socket);
    });
  });

  function endSlow(): void {
    const now = performance.now();
    for (const [socket, connection] of connections) {
      const taken = takenBy(socket);
      const isMoving = taken - connection.taken >= limits.least || waitingOn(socket, connection) === 0;
      if (isMoving) Object.assign(connection, { taken, since: now });
      else if (now - connection.since >= limits.stallMs) drop(socket, 'it does not read its answers');
    }
  }
  const timer = setInterval(endSlow, checkEveryMs).unref();
  server.once('close', () => clearInterval(timer));

  /** Closes the connections with the most queued data until the rest fits. */
  function endLargest(): void {
    const waiting = [...connections].map(([socket, connection]) => ({ socket, size: waitingOn(socket, connection) }));
    let all = waiting.reduce((sum, { size }) => sum + size, 0);
    if (all <= limits.all) return;
    for (const { socket, size } of waiting.sort((a, b) => b.size - a.size)) {
      if (all <= limits.all) break;
      drop(socket, 'too much is queued for clients that do not read');
      all -= size;
    }
  }

  return {
    onGone(response, gone) {
      const socket = socketOf.get(response);
      const open = socket && connections.get(socket)?.open;
      if (open?.has(response)) open.set(response, gone);
      else gone();
    },
    addressOf: (response) => socketOf.get(response)?.remoteAddress,
    some: () => connections.size > 0,
    isGone: (response) => socketOf.get(response)?.destroyed ?? true,
    async mayBegin(response) {
      const socket = socketOf.get(response);
      const connection = socket && connections.get(socket);
      if (!connection || connection.open.size < 2) return connection !== undefined;
      await nextTurn();
      if (!socket.destroyed && waitingOn(socket, connection) > limits.behind)
        drop(socket, 'it asks for more and does not read its answers');
      return !socket.destroyed;
    },
    checkSpace(response) {
      const socket = socketOf.get(response);
      const connection = socket && connections.get(socket);
      if (connection && waitingOn(socket, connection) > limits.connection) drop(socket, 'it does not read its answers');
      endLargest();
    },
    end(drainMs) {
      drain = drainMs;
      for (const [socket, { open }] of connections) {
        for (const response of open.keys()) sayLast(response);
        endIfIdle(socket);
      }
    },
  };
}

/** Bytes queued for the client of a connection. */
function waitingOn(socket: Socket, { open }: Connection): number {
  if (socket.destroyed) return 0;
  let size = 0;
  for (const response of open.keys()) size += response.writableLength;
  return size;
}

/** Bytes that the operating system has accepted. Node's own count includes what is still queued. */
function takenBy(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { bytesWritten?: number; writeQueueSize?: number } | null };
  return (handle?.bytesWritten ?? socket.bytesWritten) - (handle?.writeQueueSize ?? 0);
}
