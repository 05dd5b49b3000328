import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolsets } from '../src/workflows/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export const readJson = (path: string): Record<string, unknown> => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** Text up to the end of its first sentence. */
const firstSentence = (text: string) => /^.*?[.:](?=\s|$)/s.exec(text)?.[0].replace(/:$/, '.') ?? text;

/** The manifest of the MCP bundle: `package/manifest.json` with the current version and tools. */
export function manifest(): Record<string, unknown> {
  const tools = toolsets.flatMap((set) => set.tools);
  return {
    ...readJson('package/manifest.json'),
    version: readJson('package.json').version,
    tools: tools.map(({ name, description }) => ({ name, description: firstSentence(description) })),
  };
}

/**
 * Puts into a folder what every package for a host contains: the build without its source maps, the licence and a short
 * package.json.
 */
export function stageServer(folder: string): void {
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true, filter: (path) => !path.endsWith('.map') });
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  const { name, version, license, type, engines } = readJson('package.json');
  writeJson(join(folder, 'package.json'), { name, version, license, private: true, type, engines });
}

/** Puts the contents of the MCP bundle into a folder. */
export function stage(folder: string): void {
  stageServer(folder);
  cpSync(join(root, 'package/icon-512.png'), join(folder, 'icon.png'));
  for (const size of [48, 128]) cpSync(join(root, `package/icon-${size}.png`), join(folder, `icon-${size}.png`));
  writeJson(join(folder, 'manifest.json'), manifest());
}

export const writeJson = (path: string, value: unknown): void =>
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
