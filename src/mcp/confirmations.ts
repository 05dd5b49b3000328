import { createHash, randomBytes } from 'node:crypto';
import { createRequestStateCodec, type ServerContext } from '@modelcontextprotocol/server';
import { createUsedConfirmations, type UsedConfirmations } from '../ports/used-confirmations.ts';

/** What a token or a form's state says, once its signature has been checked. */
export interface Confirmation {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly expires: number;
  /** Digest of the tool, its exact arguments, the caller and the account. */
  readonly call: string;
  /** Digest of the question and of the record's state. */
  readonly state: string;
  /** Milliseconds that the call had worked when its form was shown: they count against its time once it goes on. */
  readonly spentMs?: number | undefined;
}

/** What is signed. It is short because models must copy a token letter by letter. */
type Wire = readonly [id: string, expires: number, call: string, state: string, spentMs?: number];

/** A confirmation is valid for five minutes, which this module checks; the codec's own limit is longer. */
export const CONFIRMATION_MS = 5 * 60_000;
const CODEC_SECONDS = 24 * 60 * 60;
/**
 * How long a used confirmation is remembered: as long as the codec could accept it, so that a clock that is set back,
 * or a replica whose clock is slow, cannot make it valid again.
 */
export const USED_MS = CODEC_SECONDS * 1_000;

/** Thrown right before sending if the confirmation has expired or was used before: nothing is sent. */
export class ConfirmationRefused extends Error {
  override readonly name = 'ConfirmationRefused';
  readonly flaw: 'used' | 'expired';

  constructor(flaw: 'used' | 'expired') {
    super(`the confirmation is ${flaw}`);
    this.flaw = flaw;
  }
}

export interface Issued {
  readonly token: string;
  readonly expires: number;
  readonly id: string;
}

/** Signs confirmations, reads them back, and makes sure that each works only once. */
export interface Confirmations {
  issue(call: string, state: string, spentMs?: number): Promise<Issued>;
  /** The confirmation in a token or state; undefined if it is missing or was altered. */
  read(token: string | undefined): Promise<Confirmation | undefined>;
  readonly used: UsedConfirmations;
  readonly now: () => number;
}

export interface ConfirmationsOptions {
  /** Shared by replicas. By default random for each process, so that a token works only in the one that made it. */
  readonly secret?: Uint8Array;
  readonly used?: UsedConfirmations;
  readonly now?: () => number;
}

export function createConfirmations({
  secret = randomBytes(32),
  used,
  now = Date.now,
}: ConfirmationsOptions = {}): Confirmations {
  const codec = createRequestStateCodec<Wire>({ key: secret, ttlSeconds: CODEC_SECONDS });
  // The codec uses the context only to bind to it; ours are bound by what the confirmation itself contains.
  const noContext = undefined as unknown as ServerContext;
  return {
    async issue(call, state, spentMs = 0) {
      const expires = now() + CONFIRMATION_MS;
      const id = randomBytes(12).toString('base64url');
      const said = [id, expires, call, state] as const;
      const token = await codec.mint(spentMs > 0 ? [...said, Math.ceil(spentMs)] : said);
      return { token, expires, id };
    },
    async read(token) {
      if (!token) return undefined;
      try {
        const [id, expires, call, state, spentMs] = await codec.verify(token, noContext);
        return { id, expires, call, state, spentMs };
      } catch {
        return undefined;
      }
    },
    used: used ?? createUsedConfirmations(now),
    now,
  };
}

/** Models put quotes, line breaks or a full stop around what they copy; none of these can be part of a token. */
export const unwrapped = (token: string) => token.replace(/\s+/g, '').replace(/^[^\w-]+|[^\w-]+$/g, '');

const DIGEST_BYTES = 16;

/** A digest of JSON values, for binding. Object keys are sorted, so that the order of arguments does not matter. */
export function digest(...values: unknown[]): string {
  const hash = createHash('sha256').update(JSON.stringify(values, sortKeys)).digest();
  return hash.subarray(0, DIGEST_BYTES).toString('base64url');
}

function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
