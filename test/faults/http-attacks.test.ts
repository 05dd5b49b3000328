import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolsets } from '../../src/workflows/index.ts';
import { connectHttp } from '../support/http-clients.ts';
import { startBuiltHttp } from '../support/http-process.ts';
import { ask, connectRaw, legacy, modern, post, toolCall, until } from '../support/http-raw.ts';
import { type SandboxHttpServer, startHttp, startHttpAt } from '../support/http-server.ts';
import { writeTokens } from '../support/http-tokens.ts';
import { answerJson, startLeadDyno } from '../support/http-upstream.ts';
import { builtMain } from '../support/protocol-built.ts';
import { secret } from '../support/written.ts';

/*
 * Attacks over HTTP that test/http and test/auth do not make: requests that two readers would part differently, headers
 * that speak for others, scopes for every tool, and many connections and requests beside somebody who has work to do.
 */

const figures: Record<string, unknown> = {};
afterAll(() => {
  process.stdout.write(`${JSON.stringify({ faults: 'HTTP attacks', ...figures })}\n`);
});

const callers = writeTokens({
  reads: ['leaddyno:read'],
  writes: ['leaddyno:write'],
  money: ['leaddyno:money'],
  logins: ['leaddyno:credentials'],
  all: ['leaddyno:read', 'leaddyno:write', 'leaddyno:money', 'leaddyno:credentials'],
  noisy: ['leaddyno:read'],
});
const { tokens } = callers;
const bearer = (name: keyof typeof tokens) => ({ authorization: `Bearer ${tokens[name]}` });

let open: SandboxHttpServer;
let guarded: SandboxHttpServer;

beforeAll(async () => {
  await builtMain();
  open = await startHttp({ argv: ['--confirm', 'off'] });
  guarded = await startHttp({ argv: ['--confirm', 'off', '--http-tokens-file', callers.path] });
});
afterAll(async () => {
  await open.close();
  await guarded.close();
  await callers.close();
});

const ARCHIVE = toolCall(legacy, 'archive_affiliate', { affiliate_id: 1001 });
const COUNT = toolCall(legacy, 'count_affiliates');

/** A whole request as bytes, the headers exactly as given. */
const request = (lines: readonly string[], body = '', start = 'POST /mcp HTTP/1.1') =>
  `${[start, 'Content-Type: application/json', 'Accept: application/json, text/event-stream', ...lines].join('\r\n')}\r\n\r\n${body}`;
const LOCAL = 'Host: localhost';
/** What the attacker hides behind a harmless request. */
const hidden = (more: readonly string[] = []) =>
  request([LOCAL, 'Connection: close', `Content-Length: ${ARCHIVE.body.length}`, ...more], ARCHIVE.body);
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const END = '0\r\n\r\n';

/** Sends bytes, ends its side, and reads what comes until the other side closes. */
function exchange(port: number, bytes: string): Promise<string> {
  const { socket, closed } = connectRaw(port);
  socket.end(Buffer.from(bytes, 'latin1'));
  return closed;
}

const statusesIn = (text: string) =>
  [...text.matchAll(/(?:^|\n)HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** Bodies whose end two readers see in different places; a second request follows each. */
const desynchronised: Readonly<Record<string, string>> = {
  'a length and chunks': request(
    [LOCAL, `Content-Length: ${END.length}`, 'Transfer-Encoding: chunked'],
    `${END}${hidden()}`,
  ),
  'chunks and a length': request(
    [LOCAL, 'Transfer-Encoding: chunked', 'Content-Length: 4'],
    `${chunk(hidden())}${END}`,
  ),
  'two lengths': request([LOCAL, 'Content-Length: 2', `Content-Length: ${hidden().length + 2}`], `{}${hidden()}`),
  'two lengths in one header': request([LOCAL, 'Content-Length: 2, 2'], `{}${hidden()}`),
  'a length with a sign': request([LOCAL, 'Content-Length: +2'], `{}${hidden()}`),
  'a negative length': request([LOCAL, 'Content-Length: -2'], `{}${hidden()}`),
  'a length in hexadecimal': request([LOCAL, 'Content-Length: 0x2'], `{}${hidden()}`),
  'a length of two words': request([LOCAL, 'Content-Length: 2 2'], `{}${hidden()}`),
  'a length beyond numbers': request([LOCAL, 'Content-Length: 18446744073709551618'], `{}${hidden()}`),
  'a space before the colon': request([LOCAL, 'Transfer-Encoding : chunked', 'Content-Length: 2'], `{}${hidden()}`),
  'an unknown encoding last': request([LOCAL, 'Transfer-Encoding: chunked, identity'], `${END}${hidden()}`),
  'chunked twice': request([LOCAL, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], `${END}${hidden()}`),
  'chunked by another name': request([LOCAL, 'Transfer-Encoding: xchunked', 'Content-Length: 2'], `{}${hidden()}`),
  'chunked after a vertical tab': request(
    [LOCAL, 'Transfer-Encoding: \u000bchunked', 'Content-Length: 2'],
    `{}${hidden()}`,
  ),
  'chunked behind a bare line feed': request(
    [LOCAL, 'X: x\nTransfer-Encoding: chunked', 'Content-Length: 2'],
    `{}${hidden()}`,
  ),
  'chunked on a folded line': request([LOCAL, 'Transfer-Encoding:\r\n chunked', 'Content-Length: 2'], `{}${hidden()}`),
  'a folded Host': request(['Host: localhost\r\n evil.example', 'Content-Length: 2'], `{}${hidden()}`),
  'a folded header': request([LOCAL, 'X-One: a\r\n\tb', 'Content-Length: 2'], `{}${hidden()}`),
  'a bare carriage return': request([LOCAL, 'X-One: a\rContent-Length: 0', 'Content-Length: 2'], `{}${hidden()}`),
  'a null byte': request([LOCAL, 'X-One: a\u0000b', 'Content-Length: 2'], `{}${hidden()}`),
  'a header without a name': request([LOCAL, ': x', 'Content-Length: 2'], `{}${hidden()}`),
  'a header without a colon': request([LOCAL, 'Transfer-Encoding chunked', 'Content-Length: 2'], `{}${hidden()}`),
  'a chunk size with a prefix': request([LOCAL, 'Transfer-Encoding: chunked'], `0x2\r\n{}\r\n${END}${hidden()}`),
  'a negative chunk size': request([LOCAL, 'Transfer-Encoding: chunked'], `-2\r\n{}\r\n${END}${hidden()}`),
  'a chunk size beyond numbers': request(
    [LOCAL, 'Transfer-Encoding: chunked'],
    `10000000000000002\r\n{}\r\n${END}${hidden()}`,
  ),
  'a chunk size and a bare line feed': request([LOCAL, 'Transfer-Encoding: chunked'], `2\n{}\r\n${END}${hidden()}`),
  'a chunk longer than it says': request([LOCAL, 'Transfer-Encoding: chunked'], `1\r\n{}\r\n${END}${hidden()}`),
  'a chunk extension with a line feed': request(
    [LOCAL, 'Transfer-Encoding: chunked'],
    `2;x=\n\r\n{}\r\n${END}${hidden()}`,
  ),
};

/** Whole requests after which the connection goes on, or is over. */
const followed: Readonly<Record<string, string>> = {
  'a request that ends the connection': request([LOCAL, 'Connection: close', 'Content-Length: 2'], `{}${hidden()}`),
  'a body that is too large': request([LOCAL, 'Content-Length: 2000000'], hidden()),
  'a GET with a body': request([LOCAL, `Content-Length: ${hidden().length}`], hidden(), 'GET /mcp HTTP/1.1'),
  'a health check with a body': request(
    [LOCAL, `Content-Length: ${hidden().length}`],
    hidden(),
    'GET /healthz HTTP/1.1',
  ),
  'another host with a body': request(['Host: evil.example', `Content-Length: ${hidden().length}`], hidden()),
  'no such page with a body': request([LOCAL, `Content-Length: ${hidden().length}`], hidden(), 'POST /x HTTP/1.1'),
  'an upgrade to HTTP/2': request(
    [
      LOCAL,
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABk',
      `Content-Length: ${hidden().length}`,
    ],
    hidden(),
  ),
  'an upgrade to a web socket': request(
    [
      LOCAL,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Content-Length: ${hidden().length}`,
    ],
    hidden(),
    'GET /mcp HTTP/1.1',
  ),
  'an expectation': request([LOCAL, 'Expect: 200-ok', `Content-Length: ${hidden().length}`], hidden()),
};

describe('a request that could be read in two ways', () => {
  it.each(Object.entries(desynchronised))('by %s is refused, and ends the connection', async (_, bytes) => {
    const before = open.sandbox.requests.length;
    const statuses = statusesIn(await exchange(open.port, bytes));
    // Whatever the first was answered, nobody reads a second one.
    expect(statuses.filter((status) => status < 400)).toEqual([]);
    expect(statuses.length).toBeLessThanOrEqual(2);
    expect(open.writes()).toEqual([]);
    expect(open.sandbox.requests.length).toBe(before);
  });

  it.each(Object.entries(followed))('after %s hides none in its body', async (_, bytes) => {
    const statuses = statusesIn(await exchange(open.port, bytes));
    expect(statuses.length).toBeLessThanOrEqual(1);
    expect(open.writes()).toEqual([]);
  });

  it('gets no credentials from where they do not belong', async () => {
    const authorization = `Authorization: Bearer ${tokens.all}`;
    const host = guarded.port;
    const sized = `Content-Length: ${ARCHIVE.body.length}`;
    const chunked = 'Transfer-Encoding: chunked';
    const attempts = {
      'a trailer': request(
        [LOCAL, chunked, 'Trailer: Authorization'],
        `${chunk(ARCHIVE.body)}0\r\n${authorization}\r\n\r\n`,
      ),
      'a chunk extension': request(
        [LOCAL, chunked],
        `${ARCHIVE.body.length.toString(16)};${authorization}\r\n${ARCHIVE.body}\r\n${END}`,
      ),
      'a folded line': request([LOCAL, sized, `X-One: 1\r\n ${authorization}`], ARCHIVE.body),
      'a second header': request([LOCAL, sized, `Authorization: Bearer ${tokens.reads}`, authorization], ARCHIVE.body),
      'two tokens in one header': request(
        [LOCAL, sized, `Authorization: Bearer ${tokens.reads}, Bearer ${tokens.all}`],
        ARCHIVE.body,
      ),
      'the user of the address': request(
        [LOCAL, sized],
        ARCHIVE.body,
        `POST http://:${tokens.all}@localhost/mcp HTTP/1.1`,
      ),
      'the one before on the connection': `${request([LOCAL, `Content-Length: ${COUNT.body.length}`, authorization], COUNT.body)}${hidden()}`,
    };
    for (const [what, bytes] of Object.entries(attempts)) {
      const statuses = statusesIn(await exchange(host, bytes));
      expect(guarded.writes(), what).toEqual([]);
      expect(statuses.at(-1) ?? 400, what).toBeGreaterThanOrEqual(400);
    }
    figures.smuggling =
      Object.keys(desynchronised).length + Object.keys(followed).length + Object.keys(attempts).length;
  });
});

describe('a header that speaks for another', () => {
  it.each([
    'X-Forwarded-Host: localhost',
    'X-Host: localhost',
    'X-Original-Host: localhost',
    'Forwarded: host=localhost;proto=https',
    'X-Forwarded-Server: localhost',
    'X-HTTP-Host-Override: localhost',
    ':authority: localhost',
  ])('cannot name the host: %s', async (line) => {
    const bytes = request(
      ['Host: evil.example', line, 'Connection: close', `Content-Length: ${COUNT.body.length}`],
      COUNT.body,
    );
    const before = open.sandbox.requests.length;
    expect(statusesIn(await exchange(open.port, bytes)).every((status) => status >= 400)).toBe(true);
    expect(open.sandbox.requests.length).toBe(before);
  });

  it.each([
    ['X-Original-URL', '/mcp'],
    ['X-Rewrite-URL', '/mcp'],
    ['X-HTTP-Method-Override', 'POST'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['X-Real-IP', '127.0.0.1'],
    ['X-Forwarded-User', 'admin'],
    ['X-Remote-User', 'admin'],
    ['X-Authenticated-Scopes', 'leaddyno:write'],
  ])('gives no address, method, person or scope: %s', async (name, value) => {
    const more = { [name]: value };
    expect(
      (
        await ask(guarded.port, {
          method: 'POST',
          path: '/x',
          headers: { ...ARCHIVE.headers, ...more },
          body: ARCHIVE.body,
        })
      ).status,
    ).toBe(404);
    expect((await post(guarded.port, { headers: { ...ARCHIVE.headers, ...more }, body: ARCHIVE.body })).status).toBe(
      401,
    );
    const { status } = await post(guarded.port, {
      headers: { ...ARCHIVE.headers, ...bearer('reads'), ...more },
      body: ARCHIVE.body,
    });
    expect(status).toBe(403);
    expect(guarded.writes()).toEqual([]);
  });

  it('counts for nothing where it comes twice', async () => {
    const { headers, body } = toolCall(modern, 'count_affiliates');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const twice = [
      ['Origin: http://localhost', 'Origin: https://evil.example'],
      ['Origin: https://evil.example', 'Origin: http://localhost'],
      ['Mcp-Name: archive_affiliate'],
      ['Mcp-Method: tools/list'],
      ['MCP-Protocol-Version: 2025-11-25'],
    ];
    for (const more of twice) {
      const bytes = `POST /mcp HTTP/1.1\r\n${[LOCAL, 'Connection: close', ...lines, ...more, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`;
      const statuses = statusesIn(await exchange(open.port, bytes));
      expect(statuses, more.join()).toHaveLength(1);
      expect(statuses[0], more.join()).toBeGreaterThanOrEqual(400);
    }
  });

  it.each([
    'text/plain',
    'text/plain; x=application/json',
    'text/plain;application/json',
    'text/plain, application/json',
    'multipart/form-data; boundary=application/json',
    'application/x-www-form-urlencoded; charset=application/json',
    '',
  ])('makes no call of what a page may post without asking: %j', async (type) => {
    const before = open.sandbox.requests.length;
    const { status } = await post(open.port, { headers: { ...COUNT.headers, 'content-type': type }, body: COUNT.body });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(open.sandbox.requests.length).toBe(before);
  });
});

describe('a caller without the scope', () => {
  it('gets at no tool, whichever it is and in whichever revision', async () => {
    const tools = toolsets.flatMap((set) => set.tools);
    const holders = ['reads', 'writes', 'money', 'logins'] as const;
    const shown = new Map<string, readonly string[]>();
    for (const name of holders) {
      const client = await connectHttp(guarded.url, 'modern', { token: tokens[name] });
      shown.set(name, await client.toolNames());
    }
    let refused = 0;
    for (const { name } of tools) {
      const may = holders.filter((holder) => shown.get(holder)?.includes(name));
      // Every tool belongs to one scope alone.
      expect(may, name).toHaveLength(1);
      for (const holder of holders) {
        if (may.includes(holder)) continue;
        for (const revision of [modern, legacy]) {
          const { headers, body } = toolCall(revision, name, { affiliate_id: 1001 });
          const { status, text } = await post(guarded.port, { headers: { ...headers, ...bearer(holder) }, body });
          expect(status, `${holder} ${name}`).toBe(403);
          expect(text, name).toContain('insufficient_scope');
          refused += 1;
        }
      }
    }
    expect(guarded.writes()).toEqual([]);
    expect(refused).toBe(tools.length * 3 * 2);
    figures.scopeRefusals = refused;
  });
});

const percentile = (times: readonly number[], part: number) => {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
};

/** What somebody with work to do gets: how each call was answered, and how long it took. */
async function work(calls: number, one: () => Promise<boolean>) {
  const times: number[] = [];
  for (let index = 0; index < calls; index += 1) {
    const began = performance.now();
    expect(await one()).toBe(true);
    times.push(performance.now() - began);
  }
  return { calls, p50ms: percentile(times, 0.5), p95ms: percentile(times, 0.95), slowestMs: percentile(times, 1) };
}

describe('a user with work to do', () => {
  it('is served beside 1,000 idle connections, which are gone afterwards', async () => {
    const server = await startBuiltHttp(['--sandbox', '--metrics', '--rate-limit', '0']);
    const fds = async () => {
      const { text } = await ask(server.port, { path: '/metrics' });
      return Number(/^process_open_fds (\d+)$/m.exec(text)?.[1]);
    };
    const user = await connectHttp(server.url, 'modern');
    const one = async () => (await user.call('count_affiliates')).data.count === 250;
    const alone = await work(20, one);
    const before = await fds();

    const kinds = [
      '',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
    ];
    const sockets: Socket[] = [];
    for (let index = 0; index < 1_000; index += 1) {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(kinds[index % kinds.length] ?? '');
      sockets.push(socket);
    }
    const drip = setInterval(() => {
      for (const [index, socket] of sockets.entries()) if (index % kinds.length === 1) socket.write('x');
    }, 100);
    // Those that say nothing are ended after ten seconds: a slow machine never has all of them at once.
    await until(() => sockets.every(({ connecting }) => !connecting));
    await until(async () => (await fds()) >= before + 300);
    const beside = await work(60, one);
    clearInterval(drip);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await fds()) <= before + 2);
    expect((await user.call('count_affiliates')).data).toEqual({ count: 250 });
    figures.idle = { connections: 1_000, alone, beside };
  });

  it('is served beside a caller who asks for everything at once, and beside those who have no token', async () => {
    // Nothing is answered until the places of the flood are all taken.
    let isHolding = true;
    const held: (() => void)[] = [];
    const upstream = await startLeadDyno(({ path }, response) => {
      const answer = () => answerJson(response, path.endsWith('/count') ? { count: 5 } : { id: 7 });
      if (isHolding) held.push(answer);
      else setTimeout(answer, 60);
    });
    const server = await startHttpAt(upstream.url, {
      argv: ['--http-tokens-file', callers.path, '--max-concurrent', '40', '--key-transport', 'header'],
    });
    let flooding = true;
    const answered: Record<string, number> = {};
    let next = 0;
    const flood = async (headers: Record<string, string>) => {
      while (flooding) {
        next += 1;
        // Each its own, so that none shares the read of another.
        const { headers: own, body } = toolCall(legacy, 'get_affiliate', { affiliate_id: next });
        const { status } = await post(server.port, { headers: { ...own, ...headers }, body });
        const who = headers.authorization === undefined ? 'nobody' : 'noisy';
        answered[`${who} ${status}`] = (answered[`${who} ${status}`] ?? 0) + 1;
        // A client that heeds no Retry-After, but lets others have the processor.
        if (status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const flooders = [
      ...Array.from({ length: 60 }, () => flood(bearer('noisy'))),
      ...Array.from({ length: 10 }, () => flood({})),
      ...Array.from({ length: 5 }, () => flood({ authorization: 'Bearer wrong' })),
    ];
    await until(() => (answered['noisy 503'] ?? 0) > 20);
    const user = await connectHttp(server.url, 'modern', { token: tokens.reads });
    isHolding = false;
    for (const answer of held) answer();
    const beside = await work(25, async () => (await user.call('count_leads')).data.count === 5);
    flooding = false;
    await Promise.all(flooders);
    expect(answered['nobody 200']).toBeUndefined();
    expect(Object.keys(answered).every((name) => /^(noisy (200|503)|no(body|isy) (401|503))$/.test(name))).toBe(true);
    expect(server.faults).toEqual([]);
    figures.flood = { requests: next, ...answered, beside };
  });

  it('keeps every place where it is the only one there is', async () => {
    const held: (() => void)[] = [];
    const upstream = await startLeadDyno((_, response) => {
      held.push(() => answerJson(response, { id: 7 }));
    });
    const token = secret('the-only-token');
    const server = await startHttpAt(upstream.url, {
      argv: ['--max-concurrent', '4'],
      env: { LEADDYNO_MCP_TOKEN: token },
    });
    const calls = [1, 2, 3, 4].map((id) => {
      const { headers, body } = toolCall(legacy, 'get_affiliate', { affiliate_id: id });
      return post(server.port, { headers: { ...headers, authorization: `Bearer ${token}` }, body });
    });
    await until(() => held.length === 4);
    for (const answer of held) answer();
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
  });

  it('cannot be kept out by one named caller, who gets the places back that it gives', async () => {
    const held: (() => void)[] = [];
    const upstream = await startLeadDyno((_, response) => {
      held.push(() => answerJson(response, { id: 7 }));
    });
    const server = await startHttpAt(upstream.url, {
      argv: ['--max-concurrent', '4', '--http-tokens-file', callers.path],
    });
    const call = (name: keyof typeof tokens, id: number) => {
      const { headers, body } = toolCall(legacy, 'get_affiliate', { affiliate_id: id });
      return post(server.port, { headers: { ...headers, ...bearer(name) }, body });
    };
    for (const round of [0, 10]) {
      const first = [1, 2, 3].map((id) => call('noisy', round + id));
      await until(() => held.length === 3);
      const refused = await call('noisy', round + 4);
      expect({ status: refused.status, wait: refused.headers['retry-after'] }).toEqual({ status: 503, wait: '1' });
      expect(JSON.parse(refused.text).error.message).toBe('Too many requests from one caller at once.');
      const other = call('reads', round + 5);
      await until(() => held.length === 4);
      for (const answer of held.splice(0)) answer();
      for (const { status } of await Promise.all([...first, other])) expect(status).toBe(200);
    }
  });
});
