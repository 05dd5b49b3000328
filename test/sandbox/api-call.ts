import type { Sandbox } from '../../src/sandbox/index.ts';

/** What came back. The body is whatever the parser makes of it: a test looks at what is really there. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReturnType<typeof JSON.parse>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Calls the sandbox with the key in the header and the body, if any, as JSON. */
export async function call(sandbox: Sandbox, method: Method, path: string, body?: unknown): Promise<Answer> {
  return send(sandbox, path, {
    method,
    headers: { key: sandbox.key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

export async function send(sandbox: Sandbox, path: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(sandbox.url + path, init);
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

/** Every record of a bare list, page by page. */
export async function everything(sandbox: Sandbox, path: string) {
  const records = [];
  for (let page = 1; ; page += 1) {
    const { body } = await call(sandbox, 'GET', `${path}${path.includes('?') ? '&' : '?'}page=${page}`);
    if (body.length === 0) return records;
    records.push(...body);
  }
}

export const fixedNow = new Date('2026-03-15T12:00:00Z');

/** Enough of everything, and quick. */
export const small = { affiliates: 60, leads: 120, purchases: 90, visitors: 150, rateLimit: 0, now: fixedNow };
