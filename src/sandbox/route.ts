import type { Params } from './params.ts';
import type { Programme } from './programme.ts';

export interface Call {
  readonly programme: Programme;
  readonly params: Params;
  /** The `{id}` of the path; 0 where the path has none. */
  readonly id: number;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** A path is written as in the documentation, e.g. `/affiliates/{id}/leads`. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly handle: (call: Call) => Reply;
}

export function ok(body: unknown): Reply {
  return { status: 200, body };
}

export function created(body: unknown): Reply {
  return { status: 201, body };
}
