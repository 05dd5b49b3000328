import type { ChildProcess } from 'node:child_process';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { formsOf } from './secret-forms.ts';

/*
 * Everything that the server writes in any test is searched for the keys, tokens and sign-in links of that test: the
 * output of every process, all answers over HTTP and in process, logs, files, and what is written to Redis.
 */

/** A part of every key and secret made by `secret`, so that a search for it finds all of them. */
export const MARK = 'Zq7mT4xKv9Lw2RbN';

/** Makes a key, token or other secret for a test. */
export const secret = (name: string): string => `${name}-${MARK}-${name.length}`;

/** Only `answers` go to the caller. The rest must not contain what a caller was given. */
type Kind = 'answers' | 'logs' | 'files' | 'redis';

/** What was searched, for the line at the end of the run: processes, servers and secrets by number, texts in bytes. */
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
/** Shorter secrets could be found by chance in other text. */
const SHORTEST = 12;

/** From now on, also searches for a secret that was not made by `secret`. */
export function registerSecret(name: string, value: string): void {
  if (value.length < SHORTEST || value.includes(MARK) || registered.has(value)) return;
  registered.add(value);
  wanted.push(...wantedOf(name, value));
}

const findings: string[] = [];
/** What callers were given for themselves; at the end, `kept`, which others may read, is searched for it. */
const given = new Map<string, string>();
const kept: { readonly where: string; readonly bytes: Buffer }[] = [];

/** Bytes; longer than the longest form, so that a form split over two pieces is found. */
const TAIL = 2_000;
const SIGN_IN = Buffer.from('sign_in/');
const CONFIRMATION = Buffer.from('confirmation_token');
/** Tokens that a sign-in gives to its client. Nobody else may see them. */
const ISSUED = /^ldmcp_(?:access|refresh)_/;
const ACCESS = Buffer.from('"access_token"');

/** Searches what is written to one place, piece by piece. */
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
    // Only complete tokens, because the rest of one may come with the next piece.
    for (const [, token = ''] of text.matchAll(/confirmation_token\\*":\\*"(v1\.[\w.-]{40,})\\*"/g)) {
      given.set(token, 'a confirmation');
    }
  }
}

const tap = (stream: Readable, write: (chunk: Uint8Array) => void) => {
  const push = stream.push.bind(stream);
  // Not a listener, which would make the stream flow before the test listens.
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk instanceof Uint8Array) write(chunk);
    return push(chunk, encoding);
  };
};

/** The ports on which servers listen, in this process or in child processes. */
const ours = new Set<number>();

/** Searches what a server answers on this port. @returns a function that ends this */
export function watchPort(port: number): () => void {
  ours.add(port);
  written.servers += 1;
  return () => ours.delete(port);
}

function onProcess(message: unknown): void {
  const { process: child } = message as { process: ChildProcess };
  // At `spawn` its streams exist, and nothing has been read from them yet.
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
    // The port of the other side is known once the socket is connected.
    if (socket.connecting) socket.once('connect', sent);
    else sent();
    Reflect.apply(send, socket, [chunk, encoding, done]);
  };
  // Without `_writev`, several chunks go through `_write` one by one.
  Object.assign(socket, { _writev: null });
}

/** A limit, because some tests send thousands of wrong credentials. */
const MOST_REGISTERED = 200;

/** Treats the credentials in a request as secrets. */
function registerCredentials(request: string): void {
  for (const [, value = ''] of request.matchAll(/^(?:authorization: *bearer|x-leaddyno-api-key:) *(\S+)\r?$/gim)) {
    if (registered.size < MOST_REGISTERED && !ISSUED.test(value)) registerSecret('what a caller sent', value);
  }
}

const CHANNELS = [
  ['child_process', onProcess],
  ['net.client.socket', onConnection],
] as const;

/** Searches what child processes write and what servers answer to this process. @returns a function that ends this */
export function watchEverything(): () => void {
  for (const [name, listen] of CHANNELS) subscribe(name, listen);
  return () => {
    for (const [name, listen] of CHANNELS) unsubscribe(name, listen);
  };
}

/** Whether processes and connections are being watched. */
export const watches = (): boolean => CHANNELS.every(([name]) => channel(name).hasSubscribers);

/** Bytes. Larger files hold thousands of generated rows of numbers and names. */
const LARGEST_FILE = 64 * 1024 * 1024;

/** Searches the files in a folder; call it before the folder is removed. */
export function readFolder(path: string, kind: Kind = 'files'): void {
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || statSync(file).size > LARGEST_FILE) continue;
    writer(`the file ${entry.name}`, kind)(readFileSync(file));
  }
}

/** Searches what a server sends through its end of a connection in process. */
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

/** Searches the body of an answer while it is read. */
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

/** Letters by which the forms of a token are looked up. The common beginning of tokens of one kind is hardly longer. */
const BEGINNING = 24;

/** Returns the secrets found since the last call, and where, and forgets them. */
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
    // One pass through the text for all tokens, because there are thousands.
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
