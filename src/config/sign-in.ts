import { type Given, isOn, Refusal, text } from './options.ts';

/** How people sign in to this server. */
export interface SignInConfig {
  /** The operator's access code; undefined if it is in `codeFile`. */
  readonly code: string | undefined;
  readonly codeFile: string | undefined;
  /** The first one seals tokens; the second, if there is one, opens tokens from before the secret was changed. */
  readonly secrets: readonly string[];
}

export const SECRET_LENGTH = 32;
export const CODE_LENGTH = 16;

type Environment = Readonly<Record<string, string | undefined>>;

/** A secret from the environment. @throws Refusal if it is too short */
export function readSecret(env: Environment, name: string): string | undefined {
  const secret = env[name]?.trim() || undefined;
  if (secret !== undefined && secret.length < SECRET_LENGTH)
    throw new Refusal(`${name} needs at least ${SECRET_LENGTH} characters.`);
  return secret;
}

/** @returns undefined without --sign-in. @throws Refusal */
export function readSignIn(given: Given, env: Environment, publicUrl: string | undefined): SignInConfig | undefined {
  const code = env.LEADDYNO_MCP_SIGN_IN_CODE?.trim() || undefined;
  const codeFile = text(given, 'signInCodeFile');
  const previous = readSecret(env, 'LEADDYNO_MCP_STATE_SECRET_PREVIOUS');
  if (!isOn(given, 'signIn')) {
    const lost = code !== undefined ? 'LEADDYNO_MCP_SIGN_IN_CODE' : codeFile !== undefined && '--sign-in-code-file';
    if (lost) throw new Refusal(`${lost} works only with --sign-in.`);
    if (previous !== undefined) throw new Refusal('LEADDYNO_MCP_STATE_SECRET_PREVIOUS works only with --sign-in.');
    return undefined;
  }
  const { protocol, pathname } = publicUrl === undefined ? {} : new URL(publicUrl);
  if (protocol !== 'https:' || pathname !== '/') {
    throw new Refusal(
      '--sign-in needs --public-url https://…, without a path: the address at which TLS in front of this server is reached. People paste keys there.',
    );
  }
  const secret = readSecret(env, 'LEADDYNO_MCP_STATE_SECRET');
  if (secret === undefined) {
    throw new Refusal(
      '--sign-in needs LEADDYNO_MCP_STATE_SECRET, which seals the tokens: openssl rand -base64 32 makes a good one.',
    );
  }
  if ((code === undefined) === (codeFile === undefined)) {
    throw new Refusal(
      '--sign-in needs an access code, in LEADDYNO_MCP_SIGN_IN_CODE or in --sign-in-code-file FILE: whoever signs in has to know it.',
    );
  }
  if (code !== undefined && code.length < CODE_LENGTH)
    throw new Refusal(`LEADDYNO_MCP_SIGN_IN_CODE needs at least ${CODE_LENGTH} characters.`);
  return { code, codeFile, secrets: [secret, ...(previous === undefined ? [] : [previous])] };
}
