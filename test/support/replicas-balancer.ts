import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { closeAtEnd } from './protocol-leaks.ts';

/** A TCP balancer that does not know HTTP: it hands each connection to the next replica that accepts it. */
export interface Balancer {
  readonly url: string;
  /** The number of connections handed to each port. */
  readonly handed: ReadonlyMap<number, number>;
  /** When replicas ended connections that their clients still held, in milliseconds of `performance.now()`. */
  readonly drops: readonly number[];
  /** Sends new connections to port `by` in place of `port`; open connections stay where they are. */
  replace(port: number, by: number): void;
  close(): Promise<void>;
}

export async function startBalancer(replicas: readonly number[]): Promise<Balancer> {
  const ports = [...replicas];
  const handed = new Map<number, number>();
  const sockets = new Set<Socket>();
  let next = 0;
  const drops: number[] = [];

  /** Tries the replicas in turn, each once. */
  function hand(client: Socket, tries: number): void {
    const port = ports[next % ports.length];
    next += 1;
    if (port === undefined || tries === 0) return void client.destroy();
    const replica = connect(port, '127.0.0.1');
    replica.once('error', () => hand(client, tries - 1));
    replica.once('connect', () => {
      replica.removeAllListeners('error');
      handed.set(port, (handed.get(port) ?? 0) + 1);
      join(client, replica);
    });
  }

  function join(client: Socket, replica: Socket): void {
    sockets.add(replica);
    client.on('data', (data) => replica.write(data));
    replica.on('data', (data) => client.write(data));
    client.on('close', () => replica.destroy());
    replica.on('error', () => undefined);
    replica.on('close', (failed) => {
      sockets.delete(replica);
      if (!client.destroyed) drops.push(performance.now());
      // After a normal end, what was sent before is still delivered.
      if (failed) client.destroy();
      else client.end();
    });
    client.resume();
  }

  const server = createServer({ pauseOnConnect: true, noDelay: true }, (client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    client.on('close', () => sockets.delete(client));
    hand(client, ports.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return closeAtEnd({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    handed,
    drops,
    replace(port, by) {
      ports[ports.indexOf(port)] = by;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
}
