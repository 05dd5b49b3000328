import { type Client, isInputRequiredResult } from '@modelcontextprotocol/client';
import { isObject, type JsonObject } from '../../src/json.ts';
import { type Caller, type Result, readResult } from './clients.ts';
import { askedIn, at } from './protocol-json.ts';

const YES = { confirm: { action: 'accept', content: { confirm: true } } };
/** Setup of a client whose test drives the rounds of a form. */
export const byHand = { capabilities: { elicitation: { form: {} } }, manual: true } as const;

/** A call that needs a confirmation, of an operation or a workflow. */
export interface Deed {
  readonly tool: string;
  readonly args: JsonObject;
}

/** The form in the answer to a call. @throws if the answer has none */
export async function formFor(client: Client, { tool, args }: Deed): Promise<{ message: string; state: string }> {
  const raw = await client.request(
    { method: 'tools/call', params: { name: tool, arguments: { ...args } } },
    { allowInputRequired: true },
  );
  return formIn(raw);
}

function formIn(raw: unknown): { message: string; state: string } {
  if (!isInputRequiredResult(raw)) throw new Error(`expected a form, got ${JSON.stringify(raw)}`);
  const message = at(raw.inputRequests, 'confirm', 'params', 'message');
  if (typeof message !== 'string' || typeof raw.requestState !== 'string') throw new Error('expected form and state');
  return { message, state: raw.requestState };
}

/** Says yes with any state. @returns the message of a new form, or the result */
export async function answerYes(client: Client, { tool, args }: Deed, state: string): Promise<string | Result> {
  const params = { name: tool, arguments: { ...args }, inputResponses: YES, requestState: state };
  const raw = await client.request({ method: 'tools/call', params }, { allowInputRequired: true });
  return isInputRequiredResult(raw) ? formIn(raw).message : readResult(raw);
}

export const askFor = async ({ call }: Pick<Caller, 'call'>, { tool, args }: Deed) => askedIn(await call(tool, args));

export const confirmWith = async ({ call }: Pick<Caller, 'call'>, { tool, args }: Deed, token: string) =>
  await call(tool, { ...args, confirmation_token: token });

/** Splits a signed token into prefix, content and signature. */
export function openToken(token: string): { prefix: string; says: { p: unknown[]; exp: number }; signature: string } {
  const [body = '', signature = ''] = token.slice(token.indexOf('.') + 1).split('.');
  const says: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
  if (!isObject(says) || !Array.isArray(says.p) || typeof says.exp !== 'number') throw new Error('unexpected token');
  return { prefix: token.slice(0, token.indexOf('.') + 1), says: { p: says.p, exp: says.exp }, signature };
}

export const closeToken = (prefix: string, says: unknown, signature: string): string =>
  `${prefix}${Buffer.from(JSON.stringify(says)).toString('base64url')}.${signature}`;

/** Forgeries of a token that need no secret, by name. `another` is a valid token of another call. */
export function forgeriesOf(token: string, another: string): Record<string, string> {
  const { prefix, says, signature } = openToken(token);
  const other = openToken(another);
  const [id, expires, call, state] = says.p;
  const unsigned = closeToken(prefix, says, '').slice(0, -1);
  return {
    'a longer life': closeToken(prefix, { ...says, p: [id, Number(expires) + 60_000, call, state] }, signature),
    'a longer life in the envelope': closeToken(prefix, { ...says, exp: says.exp + 60_000 }, signature),
    'another id': closeToken(prefix, { ...says, p: [`${id}x`, expires, call, state] }, signature),
    'the call of another': closeToken(prefix, { ...says, p: [id, expires, other.says.p[2], state] }, signature),
    'the state of another': closeToken(prefix, { ...says, p: [id, expires, call, other.says.p[3]] }, signature),
    'the signature of another': closeToken(prefix, says, other.signature),
    'no signature': unsigned,
    'an empty signature': `${unsigned}.`,
    'a signature of zeros': `${unsigned}.${'A'.repeat(signature.length)}`,
    'two signatures': `${token}.${other.signature}`,
    'no prefix': token.slice(prefix.length),
    'two prefixes': `${prefix}${token}`,
    'a space before it': ` ${token}`,
    'an object for what it says': closeToken(prefix, { p: { id, expires, call, state }, exp: says.exp }, signature),
    'itself twice': token + token,
  };
}

/** Other spellings of the same token, which the base64url decoder accepts. They must not count as separate tokens. */
export function spellingsOf(token: string): string[] {
  const spare = (last: string) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.indexOf(last);
  const twin = String.fromCharCode(token.charCodeAt(token.length - 1) + 1);
  const twins = spare(twin) > 0 ? [token.slice(0, -1) + twin] : [];
  return [`${token}=`, `${token}\n`, `${token} `, ...twins];
}

/** Every token that differs in one bit of one character, without those that are only another spelling. */
export function* bitFlips(token: string): Generator<string> {
  const bytes = (text: string) => Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64url').toString('hex');
  for (let index = 0; index < token.length; index += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const character = String.fromCharCode(token.charCodeAt(index) ^ (1 << bit));
      const altered = token.slice(0, index) + character + token.slice(index + 1);
      const inBody = index < token.lastIndexOf('.') || character === '.';
      if (inBody || bytes(altered) !== bytes(token)) yield altered;
    }
  }
}
