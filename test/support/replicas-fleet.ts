import { setTimeout as delay } from 'node:timers/promises';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import type { Connection } from './clients.ts';
import { KEY, SMALL } from './harness.ts';
import { closeAtEnd } from './protocol-leaks.ts';
import { mostInAnyWindow } from './redis-clients.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { connectTo, ensureBuilt, type Replica, startReplica } from './replicas.ts';
import { type Balancer, startBalancer } from './replicas-balancer.ts';

export interface FleetSetup {
  readonly replicas: number;
  readonly clients: number;
  readonly rateLimit: number;
  /** The server's `--timeout`. Clients wait 30 seconds longer. */
  readonly timeoutMs: number;
}

/** Replicas behind a balancer that share one Redis and one LeadDyno, and clients of both protocol families. */
export interface Fleet {
  readonly redis: RedisServer;
  readonly sandbox: Sandbox;
  readonly balancer: Balancer;
  readonly replicas: readonly Replica[];
  readonly clients: readonly Connection[];
  /** Replaces each replica by a new process, one after the other, and stops the old one. */
  restartAll(): Promise<void>;
  close(): Promise<void>;
}

export async function startFleet({ replicas: count, clients: callers, rateLimit, timeoutMs }: FleetSetup) {
  ensureBuilt();
  const redis = await startRedis();
  const sandbox = closeAtEnd(await startSandbox({ ...SMALL, rateLimit: 0, key: KEY }));
  const setup = { redis: redis.url, upstream: sandbox, rateLimit, timeoutMs };
  const replicas = await Promise.all(Array.from({ length: count }, () => startReplica(setup)));
  const balancer = await startBalancer(replicas.map(({ port }) => port));
  const eras = Array.from({ length: callers }, (_, index) => (index % 2 ? 'modern' : 'legacy'));
  const clients = await Promise.all(eras.map((era) => connectTo(balancer.url, era, timeoutMs + 30_000)));
  return closeAtEnd<Fleet>({
    redis,
    sandbox,
    balancer,
    replicas,
    clients,
    async restartAll() {
      const fresh = await Promise.all(replicas.map(() => startReplica(setup)));
      for (const [index, next] of fresh.entries()) {
        const old = replicas[index];
        if (!old) continue;
        balancer.replace(old.port, next.port);
        replicas[index] = next;
        // Like an orchestrator: stops it only after new connections go elsewhere.
        await delay(200);
        await old.close();
      }
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await balancer.close();
      await Promise.all(replicas.map((replica) => replica.close()));
      await sandbox.close();
      await redis.close();
    },
  });
}

const MINUTE = 60_000;

/** The times at which requests reached LeadDyno. */
export const requestTimes = ({ requests }: Sandbox): number[] => requests.map(({ at }) => at);

/** The largest number of requests that reached LeadDyno within any minute. */
export const mostInAnyMinute = (sandbox: Sandbox): number => mostInAnyWindow(requestTimes(sandbox), MINUTE);
