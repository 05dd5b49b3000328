import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The open connections of a server, so that those that wait for nothing can be ended while the others finish. */
export function trackConnections(server: Server) {
  /** How many requests of each are being answered. */
  const connections = new Map<Socket, number>();
  let ending = false;

  function endIdle(): void {
    for (const [socket, running] of connections) if (running === 0) socket.destroy();
  }

  server.on('connection', (socket) => {
    connections.set(socket, 0);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    connections.set(socket, (connections.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const running = connections.get(socket);
      if (running !== undefined) connections.set(socket, running - 1);
      if (ending) endIdle();
    });
  });

  return {
    /** Ends each connection once nothing of it is being answered; one that never said anything, at once. */
    end(): void {
      ending = true;
      endIdle();
    },
  };
}
