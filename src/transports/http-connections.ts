import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How much may wait for clients that do not read, in bytes, and for how long. */
export interface FlowLimits {
  /** Waiting on one connection. */
  readonly connection: number;
  /** Waiting on one connection when it asks for more. */
  readonly behind: number;
  /** Waiting on all of them together. */
  readonly all: number;
  /** Milliseconds in which a connection with something waiting has to take `least` bytes, or all of it. */
  readonly stallMs: number;
  readonly least: number;
}

export const FLOW: FlowLimits = {
  // The largest file that a tool makes is below it.
  connection: 48 * 1024 * 1024,
  behind: 1024 * 1024,
  all: 128 * 1024 * 1024,
  stallMs: 10_000,
  least: 16 * 1024,
};

interface Connection {
  /** The answers that have not been handed over yet, and what is to be done if the client goes away before. */
  readonly open: Map<ServerResponse, () => void>;
  /** How many requests came. */
  asked: number;
  /** Bytes that the client had taken at `since`, or when it last had nothing to take. */
  taken: number;
  since: number;
}

/** Ends connections that take too little of what waits for them, and, at the end, those that wait for nothing. */
export interface Connections {
  /** Calls `gone` if the connection closes before this answer was handed over. */
  onGone(response: ServerResponse, gone: () => void): void;
  /** Where a request came from. Node forgets it where a body was not read to its end. */
  addressOf(response: ServerResponse): string | undefined;
  /** Whether there are any. */
  some(): boolean;
  isGone(response: ServerResponse): boolean;
  /**
   * Whether a request may be carried out. One that was sent behind others lets everybody else have a turn first, and
   * ends its connection where what was asked for before is not being read.
   */
  mayBegin(response: ServerResponse): Promise<boolean>;
  /** To be called after something was written that the client did not take at once. */
  checkSpace(response: ServerResponse): void;
  /**
   * Ends each connection once it has asked for nothing for `drainMs`: a request may be on its way while the server is
   * told to stop. What is answered from now on says that it is the last on its connection.
   */
  end(drainMs: number): void;
}

/**
 * @param onEnded told of each connection that was ended for what waited on it
 */
export function trackConnections(
  server: Server,
  limits: FlowLimits,
  checkEveryMs: number,
  onEnded: (socket: Socket, reason: string) => void,
): Connections {
  const connections = new Map<Socket, Connection>();
  const socketOf = new WeakMap<ServerResponse, Socket>();
  /** Milliseconds that a connection is left open without a request; undefined while the server goes on. */
  let drain: number | undefined;

  function endIfIdle(socket: Socket): void {
    const connection = connections.get(socket);
    if (!connection || connection.open.size > 0 || drain === undefined) return;
    if (drain === 0) return void socket.destroy();
    const { asked } = connection;
    setTimeout(async () => {
      // A process that had to wait runs its timers before it reads what has come meanwhile.
      await nextTurn();
      if (connection.open.size === 0 && connection.asked === asked) socket.destroy();
    }, drain);
  }

  /** Where the headers have left already, the next answer says it. */
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
      // Answers that stood behind another one are told by nobody else.
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

  /** The connections with most to take go first, until the rest fits. */
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

/** Bytes that wait for the client of a connection. */
function waitingOn(socket: Socket, { open }: Connection): number {
  if (socket.destroyed) return 0;
  let size = 0;
  for (const response of open.keys()) size += response.writableLength;
  return size;
}

/** Bytes that the system has taken of what was written; Node's own count holds what still waits as well. */
function takenBy(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { bytesWritten?: number; writeQueueSize?: number } | null };
  return (handle?.bytesWritten ?? socket.bytesWritten) - (handle?.writeQueueSize ?? 0);
}
