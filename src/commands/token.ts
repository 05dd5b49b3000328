import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { makeToken, type NamedToken, readTokensFile } from '../auth/tokens.ts';
import { SCOPES, type Scope } from '../operations/operation.ts';
import { type Printed, refused, replaceFile } from './output.ts';

const USAGE = `Usage: leaddyno-mcp token new NAME --scopes ${SCOPES.join(',')} [--file FILE]`;

/**
 * `leaddyno-mcp token new NAME --scopes …`: makes a bearer token, prints it once, and adds its digest to the tokens
 * file (or prints the file's entry, if none is named).
 */
export function runTokenCommand(args: readonly string[]): Printed {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { scopes: { type: 'string' }, file: { type: 'string' } },
      allowPositionals: true,
      strict: true,
    });
    const [verb, name, ...rest] = positionals;
    if (verb !== 'new' || name === undefined || rest.length > 0) return refused(USAGE);
    if (values.file?.trim() === '') throw new Error('--file is given without a value.');
    const scopes = readScopes(values.scopes);
    const { token, entry } = makeToken(name, scopes);
    const where = values.file === undefined ? describeEntry(entry) : addTo(values.file, entry);
    return { code: 0, out: `${token}\n`, error: `This is the only time the token is shown. ${where}\n` };
  } catch (error) {
    return refused(`${firstLine(error)} ${USAGE}`);
  }
}

function readScopes(text: string | undefined): Scope[] {
  const asked = (text ?? '')
    .split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '');
  const unknown = asked.find((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown !== undefined) throw new Error(`There is no scope ${JSON.stringify(unknown)}.`);
  if (asked.length === 0) throw new Error('Give the scopes the token is to have.');
  return SCOPES.filter((scope) => asked.includes(scope));
}

function describeEntry(entry: NamedToken): string {
  return `Put this into the file for --http-tokens-file:\n${JSON.stringify({ tokens: [entry] }, null, 2)}`;
}

/** Adds an entry to the tokens file. */
function addTo(path: string, entry: NamedToken): string {
  const before = existsSync(path) ? readTokensFile(readFileSync(path, 'utf8')) : [];
  if (before.some(({ name }) => name === entry.name))
    throw new Error(`${path} has a token named ${entry.name} already.`);
  replaceFile(path, `${JSON.stringify({ tokens: [...before, entry] }, null, 2)}\n`);
  return `Its digest was added to ${path}; start the server again to use it.`;
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
