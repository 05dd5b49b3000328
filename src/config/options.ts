import { LOG_LEVELS } from '../log.ts';

/**
 * One row of the table of options: flag, environment variable, kind, default and a sentence. Parsing, `--help` and the
 * README's table all use it.
 */
export interface Option {
  readonly flag: string;
  readonly env: string;
  readonly kind: 'switch' | 'text' | 'names' | 'integer' | 'port' | 'choice';
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly default?: string;
  readonly sentence: string;
}

export const OPTIONS = {
  sandbox: {
    flag: 'sandbox',
    env: 'LEADDYNO_MCP_SANDBOX',
    kind: 'switch',
    sentence: 'Run against a simulated LeadDyno inside this process, with made-up data; no key needed.',
  },
  apiKeyFile: {
    flag: 'api-key-file',
    env: 'LEADDYNO_API_KEY_FILE',
    kind: 'text',
    sentence: 'File with the private API key, instead of LEADDYNO_API_KEY (the key itself is never a flag).',
  },
  accounts: {
    flag: 'accounts',
    env: 'LEADDYNO_MCP_ACCOUNTS',
    kind: 'text',
    sentence:
      'JSON file that names several LeadDyno accounts and their key files; every tool then takes account (over HTTP, tokens say which ones).',
  },
  startWithoutKey: {
    flag: 'start-without-key',
    env: 'LEADDYNO_MCP_START_WITHOUT_KEY',
    kind: 'switch',
    sentence:
      'Start over stdio even without a usable key: every tool then says what is missing. The key file (by default the one "key set" writes) is checked again on each call.',
  },
  baseUrl: {
    flag: 'base-url',
    env: 'LEADDYNO_BASE_URL',
    kind: 'text',
    default: 'https://api.leaddyno.com/v1',
    sentence: 'Address of the LeadDyno API; https, or http to this machine.',
  },
  keyTransport: {
    flag: 'key-transport',
    env: 'LEADDYNO_KEY_TRANSPORT',
    kind: 'choice',
    choices: ['auto', 'header', 'query'],
    default: 'auto',
    sentence: 'How the key travels; auto tries the header first, and the query if that is refused.',
  },
  toolsets: {
    flag: 'toolsets',
    env: 'LEADDYNO_MCP_TOOLSETS',
    kind: 'names',
    sentence: "Only the tools in these toolsets; manager: the fifteen for a manager's week.",
  },
  tools: {
    flag: 'tools',
    env: 'LEADDYNO_MCP_TOOLS',
    kind: 'names',
    sentence: 'Also these tools; without --toolsets, only these.',
  },
  excludeTools: {
    flag: 'exclude-tools',
    env: 'LEADDYNO_MCP_EXCLUDE_TOOLS',
    kind: 'names',
    sentence: 'Leave these tools out; applied last.',
  },
  readOnly: {
    flag: 'read-only',
    env: 'LEADDYNO_MCP_READ_ONLY',
    kind: 'switch',
    sentence: 'Only tools that read.',
  },
  confirm: {
    flag: 'confirm',
    env: 'LEADDYNO_MCP_CONFIRM',
    kind: 'choice',
    choices: ['ask', 'strict', 'token', 'off'],
    default: 'ask',
    sentence:
      'Before money moves or something is taken away: ask (with a form, or with a token if the client has no forms or nobody answers them), strict (refuse without a form), token (never a form, for hosts whose forms do not work), off (leave it to the host).',
  },
  formWait: {
    flag: 'form-wait',
    env: 'LEADDYNO_MCP_FORM_WAIT',
    kind: 'integer',
    min: 1,
    default: '45000',
    sentence:
      "Milliseconds a form may stay unanswered before the question goes to the model with a token (hosts with 2025 protocol versions; keep it below the host's time limit for a call, often 60 seconds).",
  },
  dryRun: {
    flag: 'dry-run',
    env: 'LEADDYNO_MCP_DRY_RUN',
    kind: 'switch',
    sentence: 'Writes show what they would send (bulk tools show their question and each request) and send nothing.',
  },
  noPrecheck: {
    flag: 'no-precheck',
    env: 'LEADDYNO_MCP_NO_PRECHECK',
    kind: 'switch',
    sentence: 'Write without first checking whether the record already exists and the group is known.',
  },
  noCache: {
    flag: 'no-cache',
    env: 'LEADDYNO_MCP_NO_CACHE',
    kind: 'switch',
    sentence: 'Workflow tools read everything again instead of reusing what was read in the last 5 minutes.',
  },
  auditLog: {
    flag: 'audit-log',
    env: 'LEADDYNO_MCP_AUDIT_LOG',
    kind: 'text',
    sentence:
      'Folder for a record of every write (JSON Lines, one file per process and month); if it cannot be written, writes are refused.',
  },
  exportFolder: {
    flag: 'export-folder',
    env: 'LEADDYNO_MCP_EXPORT_FOLDER',
    kind: 'text',
    sentence: 'Folder on this machine where tools put the files they make; created if missing; not with --http.',
  },
  maskPii: {
    flag: 'mask-pii',
    env: 'LEADDYNO_MCP_MASK_PII',
    kind: 'switch',
    sentence: 'Replace e-mails, names and addresses with stable pseudonyms; implies --read-only.',
  },
  showDashboardLinks: {
    flag: 'show-dashboard-links',
    env: 'LEADDYNO_MCP_SHOW_DASHBOARD_LINKS',
    kind: 'switch',
    sentence: 'Show affiliate_dashboard_url, which logs in anyone who opens it; not with --mask-pii.',
  },
  timeout: {
    flag: 'timeout',
    env: 'LEADDYNO_MCP_TIMEOUT',
    kind: 'integer',
    min: 1,
    default: '30000',
    sentence: 'Milliseconds for one operation, including waits and all attempts.',
  },
  rateLimit: {
    flag: 'rate-limit',
    env: 'LEADDYNO_MCP_RATE_LIMIT',
    kind: 'integer',
    min: 0,
    default: '200',
    sentence: 'Requests per minute to LeadDyno; 0 turns the limit off.',
  },
  maxResultChars: {
    flag: 'max-result-chars',
    env: 'LEADDYNO_MCP_MAX_RESULT_CHARS',
    kind: 'integer',
    // With less, tools that answer in one piece would have nothing left to show.
    min: 10_000,
    default: '38000',
    sentence: 'Largest result in characters, at least 10000; rows past it are left off and can be asked for.',
  },
  http: {
    flag: 'http',
    env: 'LEADDYNO_MCP_HTTP',
    kind: 'port',
    sentence: 'Serve over HTTP at /mcp on this port (3333 if none is given, or true or 1) instead of stdio.',
  },
  host: {
    flag: 'host',
    env: 'LEADDYNO_MCP_HOST',
    kind: 'text',
    default: '127.0.0.1',
    sentence: 'Address to listen on; one reachable from other machines needs authentication.',
  },
  allowedHosts: {
    flag: 'allowed-hosts',
    env: 'LEADDYNO_MCP_ALLOWED_HOSTS',
    kind: 'names',
    sentence: 'Host names clients may use, without port; by default this machine.',
  },
  allowedOrigins: {
    flag: 'allowed-origins',
    env: 'LEADDYNO_MCP_ALLOWED_ORIGINS',
    kind: 'names',
    sentence: 'Origins whose pages may call the server from a browser; by default this machine.',
  },
  publicUrl: {
    flag: 'public-url',
    env: 'LEADDYNO_MCP_PUBLIC_URL',
    kind: 'text',
    sentence:
      'Address at which this server is reached (https://mcp.example.com); files that tools make then get a download link, valid for 30 minutes.',
  },
  maxConcurrent: {
    flag: 'max-concurrent',
    env: 'LEADDYNO_MCP_MAX_CONCURRENT',
    kind: 'integer',
    min: 1,
    default: '256',
    sentence: 'HTTP calls carried out at the same time, each call of a batch counted; further ones get 503.',
  },
  metrics: {
    flag: 'metrics',
    env: 'LEADDYNO_MCP_METRICS',
    kind: 'switch',
    sentence: 'Serve /metrics for Prometheus (behind the same authentication as /mcp).',
  },
  httpTokensFile: {
    flag: 'http-tokens-file',
    env: 'LEADDYNO_MCP_HTTP_TOKENS_FILE',
    kind: 'text',
    sentence:
      'File of named bearer tokens with scopes (made by leaddyno-mcp token new); LEADDYNO_MCP_TOKEN holds a single one.',
  },
  oauthIssuer: {
    flag: 'oauth-issuer',
    env: 'LEADDYNO_MCP_OAUTH_ISSUER',
    kind: 'text',
    sentence: 'Authorization server whose access tokens (JWT) are accepted.',
  },
  oauthAudience: {
    flag: 'oauth-audience',
    env: 'LEADDYNO_MCP_OAUTH_AUDIENCE',
    kind: 'text',
    sentence: 'Audience those tokens must be for, usually the public address of this server.',
  },
  callerKey: {
    flag: 'caller-key',
    env: 'LEADDYNO_MCP_CALLER_KEY',
    kind: 'switch',
    sentence: 'Each request brings its own LeadDyno key in X-LeadDyno-Api-Key; the server has none.',
  },
  signIn: {
    flag: 'sign-in',
    env: 'LEADDYNO_MCP_SIGN_IN',
    kind: 'switch',
    sentence:
      'Let people connect Claude, ChatGPT and others by pasting their LeadDyno key into a page of this server; needs --public-url, LEADDYNO_MCP_STATE_SECRET and an access code.',
  },
  signInCodeFile: {
    flag: 'sign-in-code-file',
    env: 'LEADDYNO_MCP_SIGN_IN_CODE_FILE',
    kind: 'text',
    sentence: 'File with the access code that people need to sign in, instead of LEADDYNO_MCP_SIGN_IN_CODE.',
  },
  redis: {
    flag: 'redis',
    env: 'LEADDYNO_MCP_REDIS',
    kind: 'text',
    sentence: 'Redis shared by replicas: request rate per account, and which confirmations were used.',
  },
  findings: {
    flag: 'findings',
    env: 'LEADDYNO_MCP_FINDINGS',
    kind: 'text',
    sentence:
      'File where doctor --save keeps what it found out about an account (default: leaddyno-mcp/findings.json in your settings folder).',
  },
  logLevel: {
    flag: 'log-level',
    env: 'LEADDYNO_MCP_LOG_LEVEL',
    kind: 'choice',
    choices: LOG_LEVELS,
    default: 'warn',
    sentence: 'What to log to stderr, as JSON lines.',
  },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;

/** The options as rows, for `--help` and the README. */
export const optionRows: readonly (readonly [OptionName, Option])[] = Object.entries(OPTIONS) as [OptionName, Option][];

/** An invalid configuration, with the message to print before the process ends. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** What was given for an option, by flag or environment; undefined if nothing was. */
export type Given = (name: OptionName) => string | boolean | undefined;

/** The text of an option, or its default. */
export function text(given: Given, name: OptionName): string | undefined {
  const option: Option = OPTIONS[name];
  const value = given(name) ?? option.default;
  return value === undefined ? undefined : String(value);
}

/** An option as a person writes it: its flag and its variable. */
export const spelled = (name: OptionName) => `--${OPTIONS[name].flag} (${OPTIONS[name].env})`;

export function isOn(given: Given, name: OptionName): boolean {
  const value = given(name);
  if (typeof value === 'boolean') return value;
  if (value === undefined) return false;
  if (/^(1|true|yes|on)$/i.test(value)) return true;
  if (/^(0|false|no|off)$/i.test(value)) return false;
  throw new Refusal(`${spelled(name)} is a switch: use true or false, not ${JSON.stringify(value)}.`);
}

export function choice<Name extends 'keyTransport' | 'confirm' | 'logLevel'>(
  given: Given,
  name: Name,
): (typeof OPTIONS)[Name]['choices'][number] {
  const choices: readonly string[] = OPTIONS[name].choices;
  const value = text(given, name) ?? '';
  if (!choices.includes(value)) {
    throw new Refusal(`${spelled(name)} must be one of ${choices.join(', ')}, not ${JSON.stringify(value)}.`);
  }
  return value as (typeof OPTIONS)[Name]['choices'][number];
}

export function integer(
  given: Given,
  name: 'timeout' | 'formWait' | 'rateLimit' | 'maxResultChars' | 'maxConcurrent',
): number {
  const { min } = OPTIONS[name];
  const value = text(given, name) ?? '';
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min)) {
    throw new Refusal(`${spelled(name)} must be a whole number from ${min}, not ${JSON.stringify(value)}.`);
  }
  return number;
}

/** Names separated by commas, at least one; undefined if the option was not given. */
export function names(given: Given, name: OptionName): string[] | undefined {
  const found = text(given, name)
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  if (found?.length === 0) throw new Refusal(`${spelled(name)} names nothing.`);
  return found;
}
