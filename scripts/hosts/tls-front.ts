import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as forward, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A self-signed certificate: only those who are given it trust it. */
export function makeCertificate(host: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  const made = [
    'req',
    '-x509',
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ];
  execFileSync('openssl', [...made, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
  const pair = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  rmSync(folder, { recursive: true });
  return pair;
}

export interface Served {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves over TLS on a free port of the loopback interface. */
export async function serveTls(certificate: Certificate, listener: RequestListener): Promise<Served> {
  const server = createServer(certificate, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * A proxy that terminates TLS in front of a server, and passes on `Host` and the client's address.
 * @param change returns the body to send in place of an answer's own
 */
export const startFront = (certificate: Certificate, port: number, change?: (path: string, body: string) => string) =>
  serveTls(certificate, (req, res) => {
    const headers = { ...req.headers, 'x-forwarded-for': req.socket.remoteAddress ?? '' };
    const passed = forward({ port, host: '127.0.0.1', method: req.method, path: req.url, headers }, (answer) => {
      if (!change) {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        return void answer.pipe(res);
      }
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const body = change(req.url ?? '', Buffer.concat(chunks).toString());
        const { 'content-length': _, 'transfer-encoding': __, ...kept } = answer.headers;
        res.writeHead(answer.statusCode ?? 502, kept).end(body);
      });
    });
    passed.on('error', () => res.destroy());
    req.pipe(passed);
  });
