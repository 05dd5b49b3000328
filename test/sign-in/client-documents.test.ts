import type { RequestListener } from 'node:http';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { cacheDocuments, createDocumentReader, isPublicAddress } from '../../src/sign-in/client-documents.ts';
import { closeAtEnd } from '../support/protocol-leaks.ts';
import { authorizeUrl, openPage, REDIRECT, startSignIn } from '../support/sign-in.ts';
import { type Certificate, makeCertificate, serveTls } from '../support/tls-front.ts';

/* A client id is an address that a stranger chose: what reading it may reach, and how much of it is read. */

const HOST = 'app.example';
let certificate: Certificate;
beforeAll(() => {
  certificate = makeCertificate(HOST);
});

let hits = 0;
afterEach(() => {
  hits = 0;
});

const sendJson =
  (value: unknown): RequestListener =>
  (_, res) =>
    void res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));

/** A host under a name that resolves as given. */
async function serve(listener: RequestListener, bounds: object = {}) {
  const { port, close } = await serveTls(certificate, (req, res) => {
    hits += 1;
    listener(req, res);
  });
  closeAtEnd({ close });
  const read = createDocumentReader({
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    isAllowed: (address) => address === '127.0.0.1' || isPublicAddress(address),
    ca: certificate.cert,
    ...bounds,
  });
  return () => read(new URL(`https://${HOST}:${port}/client.json`));
}

const REFUSED = 'its client metadata document cannot be read';

describe('a document', () => {
  test('is read over https', async () => {
    const read = await serve(sendJson({ client_id: 'x' }));
    expect(await read()).toBe('{"client_id":"x"}');
  });

  test.each([
    ['on this machine', '127.0.0.1'],
    ['on this machine, IPv6', '::1'],
    ['on a private network', '10.1.2.3'],
    ['at the metadata service of a cloud', '169.254.169.254'],
  ])('%s is not asked for', async (_, address) => {
    const resolve = async () => [{ address, family: address.includes(':') ? 6 : 4 }];
    const read = await serve(sendJson({}), { resolve, isAllowed: isPublicAddress });
    await expect(read()).rejects.toThrow(REFUSED);
    expect(hits).toBe(0);
  });

  test('is not asked for where any address of its name is private', async () => {
    const resolve = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    const read = await serve(sendJson({}), { resolve, isAllowed: isPublicAddress });
    await expect(read()).rejects.toThrow(REFUSED);
    expect(hits).toBe(0);
  });

  test('comes from the address that was checked: its name is looked up once (DNS rebinding)', async () => {
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
    };
    const read = await serve(sendJson({ client_id: 'x' }), { resolve });
    expect(await read()).toContain('client_id');
    expect(asked).toBe(1);
    await expect(read()).rejects.toThrow(REFUSED);
  });

  test.each([
    ['http://app.example/client.json'],
    ['https://127.0.0.1/client.json'],
    ['https://[::1]/client.json'],
    ['https://2130706433/client.json'],
    ['https://0x7f.1/client.json'],
    ['file:///etc/passwd'],
  ])('at %s is not asked for', async (address) => {
    const resolve = async () => {
      throw new Error('looked up');
    };
    await expect(createDocumentReader({ resolve })(new URL(address))).rejects.toThrow(REFUSED);
  });

  test('is not followed elsewhere', async () => {
    const read = await serve((_, res) => void res.writeHead(302, { location: 'https://127.0.0.1/' }).end());
    await expect(read()).rejects.toThrow(REFUSED);
    expect(hits).toBe(1);
  });

  test('that is huge is not read to its end', async () => {
    let sent = 0;
    const read = await serve((_, res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      const piece = 'x'.repeat(16 * 1024);
      const more = () => {
        while (!res.destroyed && sent < 64 * 1024 * 1024) {
          sent += piece.length;
          if (!res.write(piece)) return void res.once('drain', more);
        }
        res.end();
      };
      more();
    });
    await expect(read()).rejects.toThrow(REFUSED);
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  test.each([
    ['never answers', () => undefined],
    [
      'comes a byte at a time',
      (_: unknown, res: Parameters<RequestListener>[1]) => {
        res.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => res.write(' '), 20);
        res.on('close', () => clearInterval(timer));
      },
    ],
  ] satisfies [string, RequestListener][])('that %s is given up', async (_, listener) => {
    const read = await serve(listener, { timeoutMs: 300 });
    const from = performance.now();
    await expect(read()).rejects.toThrow(REFUSED);
    expect(performance.now() - from).toBeLessThan(5_000);
  });

  test('that is no JSON, or no answer at all, is not taken', async () => {
    const page = await serve((_, res) => void res.writeHead(200, { 'content-type': 'text/html' }).end('{}'));
    await expect(page()).rejects.toThrow(REFUSED);
    const gone = await serve((_, res) => void res.writeHead(404, { 'content-type': 'application/json' }).end('{}'));
    await expect(gone()).rejects.toThrow(REFUSED);
    const cut = await serve((_, res) => res.destroy());
    await expect(cut()).rejects.toThrow(REFUSED);
  });

  test('from a host with a certificate of nobody is not taken', async () => {
    const read = await serve(sendJson({}), { ca: makeCertificate('other.example').cert });
    await expect(read()).rejects.toThrow(REFUSED);
  });
});

test.each([
  ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
  ...['172.31.255.255', '192.0.0.1', '192.168.1.1', '198.18.0.1', '203.0.113.1', '224.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', 'fc00::1', 'fd00:ec2::254', 'fe80::1'],
  ...['fec0::1', 'ff02::1', '2001::1', '2001:db8::1', '2002:7f00:1::1', '3fff::1', '', 'localhost', '127.1'],
])('%j is no public address', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['8.8.8.8', '172.32.0.1', '192.0.1.1', '2606:4700:4700::1111', '2a00:1450:4001::1'])(
  '%s is a public address',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

describe('many documents', () => {
  test('are read once in a while each, and so many in a minute', async () => {
    let now = 0;
    let read = 0;
    const documents = cacheDocuments(
      async (url) => {
        read += 1;
        if (url.pathname === '/bad') throw new Error('no');
        return 'text';
      },
      () => now,
    );
    const one = new URL('https://app.example/good');
    for (let tries = 0; tries < 3; tries += 1) expect(await documents(one)).toBe('text');
    for (let tries = 0; tries < 3; tries += 1)
      await expect(documents(new URL('https://app.example/bad'))).rejects.toThrow('no');
    expect(read).toBe(2);
    for (let other = 0; other < 58; other += 1) await documents(new URL(`https://app.example/${other}`));
    await expect(documents(new URL('https://app.example/more'))).rejects.toThrow('too many');
    expect(await documents(one)).toBe('text');
    now += 61_000;
    expect(await documents(new URL('https://app.example/more'))).toBe('text');
  });

  test('at the same time are few', async () => {
    const documents = cacheDocuments(() => new Promise(() => undefined));
    for (let other = 0; other < 8; other += 1) void documents(new URL(`https://app.example/${other}`));
    await expect(documents(new URL('https://app.example/more'))).rejects.toThrow('too many');
  });
});

describe('a client that is an address', () => {
  const ID = 'https://app.example/client.json';
  const show = async (document: unknown, id = ID) => {
    const server = await startSignIn({ readClientDocument: async () => JSON.stringify(document) });
    return await openPage(server, authorizeUrl(id));
  };
  const GOOD = { client_id: ID, client_name: 'App', redirect_uris: [REDIRECT] };

  test('is shown by the host that speaks for it', async () => {
    const page = await show(GOOD);
    expect(page.status).toBe(200);
    expect(page.html).toMatch(/Verified as<\/dt><dd><strong>app\.example</);
  });

  test.each<[string, unknown, string?]>([
    ['speaks for another', { ...GOOD, client_id: 'https://other.example/client.json' }],
    ['has no redirects', { client_id: ID }],
    ['has a secret', { ...GOOD, token_endpoint_auth_method: 'client_secret_post' }],
    ['lists other redirects', { ...GOOD, redirect_uris: ['https://app.example/callback'] }],
    ['is a list', [GOOD]],
    [
      'is asked for under another port',
      { ...GOOD, client_id: 'https://app.example:8443/c' },
      'https://app.example:8443/c',
    ],
    ['is asked for with a user', { ...GOOD, client_id: 'https://u@app.example/c' }, 'https://u@app.example/c'],
    ['is asked for without a path', { ...GOOD, client_id: 'https://app.example/' }, 'https://app.example/'],
    ['is asked for by http', { ...GOOD, client_id: 'http://app.example/c' }, 'http://app.example/c'],
  ])('whose document %s is not taken', async (_, document, id) => {
    const page = await show(document, id);
    expect(page.status).toBe(400);
    expect(page.html).not.toContain('href=');
    expect(page.request).toBe('');
  });

  test('is told nothing of the network behind this server', async () => {
    // The reader that the product uses.
    const server = await startSignIn();
    for (const id of ['https://localhost/client.json', 'https://127.0.0.1/client.json']) {
      const page = await openPage(server, authorizeUrl(id));
      expect(page.status).toBe(400);
      expect(page.html).toContain('its client metadata document cannot be read');
      expect(page.html).not.toMatch(/ECONN|ENOTFOUND|127\.0\.0\.1:/);
    }
  });
});
