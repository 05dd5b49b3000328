import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeToken } from '../../src/auth/tokens.ts';
import type { Scope } from '../../src/operations/operation.ts';
import { closeAtEnd } from './protocol-leaks.ts';
import { readFolder, registerSecret } from './written.ts';

export interface TokensFile<Name extends string> {
  readonly path: string;
  readonly tokens: Readonly<Record<Name, string>>;
  close(): Promise<void>;
}

/** A folder that is searched for secrets and removed at the end. */
export function temporaryFolder(): { readonly path: string; close(): Promise<void> } {
  const path = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-http-'));
  return closeAtEnd({
    path,
    close: async () => {
      readFolder(path);
      rmSync(path, { recursive: true });
    },
  });
}

/** A file for the server to read. It may hold a key, so it is not in a folder that is searched for secrets. */
export function inputFile(text: string): { readonly path: string; close(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-input-'));
  const path = join(folder, 'input');
  writeFileSync(path, text, { mode: 0o600 });
  return closeAtEnd({ path, close: async () => rmSync(folder, { recursive: true }) });
}

/** Writes a tokens file for callers with these scopes. */
export function writeTokens<Name extends string>(callers: Readonly<Record<Name, readonly Scope[]>>): TokensFile<Name> {
  const folder = temporaryFolder();
  const path = join(folder.path, 'tokens.json');
  const made = Object.entries<readonly Scope[]>(callers).map(([name, scopes]) => makeToken(name, [...scopes]));
  writeFileSync(path, JSON.stringify({ tokens: made.map(({ entry }) => entry) }), { mode: 0o600 });
  for (const { token } of made) registerSecret('a bearer token', token);
  const tokens = Object.fromEntries(made.map(({ token, entry }) => [entry.name, token])) as Record<Name, string>;
  return { path, tokens, close: () => folder.close() };
}
