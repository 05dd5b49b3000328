import type { RequestListener } from 'node:http';
import { type Certificate, serveTls as serve, startFront as start } from '../../scripts/hosts/tls-front.ts';
import { closeAtEnd } from './protocol-leaks.ts';

export { type Certificate, makeCertificate } from '../../scripts/hosts/tls-front.ts';

/** Serves over TLS on a free loopback port until the test ends. */
export const serveTls = async (certificate: Certificate, listener: RequestListener) =>
  closeAtEnd(await serve(certificate, listener));

/** A proxy that terminates TLS in front of a server, until the test ends. */
export const startFront = async (certificate: Certificate, port: number) => closeAtEnd(await start(certificate, port));
