import { createServer } from 'node:http';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { KEY } from './harness.ts';
import { listenOnLoopback } from './loopback.ts';
import { closeAtEnd } from './protocol-leaks.ts';

/** Which texts are replaced: all but those that LeadDyno writes itself, or all of them. */
export type Reach = 'typed' | 'everything';

const BASE = '/v1';
/** Fields that LeadDyno writes itself, and fields that connect records. */
const ITS_OWN = /(^|_)(at|on|date|status|currency|amount|cost|type|email|code|count)$|url$|_id$/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/**
 * A simulated LeadDyno in which strangers typed `texts`. Each record has one of them, chosen by its id, in all fields
 * that are replaced. The first record of each answer also has all of them, as names and values of custom fields.
 */
export async function startHostileLeadDyno(texts: readonly string[], reach: Reach, options: SandboxOptions = {}) {
  const size = texts.length + 20;
  const sandbox = await startSandbox({
    rateLimit: 0,
    key: KEY,
    affiliates: size,
    leads: size,
    purchases: size,
    visitors: size,
    ...options,
  });
  const all = Object.fromEntries(texts.map((text) => [text, text] as const));

  function spoil(value: unknown, name: string, text: string): unknown {
    if (typeof value === 'string') {
      const isItsOwn = reach === 'typed' && (NUMBER.test(value) || (ITS_OWN.test(name) && value !== ''));
      return isItsOwn ? value : text;
    }
    if (Array.isArray(value)) return value.map((item) => spoil(item, name, text));
    if (typeof value !== 'object' || value === null) return value;
    const { id } = value as { id?: unknown };
    const own = typeof id === 'number' ? (texts[id % texts.length] ?? text) : text;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, spoil(item, key, own)]));
  }

  /** Adds all texts as custom fields, as a form of the merchant would. */
  function stuff(body: unknown): unknown {
    if (Array.isArray(body)) return [stuff(body[0]), ...body.slice(1)].slice(0, body.length);
    if (typeof body !== 'object' || body === null) return body;
    const [list] = Object.entries(body).flatMap(([key, item]) => (Array.isArray(item) ? [[key, item] as const] : []));
    if (list && !('id' in body)) return { ...body, [list[0]]: stuff(list[1]) };
    return { ...body, custom_fields: all };
  }

  /** Restores the key that was asked for, because a record with a different key is an error. */
  function keep(sent: unknown, url: string): unknown {
    const { pathname, searchParams } = new URL(url, 'http://hostile');
    const field = /\/by_(email|purchase_code)$/.exec(pathname)?.[1] ?? '';
    const isFound = typeof sent === 'object' && sent !== null && field in sent;
    return isFound ? { ...sent, [field]: searchParams.get(field) } : sent;
  }

  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = 'GET', headers, url = '/' } = incoming;
      const body = Buffer.concat(chunks);
      fetch(`${sandbox.url}${url.slice(BASE.length)}`, {
        method,
        headers: { key: String(headers.key ?? ''), 'content-type': String(headers['content-type'] ?? 'text/plain') },
        ...(body.length > 0 && { body }),
      })
        .then(async (answered) => {
          const sent = keep(spoil(await answered.json(), '', texts[0] ?? ''), url);
          response.writeHead(answered.status, { 'content-type': 'application/json' });
          response.end(JSON.stringify(answered.ok ? stuff(sent) : sent));
        })
        .catch((error: unknown) => response.destroy(error as Error));
    });
  });
  const { port, close } = await listenOnLoopback(server);
  return closeAtEnd({
    url: `http://127.0.0.1:${port}${BASE}`,
    programme: sandbox.programme,
    async close() {
      await sandbox.close();
      await close();
    },
  });
}
