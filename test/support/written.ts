import type { ChildProcess } from 'node:child_process';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { formsOf } from './secret-forms.ts';

/*
 * Everything that the server writes in any test is searched for the keys, tokens and sign-in links of that test:
 * the output of every process, every answer over HTTP and in process, logs, files, and what is put into Redis.
 */

/** Stands in every key and secret of the tests, so that any of them is found by it, whole or in part. */
export const MARK = 'Zq7mT4xKv9Lw2RbN';

/** A key, token or secret for a test. */
export const secret = (name: string): string => `${name}-${MARK}-${name.length}`;

/** `answers` are for the caller; the rest is for nobody who may use what a caller was given. */
type Kind = 'answers' | 'logs' | 'files' | 'redis';

/** What was read, for the line at the end of the run. */
export interface WrittenFigures {
  processes: number;
  servers: number;
  answers: number;
  logs: number;
  files: number;
  redis: number;
  secrets: number;
  given: number;
}

export const written: WrittenFigures = {
  processes: 0,
  servers: 0,
  answers: 0,
  logs: 0,
  files: 0,
  redis: 0,
  secrets: 0,
  given: 0,
};

interface Wanted {
  readonly name: string;
  readonly form: Buffer;
}

const wantedOf = (name: string, value: string): Wanted[] =>
  formsOf(value).map((form) => ({ name, form: Buffer.from(form) }));

const marks = [MARK, MARK.toLowerCase(), MARK.toUpperCase()].flatMap((mark) => wantedOf('a key or secret', mark));
const wanted: Wanted[] = marks.filter(({ form }, index) => marks.findIndex((one) => one.form.equals(form)) === index);
const registered = new Set<string>();
/** What is shorter is found in other words. */
const SHORTEST = 12;

/** Has everything that is written from now on searched for a secret that was not made by `secret`. */
export function registerSecret(name: string, value: string): void {
  if (value.length < SHORTEST || value.includes(MARK) || registered.has(value)) return;
  registered.add(value);
  wanted.push(...wantedOf(name, value));
}

const findings: string[] = [];
/** What callers were given for themselves, and what others may read: held against each other at the end. */
const given = new Map<string, string>();
const kept: { readonly where: string; readonly bytes: Buffer }[] = [];

/** More than the longest form, so that one that comes in two pieces is found. */
const TAIL = 2_000;
const SIGN_IN = Buffer.from('sign_in/');
const CONFIRMATION = Buffer.from('confirmation_token');
/** Tokens that a sign-in gives to its client, and nobody else may see. */
const ISSUED = /^ldmcp_(?:access|refresh)_/;
const ACCESS = Buffer.from('"access_token"');

/** Takes what is written to one place, piece by piece. */
export function writer(where: string, kind: Kind): (chunk: string | Uint8Array) => void {
  let tail: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    written[kind] += piece.length;
    const bytes = Buffer.concat([tail, piece]);
    for (const { name, form } of wanted) {
      const at = bytes.indexOf(form);
      if (at >= 0) findings.push(`${name} in ${where}: …${bytes.toString('latin1', Math.max(0, at - 80), at)}<here>`);
    }
    if (kind === 'answers') gather(bytes);
    else kept.push({ where, bytes });
    tail = Buffer.from(bytes.subarray(-TAIL));
  };
}

function gather(bytes: Buffer): void {
  if (bytes.includes(SIGN_IN)) {
    for (const [, link = ''] of bytes.toString('latin1').matchAll(/sign_in\/([0-9a-f]{20,})/g)) {
      given.set(link, 'a sign-in link');
    }
  }
  if (bytes.includes(ACCESS)) {
    for (const [, token = ''] of bytes.toString('latin1').matchAll(/"(ldmcp_(?:access|refresh)_[\w.-]{40,})"/g)) {
      given.set(token, 'a token of a sign-in');
    }
  }
  if (bytes.includes(CONFIRMATION)) {
    const text = bytes.toString('latin1');
    // Whole ones alone: the end of one may be still to come.
    for (const [, token = ''] of text.matchAll(/confirmation_token\\*":\\*"(v1\.[\w.-]{40,})\\*"/g)) {
      given.set(token, 'a confirmation');
    }
  }
}

const tap = (stream: Readable, write: (chunk: Uint8Array) => void) => {
  const push = stream.push.bind(stream);
  // Not a listener: that would make it flow before the test listens.
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk instanceof Uint8Array) write(chunk);
    return push(chunk, encoding);
  };
};

/** The ports at which the server serves: in this process, or in one that was started from it. */
const ours = new Set<number>();

/** Reads what is answered at a port of the server's. @returns ends it */
export function watchPort(port: number): () => void {
  ours.add(port);
  written.servers += 1;
  return () => ours.delete(port);
}

function onProcess(message: unknown): void {
  const { process: child } = message as { process: ChildProcess };
  // Its streams are there when it runs, and nothing has been read from them yet.
  child.once('spawn', () => {
    const name = child.spawnargs.slice(1, 4).join(' ').slice(0, 120);
    written.processes += 1;
    let port: (() => void) | undefined;
    let start = '';
    if (child.stdout) tap(child.stdout, writer(`the stdout of ${name}`, 'answers'));
    if (child.stderr) {
      const write = writer(`the stderr of ${name}`, 'logs');
      tap(child.stderr, (chunk) => {
        write(chunk);
        if (port || start.length > 20_000) return;
        start += Buffer.from(chunk).toString('latin1');
        const [, announced] = /"port":(\d+)[,}]/.exec(start) ?? [];
        if (announced) port = watchPort(Number(announced));
      });
    }
    child.once('exit', () => port?.());
  });
}

const isOurs = ({ remotePort }: Socket) => remotePort !== undefined && ours.has(remotePort);

function onConnection(message: unknown): void {
  const { socket } = message as { socket: Socket };
  let read: ((chunk: Uint8Array) => void) | undefined;
  tap(socket, (chunk) => {
    if (!read && isOurs(socket)) read = writer('an answer over HTTP', 'answers');
    read?.(chunk);
  });
  const send = socket._write;
  socket._write = (chunk: unknown, encoding, done) => {
    const sent = () => {
      if (isOurs(socket)) registerCredentials(Buffer.isBuffer(chunk) ? chunk.toString('latin1') : String(chunk));
    };
    // Where it goes shows when there is a connection.
    if (socket.connecting) socket.once('connect', sent);
    else sent();
    Reflect.apply(send, socket, [chunk, encoding, done]);
  };
  // Several at once go through the same place one by one.
  Object.assign(socket, { _writev: null });
}

/** Some tests send credentials by the thousand, none of them right. */
const MOST_REGISTERED = 200;

/** Whatever a caller sends to show who it is, is a secret. */
function registerCredentials(request: string): void {
  for (const [, value = ''] of request.matchAll(/^(?:authorization: *bearer|x-leaddyno-api-key:) *(\S+)\r?$/gim)) {
    if (registered.size < MOST_REGISTERED && !ISSUED.test(value)) registerSecret('what a caller sent', value);
  }
}

const CHANNELS = [
  ['child_process', onProcess],
  ['net.client.socket', onConnection],
] as const;

/** Reads whatever processes that are started from here write, and what servers answer that are spoken to from here. */
export function watchEverything(): () => void {
  for (const [name, listen] of CHANNELS) subscribe(name, listen);
  return () => {
    for (const [name, listen] of CHANNELS) unsubscribe(name, listen);
  };
}

/** Whether this Node.js tells of processes and connections. */
export const watches = (): boolean => CHANNELS.every(([name]) => channel(name).hasSubscribers);

/** The larger ones are rows of numbers and names, made by the thousand. */
const LARGEST_FILE = 64 * 1024 * 1024;

/** Reads the files in a folder; for one that is about to go. */
export function readFolder(path: string, kind: Kind = 'files'): void {
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || statSync(file).size > LARGEST_FILE) continue;
    writer(`the file ${entry.name}`, kind)(readFileSync(file));
  }
}

/** Ends of a connection in process: what the server sends is read. */
export function watchTransport<Transport extends { send(message: never, options?: never): Promise<void> }>(
  transport: Transport,
): Transport {
  const write = writer('a message in process', 'answers');
  const send = transport.send.bind(transport);
  transport.send = async (message: never, options?: never) => {
    write(JSON.stringify(message));
    await send(message, options);
  };
  written.servers += 1;
  return transport;
}

/** Reads the body of an answer as it goes by. */
export function watchResponse(response: Response): Response {
  if (!response.body) return response;
  const write = writer('an answer in process', 'answers');
  const body = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        write(chunk);
        controller.enqueue(chunk);
      },
    }),
  );
  return new Response(body, response);
}

/** Letters by which the forms of a token are looked up; tokens of one kind begin alike for not much longer. */
const BEGINNING = 24;

/** What was found since the last time: where a secret stands that should not. */
export function takeFindings(): string[] {
  const beginnings = new Map<string, { readonly form: string; readonly what: string }[]>();
  for (const [token, what] of given) {
    for (const form of formsOf(token)) {
      const start = form.slice(0, BEGINNING);
      beginnings.set(start, [...(beginnings.get(start) ?? []), { form, what }]);
    }
  }
  for (const { where, bytes } of beginnings.size > 0 ? kept : []) {
    const text = bytes.toString('latin1');
    // Once through the text for all of them: there are thousands.
    for (let at = 0; at <= text.length - BEGINNING; at += 1) {
      for (const { form, what } of beginnings.get(text.slice(at, at + BEGINNING)) ?? []) {
        if (text.startsWith(form, at)) findings.push(`${what} in ${where}`);
      }
    }
  }
  written.secrets += registered.size;
  written.given += given.size;
  given.clear();
  kept.length = 0;
  return [...new Set(findings.splice(0))];
}
