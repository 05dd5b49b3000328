import { change, good, type Headers, json, type Random, spoil, toBytes } from './http-fuzz-values.ts';
import { JSON_HEADERS, modern, toolCall } from './http-raw.ts';

/** The expected answer: `refused` is 4xx, `broken` is 4xx or a closed connection, `any` is anything but 5xx. */
export type Expected = 'refused' | 'broken' | 'any';

export interface FuzzRequest {
  readonly kind: string;
  readonly bytes: Buffer;
  readonly expected: Expected;
  /** The client resets the connection after this many bytes. */
  readonly resetAfter?: number;
}

const LINES = [
  'POST /mcp',
  'POST /mcp HTTP/9.9',
  'POST /mcp HTTP/2.0',
  'POST /mcp HTTP/0.9',
  'POST /mcp HTTP/1.1 extra',
  ' POST /mcp HTTP/1.1',
  'P\u00d6ST /mcp HTTP/1.1',
  'PRI * HTTP/2.0',
  'CONNECT localhost:80 HTTP/1.1',
  'GET http://localhost/mcp HTTP/1.1',
  'POST /mcp\u0000 HTTP/1.1',
  'GET /../../etc/passwd HTTP/1.1',
  'GET * HTTP/1.1',
  'BREW /mcp HTTP/1.1',
  `GET /${'a'.repeat(20_000)} HTTP/1.1`,
  '',
];

const LENGTHS: readonly Headers[] = [
  { 'content-length': '-1' },
  { 'content-length': '1e3' },
  { 'content-length': '99999999999999999999' },
  { 'content-length': '5, 6' },
  { 'transfer-encoding': 'chunked' },
  { 'transfer-encoding': 'chunked, chunked', 'content-length': '3' },
  { 'transfer-encoding': 'gzip' },
  { 'transfer-encoding': '\u000bchunked' },
  { ' host': 'localhost' },
  { 'bad name': 'x' },
  { 'x-bad': 'a\r\n b' },
  { 'x-bad': 'a\nb' },
  { 'x-bad': 'a\u0000b' },
];

const TYPES = [
  '',
  'text/plain',
  'application/xml',
  'application/jsonx',
  'json',
  'multipart/form-data',
  'application/x-www-form-urlencoded',
  '\u00e4',
];

const deepText = (depth: number) => [
  '['.repeat(depth),
  `${'['.repeat(depth)}${']'.repeat(depth)}`,
  `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
];

type Maker = (random: Random) => Omit<FuzzRequest, 'kind'>;

/** A maker for each kind of bad request. Its result depends only on the random numbers. */
const makers: Readonly<Record<string, Maker>> = {
  'random bytes': (random) => ({ bytes: random.bytes(1 + random.int(2_000)), expected: 'broken' }),
  'a broken start': (random) => {
    const { headers, body } = good(random);
    return { bytes: toBytes(headers, body, random.pick(LINES)), expected: 'broken' };
  },
  'a broken frame': (random) => {
    const { headers, body } = good(random);
    return { bytes: toBytes({ ...headers, ...random.pick(LENGTHS) }, body), expected: 'broken' };
  },
  'changed bytes': (random) => {
    const { headers, body } = good(random);
    return { bytes: change(random, toBytes(headers, body), 1 + random.int(6)), expected: 'any' };
  },
  'a body cut short': (random) => {
    const { headers, body } = good(random);
    const bytes = toBytes(headers, body);
    return { bytes: bytes.subarray(0, bytes.length - 1 - random.int(body.length)), expected: 'broken' };
  },
  'no JSON-RPC': (random) => {
    const { headers } = good(random);
    const value = json(random);
    const body = typeof value === 'object' && value !== null ? JSON.stringify([value, 1]) : JSON.stringify(value);
    return { bytes: toBytes(headers, body), expected: 'refused' };
  },
  'spoilt JSON-RPC': (random) => {
    const { headers, body } = good(random);
    return { bytes: toBytes(headers, JSON.stringify(spoil(random, JSON.parse(body)))), expected: 'any' };
  },
  'no JSON': (random) => {
    const { headers, body } = good(random);
    const text = random.pick([
      body.slice(0, -1),
      `${body}}`,
      body.replace(':', '='),
      `\uFEFF${body}`,
      '',
      `${body}${body}`,
      "{'a':1}",
    ]);
    return { bytes: toBytes(headers, text), expected: 'refused' };
  },
  'invalid UTF-8': (random) => {
    const { headers, body } = good(random);
    const bad = random.pick([[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80], [0xc0, 0xaf]]);
    const cut = random.int(body.length);
    const bytes = Buffer.concat([
      Buffer.from(body.slice(0, cut)),
      Buffer.from(bad),
      Buffer.from('"'),
      Buffer.from(body.slice(cut)),
    ]);
    return { bytes: toBytes(headers, bytes), expected: 'refused' };
  },
  'huge headers': (random) => {
    const { headers, body } = good(random);
    const more = random.chance(0.5)
      ? { 'x-huge': 'x'.repeat(17_000 + random.int(60_000)) }
      : Object.fromEntries(Array.from({ length: 1_500 }, (_, index) => [`x-${index}`, 'xxxxxxxxxx']));
    return { bytes: toBytes({ ...headers, ...more }, body), expected: 'broken' };
  },
  'another content type': (random) => {
    const { headers, body } = good(random);
    return { bytes: toBytes({ ...headers, 'content-type': random.pick(TYPES) }, body), expected: 'refused' };
  },
  'headers that disagree': (random) => {
    const { headers, body } = toolCall(modern, 'count_affiliates');
    const wrong = random.pick<Headers>([
      { 'mcp-method': random.pick(['tools/list', 'TOOLS/CALL', 'x', '\u00ff']) },
      { 'mcp-name': random.pick(['archive_affiliate', 'Count_Affiliates', '=?base64?!?=', '=?base64?eA==?=']) },
      {
        'mcp-protocol-version': random.pick(['2025-11-25', '2024-11-05', '2099-01-01', 'x', '2026-07-28, 2026-07-28']),
      },
    ]);
    return { bytes: toBytes({ ...headers, ...wrong }, body), expected: 'refused' };
  },
  'deep JSON': (random) => {
    const { headers, body } = good(random);
    const text = random.pick(deepText(10 ** (1 + random.int(5))));
    const whole = random.chance(0.5) ? text : body.replace('"params":{', `"params":{"deep":${text},`);
    return { bytes: toBytes(headers, whole), expected: 'any' };
  },
  'too much': (random) => ({
    bytes: toBytes(good(random).headers, 'x'.repeat(1_048_577 + random.int(1_000))),
    expected: 'refused',
  }),
  'another host or origin': (random) => {
    const { headers, body } = good(random);
    const wrong = random.pick<Headers>([
      { host: 'evil.example' },
      { host: 'a@localhost' },
      { host: '' },
      { origin: 'null' },
    ]);
    return { bytes: toBytes({ ...headers, ...wrong }, body), expected: 'refused' };
  },
  'another method or path': (random) => {
    const method = random.pick(['GET', 'PUT', 'DELETE', 'TRACE', 'PATCH', 'HEAD']);
    const path = random.pick(['/mcp', '/', '/mcp/', '/MCP', '/%6dcp', '/.well-known/x', '/mcp%00']);
    return { bytes: toBytes(JSON_HEADERS, '', `${method} ${path} HTTP/1.1`), expected: 'refused' };
  },
  'strange headers': (random) => {
    const { headers, body } = good(random);
    const name = random.pick([
      'accept',
      'authorization',
      'cookie',
      'mcp-session-id',
      'last-event-id',
      'expect',
      'upgrade',
      'range',
    ]);
    const value = random.pick([
      '',
      '\u00ff\u00fe',
      '*/*;q=x',
      'Bearer',
      'x'.repeat(5_000),
      '100-continue',
      'h2c',
      'bytes=0-',
    ]);
    return { bytes: toBytes({ ...headers, [name]: value }, body), expected: 'any' };
  },
  'two at once': (random) => {
    const [one, two] = [good(random), good(random)];
    const first = toBytes({ ...one.headers, connection: 'keep-alive' }, one.body);
    return {
      bytes: Buffer.concat([first, change(random, toBytes(two.headers, two.body), random.int(3))]),
      expected: 'any',
    };
  },
  'an early reset': (random) => {
    const { headers, body } = good(random);
    const bytes = toBytes(headers, body);
    return { bytes, expected: 'any', resetAfter: random.int(bytes.length + 1) };
  },
};

const kinds = Object.entries(makers);

export function makeRequest(random: Random): FuzzRequest {
  const [kind, make] = random.pick(kinds);
  // Large bodies only rarely: they take the most time and find the least.
  if (kind === 'too much' && random.chance(0.8)) return makeRequest(random);
  return { kind, ...make(random) };
}
