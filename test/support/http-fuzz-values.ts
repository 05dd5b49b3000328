import { legacy, type Message, modern, toolCall } from './http-raw.ts';

/** Random numbers that are the same for the same seed. */
export interface Random {
  /** At least 0, below `below`. */
  int(below: number): number;
  pick<Item>(items: readonly Item[]): Item;
  bytes(length: number): Buffer;
  chance(probability: number): boolean;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number) => Math.floor(next() * below);
  return {
    int,
    chance: (probability) => next() < probability,
    bytes: (length) => Buffer.from(Array.from({ length }, () => int(256))),
    pick(items) {
      const item = items[int(items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}

const TOOLS = [
  'count_affiliates',
  'get_affiliate',
  'list_leads',
  'archive_affiliate',
  'cancel_purchase',
  'nothing',
  '',
];

/** A correct request, as a start for a broken one. */
export function good(random: Random): Message {
  const message = random.pick([modern, legacy]);
  switch (random.int(5)) {
    case 0:
      return message('tools/list');
    case 1:
      return message('resources/read', { uri: 'leaddyno://affiliates/1001' });
    case 2:
      return message === modern ? modern('server/discover') : legacy('ping');
    default:
      return toolCall(message, random.pick(TOOLS), { affiliate_id: 1001 });
  }
}

export type Headers = Readonly<Record<string, string>>;

export function toBytes(headers: Headers, body: string | Buffer, start = 'POST /mcp HTTP/1.1'): Buffer {
  const payload = Buffer.from(body);
  const all = { host: '127.0.0.1', connection: 'close', 'content-length': String(payload.length), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${start}\r\n${lines.join('')}\r\n`, 'latin1'), payload]);
}

/** Any JSON value, at most five levels deep; the deeper, the rarer. */
export function json(random: Random, depth = 0): unknown {
  switch (random.int(depth > 4 ? 7 : 9)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick([0, -1, 1.5, 1e308, 2 ** 53, random.int(2 ** 31)]);
    case 3:
      return random.pick(['2.0', 'tools/call', '', '__proto__', '\u0000', '\u202e', '\ud83d\ude00', '%00', '../..']);
    case 4:
      return 'x'.repeat(random.int(300));
    case 5:
      return [];
    case 6:
      return {};
    case 7:
      return Array.from({ length: random.int(5) }, () => json(random, depth + 1));
    default:
      return Object.fromEntries(Array.from({ length: random.int(5) }, () => [key(random), json(random, depth + 1)]));
  }
}

const KEYS = [
  'jsonrpc',
  'id',
  'method',
  'params',
  'name',
  'arguments',
  '_meta',
  'result',
  '__proto__',
  'constructor',
  '',
];
const key = (random: Random) => random.pick(KEYS);

/** A copy of a value in which something was replaced, removed or added. */
export function spoil(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.15)) return json(random);
  if (Array.isArray(value)) return [...value, json(random)];
  const entries = Object.entries(value);
  if (entries.length === 0 || random.chance(0.15)) return { ...value, [key(random)]: json(random) };
  const [name, inner] = random.pick(entries);
  if (random.chance(0.2)) return Object.fromEntries(entries.filter(([other]) => other !== name));
  return { ...value, [name]: spoil(random, inner) };
}

export function change(random: Random, bytes: Buffer, times: number): Buffer {
  const changed = Buffer.from(bytes);
  for (let index = 0; index < times && changed.length > 0; index += 1)
    changed[random.int(changed.length)] = random.int(256);
  return changed;
}
