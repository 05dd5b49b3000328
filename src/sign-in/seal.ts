import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** What a seal is for. A seal made for one purpose never opens for another. */
export type Purpose = 'access token' | 'refresh token' | 'code' | 'client' | 'request';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 6;
/** Longer texts are not ours and are not decrypted. */
const MOST_CHARS = 16_000;

/** Seals values so that only holders of the secret can read or make them (AES-256-GCM, one key per purpose). */
export interface Seals {
  seal(purpose: Purpose, value: object): string;
  /** The value sealed for this purpose; undefined if it was not, or was altered. The caller checks its expiry. */
  open<Value extends object>(purpose: Purpose, text: string): Value | undefined;
}

const boundTo = (purpose: Purpose, keyId: string) => new TextEncoder().encode(`${purpose} ${keyId}`);

/** @param secrets the first one seals; the others only open older seals */
export function createSeals(secrets: readonly string[]): Seals {
  const derive = (secret: string, info: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', secret, '', `leaddyno-mcp sign-in ${info}`, bytes));
  const byId = new Map(
    secrets.map((secret) => [derive(secret, 'key id', KEY_ID_BYTES).toString('base64url'), secret] as const),
  );
  const [current = ''] = byId.keys();
  const keys = new Map<string, Buffer>();

  function keyOf(id: string, purpose: Purpose): Buffer | undefined {
    const secret = byId.get(id);
    if (secret === undefined) return undefined;
    const name = `${id} ${purpose}`;
    const key = keys.get(name) ?? derive(secret, purpose, 32);
    keys.set(name, key);
    return key;
  }

  return {
    seal(purpose, value) {
      const key = keyOf(current, purpose);
      if (!key) throw new Error('there is no secret to seal with');
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(boundTo(purpose, current));
      const sealed = Buffer.concat([nonce, cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()]);
      return `${current}.${sealed.toString('base64url')}`;
    },
    open<Value extends object>(purpose: Purpose, text: string): Value | undefined {
      const [, id = '', body = ''] = /^([\w-]{8})\.([\w-]+)$/.exec(text.length > MOST_CHARS ? '' : text) ?? [];
      const key = keyOf(id, purpose);
      const bytes = Buffer.from(body, 'base64url');
      // Only one spelling is accepted: the last base64 character can encode the same bytes in several ways.
      if (!key || bytes.length <= NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== body) return undefined;
      try {
        const cipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
        cipher.setAAD(boundTo(purpose, id));
        cipher.setAuthTag(bytes.subarray(-TAG_BYTES));
        const opened = Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]);
        return JSON.parse(opened.toString('utf8')) as Value;
      } catch {
        return undefined;
      }
    },
  };
}
