import type { FailureReason } from './errors.ts';
import type { LeadDynoRequest } from './request.ts';

/** One attempt: `path` is without base URL and query. */
interface Attempt {
  readonly method: LeadDynoRequest['method'];
  readonly path: string;
  /** 1 for the first. */
  readonly attempt: number;
}

/** What the client tells of its work, for logs and metrics: never a key, a query, a body or a person's data. */
export type ClientEvent =
  | ({ readonly kind: 'answer'; readonly status: number; readonly ms: number } & Attempt)
  | ({ readonly kind: 'no_answer'; readonly reason: FailureReason; readonly ms: number } & Attempt)
  | ({ readonly kind: 'retry'; readonly reason: FailureReason; readonly waitMs: number } & Attempt)
  | ({ readonly kind: 'pace_wait'; readonly ms: number } & Attempt)
  | { readonly kind: 'pace_pause'; readonly ms: number }
  | { readonly kind: 'key_transport'; readonly transport: 'header' | 'query' };
