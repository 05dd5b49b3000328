import type { JsonObject } from '../json.ts';
import { LeadDynoError } from '../leaddyno/errors.ts';
import type { LeadDynoClient } from '../leaddyno/request.ts';
import { bind } from '../operations/bind.ts';
import type { Operation } from '../operations/operation.ts';

/** One call of the doctor: what came back, and what of it may be told. */
export interface Asked {
  readonly operation: string;
  readonly ok: boolean;
  /** HTTP status of the last attempt; absent where no answer came. */
  readonly status: number | undefined;
  /** How long LeadDyno took to answer: the last attempt alone, without the waits for the pace and between attempts. */
  readonly ms: number;
  readonly body: unknown;
  /** Why it failed. */
  readonly error: LeadDynoError | undefined;
}

/** What the transport tells besides the answer: the last answer's status, time and headers. */
export interface Observed {
  status: number | undefined;
  ms: number | undefined;
  headers: Readonly<Record<string, unknown>>;
}

export interface Probe {
  ask(operation: Operation, args?: JsonObject): Promise<Asked>;
  /** Every call so far. */
  readonly asked: readonly Asked[];
  readonly observed: Observed;
}

/** Calls LeadDyno's reading operations, one after the other. @throws Error for one that writes */
export function createProbe(client: LeadDynoClient, observed: Observed): Probe {
  const asked: Asked[] = [];
  return {
    asked,
    observed,
    async ask(operation, args = {}) {
      if (operation.method !== 'GET') throw new Error(`${operation.name} is no read`);
      const began = performance.now();
      observed.status = undefined;
      observed.ms = undefined;
      observed.headers = {};
      const call = async (): Promise<Pick<Asked, 'ok' | 'body' | 'error'>> => {
        try {
          return { ok: true, body: await client.send(bind(operation, args)), error: undefined };
        } catch (error) {
          if (!(error instanceof LeadDynoError)) throw error;
          return { ok: false, body: undefined, error };
        }
      };
      const answer = await call();
      const ms = Math.round(observed.ms ?? performance.now() - began);
      const status = observed.status ?? answer.error?.status;
      const done: Asked = { operation: operation.name, status, ms, ...answer };
      asked.push(done);
      return done;
    },
  };
}
