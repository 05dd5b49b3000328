export interface SandboxRequest {
  method: string;
  /** Below the base address, as in the documentation (`/affiliates/1001`). */
  path: string;
  query: Record<string, string>;
  /** The fields of a JSON or form body without the key; null when there was none or it was unreadable. */
  body: unknown;
  keyIn: 'header' | 'query' | 'body' | 'none';
  status: number;
  at: number;
}

const LIMIT = 100_000;

/** Bounded, because a long demonstration would otherwise only grow. */
export class RequestLog {
  readonly entries: SandboxRequest[] = [];

  add(entry: SandboxRequest): void {
    this.entries.push(entry);
    if (this.entries.length > LIMIT) this.entries.shift();
  }
}
