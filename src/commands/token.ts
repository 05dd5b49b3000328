import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { makeToken, type NamedToken, readTokensFile } from '../auth/tokens.ts';
import { SCOPES, type Scope } from '../operations/operation.ts';
import { type Printed, refused, replaceFile } from './output.ts';

const USAGE = `Usage: leaddyno-mcp token new NAME --scopes ${SCOPES.join(',')} [--accounts NAMES|all] [--file FILE], token list --file FILE, or token revoke NAME --file FILE`;

/**
 * `leaddyno-mcp token new NAME --scopes …`: creates a bearer token, prints it once, and adds its digest to the tokens
 * file (or prints the entry if no file is named). `token list` lists the callers in a file, `token revoke NAME` removes
 * one. A running server picks up changes to the file.
 */
export function runTokenCommand(args: readonly string[]): Printed {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { scopes: { type: 'string' }, accounts: { type: 'string' }, file: { type: 'string' } },
      allowPositionals: true,
      strict: true,
    });
    const [verb, name, ...rest] = positionals;
    if (values.file?.trim() === '') throw new Error('--file is given without a value.');
    if (verb === 'list' && name === undefined) return list(fileOf(values));
    if (verb === 'revoke' && name !== undefined && rest.length === 0) return revoke(fileOf(values), name);
    if (verb !== 'new' || name === undefined || rest.length > 0) return refused(USAGE);
    const scopes = readScopes(values.scopes);
    const { token, entry } = makeToken(name, scopes, readAccounts(values.accounts));
    const where = values.file === undefined ? describeEntry(entry) : addTo(values.file, entry);
    return { code: 0, out: `${token}\n`, error: `This is the only time the token is shown. ${where}\n` };
  } catch (error) {
    return refused(`${firstLine(error)} ${USAGE}`);
  }
}

function fileOf({
  file,
  scopes,
  accounts,
}: Partial<Record<'file' | 'scopes' | 'accounts', string | undefined>>): string {
  if (file === undefined) throw new Error('Name the tokens file with --file.');
  if (scopes !== undefined) throw new Error('--scopes works only with token new.');
  if (accounts !== undefined) throw new Error('--accounts works only with token new.');
  return file;
}

/** One line per caller: name, scopes, accounts if given, and the start of its digest, which identifies it in logs. */
function list(path: string): Printed {
  const tokens = readTokensFile(readFileSync(path, 'utf8'));
  const lines = tokens.map(({ name, scopes, accounts, sha256 }) => {
    const of = accounts === undefined ? [] : [[accounts].flat().join(',')];
    return `${[name, scopes.join(','), ...of, sha256.slice(0, 8)].join('\t')}\n`;
  });
  return { code: 0, out: lines.join(''), error: tokens.length === 0 ? `${path} contains no tokens.\n` : '' };
}

function revoke(path: string, name: string): Printed {
  const before = readTokensFile(readFileSync(path, 'utf8'));
  const left = before.filter((one) => one.name !== name);
  if (left.length === before.length)
    return { code: 1, out: '', error: `${path} has no token named ${JSON.stringify(name)}.\n` };
  replaceFile(path, `${JSON.stringify({ tokens: left }, null, 2)}\n`);
  return {
    code: 0,
    out: '',
    error: `${name} was removed from ${path}. A running server refuses its token from now on.\n`,
  };
}

function readScopes(text: string | undefined): Scope[] {
  const asked = (text ?? '')
    .split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '');
  const unknown = asked.find((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown !== undefined) throw new Error(`There is no scope ${JSON.stringify(unknown)}.`);
  if (asked.length === 0) throw new Error("Give the token's scopes.");
  return SCOPES.filter((scope) => asked.includes(scope));
}

/** Does not check that the accounts exist: only the server has their file. */
function readAccounts(text: string | undefined): NamedToken['accounts'] {
  if (text === undefined) return undefined;
  const asked = text.split(',').map((name) => name.trim());
  if (asked.length === 1 && asked[0] === 'all') return 'all';
  const wrong = asked.find((name) => !/^[a-z0-9-]{1,32}$/.test(name) || name === 'all');
  if (wrong !== undefined) throw new Error(`--accounts: ${JSON.stringify(wrong)} is not the name of an account.`);
  return [...new Set(asked)];
}

function describeEntry(entry: NamedToken): string {
  return `Put this in the file for --http-tokens-file:\n${JSON.stringify({ tokens: [entry] }, null, 2)}`;
}

/** @returns what to tell the person. @throws Error if the file already has a token of that name */
function addTo(path: string, entry: NamedToken): string {
  const before = existsSync(path) ? readTokensFile(readFileSync(path, 'utf8')) : [];
  if (before.some(({ name }) => name === entry.name))
    throw new Error(`${path} already has a token named ${entry.name}.`);
  replaceFile(path, `${JSON.stringify({ tokens: [...before, entry] }, null, 2)}\n`);
  return `Its digest was added to ${path}; a server using that file accepts the token at once.`;
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
