import { type AddressInfo, createServer, connect as openSocket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readConnectionFailure } from '../../src/leaddyno/connection.ts';
import { answerJson, connect, failureOf, findClosedPort, startSocketServer, startUpstream } from './upstream.ts';

const write = { method: 'POST', path: '/leads', body: { email: 'ann@example.org' } } as const;
const read = { method: 'GET', path: '/leads' } as const;

describe('a connection that cannot be made', () => {
  test('refused: certainly not sent', async () => {
    const { client, events } = connect(`http://127.0.0.1:${await findClosedPort()}`);
    expect(await failureOf(client.send(write))).toMatchObject({
      reason: 'network',
      fate: 'not_sent',
      message: 'LeadDyno could not be reached: connection refused',
    });
    expect(events).toEqual([
      { kind: 'no_answer', method: 'POST', path: '/leads', attempt: 1, reason: 'network', ms: expect.any(Number) },
    ]);
  });

  test('refused: more calls than connections all fail', async () => {
    const { client } = connect(`http://127.0.0.1:${await findClosedPort()}`);
    const calls = Array.from({ length: 50 }, (_, page) =>
      failureOf(client.send({ ...read, query: { page: String(page) } })),
    );
    for (const error of await Promise.all(calls)) {
      expect(error.message).toBe('LeadDyno could not be reached after 3 attempts: connection refused');
    }
  });

  test('no secure one: certainly not sent', async () => {
    const port = await startSocketServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad\r\n\r\n')));
    const { client } = connect(`https://127.0.0.1:${port}`);
    const error = await failureOf(client.send(write));
    expect(error).toMatchObject({ reason: 'network', fate: 'not_sent' });
    expect(error.message).toMatch(/^LeadDyno could not be reached: no secure connection \(/);
  });

  test('closed during the handshake: certainly not sent', async () => {
    const port = await startSocketServer((socket) => socket.once('data', () => socket.destroy()));
    const { client } = connect(`https://127.0.0.1:${port}`);
    expect(await failureOf(client.send(write))).toMatchObject({ reason: 'network', fate: 'not_sent' });
  });
});

describe('a connection that breaks', () => {
  test('before the answer: a write may have happened and is not repeated', async () => {
    let seen = 0;
    const port = await startSocketServer((socket) => {
      socket.once('data', () => {
        seen++;
        socket.resetAndDestroy();
      });
    });
    const { client } = connect(`http://127.0.0.1:${port}`);
    expect(await failureOf(client.send(write))).toMatchObject({
      reason: 'network',
      fate: 'unknown',
      message: expect.stringMatching(/^LeadDyno did not answer: the connection was (reset|closed)$/),
    });
    expect(seen).toBe(1);
  });

  test('before the answer: a read is repeated', async () => {
    let seen = 0;
    const port = await startSocketServer((socket) => {
      socket.once('data', () => {
        seen++;
        if (seen < 3) socket.resetAndDestroy();
        else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]');
      });
    });
    const { client } = connect(`http://127.0.0.1:${port}`);
    expect(await client.send(read)).toEqual([]);
  });

  test('in the middle of the answer', async () => {
    const port = await startSocketServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{"id": 1', () => socket.destroy());
      });
    });
    const { client } = connect(`http://127.0.0.1:${port}`);
    const error = await failureOf(client.send(write));
    expect(error).toMatchObject({ reason: 'network', fate: 'unknown', status: 201 });
    expect(error.message).toMatch(/^LeadDyno's answer broke off: /);
  });

  test('in the middle of a chunked answer', async () => {
    const upstream = await startUpstream((response, _request, count) => {
      if (count > 1) return answerJson(response, { count });
      response.write('{"id":');
      setTimeout(() => response.destroy(), 10);
    });
    const { client } = connect(upstream.url);
    expect(await client.send(read)).toEqual({ count: 2 });
  });

  test('by an answer that is no HTTP', async () => {
    const port = await startSocketServer((socket) =>
      socket.once('data', () => socket.end('what? secret words\r\n\r\n')),
    );
    const { client } = connect(`http://127.0.0.1:${port}`);
    const error = await failureOf(client.send(write));
    expect(error).toMatchObject({ reason: 'network', fate: 'unknown' });
    expect(JSON.stringify([error.message, error.cause, Object.entries(error)])).not.toContain('secret');
  });
});

describe('an answer that is too large', () => {
  test('by its own word is not read', async () => {
    const upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-length': 11 * 1024 * 1024 });
      response.write('[');
    });
    const { client } = connect(upstream.url);
    expect(await failureOf(client.send(write))).toMatchObject({
      reason: 'unexpected',
      fate: 'unknown',
      status: 200,
      message: 'LeadDyno answered 200: answer larger than 10 MiB, or of more than 200,000 values or 10,000 field names',
    });
  });

  test('without saying so is cut off, and the connection with it', async () => {
    let sent = 0;
    const upstream = await startUpstream((response) => {
      const chunk = Buffer.alloc(1024 * 1024, ' ');
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent++;
      };
      response.on('drain', more);
      more();
    });
    const { client } = connect(upstream.url);
    expect(await failureOf(client.send(read))).toMatchObject({ reason: 'unexpected', fate: 'unknown' });
    expect(upstream.requests).toHaveLength(1);
    expect(sent).toBeLessThan(64);
  });

  test('by one byte, or not', async () => {
    const limit = 10 * 1024 * 1024;
    const upstream = await startUpstream((response, { url }) => {
      const size = url.endsWith('fits') ? limit : limit + 1;
      response.end(`${' '.repeat(size - 2)}[]`);
    });
    const { client } = connect(upstream.url);
    expect(await client.send({ method: 'GET', path: '/fits' })).toEqual([]);
    expect(await failureOf(client.send({ method: 'GET', path: '/over' }))).toMatchObject({ reason: 'unexpected' });
  });
});

describe('a proxy', () => {
  const baseUrl = 'https://leaddyno.invalid/v1';

  /** A proxy that makes tunnels to `target` whatever is asked for. */
  async function startProxy(target: number): Promise<{ url: string; asked: string[] }> {
    const asked: string[] = [];
    const port = await startSocketServer((socket) => {
      socket.once('data', (head) => {
        asked.push(head.toString().split('\r\n')[0] ?? '');
        const onward = openSocket(target, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          socket.pipe(onward).pipe(socket);
        });
        onward.on('error', () => socket.destroy());
      });
    });
    return { url: `http://127.0.0.1:${port}`, asked };
  }

  test('is asked for a tunnel', async () => {
    const target = await startSocketServer((socket) => socket.once('data', () => socket.end('no TLS here')));
    const proxy = await startProxy(target);
    const { client } = connect(baseUrl, { proxy: { httpsProxy: proxy.url } });
    expect(await failureOf(client.send(write))).toMatchObject({ reason: 'network', fate: 'not_sent' });
    expect(proxy.asked).toEqual(['CONNECT leaddyno.invalid:443 HTTP/1.1']);
  });

  test('may be named without a scheme', async () => {
    const proxy = await startProxy(await findClosedPort());
    const { client } = connect(baseUrl, { proxy: { httpsProxy: proxy.url.slice('http://'.length) } });
    await failureOf(client.send(write));
    expect(proxy.asked).toHaveLength(1);
  });

  test('is left out for hosts that are to go without', async () => {
    const proxy = await startProxy(await findClosedPort());
    const { client } = connect(baseUrl, { proxy: { httpsProxy: proxy.url, noProxy: '.invalid' } });
    expect(await failureOf(client.send(write))).toMatchObject({ reason: 'network', fate: 'not_sent' });
    expect(proxy.asked).toEqual([]);
  });

  test('is never used for this machine', async () => {
    const upstream = await startUpstream((response) => answerJson(response, {}));
    const proxy = await startProxy(await findClosedPort());
    const { client } = connect(upstream.url, { proxy: { httpProxy: proxy.url, httpsProxy: proxy.url } });
    expect(await client.send(read)).toEqual({});
    expect(proxy.asked).toEqual([]);
  });

  test('that refuses is named as the cause', async () => {
    const port = await startSocketServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')),
    );
    const { client } = connect(baseUrl, { proxy: { httpsProxy: `http://user:secret@127.0.0.1:${port}` } });
    expect(await failureOf(client.send(write))).toMatchObject({
      reason: 'network',
      fate: 'not_sent',
      message: 'LeadDyno could not be reached: the proxy answered 407',
    });
  });

  test('that hangs up is asked once per attempt, and not for ever', async () => {
    let asked = 0;
    const port = await startSocketServer((socket) =>
      socket.once('data', () => {
        asked++;
        socket.end();
      }),
    );
    const { client } = connect(baseUrl, { proxy: { httpsProxy: `http://127.0.0.1:${port}` } });
    expect(await failureOf(client.send(read))).toMatchObject({
      reason: 'network',
      fate: 'not_sent',
      message: 'LeadDyno could not be reached after 3 attempts: the proxy closed the connection',
    });
    expect(asked).toBe(3);
  });
});

describe('the words for a broken connection', () => {
  const broken = (code: string, started: boolean, status?: number) =>
    readConnectionFailure({ error: Object.assign(new Error('boom'), { code }), started, status });

  test.each([
    ['ENOTFOUND', 'its name could not be resolved'],
    ['EAI_AGAIN', 'its name could not be resolved for now'],
    ['EHOSTUNREACH', 'no route to it'],
    ['ENETUNREACH', 'no network'],
    ['UND_ERR_CONNECT_TIMEOUT', 'no connection in time'],
    ['CERT_HAS_EXPIRED', 'no secure connection (CERT_HAS_EXPIRED)'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'no secure connection (DEPTH_ZERO_SELF_SIGNED_CERT)'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'no secure connection (ERR_TLS_CERT_ALTNAME_INVALID)'],
    ['ESOMETHING', 'the connection failed (ESOMETHING)'],
  ])('%s', (code, why) => {
    expect(broken(code, false)).toMatchObject({ fate: 'not_sent', said: 'LeadDyno could not be reached', why });
  });

  test('a connection that has carried the request leaves it open, whatever the code', () => {
    expect(broken('EHOSTUNREACH', true)).toMatchObject({ fate: 'unknown', said: 'LeadDyno did not answer' });
    expect(broken('ECONNRESET', true, 200)).toMatchObject({ fate: 'unknown', status: 200 });
  });

  test('the code is found in the cause', () => {
    const error = new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'ECONNREFUSED' }) });
    expect(readConnectionFailure({ error, started: false }).why).toBe('connection refused');
    expect(readConnectionFailure({ error: new Error('bare'), started: false }).why).toBe('the connection failed');
  });
});

test('a connection that the server closed while idle is replaced', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]', () => socket.end()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const { client } = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  for (let call = 0; call < 5; call++)
    expect(await client.send({ ...read, query: { call: String(call) } })).toEqual([]);
});
